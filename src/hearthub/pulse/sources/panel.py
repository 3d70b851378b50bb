"""Panels: CSV, JSON or Parquet of anybody's making, read by a map (mapping.py).

One file may hold any number of captures. Who is missing in one was not looked at, unless the map
says `whole`.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from hearthub.errors import BadRequest
from hearthub.lake import Session
from hearthub.pulse.sources import reading
from hearthub.pulse.sources.files import digest, time_of
from hearthub.pulse.sources.incoming import Incoming, Options, select_incoming
from hearthub.pulse.sources.reading import Column, literal, quoted

KIND = "panel"
BROKEN_LINES = """
select 'line with ' || lower(replace(cast(error_type as varchar), '_', ' ')) as reason, line,
  csv_line[:170] || ' (line ' || line || ')' as example
from (
  select distinct line, error_type, csv_line from broken_lines
  union
  select distinct line, error_type, csv_line from endless_lines
  where line not in (select line from broken_lines)
)"""
MAX_HEADING = 2**20  # bytes of a CSV file's first line
PIECE = 2**20
MOST_COLUMNS = 10_000
"""Of CSV: each is planned, used or not."""
_DEEP = "[]" * 20
"""Lists in lists, at more than ten times which DuckDB breaks."""
_NUMBERED = ", file_row_number = true)"
MOST_KEYS = 1000
"""Of JSON that are looked at: strangers chose them."""
_FIRST = 1000  # rows whose keys are looked at before those of all
_NUMBER = {True: "file_row_number + 1", False: "row_number() over ()"}
"""Which row it is: of Parquet the file tells; all others are read in order by this."""
_COUNTS = ("downloads_30d", "downloads_all", "likes")
_TIMES = ("created_at", "modified_at", "observed_at")
_TEXTS = ("id", "author", "relation", "license", "pipeline_tag", "library", "gated", "formerly")
_LISTS = ("tags", "languages", "formats")


def prepare(session: Session, options: Options) -> Incoming:
    if options.path is None:
        raise BadRequest("A panel needs a file to read")
    if not options.map.columns:
        raise BadRequest("A panel needs a map with a table [columns]: give one with --map")
    if options.map.source is None:
        raise BadRequest("The map does not say what its source is called: write `source = ...`")
    wanted = options.map.columns
    if "id" not in wanted:
        raise BadRequest("The map does not say which column is the id")
    rows, columns = _open(session, options.path, set(wanted.values()))
    fields = {name: _column(theirs, columns) for name, theirs in wanted.items()}
    told = _expressions(fields, options, rows)
    session.execute(f"create temp view incoming as {select_incoming(told, rows)}")
    return Incoming(
        source=options.map.source,
        kind=KIND,
        type=options.map.type or "model",
        digest=digest(options.path),
        told=frozenset("base_models" if name == "base_model" else name for name in wanted),
        is_whole=bool(options.map.whole),
        # Of captures that are said to be whole each time is one, whoever is in it.
        has_own_times="observed_at" in fields and not options.map.whole,
        licence=options.map.licence,
        attribution=options.map.attribution,
        origin=options.map.origin,
        is_synthetic=options.map.synthetic,
        is_redistributable=options.map.redistributable,
        broken=BROKEN_LINES if rows.startswith("read_csv") else None,
    )


def _open(session: Session, path: Path, wanted: set[str]) -> tuple[str, Mapping[str, str]]:
    """A relation of the file's rows, and the types of its columns."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    kind, file = (suffixes or [""])[-1], literal(str(path))
    if kind == ".parquet":
        rows = f"read_parquet({file})"
        found = session.rows(f"describe select * from {rows}")  # noqa: S608
        kinds = {row["column_name"]: row["column_type"].upper() for row in found}
        if any(_DEEP in it for it in kinds.values()):
            raise BadRequest(f"{path.name}: there are lists in lists in lists, and so on")
        if "file_row_number" not in {name.lower() for name in kinds}:
            rows = f"{rows[:-1]}{_NUMBERED}"
        return rows, kinds
    if kind in (".json", ".jsonl", ".ndjson"):
        form = "auto" if kind == ".json" else "newline_delimited"
        how = f"format = '{form}', ignore_errors = true"
        keys = _keys(session, f"{file}, {how}", wanted)
        # Told what to look for, DuckDB infers nothing from keys that strangers chose.
        listed = ", ".join(f"{literal(name)}: 'JSON'" for name in sorted(_read_of(wanted, keys)))
        # Left to guess, it reads no row as one where a few are none.
        rows = f"read_json({file}, {how}, records = true, columns = {{{listed}}})"
        return rows, dict.fromkeys(keys, "JSON")
    if kind in (".csv", ".tsv"):
        return _csv(session, path, "\t" if kind == ".tsv" else None)
    raise BadRequest(f"{path.name}: a panel is a file .csv, .tsv, .json, .jsonl or .parquet")


def _keys(session: Session, file: str, wanted: set[str]) -> list[str]:
    """Those that rows of JSON have, the most frequent first; what is wanted where no row has any.

    All rows are looked at only if the first ones lack something.
    """
    for some in (f"limit {_FIRST}", ""):
        found = session.rows(
            "select key, count(*) as n from (select unnest(json_keys(json)) as key from "  # noqa: S608
            f"(select json from read_json_objects({file}) {some})) "
            f"group by key order by n desc, key limit {MOST_KEYS}"
        )
        keys = [row["key"] for row in found] or sorted(wanted)
        if all(theirs in keys or theirs.partition(".")[0] in keys for theirs in wanted):
            break
    return keys


def _read_of(wanted: set[str], keys: list[str]) -> set[str]:
    """`safetensors.total` is inside of `safetensors`, unless a key is called that."""
    return {it if it in keys else it.partition(".")[0] for it in wanted} & set(keys)


def _csv(session: Session, path: Path, delimiter: str | None) -> tuple[str, Mapping[str, str]]:
    """All columns as text, by the heading; what is no line of that shape is left to be counted."""
    path, heading = _even(session, path)
    delimiter = delimiter or max(",;\t|", key=heading.count)
    try:
        names = next(csv.reader([heading.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error as error:
        raise BadRequest(f"{path.name}: the first line names no columns: {error}") from None
    # A table of pandas has no name for its first column, and DuckDB no two that differ by case.
    names = [name or f"(column {number})" for number, name in enumerate(names, 1)]
    if not names or len({name.lower() for name in names}) != len(names):
        raise BadRequest(f"{path.name}: the first line names no columns, or one of them twice")
    if len(names) > MOST_COLUMNS:
        raise BadRequest(f"{path.name}: a table has at most {MOST_COLUMNS} columns")
    listed = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    rows = f"""read_csv({literal(str(path))}, auto_detect = false, header = true,
      delim = {literal(delimiter)}, quote = '"', escape = '"', columns = {{{listed}}},
      parallel = false, store_rejects = true"""
    # Read strictly, DuckDB passes over a quote that never ends, and over all that follows it.
    lenient = f"""{rows}, strict_mode = false,
      rejects_table = 'endless_lines', rejects_scan = 'endless_scans')"""
    session.rows(f"select count(columns(*)) from {lenient}")  # noqa: S608 - all of it is read
    strict = f"{rows}, rejects_table = 'broken_lines', rejects_scan = 'broken_scans')"
    return strict, dict.fromkeys(names, "VARCHAR")


def _even(session: Session, path: Path) -> tuple[Path, str]:
    """The file, and its first line. Where lines end in both ways, as in files that were put
    together, it is a copy in which all end in one: DuckDB reads no others."""
    if path.suffix.lower() == ".zst":
        raise BadRequest(f"{path.name}: unpack it first, or pack it as .gz")
    try:
        with _opened(path) as file:
            heading = file.readline(MAX_HEADING).decode("utf-8-sig", errors="replace")
        endings = [(piece.count(b"\n"), piece.count(b"\r\n")) for piece in _pieces(path)]
        if 0 < sum(crlf for _, crlf in endings) < sum(every for every, _ in endings):
            copy = session.scratch / path.name
            with _opened(copy, "wb") as made:
                for piece in _pieces(path):
                    made.write(piece.replace(b"\r\n", b"\n"))
            path = copy
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadRequest(f"{path.name} is broken: {error}") from None
    return path, heading


def _opened(path: Path, mode: Literal["rb", "wb"] = "rb") -> gzip.GzipFile | BinaryIO:
    return gzip.open(path, mode, 1) if path.suffix.lower() == ".gz" else path.open(mode)


def _pieces(path: Path) -> Iterator[bytes]:
    """None of them ends within the end of a line."""
    held = b""
    with _opened(path) as file:
        while read := file.read(PIECE):
            piece = held + read
            held = piece[-1:] if piece.endswith(b"\r") else b""
            yield piece[: len(piece) - len(held)]
    yield held


def _column(theirs: str, columns: Mapping[str, str]) -> Column:
    """By name; `safetensors.total` is a field of a structure unless a column is called that."""
    if theirs in columns:
        return Column(quoted(theirs), columns[theirs])
    first, _, rest = theirs.partition(".")
    if rest and first in columns:
        path = tuple(rest.split("."))
        if not all(path) or set(rest) & set('"\\'):
            raise BadRequest(f"{theirs[:200]!r} is no path to a field: write it as `a.b.c`")
        return Column(reading.inside(Column(quoted(first), columns[first]), *path), "VARCHAR")
    raise BadRequest(f"There is no column {theirs!r}; there are {', '.join(columns)}"[:500])


def _expressions(fields: Mapping[str, Column], options: Options, rows: str) -> dict[str, str]:
    formats = options.map.time_formats
    told = {
        "type": literal(options.map.type or "model"),
        "nth": _NUMBER[rows.endswith(_NUMBERED)],
    }
    told |= {name: reading.text(fields[name]) for name in _TEXTS if name in fields}
    told |= {name: reading.texts(fields[name]) for name in _LISTS if name in fields}
    told |= {name: reading.count(fields[name]) for name in _COUNTS if name in fields}
    told |= {name: reading.moment(fields[name], formats) for name in _TIMES if name in fields}
    if "base_model" in fields:
        told["base_models"] = reading.texts(fields["base_model"])
    if "trending" in fields:
        told["trending"] = reading.number(fields["trending"])
    if "removed" in fields:
        told["removed"] = reading.flag(fields["removed"])
    if "parameters" in fields:
        read = reading.count(fields["parameters"])
        told["parameters"] = read
        told["left_out"] = _left_out("parameters", fields["parameters"], read)
    told["problem"] = _problem(fields, told)
    if "observed_at" not in fields:
        told["observed_at"] = f"timestamp {literal(str(time_of(options)))}"
    return told


def _problem(fields: Mapping[str, Column], told: Mapping[str, str]) -> str:
    """The first field that says something which is no value of its kind."""
    kinds = {
        **dict.fromkeys(_TIMES, "no time"),
        **dict.fromkeys((*_COUNTS, "trending"), "no number"),
        "removed": "neither true nor false",
    }
    cases = []
    for name, column in sorted(fields.items()):
        if name in _COUNTS:
            cases.append(reading.beyond(name, column, told[name]))
        if name in kinds:
            cases.append(
                f"when {told[name]} is null and {reading.is_told(column)} "
                f"then {literal(f'{name} is {kinds[name]}')}"
            )
    return f"(case {' '.join(cases)} end)" if cases else "cast(null as varchar)"


def _left_out(name: str, column: Column, read: str) -> str:
    is_none = f"{read} is null and {reading.is_told(column)}"
    return f"(case when {is_none} then [{literal(name)}] end)"
