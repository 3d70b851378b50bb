"""Maps and panels made to break their reader: each is refused in words, or read as far as it goes,
and takes neither minutes nor the memory of the machine."""

import gzip
import json
import time
from pathlib import Path

import duckdb
import pytest

from hearthub.errors import BadRequest
from hearthub.lake import Lake
from hearthub.pulse.sources.mapping import read_map
from hearthub.pulse.sources.panel import MOST_COLUMNS
from pulse.lakes import one, take, toml

ID, ROW = b"id,observed_at\n", b"acme/a,2026-05-01\n"
NEEDED = ["id", "observed_at"]
GOOD = '{"id": "acme/a", "observed_at": "2026-05-01", "likes": 1, "a": {"b": 2}}\n'


def panel_of(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def parquet_of(folder: Path, select: str) -> Path:
    path = folder / "panel.parquet"
    with duckdb.connect() as plain:
        plain.execute(f"copy ({select}) to '{path}' (format parquet)")
    return path


@pytest.mark.parametrize("text", [
    "a.a" * 20_000 + " = 1", "[" + "a." * 20_000 + "a]", '"a".' * 10_000 + "a = 1",
    "a = [" + "[" * 50_000,
    "a = " + "{a = " * 10_000, "a = " + "9" * 90_000, "a = 1e999999",
    "licence = '" + "x" * 90_000 + "'",
    "source = 1979-05-27T07:32:00Z", "whole = 1", "type = []", "type = {}", "time_formats = [[]]",
    "[columns]\nid = ['a']", "[[columns]]\nid = 'a'", "[columns.id]\nx = 'y'", "\0", "\ufeff",
], ids=lambda it: repr(it[:16]))  # fmt: skip
def test_maps(tmp_path: Path, text: str) -> None:
    path = panel_of(tmp_path, "map.toml", text.encode())
    began = time.monotonic()
    with pytest.raises(BadRequest):
        read_map(path)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("column", [
    "a\0b", 'x"."y', 'a.b"c', "a.'b", "a.b\\", "a.b.", ".", "..", "a..b", "x" * 80_000,
    "id) from repo; --", "a.$[*]", "'", '"', "likes.x", "\u202e",
], ids=lambda it: ascii(it[:16]))  # fmt: skip
def test_names_of_columns(lake: Lake, tmp_path: Path, suffix: str, column: str) -> None:
    """What is no column is said to be none; of one that is, there may be nothing inside."""
    content = GOOD.encode() if suffix == "jsonl" else b"id,observed_at,a\nacme/a,2026-05-01,1\n"
    path = panel_of(tmp_path, f"panel.{suffix}", content)
    told, columns = "", dict(zip(NEEDED, NEEDED, strict=True), likes=column)
    try:
        assert take(lake, path, toml(tmp_path, columns)).rows == 1
    except BadRequest as error:
        told = str(error)
    assert len(told) < 1000
    assert one(lake, "select count(likes) from counter") == 0


@pytest.mark.parametrize(
    "form", ["%", "%%%", "%Y" * 200, "'", "\0", "%q", "%-", "%g%G%V%u", "\u202e%Y"]
)
def test_forms_of_times(lake: Lake, tmp_path: Path, form: str) -> None:
    path = panel_of(tmp_path, "panel.csv", ID + ROW)
    told = ""
    try:
        assert take(lake, path, toml(tmp_path, NEEDED, time_formats=[form])).rows == 1
    except BadRequest as error:
        told = str(error)
    assert len(told) < 1000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.csv", b"id,observed_at," + b"x" * 200_000 + b"\n" + ROW),
        ("many.csv", b"id,observed_at," + b",".join(b"c%d" % n for n in range(100_000)) + b"\n"),
        ("returns.csv", b"id,observed_at\racme/a,2026-05-01\r"),
        ("twice.csv", b"id,ID,observed_at\nacme/a,x,2026-05-01\n"),
        ("wide.csv", (ID + ROW).decode().encode("utf-16")),
        ("none.csv.gz", ID + ROW),
        ("half.csv.gz", gzip.compress(ID + ROW * 100_000)[:20]),
        ("half.jsonl.gz", gzip.compress(GOOD.encode() * 10_000)[:100]),
        ("none.jsonl.gz", GOOD.encode()),
        ("none.csv.zst", ID + ROW),
        ("none.jsonl.zst", GOOD.encode()),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_files_that_are_none(lake: Lake, tmp_path: Path, name: str, content: bytes) -> None:
    path = panel_of(tmp_path, name, content)
    began = time.monotonic()
    with pytest.raises(BadRequest) as refused:
        take(lake, path, toml(tmp_path, NEEDED))
    assert time.monotonic() - began < 10
    assert len(str(refused.value)) < 1000
    assert lake.version == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("packed.csv.gz", gzip.compress(ID + ROW)),
        ("packed.jsonl.gz", gzip.compress(GOOD.encode())),
        ("pandas.csv", b",id,observed_at\n0,acme/a,2026-05-01\n"),
        ("lines.csv", b'id,observed_at,"a\nb"\nacme/a,2026-05-01,1\n'),
        ("quote's.csv", b"id,observed_at,a'b\nacme/a,2026-05-01,1\n"),
        ("p*[1].csv", ID + ROW),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_files_that_are_odd(lake: Lake, tmp_path: Path, name: str, content: bytes) -> None:
    assert take(lake, panel_of(tmp_path, name, content), toml(tmp_path, NEEDED)).rows == 1


def test_as_many_columns_as_may_be(lake: Lake, tmp_path: Path) -> None:
    more = range(MOST_COLUMNS - 2)
    heading = ",".join([*NEEDED, *(f"c{n}" for n in more)])
    line = ",".join(["acme/a", "2026-05-01", *("1" for _ in more)])
    path = panel_of(tmp_path, "panel.csv", f"{heading}\n{line}\n".encode())
    assert take(lake, path, toml(tmp_path, NEEDED)).rows == 1


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000,
                                  '{"a":' * 100_000 + "1" + "}" * 100_000],
                         ids=["lists", "objects"])  # fmt: skip
def test_json_that_is_deep(lake: Lake, tmp_path: Path, deep: str) -> None:
    line = f'{{"id": "acme/a", "observed_at": "2026-05-01", "tags": {deep}}}\n'
    path = panel_of(tmp_path, "panel.jsonl", line.encode() + GOOD.replace("/a", "/b").encode())
    assert take(lake, path, toml(tmp_path, [*NEEDED, "tags"])).rows == 2


@pytest.mark.parametrize("name", ["x" * 1_000_000, "a\0b", "\ud800", "'; drop table repo; --"],
                         ids=lambda it: ascii(it[:12]))  # fmt: skip
def test_keys_of_json(lake: Lake, tmp_path: Path, name: str) -> None:
    line = json.dumps({"id": "acme/a", "observed_at": "2026-05-01", name: 1})
    path = panel_of(tmp_path, "panel.jsonl", f"{line}\n{GOOD.replace('/a', '/b')}".encode())
    assert take(lake, path, toml(tmp_path, NEEDED)).rows >= 1


PARQUET = "select 'acme/a' as id, timestamp '2026-05-01' as observed_at, {}"


@pytest.mark.parametrize("more", [
    "1 as file_row_number", "1 as FILE_ROW_NUMBER", "1 as filename",
    "{'a': " * 100 + "1" + "}" * 100 + " as tags", """1 as "a'""b; drop" """,
    "(select list('t' || range) from range(100000)) as tags",
])  # fmt: skip
def test_parquet_that_is_odd(lake: Lake, tmp_path: Path, more: str) -> None:
    path = parquet_of(tmp_path, PARQUET.format(more))
    wanted = [*NEEDED, *(["tags"] if "as tags" in more else [])]
    assert take(lake, path, toml(tmp_path, wanted)).rows == 1


def test_lists_of_lists_of_lists(lake: Lake, tmp_path: Path) -> None:
    path = parquet_of(tmp_path, PARQUET.format("[" * 200 + "1" + "]" * 200 + " as tags"))
    with pytest.raises(BadRequest, match="lists in lists"):
        take(lake, path, toml(tmp_path, [*NEEDED, "tags"]))
    deep = parquet_of(tmp_path, PARQUET.format("[" * 19 + "1" + "]" * 19 + " as tags"))
    assert take(lake, deep, toml(tmp_path, [*NEEDED, "tags"])).rows == 1
