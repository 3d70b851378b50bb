"""The first rows of a stranger's CSV or JSON lines as a table. Run it in the sandbox."""

import csv
import io
import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 100, 60, 300
ENDINGS = {"csv": ",;\t|", "tsv": "\t", "jsonl": "", "ndjson": ""}
"""Of files that are shown so, with what may part their cells."""


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more_columns: int
    is_cut: bool


def ending(path: str) -> str:
    return path.rpartition(".")[2].lower()


def read_table(path: str, data: bytes, is_whole: bool) -> Table | None:
    """None for what is no table. Not `is_whole`: `data` is the beginning of a file."""
    text = data.decode("utf-8-sig", errors="replace")
    if not is_whole:  # the last line may be half of one
        text = text[: text.rfind("\n") + 1]
    partings = ENDINGS[ending(path)]
    try:
        rows = _cells(text, partings) if partings else _objects(text)
    except (csv.Error, ValueError, RecursionError):
        return None
    if len(rows) < 2:
        return None
    columns, *found = rows
    width = max(map(len, rows))
    shown = min(width, MAX_COLUMNS)
    return Table(
        columns=_padded(columns, shown),
        rows=tuple(_padded(row, shown) for row in found[:MAX_ROWS]),
        more_columns=width - shown,
        is_cut=not is_whole or len(found) > MAX_ROWS,
    )


def _cells(text: str, partings: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    parting = max(partings, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=parting)
    return list(islice(reader, MAX_ROWS + 2))


def _objects(text: str) -> list[list[str]]:
    lines = [line for line in islice(io.StringIO(text), 2 * MAX_ROWS) if line.strip()]
    found = [json.loads(line) for line in lines[: MAX_ROWS + 1]]
    objects = [it if isinstance(it, dict) else {"": it} for it in found]
    columns = list(dict.fromkeys(key for it in objects for key in it))
    rows = [[_text(it[key]) if key in it else "" for key in columns] for it in objects]
    return [columns, *rows] if columns else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _padded(row: list[str], width: int) -> tuple[str, ...]:
    cells = [cell if len(cell) <= MAX_CELL else f"{cell[:MAX_CELL]}…" for cell in row[:width]]
    return tuple(cells + [""] * (width - len(cells)))
