"""What strangers put into dumps and panels: counted, named, kept as text, and never fatal."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hearthub.errors import BadRequest
from hearthub.lake import Lake
from hearthub.pulse import Measures
from pulse.lakes import NOW, one, panel, rows, take, toml

EXPLOITS = [
    "<script>alert(1)</script>",
    "'; drop table repo; --",
    "{{ 7 * 7 }}{% for x in () %}",
    "$(reboot)",
    "\u202eright to left",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
]
GOOD = {"id": "acme/good", "observed_at": "2026-05-01", "likes": 1, "downloads_30d": 2}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"likes": 2**63}, "likes is no count"),
        ({"likes": 2**63 - 1}, "likes is no count"),
        ({"likes": -1}, "likes is no count"),
        ({"downloads_30d": "-5"}, "downloads_30d is no count"),
        ({"downloads_30d": 1e300}, "downloads_30d is no count"),
        ({"likes": str(2**63)}, "likes is no count"),
        ({"likes": -(2**70)}, "likes is no count"),
        ({"likes": "many"}, "likes is no number"),
        ({"likes": 2.5}, "likes is no number"),
        ({"likes": "2.5"}, "likes is no number"),
        ({"likes": [1]}, "likes is no number"),
        ({"trending": "inf"}, "trending is no number"),
        ({"id": None}, "the id is missing"),
        ({"id": "acme/\x1b[31m"}, "the id is no name"),
        ({"id": "x" * 300}, "the id is no name"),
        ({"id": ["acme/good"]}, "the id is missing"),
        ({"observed_at": "2199-01-01"}, "observed_at is in the future"),
        ({"observed_at": "infinity"}, "observed_at is in the future"),
        ({"observed_at": "yesterday"}, "observed_at is no time"),
        ({"observed_at": None}, "observed_at is missing"),
        ({"observed_at": "0001-01-01"}, "observed_at is before 2000"),
        ({"created_at": "2199-01-01"}, "created_at is in the future"),
        ({"removed": "perhaps"}, "removed is neither true nor false"),
    ],
)
def test_a_bad_row_is_counted_and_named(
    lake: Lake, tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    done = panel(lake, tmp_path, [GOOD, {**GOOD, "id": "acme/bad", **bad}])
    assert (done.rows, done.rejected) == (1, 1)
    named = bad.get("id", "acme/bad")
    place = f"{named} (row 2)" if isinstance(named, str) else "(row 2)"
    if len(place) < 200:
        assert done.rejects == ((reason, place, 1),)
    assert [it[0] for it in done.rejects] == [reason]
    assert one(lake, "select reason, n from reject") == (reason, 1)
    assert one(lake, "select id from repo") == "acme/good"


@pytest.mark.parametrize("missing", ["", "nan", None, "None", float("nan")])
def test_what_is_missing_is_unknown_and_not_nought(
    lake: Lake, tmp_path: Path, missing: object
) -> None:
    done = panel(lake, tmp_path, [{**GOOD, "downloads_30d": missing}])
    assert done.rejected == 0
    assert one(lake, "select likes, d30 from counter") == (1, None)


@pytest.mark.parametrize("text", EXPLOITS)
def test_hostile_text_stays_text(lake: Lake, tmp_path: Path, text: str) -> None:
    told = {**GOOD, "id": f"acme/{text}", "license": text, "tags": [text, "x" * 10_000]}
    done = panel(lake, tmp_path, [told])
    assert (done.rejected, done.left_out) == (0, 1)
    found = one(lake, "select id, license, tags from state join repo using (repo_id)")
    assert found == (f"acme/{text}", text.lower(), [text])
    asked = lake.query("select id from repo")
    assert asked.rows == ((f"acme/{text}",),)


def test_bases_that_are_no_bases(lake: Lake, tmp_path: Path) -> None:
    told = [
        {**GOOD, "id": "acme/a", "base_model": "ACME/A", "relation": "finetune"},
        {**GOOD, "id": "acme/b", "base_model": "acme/c", "relation": "finetune"},
        {**GOOD, "id": "acme/c", "base_model": "acme/b", "relation": "finetune"},
        {**GOOD, "id": "acme/d", "base_model": ["x" * 1000, "", " "], "relation": "merge"},
    ]
    done = panel(lake, tmp_path, told)
    assert (done.rows, done.left_out) == (4, 2)
    assert [
        tuple(row.values())
        for row in rows(lake, "select reason, example from reject order by reason")
    ] == [
        ("left out of lineages: a base that is the repo itself", "acme/a (row 1)"),
        ("left out: bases", "acme/d (row 4)"),
    ]
    found = rows(
        lake, "select r.id, e.parent_id from edge e join repo r on r.repo_id = e.child order by 1"
    )
    # The loop is there to be counted; who follows edges drops it.
    assert [tuple(row.values()) for row in found] == [
        ("acme/a", "acme/a"),
        ("acme/b", "acme/c"),
        ("acme/c", "acme/b"),
    ]
    told = {row.dimension: row.value for row in Measures(lake).metric("derivatives")}
    assert (told["loops dropped"], told["edges dropped to break cycles"]) == (1, 1)
    assert (told["direct"], told["transitive"]) == (1, 1)


def test_exploits_in_a_card(lake: Lake, tmp_path: Path) -> None:
    """A card of a dump is read for a few fields; of its text nothing is kept."""
    for number, text in enumerate(EXPLOITS):
        card = json.dumps({"license": text, "language": [text], "body": text}).replace("'", "''")
        path = dump(tmp_path, DUMP.format(f"'{card}' as cardData, null::varchar as gguf"))
        done = take(lake, path, kind="hub-stats", observed_at=datetime(2026, 5, 1 + number))
        assert (done.rows, done.rejected) == (1, 0)
    for table in ("repo", "edge", "reject", "classified"):
        assert "alert(1)" not in str(lake.query(f"select * from {table}").rows)
    licences = {row["license"] for row in rows(lake, "select license from state")}
    assert licences <= {"mit", *(text.lower() for text in EXPLOITS)}


def test_two_rows_that_contradict_each_other(lake: Lake, tmp_path: Path) -> None:
    done = panel(lake, tmp_path, [{**GOOD, "id": "acme/a"}, GOOD, GOOD, {**GOOD, "likes": 7}])
    assert (done.rows, done.rejected) == (2, 1)
    assert done.rejects[0][1] == "acme/good (rows 2 and 4)"
    lake_rows = "select likes from counter join repo using (repo_id) where id = 'acme/good'"
    assert one(lake, lake_rows) in (1, 7)


def test_the_example_is_the_first_row_of_many(lake: Lake, tmp_path: Path) -> None:
    """Also where rows are read by several threads."""
    told = [{**GOOD, "id": f"acme/m{n}"} for n in range(250_000)]
    for n in (200_003, 123_457, 249_999):
        told[n] = {**told[n], "likes": -1}
    path = tmp_path / "many.parquet"
    lines = tmp_path / "many.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in told))
    duckdb.sql(f"copy (from read_json('{lines}')) to '{path}' (row_group_size 10000)")
    map_file = toml(tmp_path, list(GOOD))
    for file in (path, lines):
        done = take(lake, file, map_file)
        assert done.rejects[0] == ("likes is no count", "acme/m123457 (row 123458)", 3)


def test_a_snapshot_that_contradicts_another_of_the_same_time(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, [GOOD])
    done = panel(lake, tmp_path, [{**GOOD, "id": "acme/a"}, {**GOOD, "likes": 7}])
    assert done.rejected == 1
    assert done.rejects[0][1] == "acme/good (row 2)"
    known = "select likes from counter join repo using (repo_id) where id = 'acme/good'"
    assert one(lake, known) == 1


def test_a_broken_csv(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_bytes(
        b"id,observed_at,likes\n"
        b"acme/a,2026-05-01,1\n"
        b"acme/b\n"
        b"acme/c,2026-05-01,3,4,5\n"
        b"acme/\xff,2026-05-01,4\n"
        b'"acme/d",2026-05-01,"5"\n'
        b'"acme/e,2026-05-01,6\n'
    )
    done = take(lake, path, toml(tmp_path, ["id", "observed_at", "likes"]))
    assert [row["id"] for row in rows(lake, "select id from repo order by id")] == [
        "acme/a",
        "acme/d",
    ]
    assert done.rejected == 4


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_lines_that_end_in_both_ways(lake: Lake, tmp_path: Path, suffix: str) -> None:
    content = b"id,likes\r\na/b,1\r\na/c,2\na/d\na/e,1,2\r\na/f,3\n"
    path = tmp_path / f"panel{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
    done = take(lake, path, toml(tmp_path, ["id", "likes"]), observed_at=NOW)
    assert (done.rows, done.rejected) == (3, 2)
    told = rows(lake, "select id, likes from counter join repo using (repo_id) order by id")
    assert [*map(tuple, map(dict.values, told))] == [("a/b", 1), ("a/c", 2), ("a/f", 3)]


def test_a_broken_json(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "panel.jsonl"
    path.write_text(json.dumps(GOOD) + "\n{bad\n[1]\n7\n" + json.dumps({**GOOD, "id": "a/b"}))
    done = take(lake, path, toml(tmp_path, list(GOOD)))
    assert (done.rows, done.rejected) == (2, 3)


@pytest.mark.parametrize("columns", [["id"], list(GOOD)])
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_json_in_which_some_rows_are_none(
    lake: Lake, tmp_path: Path, suffix: str, columns: list[str]
) -> None:
    told = [GOOD, None, 5, "text", [1], {**GOOD, "id": "a/b"}]
    path = tmp_path / f"panel{suffix}"
    lines = "\n".join(map(json.dumps, told))
    path.write_text(lines if suffix == ".jsonl" else json.dumps(told))
    done = take(lake, path, toml(tmp_path, columns), observed_at=NOW)
    assert (done.rows, done.rejected) == (2, 4)
    assert done.rejects == (("the id is missing", "(row 2)", 4),)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"\0" * 10_000, b"id\n"]
)
@pytest.mark.parametrize("suffix", [".parquet", ".json", ".jsonl", ".csv", ".exe"])
def test_a_file_that_is_none(lake: Lake, tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"panel{suffix}"
    path.write_bytes(content)
    try:
        done = take(lake, path, toml(tmp_path, ["id"]))
    except BadRequest:
        assert lake.version == 0
    else:
        assert done.rows == 0


# -- dumps ---------------------------------------------------------------------------------------


def dump(folder: Path, select: str) -> Path:
    path = folder / "models.parquet"
    with duckdb.connect() as plain:
        plain.execute(f"copy ({select}) to '{path}' (format parquet)")
    return path


DUMP = """select 'acme/a' as id, 'acme' as author, timestamp '2026-01-01' as createdAt,
  timestamp '2026-05-01' as lastModified, 5 as downloads, 50 as downloadsAllTime, 1 as likes,
  0.0 as trendingScore, ['en', 'gguf', 'license:mit', 'base_model:acme/b',
  'base_model:quantized:acme/b', 'tf'] as tags, {} from (select 1)"""


@pytest.mark.parametrize(
    "safetensors",
    [
        "{'parameters': {'miku': 5, 'I32': 40, 'fastllm': null}, 'total': 100}",
        "{'parameters': map(['miku', 'I32'], [5, 40]), 'total': 100}",
        """'{"parameters": {"miku": 5, "I32": 40, "\\"; drop": 1}, "total": 100}'""",
    ],
)
def test_dtypes_that_are_none(lake: Lake, tmp_path: Path, safetensors: str) -> None:
    """A structure, a map or JSON text: the same, by our own list of dtypes."""
    take(lake, dump(tmp_path, DUMP.format(f"{safetensors} as safetensors")), kind="hub-stats")
    assert one(lake, "select parameters, is_packed from state") == (100, True)


@pytest.mark.parametrize("total", ["9223372036854775808", "-1", '"many"', "1e400", "0"])
def test_a_gguf_that_counts_wrong(lake: Lake, tmp_path: Path, total: str) -> None:
    """An overflow here once stopped the public importer; it costs one value."""
    gguf = f"""'{{"total": {total}, "architecture": "llama", "chat_template": "{{{{x}}}}"}}'"""
    done = take(lake, dump(tmp_path, DUMP.format(f"{gguf} as gguf")), kind="hub-stats")
    assert (done.rows, done.rejected, done.left_out) == (1, 0, 1)
    assert one(lake, "select gguf_parameters, gguf_architecture from state") == (None, "llama")


@pytest.mark.parametrize("card", ["{", '{"license": ["mit"]}', "[]", "7", "", '{"license": {}}'])
def test_a_card_that_is_none(lake: Lake, tmp_path: Path, card: str) -> None:
    select = DUMP.format(f"'{card}' as cardData, null::varchar as gguf")
    done = take(lake, dump(tmp_path, select), kind="hub-stats")
    assert done.rows == 1
    found = one(lake, "select license, languages, formats, relation, base_models from state")
    assert found == ("mit", ["en"], ["gguf"], "quantized", ["acme/b"])


def test_bases_of_a_dump(lake: Lake, tmp_path: Path) -> None:
    bases = (
        "{'relation': 'merge', 'models': [{'_id': '1', 'id': 'x/y'}, {'_id': '2', 'id': 'x/z'}]}"
    )
    take(lake, dump(tmp_path, DUMP.format(f"{bases} as baseModels")), kind="hub-stats")
    assert one(lake, "select relation, base_models from state") == ("merge", ["x/y", "x/z"])
    assert one(lake, "select count(*), any_value(evidence) from edge") == (2, "listed")


def test_a_change_in_the_future_does_not_move_the_time_of_a_dump(
    lake: Lake, tmp_path: Path
) -> None:
    select = f"""{DUMP.format("null::varchar as gguf")} union all
      select 'acme/b', 'acme', null, timestamp '2077-01-01', 1, 1, 1, 0.0, [], null"""
    done = take(lake, dump(tmp_path, select), kind="hub-stats")
    assert (done.rows, done.rejected) == (1, 1)
    assert one(lake, "select observed_at from snapshot") == datetime(2026, 5, 1)


def test_half_a_dump_is_no_dump(lake: Lake, tmp_path: Path) -> None:
    many = """select 'a/' || range as id, timestamp '2026-05-0{}' as lastModified, 'x' as gguf
      from range({})"""
    take(lake, dump(tmp_path, many.format(1, 2000)), kind="hub-stats")
    with pytest.raises(BadRequest, match="whole = false"):
        take(lake, dump(tmp_path, many.format(2, 900)), kind="hub-stats")
    assert one(lake, "select count(*) from repo where removed_at is null") == 2000
    part = toml(tmp_path, [], source="hub-stats", whole=False)
    take(lake, dump(tmp_path, many.format(2, 900)), part, kind="hub-stats")
    assert one(lake, "select count(*) from repo where removed_at is null") == 2000


def test_papers(lake: Lake, tmp_path: Path) -> None:
    select = """select '2605.' || n as paper_id, 'On ' || n as title, {} as upvotes,
      timestamp '2026-05-01' as submittedOnDailyAt, {{'name': 'acme'}} as organization
      from (values ('1'), ('2'), (null)) t(n)"""
    for day, upvotes in ((1, "5"), (3, "case n when '1' then 5 else 6 end"), (2, "5")):
        path = dump(tmp_path, select.format(upvotes))
        done = take(lake, path, kind="hub-stats", observed_at=datetime(2026, 5, day))
        assert (done.rows, done.rejected) == (2, 1)
    found = rows(lake, 'select paper_id, upvotes, organization, "at" from paper order by "at", 1')
    assert [(row["paper_id"], row["upvotes"], row["at"].day) for row in found] == [
        ("2605.1", 5, 1),
        ("2605.2", 5, 1),
        ("2605.2", 6, 3),
    ]
    assert found[0]["organization"] == "acme"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("source = ", "no TOML"),
        ("source = 'Not Good'", "makes no sense"),
        ("source = 'own'", "makes no sense"),
        ("source = 'x'\nbogus = 1", "unknown keys"),
        ("source = 'x'\n[columns]\nstars = 'y'", "unknown columns"),
        ("source = 'x'\n[columns]\nid = 7", "name of a column"),
        ("source = 'x'\n[columns]\nid = 'nothing'", "no column 'nothing'"),
        ("source = 'x'\n[columns]\nlikes = 'likes'", "which column is the id"),
        ("[columns]\nid = 'id'", "what its source is called"),
        ("source = 'x'", "table \\[columns\\]"),
        ("source = 'x'\norigin = 'all'\n[columns]\nid = 'id'", "makes no sense"),
    ],
)
def test_a_map_that_is_none(lake: Lake, tmp_path: Path, text: str, wrong: str) -> None:
    path, data = tmp_path / "map.toml", tmp_path / "panel.csv"
    path.write_text(text)
    data.write_text("id,likes\nacme/a,1\n")
    with pytest.raises(BadRequest, match=wrong):
        take(lake, data, path, now=NOW)


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_a_column_that_no_row_of_json_has(lake: Lake, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"panel.{suffix}"
    rows = [{"id": "a/b", "when": "2026-05-01", "likes": 1, "safetensors": {"total": 7_000_000}}]
    path.write_text(json.dumps(rows if suffix == "json" else rows[0]))
    columns = {"id": "id", "observed_at": "when", "likes": "liked"}
    with pytest.raises(BadRequest, match=r"no column 'liked'; there are id, likes, .*when"):
        take(lake, path, toml(tmp_path, columns))
    columns = {**columns, "likes": "likes", "parameters": "safetensors.total"}
    assert take(lake, path, toml(tmp_path, columns)).rows == 1
    assert one(lake, "select likes, parameters from counter join state using (repo_id)") == (
        1, 7_000_000)  # fmt: skip


def test_a_column_that_later_rows_have_is_one(lake: Lake, tmp_path: Path) -> None:
    rows = [{"id": f"a/m{n}", "observed_at": "2026-05-01"} for n in range(5000)]
    rows[4999]["likes"] = 7
    assert panel(lake, tmp_path, rows).rows == 5000
    assert one(lake, "select likes from counter where likes is not null") == 7
