"""What trends by each sort: computed over a frame, and kept for those who ask often."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from hearthub.errors import HearthubError
from hearthub.lake import Lake, Row, Session
from hearthub.pulse.frame import Frame
from hearthub.pulse.framing import open_frame
from hearthub.pulse.metrics.trending import DAYS, HALF_LIFE, PRIOR, SORTS, listed
from hearthub.pulse.schema import RANKING
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text

log = logging.getLogger(__name__)

FIRST = 200
"""Repos that are kept of each source, type and sort; nobody is told of more."""
WINDOW = "7d"
RULES = f"2 {FIRST} {HALF_LIFE} {DAYS} {PRIOR}"
"""Other rules make another ranking: whoever changes what one is raises the first number."""
LAST_DAY = "day"
"""Kept beside the sorts: the likes of the last observed day, which is no measure of what rises."""
_VALUES = {"hub": "gained", "pulse": "score", "surprise": "score", LAST_DAY: "gained"}


@dataclass(frozen=True)
class Riser:
    """A repo that trends. What was gained is of the seven days up to `Trending.at`."""

    rank: int
    id: str
    """As a stranger wrote it: any text of at most 200 characters without control characters."""
    author: str
    value: float
    """By the sort: likes, likes a week to be expected, or a natural logarithm. LAST_DAY: likes."""
    likes_gained: int
    downloads_gained: int | None
    """None: it cannot be told from what the source has."""
    likes: int | None
    pipeline_tag: str | None
    size: int | None
    """All parameters."""
    is_new: bool
    """Born in these seven days."""


@dataclass(frozen=True)
class Told:
    """A source that has repos of a type."""

    last: datetime
    is_synthetic: bool
    made_from: str


def told(session: Session) -> dict[tuple[str, str], Told]:
    """By (source, type)."""
    found = {
        row["source"]: Told(row["last"], row["is_synthetic"], row["made_from"])
        for row in session.rows(sql_text("made_from", rules=RULES))
    }
    types = {(row["source"], row["type"]) for row in _made(session)
             if found[row["source"]].made_from == row["made_from"]}  # fmt: skip
    # To look among all repos takes long, and is needed of sources that told more since.
    later = sorted(set(found) - {source for source, _ in types})
    if later:
        sql = "select distinct source, type from repo where source in (select unnest($later))"
        types |= {(row["source"], row["type"]) for row in session.rows(sql, later=later)}
    return {(source, kind): found[source] for source, kind in sorted(types)}


def ranked(frame: Frame, sort: str) -> list[Riser]:
    """The first by a sort."""
    return [riser(row) for row in frame.rows("ranked", **_words(frame, sort))]


def rank(lake: Lake, reading: Callable[[], Session]) -> int:
    """Keep what trends of each source and type that told more since; of how many.

    A source of which nothing can be ranked does not hold up the others.
    """
    if not lake.version:
        return 0
    with reading() as session:
        kept = {(row["source"], row["type"]): row["made_from"] for row in _made(session)}
        due = {key: it for key, it in told(session).items() if kept.get(key) != it.made_from}
        if not due:
            return 0
        session.execute(f"create temp table ranking_now ({RANKING.definition})")
        done = sum(_rank(session, *key, it.made_from) for key, it in due.items())
        file = literal(str(session.scratch / "ranking.parquet"))
        session.execute(f"copy ranking_now to {file} (format parquet)")
        with lake.writing() as writing:
            kept_rows = sql_text("ranking_kept", names=RANKING.names, file=file)
            writing.replace("ranking", kept_rows)
    return done


def _made(session: Session) -> list[Row]:
    return session.rows('select distinct source, type, made_from from ranking where "rank" = 0')


def _rank(session: Session, source: str, kind: str, made_from: str) -> bool:
    try:
        frame = open_frame(session, f"{kind}@{source}", WINDOW)
    except HearthubError as error:
        log.warning("%ss of %s are not ranked: %s", kind, source, error)
        return False
    for sort in (*SORTS, LAST_DAY):
        words = {"sort": sort, "at": end_of(frame), "made_from": made_from}
        frame.make_again("rank_now", ranked=sql_text("ranked", **_words(frame, sort)), **words)
    return True


def riser(row: Row) -> Riser:
    """Of a row of `ranking`."""
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


def _words(frame: Frame, sort: str) -> dict[str, object]:
    live = frame.days.live
    return {
        "listed": _of_last_day(frame) if sort == LAST_DAY else listed(sort, FIRST),
        "value": _VALUES[sort],
        "has_weeks": str(bool(live) and live[0] < frame.window.start).lower(),
    }


def _of_last_day(frame: Frame) -> str:
    is_seen = {frame.anchor, frame.anchor - timedelta(1)} <= set(frame.days.live)
    return sql_text("trending_day", most=FIRST, is_seen=str(is_seen).lower())
