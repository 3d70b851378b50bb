"""Daily series of the repos that are watched: there, all that moves much is to be seen.

Every repo of a small universe is watched. Of a large one those are that gained most downloads or
likes, stood highest in trending, or whose counter fell.
"""

from bisect import bisect_left
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hearthub.pulse.standing import Month, months
from hearthub.pulse.statements import sql_text

if TYPE_CHECKING:
    from hearthub.pulse.frame import Frame

MOST = 5_000
"""Repos watched for each reason."""
MOST_CELLS = 3_000_000
"""Days times repos whose series are made of 30-day counters: those are dense."""
LOOK_BACK = timedelta(days=42)
"""Days before the window's end that are always there: five weeks and their smoothing."""


def moment_of(frame: "Frame", watched: str = "watched") -> str:
    """By what rows of a day are in order, as SQL: `counter` beside `watched`. Where a repo was seen
    under a former name at the same time, what its own name says comes last."""
    if not frame.session.value("select count(*) from renamed"):
        return '"at"'
    return f'("at", counted_id = {watched}.repo_id, counted_id)'


def make_series(frame: "Frame") -> None:
    """The temp tables `watched`, `point` and `day`; correct `u` by what only series can tell."""
    days = frame.days.live
    first = min(frame.window.start, frame.anchor - LOOK_BACK)
    has_d30_alone = bool(
        frame.session.value("select count(*) from u where d_all is null and d30 is not null")
    )
    frame.make("watched", most=MOST)
    _make_points(frame, None if has_d30_alone else _base(frame, first))
    frame.make("day", first=f"date '{first}'")
    if not days:
        return
    if has_d30_alone:
        _deconvolve(frame, f"date '{first}'")
    frame.make("fell")
    frame.make("without_falls", days=frame.window.days)


def _base(frame: "Frame", first: date) -> Month | None:
    """The month from whose standing on points are enough for the days from `first` on."""
    if frame.needs.has_history or frame.session.value("select count(*) from renamed"):
        return None
    live = frame.days.live
    for month in reversed(months(frame.session)):
        if month.standing and month.last < first:
            # What stood then counts on the next live day, which is to be before them all.
            next_live = bisect_left(live, month.last)
            if next_live < len(live) and live[next_live] < first:
                return month
    return None


def _make_points(frame: "Frame", base: Month | None) -> None:
    """`point`; after `base` alone, with how it stood then, if there is one."""
    session = frame.session
    rows, carried = "counter", ""
    if base and base.standing:
        later = [month for month in months(session) if month.name > base.name]
        rows = session.part("counter", [file for month in later for file in month.counters])
        carried = sql_text(
            "carried",
            standing=session.part("standing", [base.standing]),
            day=f"date '{base.last}'",
        )
    frame.has_history = base is None
    frame.make("point", counters=rows, carried=carried, moment=moment_of(frame))


def _deconvolve(frame: "Frame", first: str) -> None:
    """Days of repos that have 30-day counters alone, those with most first."""
    days = frame.days.live
    count = len(frame.days.between(days[0], frame.anchor))
    frame.make("day_of_d30", repos=max(1, MOST_CELLS // max(1, count)))
    frame.make("day_of_both", first=first)
    if frame.window.days % 30 and days[0] < frame.window.start:
        frame.make("deconvolved")
