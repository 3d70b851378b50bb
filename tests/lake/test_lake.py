"""Versions of the lake: whole or not at all, read while written, made small again."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.errors import BadRequest, TookTooLong, Unavailable
from hearthub.lake import Lake, Table
from hearthub.sandbox import Sandbox

NUMBERS = Table(
    "numbers",
    (("repo_id", "bigint"), ("day", "date"), ("n", "bigint")),
    order="repo_id, day",
    partition="strftime(day, '%Y-%m')",
)
NAMES = Table("names", (("repo_id", "bigint"), ("name", "varchar")))
ROWS = "select range as repo_id, date '2026-01-30' + (range % 4)::int as day, 7 as n from range(20)"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


@pytest.fixture
def lake(tmp_path: Path, sandbox: Sandbox) -> Lake:
    return Lake(tmp_path / "lake", (NUMBERS, NAMES), sandbox)


def total(lake: Lake) -> int:
    with lake.reading() as session:
        return int(session.value("select count(*) from numbers"))


def test_an_empty_lake_has_its_tables(lake: Lake) -> None:
    assert lake.version == 0
    assert total(lake) == 0


def test_what_is_appended_is_there_in_files_by_month(lake: Lake) -> None:
    with lake.writing() as writing:
        assert writing.append("numbers", ROWS) == 20
    assert (lake.version, total(lake)) == (1, 20)
    assert sorted(file.partition for file in lake.manifest().files("numbers")) == [
        "2026-01",
        "2026-02",
    ]


def test_a_folder_may_have_an_apostrophe(tmp_path: Path, sandbox: Sandbox) -> None:
    lake = Lake(tmp_path / "o'brien", (NUMBERS, NAMES), sandbox)
    for _ in range(2):
        with lake.writing() as writing:
            writing.append("numbers", ROWS)
    assert lake.compact(many=1) == 4
    assert total(lake) == 40
    assert lake.query("select count(*) from numbers").rows == ((40,),)


def test_a_failed_writing_changes_nothing_and_leaves_no_file(lake: Lake) -> None:
    with lake.writing() as writing:
        writing.append("numbers", ROWS)
    before = {path.name for path in lake.folder.rglob("*.parquet")}
    with pytest.raises(ZeroDivisionError):
        write_and_fail(lake)
    assert (lake.version, total(lake)) == (1, 20)
    assert {path.name for path in lake.folder.rglob("*.parquet")} == before


def write_and_fail(lake: Lake) -> None:
    with lake.writing() as writing:
        writing.append("numbers", ROWS)
        raise ZeroDivisionError


def test_an_open_session_keeps_its_version(lake: Lake) -> None:
    with lake.writing() as writing:
        writing.append("numbers", ROWS)
    with lake.reading() as session:
        with lake.writing() as writing:
            writing.replace("numbers", "select 1 as repo_id, date '2026-05-01' as day, 2 as n")
        assert session.value("select count(*) from numbers") == 20
    assert total(lake) == 1


def test_a_writer_that_is_killed_leaves_the_version_before_it(lake: Lake) -> None:
    with lake.writing() as writing:
        writing.append("numbers", ROWS)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    writer = context.Process(target=write_and_hang, args=(lake.folder, ready))
    writer.start()
    assert ready.wait(60)
    assert writer.pid
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert (lake.version, total(lake)) == (1, 20)
    with lake.writing() as writing:  # its lock went with it
        writing.append("numbers", ROWS)
    assert total(lake) == 40


def write_and_hang(folder: Path, ready: "multiprocessing.synchronize.Event") -> None:
    lake = Lake(folder, (NUMBERS, NAMES), Sandbox(1))
    with lake.writing() as writing:
        writing.append("numbers", ROWS)
        ready.set()
        signal.pause()


def test_many_small_files_become_one(lake: Lake) -> None:
    for _ in range(5):
        with lake.writing() as writing:
            writing.append("numbers", ROWS)
    assert lake.compact(many=2) == 10
    assert total(lake) == 100
    assert len(lake.manifest().files("numbers")) == 2
    assert lake.compact(many=2) == 0


def test_old_versions_are_swept_and_the_newest_stays(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        with lake.writing() as writing:
            writing.replace("numbers", ROWS)
    assert lake.sweep() == 0  # somebody may still read them
    monkeypatch.setattr("hearthub.lake.manifest.KEEP_S", -1.0)
    monkeypatch.setattr("hearthub.lake.lake.KEEP_S", -1.0)
    assert lake.sweep() == 4
    assert total(lake) == 20


def test_what_a_killed_process_left_is_swept_a_day_later(lake: Lake) -> None:
    for name, hours in (("session-old", 25), ("session-new", 23)):
        folder = lake.folder / "tmp" / name
        folder.mkdir(parents=True)
        (folder / "rows.parquet").touch()
        os.utime(folder, (time.time() - hours * 3600,) * 2)
    lake.sweep()
    assert [it.name for it in (lake.folder / "tmp").glob("session-*")] == ["session-new"]


def test_nothing_beside_the_lake_is_read(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    query = f"select * from read_csv('{tmp_path}/secret.csv')"
    with lake.reading() as session, pytest.raises(Exception, match="disabled by configuration"):
        session.rows(query)
    with lake.reading((tmp_path / "secret.csv",)) as session:
        assert session.rows(query) == [{"a": 1, "b": 2}]


# -- SQL of strangers ----------------------------------------------------------------------------


@pytest.fixture
def filled(lake: Lake) -> Lake:
    with lake.writing() as writing:
        writing.append("numbers", ROWS)
    return lake


def test_a_stranger_asks_for_rows(filled: Lake) -> None:
    answer = filled.query("select repo_id, day, n / 2 as half from numbers order by 1 limit 2")
    assert answer.columns == ("repo_id", "day", "half")
    assert answer.rows == ((0, "2026-01-30", 3.5), (1, "2026-01-31", 3.5))
    assert filled.query("select * from names").rows == ()


def test_columns_of_one_name_are_told_apart(filled: Lake) -> None:
    answer = filled.query("select 1 as a, 2 as a, 3 as a_1, 4 as b, 5 as a")
    assert answer.columns == ("a", "a_1", "a_1_1", "b", "a_2")
    assert answer.rows == ((1, 2, 3, 4, 5),)


def test_a_time_with_a_zone_is_told_in_utc(filled: Lake) -> None:
    answer = filled.query("select '2026-01-01 00:30:00+05'::timestamptz")
    assert answer.rows == (("2025-12-31T19:30:00.000Z",),)


def test_a_long_answer_is_cut(filled: Lake) -> None:
    answer = filled.query("select * from numbers", most_rows=5)
    assert (len(answer.rows), answer.is_cut) == (5, True)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select 2",
        "create table x (a int)",
        "copy (select 666) to '{file}' (use_tmp_file false)",
        "copy numbers to '/tmp/x.csv'",
        "attach '{file}' as x",
        "install httpfs",
        "set memory_limit = '9GB'",
        "pragma database_list",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/*')",
        "select * from 'https://example.com/x.parquet'",
        "select * from nothing",
        "select",
        "",
        "select repeat('x', 2000000000) || repeat('y', 2000000000)",
        "from query('copy (select 1) to ''/tmp/y.csv''')",
        "select '\ud800'",
        "select * from read_parquet('{file}')",
        "select * from '{file}'",
        'with "{file}" as (select 1) select * from (select 1), "{file}"',
        "select (select count(*) from '{file}')",
        "select count(*) filter (where exists (from read_parquet('{file}'))) from numbers",
        "describe select * from '{file}'",
        "summarize '{file}'",
        "from numbers select repo_id union all select repo_id from parquet_scan('{file}')",
        "from query('from read_parquet(''{file}'')')",
        "from query_table(['{file}'])",
        "from json_execute_serialized_sql(json_serialize_sql('from ''{file}'''))",
        "select * from parquet_metadata('{file}')",
        "select * from parquet_kv_metadata('{file}')",
        "select * from read_blob('{file}')",
        "select * from glob('{file}')",
        "select * from sniff_csv('{file}')",
        "from numbers order by (select any_value(n) from '{file}')",
        "select [x for x in (select n from '{file}')]",
        "with recursive t(n) as (select 1 union select n from '{file}') from t",
        "from histogram_values('{file}', n)",
        "select * from main.numbers.parquet",
        "select sql from duckdb_views()",
        "select * from sqlite_master",
        "select * from pg_catalog.pg_views",
        "select * from information_schema.views",
        "select * from connection",
        "select * from files",
    ],
)
def test_a_stranger_gets_no_further(filled: Lake, sql: str) -> None:
    file = filled.folder / filled.manifest().files("numbers")[0].path
    before = file.read_bytes()
    with pytest.raises((BadRequest, Unavailable)) as refused:
        filled.query(sql.replace("{file}", str(file)))
    assert str(filled.folder) not in str(refused.value)
    assert file.read_bytes() == before
    assert filled.query("select count(*) from numbers").rows == ((20,),)


@pytest.mark.parametrize(
    "sql",
    [
        "describe numbers",
        "summarize numbers",
        "show tables",
        "from NUMBERS",
        "with mine as (select n from numbers) select * from Mine join numbers using (n) limit 1",
        "with recursive t(n) as (select 1 union select n + 1 from t where n < 9) from t",
        "select * from numbers, range(3), unnest([1, 2])",
        "values (1)",
        "from numbers pivot (count(*) for n in (7))",
        f"select {'+'.join('1' * 300)}",
    ],
)
def test_a_stranger_asks_in_many_ways(filled: Lake, sql: str) -> None:
    assert filled.query(sql).rows


def test_a_query_that_never_ends_is_ended(filled: Lake) -> None:
    with pytest.raises(Unavailable):
        filled.query(
            "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range = 7",
            timeout_s=1,
        )
    assert filled.query("select 1").rows == ((1,),)


def test_a_session_has_so_much_time(lake: Lake) -> None:
    forever = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"
    with lake.reading() as session:
        session.limit(0.2)
        assert session.value("select 1") == 1
        with pytest.raises(TookTooLong, match="longer than"):
            session.value(forever)
        with pytest.raises(TookTooLong):
            session.value("select 1")
    with lake.reading() as session:
        assert session.value("select 1") == 1, "others are not interrupted"


def test_files_of_an_older_version_lack_a_column(filled: Lake, sandbox: Sandbox) -> None:
    """It is null in them, also for strangers, and after they were made one with newer files."""
    newer = Table(
        NUMBERS.name, (*NUMBERS.columns, ("share", "double")), NUMBERS.order, NUMBERS.partition
    )
    lake = Lake(filled.folder, (newer, NAMES), sandbox)
    with lake.reading() as session:
        assert session.rows("select count(*) as n, count(share) as known from numbers") == [
            {"n": 20, "known": 0}
        ]
    assert lake.query("select count(*), count(share) from numbers").rows == ((20, 0),)
    with lake.writing() as writing:
        writing.append("numbers", f"select *, 0.5 as share from ({ROWS})")
    lake.compact(many=1)
    assert lake.query("select count(*), count(share) from numbers").rows == ((40, 20),)
