"""Tables as CSV that a spreadsheet may open."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Of a full width, too, as spreadsheets in Japan and China have them."""


def cell(text: str) -> str:
    """Text of strangers: it never begins as a formula does, and has no control characters."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    return f"'{text}" if text[:1] in FORMULA else text


def table_csv(rows: Iterable[Mapping[str, object]], names: Sequence[str]) -> str:
    """A header and a line a row: numbers as they are, an empty cell for null, blanks between the
    items of a list."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_written(row.get(name)) for name in names])
    return out.getvalue()


def _written(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return cell(" ".join(map(str, value)))
    return cell(value) if isinstance(value, str) else value
