"""Counters of made-up repos, day by day: likes and downloads that fade after a launch.

Days are whole numbers from the first day of the year, 0; earlier ones are negative.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

MONTH = 30
HALF_LIFE = 42.0
"""Days after which attention is half of what it was at launch: about six weeks."""


@dataclass(frozen=True)
class Wave:
    """More of both from a day on, half as much after each `half` days."""

    day: float
    likes: float = 0.0
    downloads: float = 0.0
    half: float = HALF_LIFE
    weekend: float = 0.7
    """Downloads of a Saturday or Sunday, over those of a workday."""

    def after(self, day: float) -> float:
        """The part of it that is left at the end of that day."""
        age = day + 1 - self.day
        return 0.0 if age <= 0 else 2.0 ** (-age / self.half)


@dataclass(frozen=True)
class Made:
    """A repo that never was."""

    type: str
    id: str
    day: float
    """When it was created; half past five in the morning of the third day is 2.23."""
    waves: tuple[Wave, ...] = ()
    floor: float = 0.0
    """Downloads a day that do not fade."""
    task: str | None = None
    library: str | None = None
    licence: str | None = None
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    parameters: int | None = None
    base: str | None = None
    relation: str | None = None
    relicensed: tuple[int, str] | None = None
    """From that day on it has another licence."""
    renamed: tuple[int, str] | None = None
    """Before that day it had another id."""
    removed: int | None = None
    """The first day on which it was gone."""
    reset: int | None = None
    """The day whose counter began at nothing again."""

    @property
    def first(self) -> int:
        return math.floor(self.day)

    def born(self, day: float) -> "Made":
        """The same, with all its waves, at another time."""
        moved = tuple(replace(wave, day=wave.day + day - self.day) for wave in self.waves)
        return replace(self, day=day, waves=moved)


@dataclass(frozen=True)
class Counted:
    """What the made-up hub shows of a repo at the end of each day from `first` on."""

    first: int
    month: list[int]
    """Downloads of the 30 days before."""
    ever: list[int]
    likes: list[int]
    trending: list[float]
    """0.9 likes for each of the last seven days, as the real score was measured to be."""


def count(made: Made, days: int, stalled: Sequence[int], weekdays: Sequence[int]) -> Counted:
    """`weekdays`: of day 0 and the six after it, Monday is 0. The same in every run."""
    chance = Random(f"hearth/{made.type}/{made.id}")
    start = max(made.first, -MONTH)
    likes = [chance_count(chance, rate) for rate in _likes(made, start, days)]
    downloads = [
        chance_count(chance, rate * chance.lognormvariate(0, 0.12))
        for rate in _downloads(made, start, days, weekdays)
    ]
    liked, had = _before(made, start)
    all_likes, ever = _summed(likes, liked), _summed(downloads, had)
    if made.reset is not None:
        fell = ever[made.reset - start - 1]
        ever = [n - fell if start + i >= made.reset else n for i, n in enumerate(ever)]
    flat = downloads[0] if start == -MONTH else 0  # 30 days before: as on the first
    padded = [flat] * MONTH + downloads
    month = [sum(padded[i + 1 : i + 1 + MONTH]) for i in range(len(downloads))]
    trending = [0.9 * sum(likes[max(0, i - 6) : i + 1]) for i in range(len(likes))]
    shown = max(start, 0)
    cut = shown - start
    return Counted(
        shown,
        _frozen(month[cut:], shown, stalled),
        _frozen(ever[cut:], shown, stalled),
        all_likes[cut:],
        [round(score, 1) for score in trending[cut:]],
    )


def chance_count(chance: Random, rate: float) -> int:
    """A Poisson variable: by Knuth's method where it is small, else by the normal one."""
    if rate <= 0:
        return 0
    if rate > 30:
        return max(0, round(chance.gauss(rate, math.sqrt(rate))))
    left, n, least = chance.random(), 0, math.exp(-rate)
    while left > least:
        left *= chance.random()
        n += 1
    return n


def _likes(made: Made, start: int, days: int) -> list[float]:
    return [sum(w.likes * w.after(day) for w in made.waves) for day in range(start, days)]


def _downloads(made: Made, start: int, days: int, weekdays: Sequence[int]) -> list[float]:
    found = []
    for day in range(start, days):
        is_weekend = weekdays[day % 7] > 4
        rate = made.floor * (0.7 if is_weekend else 1.0)
        for wave in made.waves:
            rate += wave.downloads * wave.after(day) * (wave.weekend if is_weekend else 1.0)
        found.append(rate)
    return found


def _before(made: Made, start: int) -> tuple[int, int]:
    """Likes and downloads that it had before the first day that is made."""
    likes = downloads = 0.0
    for wave in made.waves:
        if wave.day < start:
            gone = (1 - 2 ** (-(start - wave.day) / wave.half)) * wave.half / math.log(2)
            likes += wave.likes * gone
            downloads += wave.downloads * gone
    return round(likes), round(downloads + made.floor * max(0.0, start - made.day))


def _summed(series: list[int], total: int) -> list[int]:
    found = []
    for n in series:
        total += n
        found.append(total)
    return found


def _frozen(series: list[int], first: int, stalled: Sequence[int]) -> list[int]:
    """As it is shown where counters stand still on some days: what a repo had before."""
    shown: list[int] = []
    for i, n in enumerate(series):
        shown.append((shown[-1] if shown else 0) if first + i in stalled else n)
    return shown
