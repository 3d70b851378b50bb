"""Against a worked example, and against simulation with what was not seen."""

import math
import random

import pytest

from hearthub.pulse.survival import Span, survival


def test_the_remissions_of_freireich() -> None:
    """Weeks of remission under 6-MP (Freireich et al. 1963), as textbooks print the estimate."""
    ends = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = survival(
        [Span(0, time, is_end=True) for time in ends]
        + [Span(0, time, is_end=False) for time in censored]
    )
    lasting = {time: share for time, share, _ in found.steps}
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert lasting == pytest.approx(printed, abs=0.0005)
    assert found.time_at(0.5) == 23
    low, high = found.interval_at(0.5)
    assert low == 13
    assert high is None
    assert (found.n, found.ends) == (21, 9)


def test_late_entries_are_not_at_risk_before() -> None:
    """Exponential with median 10; half of them are only found at an age of their own."""
    chance = random.Random(8)
    spans, naive = [], []
    for number in range(4000):
        lasted = -10 / math.log(2) * math.log(chance.random())
        entry = chance.uniform(0, 30) if number % 2 else 0.0
        if lasted <= entry:
            continue  # over before anybody looked
        until = entry + chance.uniform(5, 60)
        spans.append(Span(entry, min(lasted, until), is_end=lasted <= until))
        naive.append(Span(0, min(lasted, until), is_end=lasted <= until))
    median = survival(spans).time_at(0.5)
    assert median == pytest.approx(10, abs=0.8)
    assert (survival(naive).time_at(0.5) or 0) > 12


def test_the_interval_covers_the_median() -> None:
    chance = random.Random(10)
    covered = 0
    for _ in range(200):
        spans = []
        for _ in range(60):
            lasted, until = chance.expovariate(0.1), chance.uniform(5, 40)
            spans.append(Span(0, min(lasted, until), is_end=lasted <= until))
        low, high = survival(spans).interval_at(0.5)
        covered += (low or 0) <= 10 * math.log(2) <= (high or math.inf)
    assert 0.91 <= covered / 200 <= 0.99


def test_equal_spans_may_be_counted_together() -> None:
    some = [Span(0, 5, is_end=True), Span(0, 5, is_end=True), Span(2, 9, is_end=False)]
    together = [Span(0, 5, is_end=True, n=2), Span(2, 9, is_end=False)]
    assert survival(some) == survival(together)


def test_the_restricted_mean() -> None:
    found = survival([Span(0, 10, is_end=True), Span(0, 1000, is_end=True)])
    assert found.restricted_mean(90) == 10 + 80 / 2
    assert found.restricted_mean(5) == 5
    watched = [Span(0, 10, is_end=True), Span(0, 40, is_end=False)]
    assert survival(watched).restricted_mean(40) == 10 + 30 / 2
    assert survival(watched).restricted_mean(90) is None, "nobody was watched for 90 days"
    assert survival([Span(0, 10, is_end=True)]).restricted_mean(90) == 10
    nothing = survival([])
    assert nothing.restricted_mean(90) is None
    assert nothing.time_at(0.5) is None
    assert nothing.interval_at(0.5) == (None, None)
