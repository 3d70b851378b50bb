"""How the counters of one repo went, as the sources of its hub told them."""

from dataclasses import dataclass
from datetime import datetime

from hearthub.pulse.reader import Reader
from hearthub.pulse.statements import sql_text

MOST = 400
"""Points; of more, those in between are left out."""


@dataclass(frozen=True)
class Told:
    """What was told at a time (UTC without a zone); None for what was not."""

    at: datetime
    d30: int | None
    d_all: int | None
    likes: int | None


def repo_history(reader: Reader, repo_type: str, name: str, origin: str) -> list[Told]:
    """The oldest first."""
    with reader.reading() as session:
        rows = session.rows(
            sql_text("repo_history"), type=repo_type, key=name.lower(), origin=origin
        )
    step = 1 + len(rows) // MOST
    kept = [row for at, row in enumerate(reversed(rows)) if at % step == 0]
    return [Told(**row) for row in reversed(kept)]
