"""The door of the observatory."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hearthub.catalogue import Catalogue
from hearthub.errors import BadRequest
from hearthub.lake import Answer, Lake
from hearthub.pulse.classify import classify_again
from hearthub.pulse.ingest import Ingested, ingest
from hearthub.pulse.showing import Shown, show
from hearthub.pulse.sources import guess_kind, source_of
from hearthub.pulse.sources.incoming import Options
from hearthub.pulse.sources.mapping import Map, read_map

log = logging.getLogger(__name__)


class Pulse:
    def __init__(self, lake: Lake, catalogue: Catalogue) -> None:
        self.lake, self.catalogue = lake, catalogue

    def ingest(
        self,
        source: str | None = None,
        kind: str | None = None,
        map_file: Path | None = None,
        observed_at: datetime | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> Ingested:
        """Take in what a source tells; nothing is done where it is there already.

        `source` is a file or a hub's address; none for this hub itself. `observed_at` is UTC
        without a zone. Raises BadRequest for what cannot be read.
        """
        mapping = read_map(map_file) if map_file else Map()
        address = source if source and source.startswith(("http://", "https://")) else None
        path = Path(source).absolute() if source and not address else None
        if path and not path.is_file():
            raise BadRequest(f"There is no file {source}")
        options = Options(
            now=datetime.now(UTC).replace(tzinfo=None),
            path=path,
            address=address,
            map=mapping,
            observed_at=observed_at,
            say=say,
        )
        return ingest(self.lake, source_of(kind or guess_kind(options)), options)

    def show(self, _payload: dict[str, Any]) -> None:
        """Job: bring what was observed of other hubs to the catalogue."""
        done = show(self.lake, self.catalogue)
        if done != Shown():
            log.info(
                "observed: %d listed, %d counted, %d gone", done.listed, done.counted, done.gone
            )

    def classify(self, _payload: dict[str, Any]) -> None:
        """Job: by other facts than those of today, classify everything anew."""
        if done := classify_again(self.lake):
            log.info("classified anew: %d", done)

    def tidy(self, _payload: dict[str, Any]) -> None:
        """Job: few files in the lake, and none that nobody reads."""
        merged, removed = self.lake.compact(), self.lake.sweep()
        if merged or removed:
            log.info("the lake: %d files merged, %d removed", merged, removed)

    def query(self, sql: str, most_rows: int = 1000) -> Answer:
        """What a stranger asks: one SELECT over the tables (schema.py)."""
        return self.lake.query(sql, most_rows)
