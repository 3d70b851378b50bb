"""What each repo is and how its counters stood on the last day that its source was looked at.

Nearly all questions are about the days up to that one, and to join names, attributes and counters
of all repos is most of their work. The table `latest` has one file for each source and type that
keeps just that: the attributes on that day, and the counters at the moments that frames ask for
(MOMENTS). Its partition is a digest of the files that it was made of, of the moments and of the
statements that made it. Whoever reads works out the same digest and takes no other file: what is
stale is not read, and is made afresh in its place until the tidy job makes it again.

Nothing is kept of this hub itself: what is withdrawn here is to be in as few files as can be.
"""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from hearthub.lake import DataFile, Session
from hearthub.pulse.counted import Wanted
from hearthub.pulse.statements import sql_text
from hearthub.pulse.universe import OWN, Universe

SPANS = (30, 90, 365)
"""Days of the windows, beside the week, before which counters are looked at."""
MONTHS = 12
"""Calendar months up to the last day at whose beginnings downloads are looked at."""
MOMENTS = (
    "d_all", "likes_all", "d30", "d_start", "l_start",
    "d_0", "l_0", "d_1", "l_1", "d_7", "l_7", "d_28", "l_28", "l_35",
    *(f"{field}_before_{days}" for days in SPANS for field in ("d", "l")),
    *(f"d_month_{index}" for index in range(MONTHS)),
)  # fmt: skip
"""Those of a frame of seven days that has all lags (framing.py), and of longer ones."""
MADE_OF = ("repo", "alias", "state", "classified", "counter")
"""What its snapshots add, which days were looked at, is in the moments."""
STATEMENTS = ("joined", "stood", "valued", "counted", "renamed", "follow_renames")
_RULES = "1"
"""Whoever changes beside the statements what is kept raises it."""


@dataclass(frozen=True)
class Latest:
    """What is kept, or is to be, of a universe's source and type at the end of a day."""

    key: str
    columns: dict[str, str]
    """By field and moment, the column that has it."""
    file: DataFile | None
    """None: nothing is kept that was made of the files there are."""

    def column(self, field: str, knot: object) -> str | None:
        return self.columns.get(f"{field} {knot}")

    def stored(self, wanted: Wanted) -> str:
        """The columns of MOMENTS in SQL: the same moment is kept but once."""
        return ", ".join(
            f"{name if self.column(*wanted[name]) == name else 'null::double'} as {name}"
            for name in MOMENTS
        )


def latest(session: Session, universe: Universe, end: date, wanted: Wanted) -> Latest | None:
    """`wanted` are the moments of MOMENTS; None of what is not kept at all."""
    if universe.source == OWN:
        return None
    digest = sha256(
        "\n".join([_RULES, universe.source, universe.type, f"{end}", _statements()]).encode()
    )
    for table in MADE_OF:
        paths = sorted(file.path for file in session.files(table))
        digest.update("\n".join([table, *paths]).encode())
    columns: dict[str, str] = {}
    for name in MOMENTS:
        field, knot = wanted[name]
        digest.update(f"\n{name} {field} {knot}".encode())
        columns.setdefault(f"{field} {knot}", name)
    key = digest.hexdigest()[:24]
    kept = {file.partition: file for file in session.files("latest")}
    return Latest(key, columns, kept.get(key))


def _statements() -> str:
    return "\n".join(sql_text(name) for name in STATEMENTS)
