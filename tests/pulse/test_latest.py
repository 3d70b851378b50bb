"""What is kept of the last day changes no number: all of it is what is made afresh.

Repos change what they are, go on under another name, are removed and come late; the last days are
observed, stalled, or both.
"""

import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hearthub.lake import Lake, Session
from hearthub.pulse import TABLES
from hearthub.pulse.frame import Needs
from hearthub.pulse.framing import SPARED, begin_frame, moments_kept, open_frame
from hearthub.pulse.keep_latest import keep_latest
from hearthub.pulse.latest import MOMENTS, latest
from hearthub.pulse.measures import measure_one, needs_of
from hearthub.pulse.months import make_months
from hearthub.pulse.report.weekly import DATA, WEEK, specs
from hearthub.pulse.standing import keep_standings
from hearthub.sandbox import Sandbox
from pulse.lakes import panel

START = datetime(2026, 1, 1, 9)
DAYS = 70
REPOS = 26
STALLED = frozenset({30, 66, 69})
UNIVERSES = (
    "model@test", "model@test/active", "model@test/recent-90", "model@test/tracked", "model@other",
    "dataset@test",
)  # fmt: skip
LONG = "2025-07-01..2026-03-20"
WINDOWS = ("7d", "30d", LONG, "2026-02")
KEPT = ("standing", "scored", "latest")


def test_what_is_kept_and_what_is_made_afresh_tell_the_same(lake: Lake, tmp_path: Path) -> None:
    chance = random.Random(5)
    whole = _rows(chance)
    late = [row for row in whole if chance.random() < 0.1 and row["observed_at"] < "2026-02-20"]
    last = [row for row in whole if row["observed_at"] >= "2026-03-06"]
    first = [row for row in whole if row not in late and row not in last]
    panel(lake, tmp_path, first, whole=False)
    panel(lake, tmp_path, _rows(random.Random(6))[:300], whole=False, source="other")
    panel(lake, tmp_path, _rows(random.Random(8))[:300], whole=False, type="dataset")
    _keep(lake, 3)
    _compare(lake, tmp_path / "one")
    panel(lake, tmp_path, late, whole=False)
    assert not _is_kept(lake, "model@test")
    _compare(lake, tmp_path / "two")
    panel(lake, tmp_path, last, whole=False)
    _keep(lake, 3)
    _compare(lake, tmp_path / "three")
    newest = [row for row in whole if row["id"] == "acme/m-4"][-1]
    told = newest | {"observed_at": "2026-03-12T21:00:00Z", "formerly": "acme/m-3"}
    panel(lake, tmp_path, [told], whole=False)
    _keep(lake, 3)
    with lake.reading() as session:
        assert session.value("select count(*) from alias") == 1
        columns = _kept(session, "model@test").columns
        assert len(columns) < len(MOMENTS), "a moment that several columns have is kept once"
    _compare(lake, tmp_path / "four")


def test_nothing_is_kept_of_this_hub_itself(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, _rows(random.Random(2))[:200], whole=False, source="own")
    assert keep_latest(lake) == 0
    with lake.reading() as session:
        assert session.files("latest") == ()


def test_what_is_stale_goes(lake: Lake, tmp_path: Path) -> None:
    assert keep_latest(lake) == 0
    rows = _rows(random.Random(2))
    panel(lake, tmp_path, rows[:200], whole=False)
    assert (keep_latest(lake), keep_latest(lake)) == (1, 0)
    panel(lake, tmp_path, rows[200:250], whole=False)
    assert not _is_kept(lake, "model@test")
    assert keep_latest(lake) == 1
    with lake.reading() as session:
        assert len(session.files("latest")) == 1


def test_scores_are_kept_of_those_that_have_any(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, _rows(random.Random(4)), whole=False)
    assert keep_standings(lake) == 3
    with lake.reading() as session:
        kept = session.rows(
            "select id, count(*) as n, bool_or(s.trending > 0) as has_any "
            "from scored s join repo using (repo_id) group by id"
        )
        assert {row["id"] for row in kept} == {f"acme/m-{number}" for number in range(5)}
        assert all(row["has_any"] for row in kept)
        assert session.value("select count(*) from scored where repo_id is null") == 3


def test_a_frame_of_the_weekly_pulse_has_what_it_asks_for(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, _rows(random.Random(3)), whole=False)
    panel(lake, tmp_path, _rows(random.Random(8)), whole=False, type="dataset")
    _keep(lake, 2)
    for name, spec in specs("model@test/all", (START + timedelta(DAYS - 1)).date()).items():
        assert name in (WEEK, DATA)
        with lake.reading() as session:
            wide = open_frame(session, spec.universe, spec.window)
            told = [_plain(measure_one(wide, *ask)) for ask in spec.asks]
        needs = needs_of(spec.asks)
        assert name != WEEK or (needs.columns is not None and needs.columns < SPARED)
        with lake.reading() as session:
            narrow = open_frame(session, spec.universe, spec.window, needs)
            assert [_plain(measure_one(narrow, *ask)) for ask in spec.asks] == told
        # Each by itself: another's columns may be what it reads.
        for ask, rows in zip(spec.asks, told, strict=True):
            with lake.reading() as session:
                frame = open_frame(session, spec.universe, spec.window, needs_of([ask]))
                assert _plain(measure_one(frame, *ask)) == rows, ask


def _rows(chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for day in range(DAYS):
        for number in range(REPOS):
            is_stalled = day in STALLED and number > 0
            is_elsewhere = (number == 4 and day < 60) or (number == 3 and day >= 60)
            if is_stalled or is_elsewhere or (number == 7 and day < 64):
                continue
            born = datetime(2026, 3, 5) if number == 7 else datetime(2025, 1 + number % 12, 3)
            moves = 1 + day * (100 + number)
            found.append(
                {
                    "id": f"{'Qwen' if number > 12 else 'acme'}/m-{number}",
                    "observed_at": (START + timedelta(day)).isoformat() + "Z",
                    "created_at": born.isoformat() + "Z" if number != 9 else None,
                    "downloads_all": max(0, moves - (500 if chance.random() < 0.01 else 0))
                    if number != 8
                    else None,
                    "downloads_30d": chance.randrange(3000),
                    "likes": day * (number % 4) // 2,
                    "trending": chance.choice((0, 3, 9)) if number < 5 else 0,
                    "pipeline_tag": chance.choice(("text-generation", "robotics", None))
                    if number % 3 == 0
                    else "text-to-image",
                    "library": "transformers",
                    "license": ("apache-2.0", "mit", "cc-by-nc-4.0", None)[number % 4]
                    if day < 50
                    else "mit",
                    "base_model": [f"acme/m-{number // 2}"] if number % 2 and number > 5 else None,
                    "relation": "quantized" if number % 2 and number > 5 else None,
                    "parameters": 10 ** (8 + number % 4) if number % 5 else None,
                    "tags": ["safetensors", "qwen2"] if number % 2 else ["gguf"],
                    "removed": number == 11 and day > 64,
                }
            )
    return found


def _keep(lake: Lake, count: int) -> None:
    keep_standings(lake)
    assert keep_latest(lake) == count
    assert _is_kept(lake, "model@test")


def _kept(session: Session, universe: str) -> Any:
    frame, _ = begin_frame(session, universe, "7d")
    return latest(session, frame.universe, frame.window.end, moments_kept(frame))


def _is_kept(lake: Lake, universe: str) -> bool:
    with lake.reading() as session:
        return _kept(session, universe).file is not None


def _compare(lake: Lake, folder: Path) -> None:
    """With what is kept, and in a copy without."""
    shutil.copytree(lake.folder, folder)
    plain = Lake(folder, TABLES, Sandbox(1))
    with plain.writing() as writing:
        for table in KEPT:
            writing.forget(table, writing.session.files(table))
    assert not _is_kept(plain, "model@test")
    for universe in UNIVERSES:
        for window in WINDOWS if universe == "model@test" else WINDOWS[:1]:
            assert _told(lake, universe, window) == _told(plain, universe, window), universe


def _told(lake: Lake, universe: str, window: str) -> list[Any]:
    found: list[Any] = []
    by_month = Needs(has_series=False)
    others = {
        "7d": (by_month, Needs(frozenset({0, 7, 28}), columns=frozenset())),
        LONG: (by_month, Needs()),
    }
    for needs in others.get(window, (Needs(),)):
        with lake.reading() as session:
            frame = open_frame(session, universe, window, needs)
            found += _plain(session.rows("select * from u order by repo_id"))
            if not needs.has_series:
                make_months(frame)
                found += _plain(session.rows("select * from by_month order by repo_id"))
    if universe != UNIVERSES[0]:
        return found
    needs = needs_of(ASKS)
    with lake.reading() as session:
        frame = open_frame(session, universe, window, needs)
        found += [_plain(measure_one(frame, *ask)) for ask in ASKS]
    return found


ASKS = (("newcomers", None), ("newcomers", "repo"), ("period_downloads", "country"))


def _plain(rows: list[Any]) -> list[dict[str, Any]]:
    dicts = [row if isinstance(row, dict) else row.to_json() for row in rows]
    return [
        {k: float(f"{v:.9g}") if isinstance(v, float) else v for k, v in sorted(row.items())}
        for row in dicts
    ]


@pytest.mark.parametrize("table", ["repo", "state", "counter"])
def test_a_file_of_another_table_makes_it_stale(lake: Lake, tmp_path: Path, table: str) -> None:
    panel(lake, tmp_path, _rows(random.Random(2))[:200], whole=False)
    keep_latest(lake)
    assert _is_kept(lake, "model@test")
    with lake.writing() as writing:
        writing.replace(table, f"select * from {table}")
    assert not _is_kept(lake, "model@test")
