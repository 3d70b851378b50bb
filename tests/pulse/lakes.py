"""Panels, snapshots and lakes for the tests of the observatory."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hearthub.lake import Lake
from hearthub.pulse import Ingested
from hearthub.pulse.ingest import ingest
from hearthub.pulse.sources import source_of
from hearthub.pulse.sources.incoming import Options
from hearthub.pulse.sources.mapping import read_map

NOW = datetime(2026, 11, 1)
DAYS, START = 50, datetime(2026, 3, 1, 12)
AS_OWN = "as-own"
"""In a map of tests: the source is this hub itself, which no map may say."""
FIELDS = ("id", "observed_at", "downloads_30d", "downloads_all", "likes", "trending")


def toml(folder: Path, columns: Iterable[str] | Mapping[str, str], **more: Any) -> Path:
    """A map; columns that are only named are called as our fields are."""
    named = columns if isinstance(columns, Mapping) else {name: name for name in columns}
    if more.get("source") == "own":
        more["source"] = AS_OWN
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"source": "test", **more}.items()]
    lines += ["[columns]", *(f"{ours} = {json.dumps(theirs)}" for ours, theirs in named.items())]
    path = folder / f"map-{len(list(folder.glob('map-*')))}.toml"
    path.write_text("\n".join(lines))
    return path


def panel(lake: Lake, folder: Path, rows: list[dict[str, Any]], **more: Any) -> Ingested:
    """Take in rows that are called as our fields are."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / f"panel-{len(list(folder.glob('panel-*')))}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return take(lake, path, toml(folder, names, **more))


def take(
    lake: Lake,
    path: Path,
    map_file: Path | None = None,
    kind: str = "panel",
    observed_at: datetime | None = None,
    now: datetime = NOW,
) -> Ingested:
    options = Options(now=now, path=path, observed_at=observed_at)
    if map_file is not None:
        told = read_map(map_file)
        told = replace(told, source="own") if told.source == AS_OWN else told
        options = replace(options, map=told)
    return ingest(lake, source_of(kind), options)


def rows(lake: Lake, sql: str, **params: Any) -> list[dict[str, Any]]:
    with lake.reading() as session:
        return session.rows(sql, **params)


def one(lake: Lake, sql: str, **params: Any) -> Any:
    """The only row: a value if it has one column, else a tuple."""
    (row,) = rows(lake, sql, **params)
    return next(iter(row.values())) if len(row) == 1 else tuple(row.values())


def history(
    pace: dict[str, float], first: int = 0, last: int = DAYS, **more: Any
) -> list[dict[str, Any]]:
    """Repos with so many likes a day, and a hundred times the downloads."""
    return [
        {
            "id": name,
            "observed_at": (START + timedelta(day)).isoformat(),
            "likes": int(likes * day),
            "downloads_all": int(100 * likes * day),
            **more,
        }
        for name, likes in pace.items()
        for day in range(first, last)
    ]
