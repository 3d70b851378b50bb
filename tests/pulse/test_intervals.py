"""Against numbers printed elsewhere, and against simulation."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.pulse.intervals import (
    GROUPS,
    LARGE,
    Z,
    block_bootstrap,
    discoveries,
    gamma_interval,
    gamma_quantile,
    jackknife,
)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # Exact 95 % limits of a Poisson mean, as tables of Pearson and Hartley have them.
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390),
     (100, 81.36, 121.63)],
)  # fmt: skip
def test_gamma_intervals(count: int, low: float, high: float) -> None:
    found = gamma_interval(count)
    assert found[0] == pytest.approx(low, abs=0.005)
    assert found[1] == pytest.approx(high, abs=0.005)


@given(st.floats(0.3, 5000), st.sampled_from([0.025, 0.5, 0.975]))
def test_quantiles_are_those_of_the_density(shape: float, part: float) -> None:
    """The density is summed up to the quantile, in small steps of its square root."""
    end = gamma_quantile(part, shape)
    begin = max(0.0, end - 40 * math.sqrt(shape + 1))
    steps = 20_000
    width = (math.sqrt(end) - math.sqrt(begin)) / steps
    total = 0.0
    for i in range(steps):
        root = math.sqrt(begin) + (i + 0.5) * width
        total += (
            2 * math.exp((2 * shape - 1) * math.log(root) - root**2 - math.lgamma(shape)) * width
        )
    assert total == pytest.approx(part, abs=2e-3)


@pytest.mark.parametrize("part", [0.025, 0.5, 0.975])
def test_where_sums_end_the_expansion_goes_on(part: float) -> None:
    below, above = gamma_quantile(part, LARGE), gamma_quantile(part, LARGE + 1e-3)
    assert above - below == pytest.approx(1e-3, abs=1e-4)


def test_a_count_that_nobody_believes_takes_no_time() -> None:
    """Sums of 10^8 terms, forty times: a stranger's counter would hold up all metrics."""
    low, high = gamma_interval(2**53)
    assert low == pytest.approx(2**53 - Z * 2**26.5, abs=10)
    assert high == pytest.approx(2**53 + Z * 2**26.5, abs=10)


@pytest.mark.parametrize("dispersion", [1e3, 1e6, 1e300])
def test_bursts_that_nearly_cancel_have_an_end(dispersion: float) -> None:
    """Thousands of likes that came and went: a quantile smaller than any float."""
    low, high = gamma_interval(1, dispersion)
    assert low is not None
    assert high is not None
    assert 0 <= low < 1e-300
    assert high == pytest.approx(dispersion * 3.689, rel=0.01)


def test_overdispersed_counts_have_wider_intervals() -> None:
    plain, wide = gamma_interval(100), gamma_interval(100, 4.0)
    assert wide[1] is not None
    assert plain[1] is not None
    assert (wide[1] - 100) == pytest.approx(2 * (plain[1] - 100), rel=0.15)
    assert gamma_interval(100, 0.2) == plain


def test_the_jackknife_covers_the_mean() -> None:
    chance = random.Random(4)
    covered = 0
    for _ in range(400):
        groups = [[chance.gauss(10, 3) for _ in range(10)] for _ in range(GROUPS)]
        total = sum(map(sum, groups))
        without = [(total - sum(group)) / (10 * (GROUPS - 1)) for group in groups]
        low, high = jackknife(total / (10 * GROUPS), without)
        assert low is not None
        assert high is not None
        covered += low < 10 < high
    assert 0.92 <= covered / 400 <= 0.98


def test_no_interval_without_groups() -> None:
    assert jackknife(1.0, [1.0] * 3) == (None, None)
    assert jackknife(1.0, [math.nan] * GROUPS) == (None, None)


def test_the_bootstrap_is_the_same_each_time_and_covers() -> None:
    days = [random.Random(i).expovariate(0.01) for i in range(28)]
    low, high = block_bootstrap(days)
    assert (low, high) == block_bootstrap(days)
    assert low is not None
    assert high is not None
    assert low < sum(days) / 28 < high
    assert block_bootstrap(days[:10]) == (None, None)


def test_discoveries() -> None:
    # The example of Benjamini and Hochberg (1995), fifteen p-values at 5 %: four hold.
    chances = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
               0.4262, 0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    assert discoveries(chances, 15, 0.05) == 4
    assert discoveries(chances[:6], 15, 0.05) == 4
    assert discoveries([], 15) == 0
