"""What one look at a source is: a panel whose rows have times of their own was made in one."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hearthub.lake import Lake
from hearthub.pulse import Measures
from hearthub.pulse.days import Days, observed_days
from hearthub.pulse.trending import Trends
from hearthub.pulse.universe import Universe
from needs import needs_data
from pulse.lakes import START, one, panel


def days_of(lake: Lake, source: str = "test") -> Days:
    with lake.reading() as session:
        return observed_days(session, Universe("model", source))


def looked(day: int, likes: int = 1, repos: int = 30, over: int = 3) -> list[dict[str, Any]]:
    """A look that ends that day and took `over` days: a row a repo."""
    return [
        {
            "id": f"a/m{number}",
            "created_at": "2025-01-01",
            "observed_at": (START + timedelta(day - number % over)).isoformat(),
            "likes": likes * (number + 1),
            "downloads_all": 1000 * likes * (number + 1),
        }
        for number in range(repos)
    ]


def test_a_row_a_repo_is_one_look(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, looked(2))
    last = date(2026, 3, 3)
    assert days_of(lake).live == (last,)
    assert one(lake, 'select since, "at" from capture') == (START, START + timedelta(2))
    # Rows keep the times that they have.
    assert one(lake, 'select count(distinct "at") from counter') == 3
    rows = Measures(lake).metric("newcomers")
    assert [(row.dimension, row.value) for row in rows[:2]] == [("new", None), ("again", None)]


def test_a_look_that_finds_nothing_changed_is_a_stall(lake: Lake, tmp_path: Path) -> None:
    """Six of twenty looks copied the one before: still nobody is thought to be idle."""
    copied = {2, 5, 8, 11, 14, 17}
    changes, rows = 0, []
    for day in range(20):
        changes += day not in copied
        rows += [
            {
                "id": f"a/m{number}",
                "observed_at": (START + timedelta(day)).isoformat(),
                "downloads_all": 1000 * changes + number,
            }
            for number in range(30)
        ]
    panel(lake, tmp_path, rows)
    assert days_of(lake).stalled == tuple(
        date(2026, 3, 1) + timedelta(day) for day in sorted(copied)
    )


def test_two_looks_tell_what_changed_between(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, looked(2))
    panel(lake, tmp_path, looked(9, likes=3))
    assert days_of(lake).live == (date(2026, 3, 3), date(2026, 3, 10))
    rows = {row.id: row.likes_gained for row in Trends(lake).trending("model", "hub").rows}
    assert rows == {f"a/m{number}": 2 * (number + 1) for number in range(10, 30)} | {
        name: gained for name, gained in rows.items() if int(name[3:]) < 10
    }
    assert len(rows) == 20
    (row,) = Measures(lake).metric("period_downloads", window="7d")
    assert (row.value, row.coverage) == (sum(2000 * (number + 1) for number in range(30)), 1.0)


@pytest.mark.parametrize("twice", [1, 20])
def test_some_repos_twice_make_no_series_and_many_do(
    lake: Lake, tmp_path: Path, twice: int
) -> None:
    later = [
        {**row, "observed_at": (START + timedelta(1)).isoformat()}
        for row in looked(0, over=1)[:twice]
    ]
    panel(lake, tmp_path, looked(0, over=1) + later)
    assert len(days_of(lake).live) == (1 if twice == 1 else 2)


def test_a_series_has_a_look_a_day(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, [row for day in range(5) for row in looked(day, likes=day, over=1)])
    assert days_of(lake).live == tuple(date(2026, 3, 1) + timedelta(day) for day in range(5))


def test_before_a_look_is_over_nothing_is_told_of_all(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, looked(2))
    (row,) = Measures(lake).metric("period_downloads", window="2026-03-01..2026-03-02")
    assert (row.value, row.coverage) == (None, 0.0)
    assert row.reason == "nothing was observed by the end of this window"


@pytest.mark.parametrize("is_first", [True, False])
def test_looks_in_any_order_end_the_same(
    new_lake: Callable[[], Lake], tmp_path: Path, is_first: bool
) -> None:
    looks = [looked(4, likes=2), [{**row, "likes": 7} for row in looked(3, over=1)]]
    ends = []
    for some in (looks, looks[::-1]):
        lake = new_lake()
        for look in some:
            panel(lake, tmp_path, look)
        with lake.reading() as session:
            ends.append(
                (
                    session.rows("select * from repo order by all"),
                    session.rows('select distinct repo_id, "at", likes from counter order by all'),
                    days_of(lake),
                )
            )
    assert ends[0][0] == ends[1][0]
    assert ends[0][2] == ends[1][2]


@pytest.mark.parametrize("sort", ["hub", "pulse"])
def test_what_trends_in_radar(radar: Lake, sort: str) -> None:
    """Of one look: the likes of those that were born in the seven days before its end."""
    columns = ["id", "likes", "created_at", "removed"]
    models = pq.read_table(needs_data("radar/models_latest.parquet"), columns=columns).to_pylist()
    young = {
        m["id"]: m["likes"]
        for m in models
        if m["created_at"] >= "2026-08-16" and not m["removed"] and m["likes"]
    }
    found = Trends(radar).trending("model", sort, limit=25)
    assert found.at == datetime(2026, 8, 22, 23, 59, 59)
    assert all(row.is_new and row.likes_gained == young[row.id] for row in found.rows)
    most = sorted(young.values(), reverse=True)
    assert [row.likes_gained for row in found.rows[:10]] == most[:10]
