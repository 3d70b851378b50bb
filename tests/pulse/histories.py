"""Histories made up, day by day, whose truth is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hearthub.lake import Lake
from pulse import loading

DAY = timedelta(days=1)
START = date(2026, 1, 1)


@dataclass
class Told:
    """A repo: its counters at noon of `START` + i; None where there is none."""

    id: str
    d_all: Sequence[int | None] = ()
    likes: Sequence[int | None] = ()
    d30: Sequence[int | None] = ()
    trending: Sequence[float | None] = ()
    created: date | None = START - 400 * DAY
    removed: date | None = None
    parameters: int | None = None
    task: str | None = None
    silent: frozenset[int] = field(default_factory=frozenset)
    """Days on which it was not seen."""


def write(
    lake: Lake, repos: Iterable[Told], tmp: Path, source: str = "told", kind: str = "model"
) -> None:
    rows = [row for repo in repos for row in _rows(repo)]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    path = tmp / f"{source}.parquet"
    pq.write_table(table, path)
    loading.panel(lake, source, kind, f"select * from read_parquet('{path}')", (path,))


def _rows(repo: Told) -> Iterable[dict[str, object]]:
    days = max(map(len, (repo.d_all, repo.likes, repo.d30, repo.trending)))
    for index in range(days):
        day = START + index * DAY
        values = {
            name: series[index] if index < len(series) else None
            for name, series in (
                ("d_all", repo.d_all),
                ("likes", repo.likes),
                ("d30", repo.d30),
                ("trending", repo.trending),
            )
        }
        is_there = (repo.created is None or day >= repo.created) and index not in repo.silent
        if not is_there or (repo.removed and day >= repo.removed):
            continue
        yield {
            "id": repo.id,
            "author": repo.id.split("/")[0],
            "created_at": _noon(repo.created, -6),
            "observed_at": _noon(day),
            "parameters": repo.parameters,
            "pipeline_tag": repo.task,
            "removed_at": _noon(repo.removed),
            **values,
        }


def _noon(day: date | None, hours: int = 0) -> datetime | None:
    return day and datetime(day.year, day.month, day.day, 12 + hours)


_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("author", pa.string()),
        ("created_at", pa.timestamp("us")),
        ("observed_at", pa.timestamp("us")),
        ("parameters", pa.int64()),
        ("pipeline_tag", pa.string()),
        ("removed_at", pa.timestamp("us")),
        ("d_all", pa.int64()),
        ("d30", pa.int64()),
        ("likes", pa.int64()),
        ("trending", pa.float64()),
    ]
)
