"""Kept standings change no number: whatever was read from them is what daily rows say.

Snapshots come late, standings are made at any time between them, days at the ends of months are
stalled, and a repo goes on under another name.
"""

import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.pulse.frame import Needs
from hearthub.pulse.framing import open_frame
from hearthub.pulse.measures import known_metrics, measure_one, needs_of
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.months import make_months
from hearthub.pulse.standing import keep_standings, months
from hearthub.sandbox import Sandbox
from pulse.lakes import panel

START = datetime(2026, 1, 1, 9)
DAYS = 90
STALLED = (30, 58, 70)
"""January's and February's last days among them."""
REPOS = 26
"""Enough for a stalled day to be seen as one."""
BORN = {22: 9, 23: 84}
"""Repos that are made meanwhile, on which day."""
WINDOWS = ("2026-01-20..2026-03-10", "7d", "all")
ASKS = (
    ("risers", None), ("pace", None), ("newcomers", None), ("anomalies", None),
    ("period_downloads", "basis"), ("velocity", None),
)  # fmt: skip


def test_kept_standings_and_daily_rows_tell_the_same(lake: Lake, tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = _rows(chance)
    late = [row for row in whole if chance.random() < 0.1 and row["observed_at"] < "2026-02-20"]
    first = [row for row in whole if row not in late and row["observed_at"] < "2026-03-08"]
    last = [row for row in whole if row["observed_at"] >= "2026-03-08"]
    panel(lake, tmp_path, first, whole=False)
    assert keep_standings(lake) == 3
    with lake.reading() as session:
        stalled = open_frame(session, "model@test", "all").days.stalled
    assert {day.strftime("%m-%d") for day in stalled} >= {"01-31", "02-28"}
    _compare(lake, tmp_path / "one")
    panel(lake, tmp_path, late, whole=False)
    assert _kept(lake) == []
    _compare(lake, tmp_path / "two")
    assert keep_standings(lake) == 3
    panel(lake, tmp_path, last, whole=False)
    assert _kept(lake) == ["2026-01", "2026-02"]
    _compare(lake, tmp_path / "three")
    newest = [row for row in whole if row["id"] == "acme/m-4"][-1]
    told = newest | {"observed_at": "2026-03-31T21:00:00Z", "formerly": "acme/m-3"}
    panel(lake, tmp_path, [told], whole=False)
    with lake.reading() as session:
        assert session.value("select count(*) from alias") == 1
    _compare(lake, tmp_path / "four")
    assert (keep_standings(lake), keep_standings(lake)) == (1, 0)
    _compare(lake, tmp_path / "five")


def test_a_standing_of_other_files_is_made_again_when_files_are_merged(
    lake: Lake, tmp_path: Path
) -> None:
    for day in range(3):
        at = (START + timedelta(day)).isoformat()
        panel(lake, tmp_path, [{"id": "acme/a", "observed_at": at, "downloads_all": day}])
    assert keep_standings(lake) == 1
    assert lake.compact(many=2) > 0
    assert _kept(lake) == []
    assert keep_standings(lake) == 1
    with lake.reading() as session:
        assert session.one("select d_all, d_most from standing") == {"d_all": 2, "d_most": 2}


def test_every_metric_says_what_it_needs(lake: Lake, tmp_path: Path) -> None:
    """A frame opened for it alone tells the same as one that has everything."""
    panel(lake, tmp_path, _rows(random.Random(3)), whole=False)
    keep_standings(lake)
    with lake.reading() as session:
        frame = open_frame(session, "model@test", "7d")
        told = {metric.id: measure_one(frame, metric.id) for metric in known_metrics()
                if "model" in metric.types}  # fmt: skip
    for name, rows in told.items():
        with lake.reading() as session:
            narrow = open_frame(session, "model@test", "7d", needs_of([(name, None)]))
            found = measure_one(narrow, name)
        assert _as_json(found) == _as_json(rows), name


def _rows(chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for number in range(REPOS):
        downloads, likes = chance.randrange(500), 0
        born = BORN.get(number)
        for day in range(DAYS):
            downloads += chance.randrange(1, 400)
            likes += chance.randrange(3)
            is_stalled = day in STALLED and number > 0
            is_elsewhere = (number == 4 and day < 60) or (number == 3 and day >= 60)
            if is_stalled or is_elsewhere or (born is not None and day < born):
                continue
            if chance.random() < 0.01:
                downloads -= 600  # a correction upstream
            found.append(
                {
                    "id": f"acme/m-{number}",
                    "observed_at": (START + timedelta(day)).isoformat() + "Z",
                    "created_at": f"2025-{1 + number % 12:02d}-03T00:00:00Z"
                    if born is None
                    else (START + timedelta(born)).isoformat() + "Z",
                    "downloads_all": max(0, downloads),
                    "downloads_30d": chance.randrange(3000),
                    "likes": likes,
                    "trending": chance.choice((None, 0, 3, 9)) if number < 5 else None,
                }
            )
    return found


def _kept(lake: Lake) -> list[str]:
    """Months whose standing is good."""
    with lake.reading() as session:
        return [month.name for month in months(session) if month.standing]


def _compare(lake: Lake, folder: Path) -> None:
    """With what is kept, and in a copy without."""
    shutil.copytree(lake.folder, folder)
    plain = Lake(folder, TABLES, Sandbox(1))
    with plain.writing() as writing:
        for table in ("standing", "scored", "latest"):
            writing.forget(table, writing.session.files(table))
    assert _kept(plain) == []
    for window in WINDOWS:
        assert _told(lake, window) == _told(plain, window)
        assert _measured(lake, window) == _measured(plain, window, Needs())


def _told(lake: Lake, window: str) -> list[dict[str, Any]]:
    with lake.reading() as session:
        frame = open_frame(session, "model@test", window)
        make_months(frame)
        rows = session.rows("select * from u join by_month using (repo_id) order by repo_id")
        points = session.rows("select * from day order by repo_id, day")
        return [{key: _plain(value) for key, value in row.items()} for row in (*rows, *points)]


def _measured(lake: Lake, window: str, needs: Needs | None = None) -> list[dict[str, Any]]:
    """By a frame that has only what is asked for, or everything."""
    with lake.reading() as session:
        frame = open_frame(session, "model@test", window, needs or needs_of(ASKS))
        return _as_json([row for metric, by in ASKS for row in measure_one(frame, metric, by)])


def _as_json(rows: list[MetricRow]) -> list[dict[str, Any]]:
    return [{key: _plain(value) for key, value in row.to_json().items()} for row in rows]


def _plain(value: Any) -> Any:
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.mark.parametrize("day", [START, START + timedelta(40)])
def test_a_lake_without_rows_has_no_standing(lake: Lake, tmp_path: Path, day: datetime) -> None:
    assert keep_standings(lake) == 0
    panel(lake, tmp_path, [{"id": "acme/a", "observed_at": day.isoformat(), "likes": 1}])
    assert keep_standings(lake) == 1
