"""What trends, of one source and type.

It is answered from the table `ranking`, which a job makes anew after each ingest (ranking.py): of
2.5 million repos that takes a minute, and reading it a moment. Until the job is done the ranking
before it stands, and `at` says of when it is.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from itertools import islice
from typing import Any

from hearthub.errors import BadRequest, NotFound, Unavailable
from hearthub.lake import Lake, Session
from hearthub.pulse.framing import open_frame
from hearthub.pulse.metrics.trending import DEFAULT_SORT, SORTS
from hearthub.pulse.ranking import FIRST, LAST_DAY, WINDOW, Riser, Told, end_of, ranked, riser, told
from hearthub.pulse.universe import OWN, Universe, newest, parts_of, require_source

FEW = 4
"""Callers that may wait for what is not kept."""
MANY = 16
"""Answers that are remembered of what is not kept."""


COLUMNS = (
    *(each.name for each in fields(Riser)),
    *("type", "sort", "universe", "source", "synthetic", "at"),
)
"""Of a table of it, in whatever format and wherever."""


@dataclass(frozen=True)
class Trending:
    type: str
    sort: str
    universe: str
    source: str
    is_synthetic: bool
    """The source made its figures up: never to be shown without saying so."""
    at: datetime
    """The end of the last day that it tells of; UTC without a zone."""
    rows: tuple[Riser, ...]

    def to_json(self) -> list[dict[str, Any]]:
        """A flat row for each, which says of itself where it is from."""
        about = {
            "type": self.type,
            "sort": self.sort,
            "universe": self.universe,
            "source": self.source,
            "synthetic": self.is_synthetic,
            "at": f"{self.at.isoformat(timespec='seconds')}Z",
        }
        return [asdict(row) | about for row in self.rows]


@dataclass(frozen=True)
class _Ranking:
    at: datetime
    made_from: str
    rows: tuple[Riser, ...]


@dataclass
class _Known:
    """What the lake has, while these files of it are the newest; other tables may change."""

    files: tuple[object, ...] = ()
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    rankings: dict[tuple[str, str, str], _Ranking] = field(default_factory=dict)
    """Those that are kept, by source, type and sort."""
    computed: dict[Universe, dict[str, _Ranking]] = field(default_factory=dict)
    """By sort, of what is not kept."""


class Trends:
    """`reading` opens the lake; `is_public` tells of a (type, id) of this hub whether it is."""

    def __init__(
        self,
        lake: Lake,
        reading: Callable[[], Session] | None = None,
        is_public: Callable[[str, str], bool] = lambda _type, _id: True,
    ) -> None:
        self._lake, self._reading, self._is_public = lake, reading or lake.reading, is_public
        self._known: _Known | None = None
        self._computing, self._places = threading.Lock(), threading.BoundedSemaphore(FEW)

    def trending(
        self,
        kind: str,
        sort: str | None = None,
        universe: str | None = None,
        limit: int = 20,
        anew: bool = False,
    ) -> Trending:
        """See `Pulse.trending`."""
        sort = sort or DEFAULT_SORT
        if sort not in SORTS:
            raise BadRequest(f"{sort!r} is no sort: choose {', '.join(SORTS)}")
        if not 1 <= limit <= FIRST:
            raise BadRequest(f"limit is from 1 to {FIRST}")
        known = self._newest()
        asked = _universe(universe or kind, known)
        ranking = self._ranking(known, asked, sort, anew)
        rows = tuple(islice(self._shown(asked, ranking.rows), limit))
        return self._trending(known, asked, sort, ranking.at, rows)

    def _trending(
        self, known: _Known, asked: Universe, sort: str, at: datetime, rows: tuple[Riser, ...]
    ) -> Trending:
        return Trending(
            type=asked.type,
            sort=sort,
            universe=str(asked),
            source=asked.source,
            is_synthetic=known.told[asked.source, asked.type].is_synthetic,
            at=at,
            # A gap would tell of what is not shown.
            rows=tuple(replace(row, rank=rank) for rank, row in enumerate(rows, 1)),
        )

    def last_day(self, kind: str, limit: int) -> Trending | None:
        """See `Pulse.last_day`."""
        known = self._newest()
        asked = _universe(kind, known)
        ranking = known.rankings.get((asked.source, asked.type, LAST_DAY))
        if ranking is None:
            return None
        rows = tuple(islice(self._shown(asked, ranking.rows), limit))
        if not rows:
            return None
        return self._trending(known, asked, LAST_DAY, ranking.at, rows)

    def look(self) -> None:
        """Read what is newest, so that nobody who asks next waits for it."""
        self._newest()

    def _shown(self, asked: Universe, rows: Iterable[Riser]) -> Iterator[Riser]:
        """Of this hub only what is public now, whatever the lake has heard."""
        for row in rows:
            if asked.source != OWN or self._is_public(asked.type, row.id):
                yield row

    def _newest(self) -> _Known:
        manifest, known = self._lake.manifest(), self._known
        files = (manifest.files("snapshot"), manifest.files("ranking"))
        if known and known.files == files:
            return known
        with self._lake.reading(only=("snapshot", "ranking", "repo")) as session:
            known = _Known(files, told(session), _kept(session))
        self._known = known
        return known

    def _ranking(self, known: _Known, asked: Universe, sort: str, anew: bool) -> _Ranking:
        made_from = known.told[asked.source, asked.type].made_from
        kept = known.rankings.get((asked.source, asked.type, sort))
        if asked.filter == "all" and kept and (kept.made_from == made_from or not anew):
            return kept
        with self._turn():  # once, however many ask
            if asked not in known.computed:
                if len(known.computed) >= MANY:
                    known.computed.clear()
                known.computed[asked] = self._compute(asked, made_from)
            return known.computed[asked][sort]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Who waits has a thread of those that answer everybody: only a few may."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("Others wait for this as well: try again soon", retry_s=10)
        try:
            with self._computing:
                yield
        finally:
            self._places.release()

    def _compute(self, asked: Universe, made_from: str) -> dict[str, _Ranking]:
        with self._reading() as session:
            frame = open_frame(session, str(asked), WINDOW)
            return {
                sort: _Ranking(end_of(frame), made_from, tuple(ranked(frame, sort)))
                for sort in SORTS
            }


def _kept(session: Session) -> dict[tuple[str, str, str], _Ranking]:
    rows = session.rows('select * from ranking order by source, type, sort, "rank"')
    found: dict[tuple[str, str, str], list[Riser]] = {}
    made: dict[tuple[str, str, str], tuple[datetime, str]] = {}
    for row in rows:
        key = (row["source"], row["type"], row["sort"])
        if row["rank"] == 0:
            made[key], found[key] = (row["at"], row["made_from"]), []
        else:
            found[key].append(riser(row))
    return {key: _Ranking(*made[key], tuple(risers)) for key, risers in found.items()}


def _universe(text: str, known: _Known) -> Universe:
    """Where it names none, the source that was observed last; this hub itself after all others."""
    kind, source, condition = parts_of(text)
    sources = {name: it for (name, type_), it in known.told.items() if type_ == kind}
    if source is None:
        if not sources:
            raise NotFound(f"Nothing was ingested yet that has a {kind}")
        source = newest({name: it.last for name, it in sources.items()})
    require_source(kind, source, sorted(sources))
    return Universe(kind, source, condition)
