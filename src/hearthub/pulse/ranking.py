"""What trends by each sort, computed over a frame."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from hearthub.errors import BadRequest
from hearthub.pulse.frame import Frame
from hearthub.pulse.metrics.trending import HALF_LIFE, PRIOR
from hearthub.pulse.statements import sql_text

FIRST = 200
"""Repos that are kept of each source, type and sort; nobody is told more."""
SORTS = ("hub", "pulse", "surprise")
DEFAULT_SORT = "hub"
WINDOW = "7d"
_VALUES = {"hub": "gained", "pulse": "score", "surprise": "score"}


@dataclass(frozen=True)
class Riser:
    """A repo that trends. What was gained is of the seven days up to `Trending.at`."""

    rank: int
    id: str
    """As a stranger wrote it: any text of at most 200 characters without control characters."""
    author: str
    value: float
    """By the sort: likes, decayed likes, or a natural logarithm."""
    likes_gained: int
    downloads_gained: int | None
    """None: it cannot be told from what the source has."""
    likes: int | None
    pipeline_tag: str | None
    size: int | None
    """All parameters."""
    is_new: bool
    """Born in these seven days."""


def ranked(frame: Frame, sort: str) -> list[dict[str, Any]]:
    """The first by a sort, as rows of the table `ranking` without what says of which it is."""
    words = {"hub": {}, "pulse": {"half": HALF_LIFE}, "surprise": {"a": PRIOR}}[known_sort(sort)]
    live = frame.days.live
    return frame.rows(
        "ranked",
        listed=sql_text(f"trending_{sort}", most=FIRST, **words),
        value=_VALUES[sort],
        has_weeks=str(bool(live) and live[0] < frame.window.start).lower(),
    )


def known_sort(sort: str | None) -> str:
    """A sort by its name, the default for none. Raises BadRequest for what is none."""
    if sort is None:
        return DEFAULT_SORT
    if sort not in SORTS:
        raise BadRequest(f"{sort!r} is no sort: choose {', '.join(SORTS)}")
    return sort


def riser(row: dict[str, Any]) -> Riser:
    return Riser(
        rank=row["rank"],
        id=row["id"],
        author=row["author"],
        value=row["value"],
        likes_gained=row["likes_gained"],
        downloads_gained=row["downloads_gained"],
        likes=row["likes"],
        pipeline_tag=row["pipeline_tag"],
        size=row["params_total"],
        is_new=row["is_new"],
    )


def end_of(frame: Frame) -> datetime:
    """The last second of the last day that the frame can tell of; UTC without a zone."""
    return datetime.combine(frame.anchor, time(23, 59, 59))
