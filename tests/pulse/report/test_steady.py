"""The same numbers have the same digits, in whatever order they were added."""

import math
import random
from datetime import date

import pytest

from hearthub.pulse import MetricRow
from hearthub.pulse.report.asking import steady


def row(value: float) -> MetricRow:
    day = date(2026, 5, 1)
    return MetricRow("m", 1, "u", "s", day, day, value, value, value, None, None, 1, None, ())


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6, 1e9, 1e11, 1e12])
def test_the_order_of_a_sum_changes_no_digit(scale: float) -> None:
    chance = random.Random(3)
    parts = [chance.randrange(1, 9999) * scale / 30 for _ in range(3000)]
    found = set()
    for _ in range(40):
        chance.shuffle(parts)
        total = 0.0
        for part in parts:
            total += part
        found.add(steady(row(total)).numerator)
    assert len(found) == 1


def test_whole_numbers_are_kept_whole() -> None:
    for value in (0.0, 1.0, 911_067_684.0, 1_570_123_456_789.0):
        assert steady(row(value)).value == value
    assert steady(row(123_456_789_012.000_02)).value == 123_456_789_012
    assert math.isnan(steady(row(math.nan)).value or 0)
