"""How sure ranks are: histories whose order is plain, open, or a tie."""

import random
from itertools import accumulate
from pathlib import Path

from hearthub.lake import Lake
from hearthub.pulse import Measures, MetricRow
from pulse.histories import Told, write

DAYS = 50


def ranks(lake: Lake, folder: Path, a_day: dict[str, list[int]]) -> dict[str | None, MetricRow]:
    write(
        lake, [Told(name, likes=list(accumulate(likes))) for name, likes in a_day.items()], folder
    )
    return {row.dimension: row for row in Measures(lake).metric("trending_ranks")}


def test_far_apart_is_sure_and_close_is_not(lake: Lake, tmp_path: Path) -> None:
    found = ranks(
        lake,
        tmp_path,
        {"a/first": [500] * DAYS, "a/second": [21] * DAYS, "a/third": [20] * DAYS,
         "a/fourth": [19] * DAYS, "a/last": [1] * DAYS},
    )  # fmt: skip
    assert [row.value for row in found.values()] == [1, 2, 3, 4, 5]
    assert (found["a/first"].lo, found["a/first"].hi) == (1, 1)
    assert (found["a/last"].lo, found["a/last"].hi) == (5, 5)
    middle = found["a/third"]
    assert (middle.lo, middle.hi) == (2, 4)


def test_ties_share_the_better_rank(lake: Lake, tmp_path: Path) -> None:
    told = {"a/one": [9] * DAYS, "a/two": [5] * DAYS, "a/too": [5] * DAYS, "a/four": [1] * DAYS}
    found = ranks(lake, tmp_path, told)
    assert {name: (row.value, row.denominator) for name, row in found.items()} == {
        "a/one": (1, 1),
        "a/two": (2, 2),
        "a/too": (2, 2),
        "a/four": (4, 1),
    }


def test_intervals_hold_the_rank_of_the_truth(lake: Lake, tmp_path: Path) -> None:
    """Thirty repos whose true paces are apart by an eighth: about 95 of 100 are inside."""
    chance = random.Random(11)
    told = {}
    for n in range(30):
        pace = 300 * 0.88**n
        told[f"a/{n:02}"] = [max(0, round(chance.gauss(pace, pace**0.5))) for _ in range(DAYS)]
    found = ranks(lake, tmp_path, told)
    inside = sum(
        (row.lo or 0) <= int((name or "")[2:]) + 1 <= (row.hi or 0) for name, row in found.items()
    )
    assert inside >= 27
    widths = [(row.hi or 0) - (row.lo or 0) for row in found.values()]
    assert max(widths) < 12
