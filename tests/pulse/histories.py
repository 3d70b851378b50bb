"""Histories made up, day by day, whose truth is known; they come by the same door as all others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hearthub.lake import Lake
from pulse.lakes import take, toml

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
    licence: str | None = None
    bases: Sequence[str] = ()
    relation: str | None = None
    formerly: str | None = None
    silent: frozenset[int] = field(default_factory=frozenset)
    """Days on which it was not seen."""


def write(
    lake: Lake, repos: Iterable[Told], tmp: Path, source: str = "told", kind: str = "model"
) -> None:
    """Who is missing on a day was not looked at. Each call is a snapshot of its own."""
    rows = [row for repo in repos for row in _rows(repo)]
    path = tmp / f"{source}-{len(list(tmp.glob(f'{source}-*')))}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), path)
    done = take(lake, path, toml(tmp, _SCHEMA.names, source=source, type=kind))
    assert (done.rows, done.rejected) == (len(rows), 0), done.rejects


def _rows(repo: Told) -> Iterable[dict[str, object]]:
    days = max(map(len, (repo.d_all, repo.likes, repo.d30, repo.trending)))
    for index in range(days):
        day = START + index * DAY
        is_gone = repo.removed is not None and day >= repo.removed
        if index in repo.silent or (repo.created and day < repo.created):
            continue
        # The day on which it was gone says nothing new of its counters.
        said = index - 1 if is_gone and index else index
        yield {
            "id": repo.id,
            "created_at": _noon(repo.created, -6),
            "observed_at": _noon(day),
            "downloads_all": _at(repo.d_all, said),
            "downloads_30d": _at(repo.d30, said),
            "likes": _at(repo.likes, said),
            "trending": _at(repo.trending, said),
            "parameters": repo.parameters,
            "pipeline_tag": repo.task,
            "license": repo.licence,
            "base_model": list(repo.bases),
            "relation": repo.relation,
            "formerly": repo.formerly,
            "removed": is_gone,
        }
        if is_gone:
            return


def _at(series: Sequence[float | None], index: int) -> float | None:
    return series[index] if index < len(series) else None


def _noon(day: date | None, hours: int = 0) -> datetime | None:
    return day and datetime(day.year, day.month, day.day, 12 + hours)


_TIME, _COUNT, _TEXT = pa.timestamp("us"), pa.int64(), pa.string()
_SCHEMA = pa.schema(
    [
        ("id", _TEXT),
        ("created_at", _TIME),
        ("observed_at", _TIME),
        ("downloads_all", _COUNT),
        ("downloads_30d", _COUNT),
        ("likes", _COUNT),
        ("trending", pa.float64()),
        ("parameters", _COUNT),
        ("pipeline_tag", _TEXT),
        ("license", _TEXT),
        ("base_model", pa.list_(_TEXT)),
        ("relation", _TEXT),
        ("formerly", _TEXT),
        ("removed", pa.bool_()),
    ]
)
