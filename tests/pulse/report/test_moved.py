"""A change inside an interval is called flat, and what is outside of both is not."""

from dataclasses import replace
from datetime import date

import pytest

from hearthub.pulse import MetricRow
from hearthub.pulse.report.document import Number, Query
from hearthub.pulse.report.state import moved
from hearthub.pulse.report.weekly import _direction

QUERY = Query("share_country", "month", "model@x/all", "all")
DAY = date(2026, 5, 1)
ROW = MetricRow("share_country", 1, "u", "s", DAY, DAY, None, None, None, None, None, 1, 1.0, ())

Told = tuple[float, float | None, float | None]


def number(told: Told) -> Number:
    value, lo, hi = told
    return Number(replace(ROW, value=value, lo=lo, hi=hi), QUERY)


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ((0.30, 0.25, 0.35), (0.40, 0.36, 0.44), "up"),
        ((0.40, 0.36, 0.44), (0.30, 0.25, 0.35), "down"),
        ((0.30, 0.25, 0.35), (0.34, 0.26, 0.39), "flat"),
        ((0.30, 0.29, 0.31), (0.40, 0.20, 0.60), "flat"),  # the one inside the other's is enough
        ((0.30, 0.10, 0.50), (0.40, 0.39, 0.41), "flat"),
        ((0.30, 0.25, 0.40), (0.40, 0.39, 0.41), "flat"),  # the end belongs to it
        ((0.30, 0.25, 0.399), (0.40, 0.301, 0.41), "up"),  # intervals that meet are not enough
        ((0.30, None, None), (0.31, None, None), "up"),
        ((0.30, None, None), (0.30, None, None), "flat"),
        ((0.30, 0.30, 0.30), (0.30, 0.30, 0.30), "flat"),
    ],
)
def test_shares(then: Told, now: Told, said: str) -> None:
    assert moved(number(then), number(now)) == said


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        ((1.2, 0.9, 1.5), "flat"),
        ((1.2, 1.0, 1.5), "flat"),
        ((1.2, 1.01, 1.5), "up"),
        ((0.8, 0.6, 0.99), "down"),
        ((0.8, 0.6, 1.1), "flat"),
    ],
)
def test_pace(pace: Told, said: str) -> None:
    assert _direction(number(pace)) == said
