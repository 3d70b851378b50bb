"""A year of a hub that never was, up to yesterday, to see the observatory at work.

All of it is made up and says so: the map of each file has `synthetic = true`. The same last day
and seed give the same bytes of rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from demo.cast import datasets, models, spaces
from demo.counters import Made, count
from demo.planted import DAYS, STALLED, planted

SOURCE = "synthetic-year"
SEED = 7
HOUR = time(23, 30)
"""When the made-up hub is looked at each day, in UTC."""
MAP = """# Written by the demo: everything in the file beside it is made up.
source = "{source}"
synthetic = true
whole = true
redistributable = true
licence = "CC0-1.0"
attribution = "Made up by the demo of Hearthub: no figure of it tells of the world"
type = "{type}"
[columns]
{columns}
"""


@dataclass(frozen=True)
class Panel:
    """A file and its map, as `hearthub pulse ingest FILE --map MAP` takes them."""

    type: str
    file: Path
    map: Path
    rows: int


def first_day(last: date) -> date:
    return last - timedelta(DAYS - 1)


def repos(seed: int = SEED) -> list[Made]:
    """All there ever were; no two have one name."""
    found: dict[tuple[str, str], Made] = {}
    for made in (*planted(), *models(seed), *datasets(seed), *spaces(seed)):
        found.setdefault((made.type, made.id), made)
    return list(found.values())


def write(folder: Path, last: date, seed: int = SEED) -> Iterator[Panel]:
    """A panel for each type, a row for each repo and day on which it was there."""
    everything = repos(seed)
    for kind in ("model", "dataset", "space"):
        yield _panel(folder, kind, [made for made in everything if made.type == kind], last)


def _panel(folder: Path, kind: str, made: Iterable[Made], last: date) -> Panel:
    first = first_day(last)
    told: list[dict[str, object]] = []
    counted: dict[str, list[object]] = {name: [] for name in _COUNTED}
    lines: list[int] = []
    weekdays = [(first + timedelta(i)).weekday() for i in range(7)]
    for each in made:
        series = count(each, DAYS, STALLED, weekdays)
        end = DAYS if each.removed is None else each.removed
        for index, day in enumerate(range(series.first, end)):
            if day == series.first or day in _turns(each):
                told.append(_told(each, day, first))
            lines.append(len(told) - 1)
            counted["observed_at"].append(datetime.combine(first + timedelta(day), HOUR))
            counted["downloads_30d"].append(series.month[index] if kind != "space" else None)
            counted["downloads_all"].append(series.ever[index] if kind != "space" else None)
            counted["likes"].append(series.likes[index])
            counted["trending"].append(series.trending[index])
    described = pa.Table.from_pylist(told, schema=_TOLD).take(pa.array(lines, pa.int64()))
    table = pa.table(counted, schema=pa.schema(list(_COUNTED.items())))
    for name in _TOLD.names:
        table = table.append_column(name, described[name])
    table = table.sort_by([("observed_at", "ascending"), ("id", "ascending")])
    return _written(folder, kind, table)


def _turns(made: Made) -> tuple[int, ...]:
    """Days from which on something else is said of it."""
    return tuple(turn[0] for turn in (made.relicensed, made.renamed) if turn)


def _told(made: Made, day: int, first: date) -> dict[str, object]:
    now = made
    if made.relicensed and day >= made.relicensed[0]:
        now = replace(now, licence=made.relicensed[1])
    id_, formerly = made.id, None
    if made.renamed:
        is_new = day >= made.renamed[0]
        id_, formerly = (made.id, made.renamed[1]) if is_new else (made.renamed[1], None)
    is_gguf, is_mlx = made.library == "gguf", made.library == "mlx"
    formats = ["gguf"] if is_gguf else ["mlx"] if is_mlx else ["safetensors"]
    changed = [moment(first, turn) for turn in _turns(made) if turn <= day]
    return {
        "id": id_,
        "formerly": formerly,
        "created_at": moment(first, made.day),
        "modified_at": max([moment(first, made.day), *changed]),
        "parameters": made.parameters,
        "base_model": [made.base] if made.base else [],
        "relation": made.relation,
        "license": now.licence,
        "pipeline_tag": made.task,
        "library": made.library,
        "tags": list(made.tags),
        "languages": list(made.languages),
        "formats": formats if made.type == "model" else [],
    }


def moment(first: date, day: float) -> datetime:
    """UTC without a zone, to the second."""
    return datetime.combine(first, time()) + timedelta(seconds=round(day * 86_400))


def _written(folder: Path, kind: str, table: pa.Table) -> Panel:
    folder.mkdir(parents=True, exist_ok=True)
    file, map_file = folder / f"{kind}s.parquet", folder / f"{kind}s.toml"
    pq.write_table(table, file)
    names = [name for name in table.column_names if table[name].null_count < table.num_rows]
    columns = "\n".join(f'{name} = "{name}"' for name in names)
    map_file.write_text(MAP.format(source=SOURCE, type=kind, columns=columns))
    return Panel(kind, file, map_file, table.num_rows)


_COUNTED = {
    "observed_at": pa.timestamp("us"),
    "downloads_30d": pa.int64(),
    "downloads_all": pa.int64(),
    "likes": pa.int64(),
    "trending": pa.float64(),
}
_TEXTS = pa.list_(pa.string())
_TOLD = pa.schema(
    [
        ("id", pa.string()),
        ("formerly", pa.string()),
        ("created_at", pa.timestamp("us")),
        ("modified_at", pa.timestamp("us")),
        ("parameters", pa.int64()),
        ("base_model", _TEXTS),
        ("relation", pa.string()),
        ("license", pa.string()),
        ("pipeline_tag", pa.string()),
        ("library", pa.string()),
        ("tags", _TEXTS),
        ("languages", _TEXTS),
        ("formats", _TEXTS),
    ]
)
