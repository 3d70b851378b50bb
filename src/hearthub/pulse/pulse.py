"""The door of the observatory."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hearthub.catalogue import Catalogue
from hearthub.community import Community
from hearthub.errors import BadRequest
from hearthub.jobs import Jobs
from hearthub.lake import Answer, Lake, Session
from hearthub.pulse.classify import classify_again
from hearthub.pulse.framing import WITHDRAWN
from hearthub.pulse.ingest import Ingested, ingest
from hearthub.pulse.showing import Shown, show
from hearthub.pulse.sources import guess_kind, is_address, source_of
from hearthub.pulse.sources.files import workplace
from hearthub.pulse.sources.incoming import Options
from hearthub.pulse.sources.mapping import Map, read_map
from hearthub.pulse.sources.own import Own, OwnDays, OwnGone, OwnNow, add_days, known_of
from hearthub.pulse.standing import keep_standings
from hearthub.registry import Registry
from hearthub.settings import Settings

log = logging.getLogger(__name__)


class Pulse:
    def __init__(
        self,
        lake: Lake,
        settings: Settings,
        registry: Registry,
        catalogue: Catalogue,
        community: Community,
        jobs: Jobs,
    ) -> None:
        self.lake, self.settings, self.catalogue, self.jobs = lake, settings, catalogue, jobs
        self._own = Own(registry, catalogue, community)

    def reading(self) -> Session:
        """A session for what is shown to others: frames in it have no repo of this hub that is not
        public by now, also while the job that withdraws it waits."""
        session = self.lake.reading()
        try:
            session.execute(f"create temp table {WITHDRAWN}")
            if self.jobs.is_under_way("pulse.withdraw", "changed"):
                self._own.mark_gone(session)
            return session
        except BaseException:
            session.close()
            raise

    def ingest(
        self,
        source: str | None = None,
        kind: str | None = None,
        map_file: Path | None = None,
        observed_at: datetime | None = None,
        say: Callable[[str], None] = lambda _: None,
        token: str | None = None,
    ) -> Ingested:
        """Take in what a source tells; nothing is done where it is there already.

        `source` is a file, or the address of another hub, which alone gets `token`; none for this
        hub itself. `observed_at` is UTC without a zone. Raises BadRequest for what cannot be read,
        UpstreamFailed for a hub that does not answer: what it told until then is kept for a day.
        """
        mapping = read_map(map_file) if map_file else Map()
        address = source if source and is_address(source) else None
        path = Path(source).absolute() if source and not address else None
        options = Options(_now(), path, address, mapping, observed_at, say)
        kind = kind or guess_kind(options)
        if kind == "hub-api":
            return self._crawl(options, token)
        if kind == "own":
            if source or map_file or observed_at:
                raise BadRequest("This hub itself has no file, no map and no other time")
            return self._observe_own(say)
        if path is None or not path.is_file():
            raise BadRequest(f"There is no file {source}")
        return ingest(self.lake, source_of(kind), options)

    def _crawl(self, options: Options, token: str | None) -> Ingested:
        from hearthub.pulse.sources.hub_api import crawled  # the HTTP client takes a while

        if options.address is None:
            raise BadRequest("Which hub? Give its address, such as https://HOST")
        with crawled(options, token, self.settings) as (hub, folder):
            return ingest(self.lake, hub, replace(options, now=_now(), path=folder))

    def observe_own(self, _payload: dict[str, Any]) -> None:
        """Job: this hub itself."""
        self._observe_own(lambda _: None)

    def withdraw(self, _payload: dict[str, Any]) -> None:
        """Job: what is not public here any more is gone from the observatory too."""
        if not self.lake.version:
            return
        with self.lake.reading() as session:
            gone = self._own.gone(known_of(session).repos)
        if gone:
            ingest(self.lake, OwnGone(gone, _now()), Options(_now()))
            log.info("withdrawn: %d", len(gone))

    def _observe_own(self, say: Callable[[str], None]) -> Ingested:
        self.catalogue.write_downloads()
        say("reading this hub")
        with TemporaryDirectory(dir=workplace(self.settings.data), prefix="own-") as name:
            options = Options(_now(), Path(name), say=say)
            with self.lake.reading() as session:
                known = known_of(session)
            files = self._own.write(Path(name), known, options.now)
            rows = 0
            if files.has_days:
                add_days(self.lake, files)
                rows = ingest(self.lake, OwnDays(files), options).rows
            done = ingest(self.lake, OwnNow(files), options)
            return replace(done, rows=done.rows + rows)

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
        """Job: few files in the lake, none that nobody reads, and how months ended."""
        merged = self.lake.compact()
        made, removed = keep_standings(self.lake), self.lake.sweep()
        if merged or made or removed:
            log.info("the lake: %d files merged, %d removed; %d standings", merged, removed, made)

    def query(self, sql: str, most_rows: int = 1000) -> Answer:
        """What a stranger asks: one SELECT over the tables (schema.py)."""
        return self.lake.query(sql, most_rows)


def _now() -> datetime:
    """UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
