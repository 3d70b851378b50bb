"""Daily series of the repos that are watched: there, all that moves much is to be seen.

Every repo of a small universe is watched. Of a large one those are that gained most downloads or
likes, stood highest in trending, or whose counter fell.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.pulse.frame import Frame

MOST = 5_000
"""Repos watched for each reason."""
MOST_CELLS = 3_000_000
"""Days times repos whose series are made of 30-day counters: those are dense."""
LOOK_BACK = timedelta(days=42)
"""Days before the window's end that are always there: five weeks and their smoothing."""


def make_series(frame: "Frame") -> None:
    """The temp tables `watched`, `point` and `day`; correct `u` by what only series can tell.

    Once a frame.
    """
    frame.kept("series", lambda: _make_series(frame))


def _make_series(frame: "Frame") -> None:
    days = frame.days.live
    first = f"date '{min(frame.window.start, frame.anchor - LOOK_BACK)}'"
    frame.make("watched", most=MOST)
    frame.make("point")
    frame.make("day", first=first)
    if not days:
        return
    if frame.session.value("select count(*) from u where d_all is null and d30 is not null"):
        _deconvolve(frame, first)
    frame.make("fell")
    frame.make("without_falls", days=frame.window.days)


def _deconvolve(frame: "Frame", first: str) -> None:
    """Days of repos that have 30-day counters alone, those with most first."""
    days = frame.days.live
    count = len(frame.days.between(days[0], frame.anchor))
    frame.make("day_of_d30", repos=max(1, MOST_CELLS // max(1, count)))
    frame.make("day_of_both", first=first)
    if frame.window.days % 30 and days[0] < frame.window.start:
        frame.make("deconvolved")
