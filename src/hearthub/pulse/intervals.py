"""Intervals at 95 %, and what else statistics needs here, in plain Python."""

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist, fmean

GROUPS = 20
"""Parts that namespaces are dealt into, each left out once."""
_T_19 = 2.0930240544
"""The 97.5 % quantile of Student's t with GROUPS - 1 degrees of freedom."""
LEVEL = 0.95
Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
LARGE = 1e6
"""Shape from which a gamma distribution is taken by its expansion: sums would have as many terms as
its root, and a counter may say anything up to 2^53."""

Interval = tuple[float | None, float | None]


def jackknife(
    value: float, without: Sequence[float], low: float = -math.inf, high: float = math.inf
) -> Interval:
    """Of a value, from what it is without each of GROUPS groups of namespaces.

    The delete-a-group jackknife (Kott, Journal of Official Statistics 17, 2001, 521-526):
    namespaces are what is drawn, since the repos of one are alike. `low` and `high` bound what
    can be.
    """
    if len(without) != GROUPS or not all(map(math.isfinite, without)):
        return None, None
    middle = fmean(without)
    spread = math.sqrt((GROUPS - 1) / GROUPS * sum((each - middle) ** 2 for each in without))
    return max(low, value - _T_19 * spread), min(high, value + _T_19 * spread)


def without_each(parts: Sequence[float]) -> list[float]:
    """What the others add up to, of each: by adding, since subtracting leaves rounding errors."""
    return [
        math.fsum(part for other, part in enumerate(parts) if other != left_out)
        for left_out in range(len(parts))
    ]


def gamma_interval(count: float, dispersion: float = 1.0) -> Interval:
    """Of the mean of a count: exact for Poisson (Garwood, Biometrika 28, 1936), by gamma quantiles.

    `dispersion`: variance over mean, where larger than 1 (quasi-Poisson): so many events count as
    one.
    """
    scale = max(1.0, dispersion)
    shape = max(0.0, count) / scale
    tail = (1 - LEVEL) / 2
    low = gamma_quantile(tail, shape) if shape else 0.0
    return low * scale, gamma_quantile(1 - tail, shape + 1) * scale


def gamma_quantile(part: float, shape: float) -> float:
    """Where a gamma distribution with scale 1 has `part` of itself below, to 1e-10 of it."""
    if shape > LARGE:
        return _gamma_expanded(part, shape)
    low, high = 0.0, shape + 10 * math.sqrt(shape) + 20
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        if not low < middle < high:  # of a small shape it may be less than any float
            break
        if _gamma_below(shape, middle) < part:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _gamma_expanded(part: float, shape: float) -> float:
    """The expansion of Cornish and Fisher (1937), whose next term is of the order of 1 / shape."""
    z, root = NormalDist().inv_cdf(part), math.sqrt(shape)
    return shape + root * z + (z * z - 1) / 3 + (z**3 - 7 * z) / (36 * root)


def _gamma_below(shape: float, x: float) -> float:
    """The regularised lower incomplete gamma function (DLMF 8.11.4, or 1 - Q by 8.9.2)."""
    if x <= 0:
        return 0.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1))
    if x < shape + 1:
        term = total = 1.0
        step = shape
        while term > 1e-16 * total:
            step += 1
            term *= x / step
            total += term
        return front * total
    # The continued fraction, from behind: terms fall off like exp(-sqrt(k)) or faster here.
    terms = 200 + int(20 * math.sqrt(shape))
    fraction = 0.0
    for k in range(terms, 0, -1):
        fraction = k * (shape - k) / (x - shape + 2 * k + 1 + fraction)
    return 1 - front * shape / (x - shape + 1 + fraction)


def dispersion(counts: Sequence[float]) -> float:
    """Variance over mean of daily counts: 1 for Poisson, more where they come in bursts."""
    if len(counts) < 2 or not (middle := fmean(counts)) > 0:
        return 1.0
    return sum((each - middle) ** 2 for each in counts) / (len(counts) - 1) / middle


def block_bootstrap(
    days: Sequence[float],
    statistic: Callable[[Sequence[float]], float] = fmean,
    block: int = 7,
    draws: int = 400,
) -> Interval:
    """Percentiles of a statistic of a daily series whose days are alike in blocks (Kuensch 1989).

    The same draws each time, so that a number can be verified.
    """
    if len(days) < 2 * block:
        return None, None
    chance = random.Random(5)
    starts = range(len(days) - block + 1)

    def drawn() -> list[float]:
        blocks = (chance.choice(starts) for _ in range(math.ceil(len(days) / block)))
        return [each for at in blocks for each in days[at : at + block]][: len(days)]

    found = sorted(statistic(drawn()) for _ in range(draws))
    cut = int((1 - LEVEL) / 2 * draws)
    return found[cut], found[-1 - cut]


def discoveries(chances: Sequence[float], tested: int, rate: float = 0.1) -> int:
    """How many of the smallest p-values hold at that rate of false ones, of `tested` in all.

    Benjamini and Hochberg (1995). `chances` are sorted; those above `rate` may be left out.
    """
    held = 0
    for rank, chance in enumerate(chances, start=1):
        if chance <= rate * rank / tested:
            held = rank
    return held


def two_sided(z: float) -> float:
    """How often a normal variable is at least so far from its mean."""
    return math.erfc(abs(z) / math.sqrt(2))
