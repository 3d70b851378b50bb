"""Values of metrics as of their last days, which feeds of metrics tell of.

    {data}/pulse/values/{sha256 of the source}/{type}-{metric}.json
        {"2026-03-14": [rows of the metric in its own window that ends on that day], ...}

Each was worked out once, by a job, by what was known then.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import Any

import orjson

from hearthub.pulse.metric import MetricRow
from hearthub.pulse.universe import parts_of

MOST_DAYS = 14


class Gathered:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def days(self, metric: str, universe: str) -> set[date]:
        return {date.fromisoformat(day) for day in self._read(self._path(metric, universe))}

    def add(self, metric: str, universe: str, day: date, rows: Sequence[MetricRow]) -> None:
        """As of a day; the newest days stay."""
        path = self._path(metric, universe)
        known = self._read(path) | {day.isoformat(): [_told(row) for row in rows]}
        kept = {name: known[name] for name in sorted(known)[-MOST_DAYS:]}
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(f".{token_hex(8)}.new")
        made.write_bytes(orjson.dumps(kept))
        made.replace(path)

    def rows(self, metric: str, universe: str, version: int) -> list[MetricRow]:
        """Of all days, the last first; none that another version of the metric made."""
        found = self._read(self._path(metric, universe))
        told = [_row(each) for day in sorted(found, reverse=True) for each in found[day]]
        return [row for row in told if row.version == version]

    def forget(self, source: str) -> None:
        rmtree(self._folder / _digest(source), ignore_errors=True)

    def _path(self, metric: str, universe: str) -> Path:
        kind, source, _ = parts_of(universe)
        return self._folder / _digest(source or "") / f"{kind}-{metric}.json"

    def _read(self, path: Path) -> dict[str, list[dict[str, Any]]]:
        if not path.is_file():
            return {}
        found: dict[str, list[dict[str, Any]]] = orjson.loads(path.read_bytes())
        return found


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _told(row: MetricRow) -> dict[str, Any]:
    return {it.name: getattr(row, it.name) for it in fields(row)}


def _row(told: dict[str, Any]) -> MetricRow:
    days = {name: date.fromisoformat(told[name]) for name in ("window_start", "window_end")}
    return MetricRow(**told | days | {"snapshots": tuple(told["snapshots"])})
