"""Which sort of trending is the default follows from the backtest, which sees no future."""

import json
import math
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bench.pulse_backtest import (
    HALVES,
    PANELS,
    Panel,
    Week,
    backtest,
    chosen_half,
    judged,
    of_part,
    supported,
)
from hearthub.pulse.metrics.trending import DEFAULT_SORT, HALF_LIFE
from needs import needs_data

SECOND_YEAR = date(2025, 5, 8)


@pytest.fixture(scope="module")
def kit() -> Path:
    found = [needs_data(panel.file) for panel in PANELS]
    return found[0].parents[1]


def test_the_default_is_what_the_backtest_supports(kit: Path) -> None:
    """What it rests on alone; `python -m bench.pulse_backtest` does it all."""
    weeks = backtest(kit, wanted=lambda panel, _, day: panel.slack > 0 or day >= SECOND_YEAR)
    assert (len(of_part(weeks, "dome, second year")), len(of_part(weeks, "llmfit"))) == (51, 5)
    assert supported(weeks) == DEFAULT_SORT


def test_the_half_life_is_that_of_the_first_year(kit: Path) -> None:
    weeks = backtest(
        kit, PANELS[:1], HALVES, lambda _, number, day: day < SECOND_YEAR and number % 3 == 0
    )
    assert len(weeks) == 15
    assert chosen_half(weeks) == HALF_LIFE


def test_judging_by_hand() -> None:
    gains = {"a": 8.0, "b": 3.0, "c": 1.0, "d": 1.0, "e": 0.0, "f": -2.0}
    found = judged(["b", "e", "a"], gains)
    # Four moved at all: two of them are listed.
    assert found["precision@10"] == found["precision@20"] == 0.5
    best = math.log2(9) + 2 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)
    assert found["NDCG@20"] == pytest.approx((2 + math.log2(9) / math.log2(4)) / best)
    assert judged(["a"], {"a": 0.0}) == {}
    assert judged(list("abcd"), gains)["NDCG@20"] == pytest.approx(1)


def test_who_ties_with_the_last_mover_moved_too() -> None:
    gains = {f"r{number:02}": 1.0 for number in range(30)} | {"first": 5.0}
    assert judged([f"r{number:02}" for number in range(20, 30)], gains)["precision@10"] == 1


def test_no_score_sees_what_comes_later(tmp_path: Path) -> None:
    """Two histories that are the same up to a day, and not after it."""

    def told(name: str, later: int) -> list[Week]:
        rows = [
            {
                "id": f"a/r{repo}",
                "at": (datetime(2026, 1, 1, 12) + timedelta(day)).isoformat(),
                "downloads": 1000 * repo + 7 * day + max(0, day - 60) * later * repo,
                "likes": repo * day // 3 + max(0, day - 60) * later * (9 - repo),
            }
            for repo in range(9)
            for day in range(75)
        ]
        (tmp_path / name).write_text(json.dumps(rows))
        select = (
            'select id, "at"::timestamp as observed_at, downloads as downloads_30d, likes '
            "from '{file}'"
        )
        return backtest(tmp_path, [Panel("made-up", name, select)])

    same, other = told("same.json", 0), told("other.json", 50)
    last = date(2026, 1, 1) + timedelta(60)
    assert [week.ranks for week in same if week.day <= last] == [
        week.ranks for week in other if week.day <= last
    ]
    assert same[-1].day > last
    assert same[-1].ranks != other[-1].ranks
