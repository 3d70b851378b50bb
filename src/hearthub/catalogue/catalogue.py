"""The door of the catalogue: the one reader behind every list, search, facet and rank."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from cachetools import LRUCache

from hearthub.accounts import Actor
from hearthub.catalogue import terms
from hearthub.catalogue.downloads import DAY_MS, WINDOW_DAYS, Downloads
from hearthub.catalogue.facets import FacetCounts, Facets
from hearthub.catalogue.facts import Facts
from hearthub.catalogue.headers import Headers
from hearthub.catalogue.listing import OBSERVED, PUBLIC, Counters, Listing, shelf
from hearthub.catalogue.listings import FACTS_VERSION, Listings
from hearthub.catalogue.lists import Lists, Matches, Page
from hearthub.catalogue.numbers import id_of_doc
from hearthub.catalogue.observed import bounded, cleaned
from hearthub.catalogue.plan import Filter, Reader
from hearthub.catalogue.planner import Planner
from hearthub.catalogue.ranks import Ranks
from hearthub.catalogue.reading import read_facts
from hearthub.catalogue.rebuild import Rebuild
from hearthub.catalogue.rows import Row, Rows, read_place, write_place
from hearthub.catalogue.search import Search
from hearthub.clock import now_ms
from hearthub.community import Community
from hearthub.db import Database, DatabaseError, batches
from hearthub.errors import HearthubError, NotFound
from hearthub.fit import Header, KeptReader, Model, kept_model
from hearthub.registry import Registry, Repo
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings

MAX_RECENT = 2**25  # characters of facts
WEIGHED_AT_ONCE = 4
TREND_MS = 7 * 86_400_000
POPULAR = 8
"""Times as many are looked at, since the index knows popularity in steps."""

log = logging.getLogger(__name__)


class Catalogue:
    """`db` is the catalogue's own; all in it but observations can be made again (`rebuild`)."""

    def __init__(
        self,
        db: Database,
        settings: Settings,
        registry: Registry,
        community: Community,
        downloads: Downloads,
        sandbox: Sandbox,
    ) -> None:
        self.db, self.settings, self.registry = db, settings, registry
        self.community, self.downloads = community, downloads
        self._headers, self._sandbox = Headers(db), sandbox
        self._listings = Listings(db)
        self._ranks = Ranks(db, self._listings)
        self._planner = Planner(db)
        self._lists = Lists(db)
        self._search = Search(db)
        self._rows = Rows(db, registry)
        self._facets = Facets(db)
        self._rebuild = Rebuild(db, self._remembered, self._count)
        # As JSON, whose size is known: a stranger's card may take megabytes.
        self._recent: LRUCache[tuple[int, str], str] = LRUCache(MAX_RECENT, len)
        self._unshown: set[int] = set()  # repos whose newest downloads no list has
        self._lock = Lock()

    # -- what is known of a repo -------------------------------------------------------------

    def facts(self, repo: Repo, commit: str | None = None) -> Facts:
        """What is known of a repo at a commit (default: the head of main)."""
        try:
            commit = commit or self.registry.head(repo)
        except NotFound:
            return Facts()
        return self._kept(repo, commit) or self._remembered(repo, commit)

    def facts_of(self, repos: Sequence[Repo]) -> dict[int, Facts]:
        """Facts of many repos at their heads, by repo id."""
        heads = self.registry.heads([repo.id for repo in repos])
        known: dict[int, Facts] = {}
        for some in batches(heads):
            rows = self.db.all(
                "select l.repo_id, f.commit_oid, f.facts from listing l join listing_facts f "
                "on f.id = l.id where l.repo_id in (:ids) and f.version = :version",
                ids=some,
                version=FACTS_VERSION,
            )
            known |= {
                row.repo_id: Facts.from_json(row.facts)
                for row in rows
                if heads[row.repo_id] == row.commit_oid
            }
        return {
            repo.id: known.get(repo.id) or self.facts(repo, heads.get(repo.id)) for repo in repos
        }

    def counters(self, repos: Sequence[Repo]) -> dict[int, Counters]:
        """Downloads, likes and trend by repo id: likes as of now, the others as lists have them."""
        ids = [repo.id for repo in repos]
        found, likes = self._ranks.counters(ids), self.community.likes(ids)
        return {
            repo.id: replace(
                found.get(repo.id) or Counters(repo.created, repo.modified),
                likes=likes.get(repo.id, 0),
            )
            for repo in repos
        }

    def counted(self, repos: Sequence[Repo]) -> dict[int, Counters]:
        """The same, all of them counted now. For jobs: it takes longer."""
        return self._count(list(repos))

    # -- lists -------------------------------------------------------------------------------

    def page(
        self, actor: Actor, wanted: Filter, page: Page, after: str | None = None
    ) -> tuple[list[Row], str | None]:
        """One page of the repos that fit and that `actor` may see, and where the next one starts.

        A search comes best match first unless the page names a sort. `after` is where a page
        before said this one starts. A page may be short and not the last. Raises BadRequest when
        `after` is nothing this hub said.
        """
        plan = self._planner.plan(wanted, reader_of(actor))
        return self._page(actor, wanted, page, after, Matches(self.db, plan))

    def page_with_counts(
        self, actor: Actor, wanted: Filter, page: Page, after: str | None = None
    ) -> tuple[list[Row], str | None, FacetCounts]:
        """`page` and `facet_counts` together, which takes about half as long as one after the
        other."""
        matches = Matches(self.db, self._planner.plan(wanted, reader_of(actor)))
        rows, more = self._page(actor, wanted, page, after, matches)
        return rows, more, self._facets.counts(matches.plan, matches)

    def _page(
        self, actor: Actor, wanted: Filter, page: Page, after: str | None, matches: Matches
    ) -> tuple[list[Row], str | None]:
        plan = matches.plan
        one_more = replace(page, limit=page.limit + 1)
        if wanted.search and page.sort is None:
            query = terms.Query.of(wanted.search)
            places = self._search.page(plan, query, after, one_more.limit, matches)
        else:
            found = self._lists.page(plan, one_more, read_place(after), matches)
            places = [(write_place(it), it[1]) for it in found]
        more = places[page.limit - 1][0] if len(places) > page.limit else None
        return self._rows.load(actor, places[: page.limit]), more

    def popular(self, actor: Actor, wanted: Filter, limit: int) -> list[Row]:
        """Some of those that fit, most downloads first: of the first that the index tells, which
        has what is popular in front, in steps. Of thousands it takes no longer than of ten."""
        matches = Matches(self.db, self._planner.plan(wanted, reader_of(actor)))
        numbers = self._ranks.by_downloads(map(id_of_doc, matches.first(POPULAR * limit)))
        found: list[Row] = []
        for some in batches(numbers, limit):  # more than the first few only where some are hidden
            found += self._rows.load(actor, [("", number) for number in some])
            if len(found) >= limit:
                break
        return found[:limit]

    def tags(self, repo_type: str) -> list[tuple[str, str, int]]:
        """(kind, name, how many public repos) of everything lists can be narrowed by."""
        return self._facets.tags(shelf(repo_type, PUBLIC))

    def suggest(self, actor: Actor, repo_type: str, typed: str, limit: int) -> list[Row]:
        """The repos somebody most likely means, as they type."""
        plan = self._planner.plan(Filter(repo_type, search=typed), reader_of(actor))
        found = self._search.suggest(plan, terms.Query.of(typed))[:limit]
        return self._rows.load(actor, [("", it.id) for it in found])

    def named(self, actor: Actor, repo_type: str, names: Sequence[str]) -> dict[str, list[Row]]:
        """By lower-case name: the repos that `actor` may see, the hosted one first, then what was
        observed of other hubs."""
        found: dict[str, list[Row]] = {}
        numbers = self._rows.numbers_of(repo_type, names)
        for row in self._rows.load(actor, [("", number) for number in numbers]):
            found.setdefault(row.full_name.lower(), []).append(row)
        return found

    def model(self, repo: Repo, commit: str) -> tuple[Model | None, bool]:
        """A hosted model from headers that are kept, and whether those are all that count.

        For somebody who may read the repo, and waits: nothing that takes long is read.
        """
        return kept_model(self.registry, repo, commit, KeptReader.quick(self._headers))

    def recent_downloads(self, repo: Repo) -> list[int]:
        """Of each of the last thirty days, today's last."""
        today = now_ms() // DAY_MS
        days = self.downloads.days([repo.id], today - WINDOW_DAYS, today)
        by_day = {it.day: it.downloads for it in days}
        return [by_day.get(today - ago, 0) for ago in reversed(range(WINDOW_DAYS))]

    def number(self, repo_type: str, kind: str, name: str) -> int:
        """How many public repos have one value."""
        return self._facets.number(shelf(repo_type, PUBLIC), kind, name)

    def children(
        self, names: Sequence[str], *, observed: bool = False
    ) -> dict[str, dict[str, int]]:
        """By lower-case name: how many public models came from it, by relation; without those
        that none did. Counted are those of this hub, or else those observed elsewhere."""
        return self._facets.children(shelf("model", OBSERVED if observed else PUBLIC), names)

    def count_shelves(self) -> None:
        """To be called every `TAGS_KEPT_S`, by the process that shows lists."""
        self._facets.count_shelves()

    def facet_counts(self, actor: Actor, wanted: Filter) -> FacetCounts:
        """How many repos that `actor` may see have each value, among those that fit."""
        return self._facets.counts(self._planner.plan(wanted, reader_of(actor)))

    # -- what comes in -----------------------------------------------------------------------

    @property
    def is_rebuilding(self) -> bool:
        """In this process: whatever writes here waits for minutes."""
        return self._rebuild.is_running

    def refresh(self, payload: dict[str, Any]) -> bool:
        """Job: read a repo and its head again; a repo that is gone is no longer listed.

        True when headers of its weights are left to be read (`weigh`).
        """
        headers: list[Header] = []
        repo = self.registry.by_id(payload["repo_id"])
        if repo is not None:
            commit = self.registry.head(repo)
            if kept := self._kept(repo, commit):
                facts = kept
            else:
                facts, headers = self._read(repo, commit)
        # Asked again once it is our turn to write, for which we may have waited.
        with self.db.transaction():
            now = self.registry.by_id(payload["repo_id"])
            if repo is None or now is None:
                self._listings.remove(payload["repo_id"])
                return False
            facts = self._kept(now, commit) or facts  # another job may have learnt more
            listing = Listing.of(now, commit, facts, self._count([now])[now.id])
            self._headers.put(headers)
            self._listings.put([listing])
        return not listing.is_weighed

    def weigh(self, _payload: dict[str, Any]) -> bool:
        """Job: read headers of weights that take long to read, of a few repos at a time, so that
        nobody's commit waits to be listed meanwhile. True when more are left."""
        for repo_id in self._listings.unweighed(WEIGHED_AT_ONCE):
            try:
                self._weigh(repo_id)
            except HearthubError as error:
                log.warning("no headers of repo %d: %s", repo_id, error)
                self._listings.mark_weighed(repo_id)
        return bool(self._listings.unweighed(1))

    def recount(self, payload: dict[str, Any]) -> None:
        """Job: take the counters of a repo from their sources again."""
        self._recount([payload["repo_id"]])

    def fade(self, _payload: dict[str, Any]) -> None:
        """Job: likes that are older than a week by now trend no more."""
        for some in batches(self._ranks.trending_hosted()):
            self._recount(some)

    def recount_all(self, _payload: dict[str, Any]) -> None:
        """Job: the same for all: a day has left the window, likes no longer trend."""
        for some in self.registry.all_repos():
            self._recount([repo.id for repo, _ in some])
        self._ranks.renumber()

    def write_downloads(self) -> None:
        """Write down the downloads of the last seconds. Waits for no list."""
        counted = self.downloads.flush()
        with self._lock:
            self._unshown |= counted.keys()

    def show_downloads(self) -> None:
        """Bring lists up to what was written; what they do not take now, they take next time.

        A rebuild holds the catalogue for minutes: nobody waits for it here.
        """
        if self.is_rebuilding:
            return
        with self._lock:
            unshown, self._unshown = self._unshown, set()
        try:
            for some in batches(sorted(unshown)):
                self._recount(some)
        except DatabaseError:
            with self._lock:
                self._unshown |= unshown
            raise

    def observe(self, listings: Iterable[Listing]) -> None:
        """List repos of other hubs; each replaces what was observed of it before.

        What a stranger wrote into them is brought into bounds first (observed.py).
        """
        self._listings.put(cleaned(listings))

    def set_counters(
        self, repo_type: str, counters: Iterable[tuple[str, Counters]], origin: str
    ) -> int:
        """Counters of observed repos by name, in bulk; how many were listed."""
        told = ((name, bounded(value)) for name, value in counters)
        return self._ranks.set_named(repo_type, told, origin)

    def set_trending(self, repo_type: str, scores: Mapping[str, float], origin: str) -> None:
        """The scores of another hub's repos by name; all others of it have none."""
        self._ranks.set_trending(repo_type, scores, origin)

    def forget(self, repo_type: str, names: Iterable[str], origin: str) -> int:
        """Observed repos that are gone from their hub are listed no more; how many were."""
        return self._listings.forget(repo_type, names, origin)

    def mark_whole(self) -> None:
        """Say that all there is has been put by the rules of today, so that no rebuild is due."""
        self._rebuild.mark_done()

    def rebuild(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Make everything anew from its sources; how many listings there are then."""
        return self._rebuild.run(self.registry.all_repos(), progress)

    def rebuild_if_due(self, _payload: dict[str, Any]) -> None:
        """Job: a catalogue that was lost, or made by the rules of another version, is made anew."""
        if self._rebuild.is_due:
            log.info("the catalogue is made anew: %d listings", self.rebuild())

    # -- sources -----------------------------------------------------------------------------

    def _recount(self, repo_ids: Sequence[int]) -> None:
        # Counted when it is our turn to write: an older count must not replace a newer one.
        with self.db.transaction():
            self._ranks.set_hosted(self._count(self.registry.repos(repo_ids)))

    def _count(self, repos: list[Repo]) -> dict[int, Counters]:
        ids = [repo.id for repo in repos]
        likes = self.community.likes(ids)
        recent = self.community.likes(ids, since=now_ms() - TREND_MS)
        totals = self.downloads.totals(ids)
        return {
            repo.id: Counters(
                repo.created,
                repo.modified,
                *totals.get(repo.id, (0, 0)),
                likes=likes.get(repo.id, 0),
                trending=float(recent.get(repo.id, 0)),
            )
            for repo in repos
        }

    def _kept(self, repo: Repo, commit: str) -> Facts | None:
        """The facts of a commit, if they are those its listing has."""
        row = self.db.one(
            "select f.facts from listing l join listing_facts f on f.id = l.id "
            "where l.repo_id = :repo and f.commit_oid = :commit and f.version = :version",
            repo=repo.id,
            commit=commit,
            version=FACTS_VERSION,
        )
        return Facts.from_json(row[0]) if row else None

    def _remembered(self, repo: Repo, commit: str) -> Facts:
        """For commits no listing has: what a commit says never changes.

        A repo that cannot be read just now does not hide the others of its list.
        """
        key = (repo.id, commit)
        with self._lock:
            known = self._recent.get(key)
        if known is not None:
            return Facts.from_json(known)
        try:
            facts, _ = self._read(repo, commit)
        except HearthubError as error:
            log.warning("no facts of repo %d at %s: %s", repo.id, commit, error)
            return Facts()
        text = facts.to_json()
        if len(text) <= MAX_RECENT:
            with self._lock:
                self._recent[key] = text
        return facts

    def _read(self, repo: Repo, commit: str) -> tuple[Facts, list[Header]]:
        """Without the headers that take long, unless they are kept; and what is to be kept."""
        reader = KeptReader.quick(self._headers)
        facts = read_facts(self.registry, repo, commit, self.settings.region, reader)
        return facts, reader.new

    def _weigh(self, repo_id: int) -> None:
        repo = self.registry.by_id(repo_id)
        if repo is not None:
            commit, region = self.registry.head(repo), self.settings.region
            reader = KeptReader.thorough(self._headers, self._sandbox)
            facts = read_facts(self.registry, repo, commit, region, reader)
            facts = replace(facts, weighed=True)
        with self.db.transaction():
            now = self.registry.by_id(repo_id)
            if repo is None or now is None or self.registry.head(now) != commit:
                self._listings.mark_weighed(repo_id)  # its own job is on its way
                return
            self._headers.put(reader.new)
            self._listings.put([Listing.of(now, commit, facts, self._count([now])[now.id])])


def reader_of(actor: Actor) -> Reader:
    own = {actor.user_id} if actor.user_id is not None else set()
    return Reader(frozenset(own | set(actor.roles)), sees_all=actor.is_admin)
