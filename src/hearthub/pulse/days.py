"""Days on which a source was observed, and values between them."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date

from hearthub.lake import Session
from hearthub.pulse.statements import sql_text
from hearthub.pulse.universe import Universe

FEW = 20
"""Repos of normal movement below which no day is called stalled."""
SAMPLE_ROWS = 1_000_000
"""Rows of `counter` that are enough to see whether a day stood still."""
_IDS = 2**60
"""Ids are below it, and evenly spread: a range of them is a random sample (pulse/schema.py)."""

Knot = tuple[tuple[date, float], ...]
"""The days whose values, so weighted, make one: none where nothing was observed before."""


@dataclass(frozen=True)
class Days:
    """A day is live when it was observed and its counters moved; the rest is bridged.

    Upstream counters freeze on about one day in twenty, and the next day carries what was missed:
    a frozen day is skipped and the next difference spread over the gap.
    """

    live: tuple[date, ...]
    stalled: tuple[date, ...]

    def knot(self, day: date) -> Knot:
        """How a counter stood at the end of `day`, by the live days around it."""
        after = bisect_right(self.live, day)
        if not after:
            return ()
        before = self.live[after - 1]
        if before == day or after == len(self.live):
            return ((before, 1.0),)
        later = self.live[after]
        part = (day - before).days / (later - before).days
        return ((before, 1.0 - part), (later, part))

    def anchor(self, end: date) -> date:
        """The last day up to `end` of which something can be said."""
        if not self.live or self.live[-1] >= end:
            return end
        return self.live[-1]

    def between(self, start: date, end: date) -> tuple[date, ...]:
        """Live days, both ends included."""
        return self.live[bisect_left(self.live, start) : bisect_right(self.live, end)]


def observed_days(session: Session, universe: Universe) -> Days:
    """Looks at a part of the repos where there are many. Leaves the table `observed_day`."""
    rows = int(session.value("select count(*) from counter"))
    below = _IDS if rows <= SAMPLE_ROWS else int(_IDS * SAMPLE_ROWS / rows)
    session.execute(
        "create or replace temp table sampled as select repo_id from repo "
        "where source = $source and type = $type",
        source=universe.source,
        type=universe.type,
    )
    bound = below if rows > SAMPLE_ROWS else 2**63 - 1
    session.execute(
        sql_text("live_days", below=bound, few=FEW), source=universe.source, type=universe.type
    )
    found = session.rows("select day, is_stalled from observed_day order by day")
    return Days(
        tuple(row["day"] for row in found if not row["is_stalled"]),
        tuple(row["day"] for row in found if row["is_stalled"]),
    )
