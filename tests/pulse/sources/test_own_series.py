"""Counters at the end of each day, against sums over each day by themselves."""

from hypothesis import given
from hypothesis import strategies as st

from hearthub.pulse.sources.own_series import WINDOW, Counted, changes

DAYS = st.dictionaries(st.integers(0, 120), st.integers(1, 9), max_size=12)
LAST = 160


def plainly(downloads: dict[int, int], likes: dict[int, int], day: int) -> Counted:
    def within(by_day: dict[int, int], days: int) -> int:
        return sum(n for it, n in by_day.items() if day - days < it <= day)

    return Counted(
        day,
        within(downloads, 30),
        within(downloads, 10**6),
        within(likes, 10**6),
        float(within(likes, 7)),
    )


@given(DAYS, DAYS, st.integers(-5, LAST))
def test_each_day_stands_as_its_last_change(
    downloads: dict[int, int], likes: dict[int, int], after: int
) -> None:
    before = {day: n for day, n in downloads.items() if day <= after - WINDOW}
    rest = {day: n for day, n in downloads.items() if day > after - WINDOW}
    found = list(changes(rest, likes, sum(before.values()), 0, after, LAST))
    told = {it.day: it[1:] for it in found}
    assert len(told) == len(found)
    stood = plainly(downloads, likes, after)[1:] if after >= 0 else None
    for day in range(max(after + 1, 0), LAST + 1):
        true = plainly(downloads, likes, day)[1:]
        if day in told:
            assert told.pop(day) != stood or stood is None
        else:
            assert true == stood, day
        stood = true
    assert told == {}


def test_a_download_is_told_of_when_it_comes_and_when_it_leaves() -> None:
    found = list(changes({10: 4}, {12: 1}, 0, 5, -1, 100))
    assert found == [
        (5, 0, 0, 0, 0.0),
        (10, 4, 4, 0, 0.0),
        (12, 4, 4, 1, 1.0),
        (19, 4, 4, 1, 0.0),
        (40, 0, 4, 1, 0.0),
    ]


def test_days_that_are_not_over_are_not_told_of() -> None:
    assert [it.day for it in changes({10: 4, 11: 1}, {}, 0, 5, 5, 10)] == [10]
