"""What trends, of one source and type."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from hearthub.errors import BadRequest, NotFound
from hearthub.lake import Session
from hearthub.pulse.framing import open_frame
from hearthub.pulse.ranking import (
    DEFAULT_SORT,
    FIRST,
    SORTS,
    WINDOW,
    Riser,
    end_of,
    known_sort,
    ranked,
    riser,
)
from hearthub.pulse.universe import TYPES

__all__ = ["DEFAULT_SORT", "FIRST", "SORTS", "Riser", "Trending", "Trends"]


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
            "is_synthetic": self.is_synthetic,
            "at": f"{self.at.isoformat(timespec='seconds')}Z",
        }
        return [asdict(row) | about for row in self.rows]


class Trends:
    """`reading` opens the lake; `is_public` tells of a (type, id) of this hub whether it is."""

    def __init__(
        self,
        reading: Callable[[], Session],
        is_public: Callable[[str, str], bool] = lambda _type, _id: True,
    ) -> None:
        self._reading, self._is_public = reading, is_public

    def trending(
        self, kind: str, sort: str | None = None, universe: str | None = None, limit: int = 20
    ) -> Trending:
        """See `Pulse.trending`."""
        sort = known_sort(sort)
        if not 1 <= limit <= FIRST:
            raise BadRequest(f"limit is from 1 to {FIRST}")
        if universe is None and kind not in TYPES:
            raise BadRequest(f"{kind!r} is no type: choose {', '.join(TYPES)}")
        with self._reading() as session:
            name = _with_source(session, universe or kind)
            frame = open_frame(session, name, WINDOW)
            rows = [riser(row) for row in ranked(frame, sort)]
            found = frame.universe
            is_synthetic = session.value(
                "select bool_or(is_synthetic) from snapshot where source = $source",
                source=found.source,
            )
            if found.source == "own":
                rows = [it for it in rows if self._is_public(found.type, it.id)]
            return Trending(
                found.type, sort, str(found), found.source, bool(is_synthetic), end_of(frame),
                tuple(rows[:limit]),
            )  # fmt: skip


def _with_source(session: Session, universe: str) -> str:
    """Where it names none, the source that was observed last; this hub itself after all others."""
    if "@" in universe:
        return universe
    kind, slash, rest = universe.partition("/")
    found = session.rows(
        "select source from (select distinct source from repo where type = $type) "
        "join (select source, max(observed_at) as last from snapshot group by source) "
        "using (source) order by source = 'own', last desc, source limit 1",
        type=kind,
    )
    if not found:
        raise NotFound(f"Nothing was ingested yet that has a {kind}")
    return f"{kind}@{found[0]['source']}{slash}{rest}"
