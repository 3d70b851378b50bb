"""How the counters of a repo stood at the end of each day, of what happened on which day.

Days are numbers since 1970. Downloads count for 30 days and likes for seven, today included, so
that both are to be told of twice: when they come, and when they leave the window.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

WINDOW, TREND = 30, 7  # days


class Counted(NamedTuple):
    day: int
    d30: int
    d_all: int
    likes: int
    trending: float


class _Sums:
    def __init__(self, by_day: Mapping[int, int]) -> None:
        self.days = sorted(by_day)
        self._sums = [0, *accumulate(by_day[day] for day in self.days)]

    def until(self, day: int) -> int:
        return self._sums[bisect_right(self.days, day)]


def changes(
    downloads: Mapping[int, int],
    likes: Mapping[int, int],
    before: int,
    born: int,
    after: int,
    last: int,
) -> Iterator[Counted]:
    """The days after `after` until `last` at whose end a counter stood elsewhere than the day
    before, and that on which the repo was born.

    `downloads` and `likes` by day; of the former those of the days up to `after - WINDOW` are left
    out, and `before` is how many they were.
    """
    loaded, liked = _Sums(downloads), _Sums(likes)
    days = {born}
    for moved, window in ((loaded, WINDOW), (liked, TREND)):
        days |= {it + later for it in moved.days for later in (0, window)}

    def counted(day: int) -> Counted:
        d_all, all_likes = loaded.until(day), liked.until(day)
        return Counted(
            day,
            d_all - loaded.until(day - WINDOW),
            before + d_all,
            all_likes,
            float(all_likes - liked.until(day - TREND)),
        )

    stood = None if after < born else counted(after)[1:]
    for day in sorted(days):
        if after < day <= last:
            found = counted(day)
            if found[1:] != stood:
                yield found
            stood = found[1:]
