"""Who was on the list of what is trending, day by day."""

from datetime import timedelta
from typing import TYPE_CHECKING

from hearthub.pulse.series import moment_of
from hearthub.pulse.standing import scored_until

if TYPE_CHECKING:
    from hearthub.pulse.frame import Frame

TOP = 30
CANDIDATES = 2_000
"""Repos whose daily rank is worked out: those that ever stood highest."""
MEMORY = timedelta(days=365)


def make_stays(frame: "Frame") -> None:
    """The temp tables `listed` (repo, day, rank) and `stay` (entered, gone), of the window and a
    year before it."""
    first = f"date '{frame.window.start - MEMORY}'"
    points = "point"
    if not frame.has_history:
        points = "trended"
        scores = scored_until(frame.session, frame.window.end)
        frame.make(points, scores=scores or "counter", moment=moment_of(frame, "scored"))
    frame.make("listed", top=TOP, candidates=CANDIDATES, first=first, points=points)
    frame.make("stays", first=first)
