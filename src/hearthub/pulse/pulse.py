"""The door of the observatory."""

import logging
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Catalogue
from hearthub.community import Community
from hearthub.errors import BadRequest, HearthubError, NotFound, Unavailable
from hearthub.jobs import Jobs
from hearthub.lake import Answer, Lake, Session
from hearthub.pulse.asked import LATER_S, Asked, Found
from hearthub.pulse.charts import Charts, Drawing
from hearthub.pulse.classify import classify_again
from hearthub.pulse.framing import WITHDRAWN
from hearthub.pulse.gathered import Gathered
from hearthub.pulse.ingest import Ingested, ingest
from hearthub.pulse.keep_latest import keep_latest
from hearthub.pulse.keeping import OWN, gone_of, make_missing
from hearthub.pulse.kept import KeptReport, Shelf
from hearthub.pulse.origins import Origin, known_origins
from hearthub.pulse.ranking import rank
from hearthub.pulse.reader import Reader
from hearthub.pulse.repo_history import Told, repo_history
from hearthub.pulse.scores import show_scores
from hearthub.pulse.sharing import closed_among, only_shareable
from hearthub.pulse.showing import Shown, show
from hearthub.pulse.sources import guess_kind, is_address, source_of
from hearthub.pulse.sources.files import workplace
from hearthub.pulse.sources.incoming import Options
from hearthub.pulse.sources.mapping import Map, read_map
from hearthub.pulse.sources.own import Own, OwnDays, OwnGone, OwnNow, add_days, known_of
from hearthub.pulse.standing import keep_standings
from hearthub.pulse.trending import Trending, Trends
from hearthub.registry import Registry
from hearthub.settings import Settings

if TYPE_CHECKING:
    from hearthub.pulse.claims import Verdict
    from hearthub.pulse.measures import Measured
    from hearthub.pulse.metric import MetricRow

log = logging.getLogger(__name__)

DERIVED = frozenset({"ranking", "standing", "latest", "scored", "shown"})
"""Tables that say nothing that others do not say, too."""


class Pulse:
    def __init__(
        self,
        lake: Lake,
        settings: Settings,
        registry: Registry,
        catalogue: Catalogue,
        community: Community,
        jobs: Jobs,
        charts: Charts,
    ) -> None:
        self.lake, self.settings, self.catalogue, self.jobs = lake, settings, catalogue, jobs
        self.charts = charts
        self._own = Own(registry, catalogue, community)
        self._asked = Asked(self, settings.max_pulse_seconds, era=gone_of)
        self._shelf = Shelf(settings.data / "pulse" / "reports")
        self._gathered = Gathered(settings.data / "pulse" / "values")
        self._trends = Trends(lake, self._hurried, partial(_is_public, registry))

    def reading(self) -> Session:
        """A session for what is shown to others: frames in it have no repo of this hub that is not
        public by now, also while the job that withdraws it waits."""
        # Asked before the lake is opened: the job may end in between, and it would be the old one.
        is_withdrawing = self._is_withdrawing()
        session = self.lake.reading()
        try:
            session.execute(f"create temp table {WITHDRAWN}")
            if is_withdrawing:
                self._own.mark_gone(session)
            return session
        except BaseException:
            session.close()
            raise

    def _hurried(self) -> Session:
        session = self.reading()
        if self.settings.max_pulse_seconds:
            session.limit(self.settings.max_pulse_seconds)
        return session

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
        if path is None:
            raise BadRequest("Which file? Give its path")
        if not path.is_file():
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
            self._gathered.forget(OWN)
            ingest(self.lake, OwnGone(gone, _now()), Options(_now()))
            self._gathered.forget(OWN)  # what a job was about to write meanwhile
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
        done = show(self.lake, self.catalogue, workplace(self.settings.data) / "showing")
        if done != Shown():
            log.info(
                "observed: %d listed, %d counted, %d gone", done.listed, done.counted, done.gone
            )

    def classify(self, _payload: dict[str, Any]) -> None:
        """Job: by other facts than those of today, classify everything anew."""
        if done := classify_again(self.lake):
            log.info("classified anew: %d", done)

    def tidy(self, _payload: dict[str, Any]) -> None:
        """Job: few files in the lake, none that nobody reads, how months ended and all is now."""
        merged = self.lake.compact()
        made, latest, removed = keep_standings(self.lake), keep_latest(self.lake), self.lake.sweep()
        self.charts.sweep()
        if merged or made or latest or removed:
            log.info(
                "the lake: %d files merged, %d removed; %d standings, %d latest",
                merged, removed, made, latest,
            )  # fmt: skip

    def make_reports(self, _payload: dict[str, Any]) -> None:
        """Job: the reports that are due (keeping.py), the metrics (preparing.py) and the claims, so
        that nobody waits."""
        if not self.lake.version:
            return
        try:
            if made := make_missing(self._shelf, self, self.charts, _now()):
                log.info("reports made: %d", made)
        finally:
            self._prepare_answers()

    def _prepare_answers(self) -> None:
        from hearthub.pulse.preparing import prepare_metrics

        if (stamp := self._told) is None:
            return
        done = prepare_metrics(self._asked, self, stamp, self._newest, lambda: self._told == stamp,
                               self._gathered)  # fmt: skip
        log.info("metrics worked out: %d", done)
        for source in sorted(self.origins(), key=lambda name: name != self._newest(None)):
            if self._told == stamp:
                self._asked.prepare(stamp, *self._claims_of(source))

    # -- answers, for everybody ----------------------------------------------------------------

    @property
    def stamp(self) -> str | None:
        """While it is the same, so is every answer. None while a repo waits to be withdrawn."""
        return self._stamp(frozenset())

    @property
    def _told(self) -> str | None:
        """The same of what sources told, whatever was derived from it since."""
        return self._stamp(DERIVED)

    def _stamp(self, without: frozenset[str]) -> str | None:
        if self._is_withdrawing():
            return None
        tables = self.lake.manifest().tables.items()
        paths = sorted(it.path for name, files in tables if name not in without for it in files)
        return sha256("\n".join(paths).encode()).hexdigest()[:20]

    def metric(
        self,
        name: str,
        by: str | None = None,
        universe: str | None = None,
        window: str | None = None,
    ) -> "list[MetricRow]":
        """The rows of a metric, as `Measures.metric`; raises Unavailable when it takes too long."""
        return self._measured(name, by, universe, window).rows

    def metric_days(self, name: str, universe: str | None = None) -> "list[MetricRow]":
        """The rows of a metric in its own window, as `metric`, and after them those of observed
        days before, the last first: those that a job or earlier askers have left, of a whole
        universe."""
        rows = self.metric(name, None, universe)
        if not rows or not rows[0].universe.endswith("/all") or self._is_withdrawing():
            return rows
        told = {row.window_end for row in rows}
        if max(told) not in self._gathered.days(name, rows[0].universe):
            self._gathered.add(name, rows[0].universe, max(told), rows)
        before = self._gathered.rows(name, rows[0].universe, rows[0].version)
        return [*rows, *(row for row in before if row.window_end not in told)]

    def metric_sql(
        self,
        name: str,
        by: str | None = None,
        universe: str | None = None,
        window: str | None = None,
    ) -> tuple[str, ...]:
        """The statements behind these rows, in the order in which they were run."""
        return self._measured(name, by, universe, window).sql

    def _measured(
        self, name: str, by: str | None, universe: str | None, window: str | None
    ) -> "Measured":
        return self._asked.answer(self._told, *self._question(name, by, universe, window))

    def metric_soon(
        self, name: str, by: str | None, universe: str | None, window: str | None
    ) -> "Found[Measured]":
        """The same for a page: what is known at once, maybe of before the last ingest.

        Raises UnderWay where nothing is: a thread is at it.
        """
        return self._asked.soon(self._told, *self._question(name, by, universe, window))

    def _question(
        self, name: str, by: str | None, universe: str | None, window: str | None
    ) -> "tuple[Hashable, Callable[[Reader], Measured]]":
        from hearthub.pulse.measures import Measured, Measures
        from hearthub.pulse.preparing import question
        from hearthub.pulse.report.asking import steady

        def work(reader: Reader) -> Measured:
            found = Measures(reader).measured(name, by, universe, window)
            return Measured([steady(row) for row in found.rows], found.sql)

        return question(name, by, universe, window, self._newest), work

    def _newest(self, kind: str | None) -> str:
        """The source that is meant where none is named; None: of any type."""
        from hearthub.pulse.preparing import newest_source

        return self._asked.quick(
            self._told, ("newest", kind), lambda reader: newest_source(reader, kind)
        )

    def claims(self, source: str | None = None) -> "list[Verdict]":
        """What others have published, judged by what is known from a source."""
        return self._asked.answer(self._told, *self._claims_of(source))

    def claims_soon(self, source: str | None = None) -> "Found[list[Verdict]]":
        """The same for a page, as `metric_soon`."""
        return self._asked.soon(self._told, *self._claims_of(source))

    def _claims_of(
        self, source: str | None
    ) -> "tuple[Hashable, Callable[[Reader], list[Verdict]]]":
        from hearthub.pulse.claims import judge_claims

        if source is not None and source not in (known := self.origins()):
            there = ", ".join(list(known)[:20]) or "none yet"
            raise NotFound(f"Nothing is known from {source!r}: there are {there}")
        chosen = source or self._newest(None)
        return ("claims", chosen), lambda reader: judge_claims(reader, chosen)

    def origins(self) -> dict[str, Origin]:
        """The sources by name, with their terms."""
        return self._asked.quick(self._told, ("origins",), known_origins)

    def history(self, repo_type: str, name: str, origin: str) -> list[Told]:
        """The counters of a repo of another hub as they went; nothing where nobody told them.

        Raises Unavailable when it takes too long.
        """
        if not self.lake.version:
            return []
        return self._asked.answer(self._told, *_history_of(repo_type, name, origin))

    def history_soon(self, repo_type: str, name: str, origin: str) -> Found[list[Told]]:
        """The same for a page, as `metric_soon`."""
        if not self.lake.version:
            return Found([])
        return self._asked.soon(self._told, *_history_of(repo_type, name, origin))

    def reports(self) -> list[KeptReport]:
        """Those that can be shown now, the newest first."""
        found = self._shelf.all()
        gone = self._gone_now() if any(it.source == OWN for it in found) else None
        return [it for it in found if it.source != OWN or it.gone == gone]

    def report(self, kind: str, source: str, until: date, lang: str) -> KeptReport:
        """Raises NotFound, and Unavailable for one that is to be made again."""
        report = self._shelf.one(kind, source, until, lang)
        if report.source == OWN and report.gone != self._gone_now():
            raise Unavailable(
                "This report is made again, because a repo that it may tell of is not public any "
                "more: try again in some minutes",
                retry_s=LATER_S,
            )
        return report

    def picture(self, drawing: Drawing, theme: str) -> str:
        """As SVG; a job draws what nobody drew yet. Raises Unavailable where that takes long."""
        found = self.charts.find(drawing.key, theme)
        if found is None:
            self.charts.require()
            self.jobs.add("pulse.draw", drawing.to_json(), key=drawing.key)
            found = self.charts.wait(drawing.key, theme)
        return found

    def draw(self, payload: dict[str, Any]) -> None:
        """Job: the pictures of a drawing, in every theme."""
        self.charts.pictures([Drawing.from_json(payload)])

    def _gone_now(self) -> str | None:
        """What a report about this hub must say of `gone`; None while that is about to change."""
        stamp = self._told
        return None if stamp is None else self._asked.era_of(stamp)

    def _is_withdrawing(self) -> bool:
        return self.jobs.is_under_way("pulse.withdraw", "changed")

    def trending(
        self,
        type: str = "model",  # noqa: A002 - as `--type` and `?type=` are called
        sort: str | None = None,
        universe: str | None = None,
        limit: int = 20,
        anew: bool = False,
    ) -> Trending:
        """What rises: by `sort` of `hub` (likes of seven days), `pulse` (likes a week to be
        expected) or `surprise` (against what was to be expected); None is the best of them.

        `universe` (TYPE[@SOURCE][/FILTER]) goes before `type`. Without a source it is the other
        hub that was observed last, else this one. What the job `pulse.rank` kept is told even if
        the source told more since, unless `anew`: `Trending.at` says of when it is. Raises NotFound
        where nothing was observed, BadRequest for what is no sort, type, universe or limit.
        """
        return self._trends.trending(type, sort, universe, limit, anew)

    def last_day(
        self,
        type: str = "model",  # noqa: A002 - as above
        limit: int = 20,
    ) -> Trending | None:
        """The repos with most likes of the last observed day, of the source that `trending` takes;
        None where that is not kept, as of a source that was not looked at daily.

        Raises NotFound where nothing was observed.
        """
        return self._trends.last_day(type, limit)

    def rank(self, _payload: dict[str, Any]) -> None:
        """Job: what trends is kept, so that nobody who asks waits for it."""
        if done := rank(self.lake, self.reading):
            log.info("ranked: %d", done)
        if self.lake.version:
            self._trends.look()
            show_scores(self.lake, self.catalogue)

    def query(self, sql: str, most_rows: int = 1000, *, export: bool = False) -> Answer:
        """What a stranger asks: one SELECT over the tables (schema.py).

        `export`: without rows of sources that may not be passed on (sharing.py).
        """
        closed = closed_among(self.origins()) if export else ()
        only = only_shareable(closed, self.lake.tables.values())
        return self.lake.query(sql, most_rows, only=only)


def _history_of(
    repo_type: str, name: str, origin: str
) -> tuple[Hashable, Callable[[Reader], list[Told]]]:
    key = ("history", repo_type, name.lower(), origin)
    return key, lambda reader: repo_history(reader, repo_type, name, origin)


def _is_public(registry: Registry, kind: str, name: str) -> bool:
    try:
        registry.repo(ANONYMOUS, kind, name)
    except HearthubError:
        return False
    return True


def _now() -> datetime:
    """UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
