"""The catalogue made anew from its sources, while it is being read.

Sources are the repos and their commits here, the counters of the community and of downloads, and
for what was observed elsewhere the facts as they were observed. One transaction: readers see the
old catalogue until the new one is whole, and a crash leaves the old one.
"""

from collections.abc import Callable, Iterator

from hearthub.catalogue import numbers, terms
from hearthub.catalogue.facts import Facts
from hearthub.catalogue.listing import Counters, Listing
from hearthub.catalogue.listings import FACTS_VERSION, Listings
from hearthub.db import Database, batches
from hearthub.registry import Repo

Read = Callable[[Repo, str], Facts]
Count = Callable[[list[Repo]], dict[int, Counters]]
Progress = Callable[[int], None]

CACHE_KIB, USUAL_CACHE_KIB = 256 * 1024, 16 * 1024
RULES = f"{FACTS_VERSION}.{terms.VERSION}.{numbers.VERSION}"
"""What a catalogue was made by; one made by other rules is made anew."""


class Rebuild:
    """`read` the facts of a commit; `count` what repos are ranked by, from its sources."""

    def __init__(self, db: Database, read: Read, count: Count) -> None:
        self.db, self.read, self.count = db, read, count
        self.is_running = False
        """In this process: whoever wants to write waits for its end, however long that takes."""

    @property
    def is_due(self) -> bool:
        return self._made_by != RULES

    @property
    def _made_by(self) -> str:
        return str(self.db.value("select value from state where key = 'rules'") or "")

    def run(self, repos: Iterator[list[tuple[Repo, str]]], progress: Progress) -> int:
        """`repos`: all of them with their heads, in batches by ascending id.

        Returns how many listings there are then.
        """
        self.is_running = True
        self.db.value(f"pragma cache_size = -{CACHE_KIB}")
        try:
            with Listings(self.db).in_bulk() as listings:
                return self._run(listings, repos, progress)
        finally:  # the thread that ran it goes on, and so does its connection
            self.db.value(f"pragma cache_size = -{USUAL_CACHE_KIB}")
            self.is_running = False

    def _run(
        self, listings: Listings, repos: Iterator[list[tuple[Repo, str]]], progress: Progress
    ) -> int:
        done = last = 0
        new_terms = self._made_by.split(".")[1:2] != [str(terms.VERSION)]
        listings.empty_index()
        for some in repos:
            ids = [repo.id for repo, _ in some]
            listings.drop(self._others(last, max(ids), ids))
            last = max(ids)
            listings.put(self._hosted(some), anew=True, new_terms=new_terms)
            progress(done := done + len(some))
        listings.drop(self._others(last, 2**62, []))
        for found in batches(self._observed()):
            listings.put(found, anew=True, new_terms=new_terms)
            progress(done := done + len(found))
        self.mark_done()
        return done

    def mark_done(self) -> None:
        self.db.execute(
            "insert into state (key, value) values ('rules', :rules) "
            "on conflict (key) do update set value = excluded.value",
            rules=RULES,
        )

    def _others(self, after: int, last: int, ids: list[int]) -> list[int]:
        """Listings of repos that are gone: those of a range of repo ids without a repo."""
        rows = self.db.all(
            "select id, repo_id from listing where repo_id > :after and repo_id <= :last",
            after=after,
            last=last,
        )
        there = set(ids)
        return [row.id for row in rows if row.repo_id not in there]

    def _hosted(self, repos: list[tuple[Repo, str]]) -> Iterator[Listing]:
        """Facts of a commit that were read by the rules of today are as good as new."""
        rows = self.db.all(
            "select l.repo_id, f.commit_oid, f.facts from listing l join listing_facts f "
            "on f.id = l.id where l.repo_id in (:ids) and f.version = :version",
            ids=[repo.id for repo, _ in repos],
            version=FACTS_VERSION,
        )
        known = {(row.repo_id, row.commit_oid): row.facts for row in rows}
        counters = self.count([repo for repo, _ in repos])
        for repo, head in repos:
            kept = known.get((repo.id, head))
            facts = Facts.from_json(kept) if kept else self.read(repo, head)
            yield Listing.of(repo, head, facts, counters[repo.id])

    def _observed(self) -> Iterator[Listing]:
        last = 0
        while rows := self.db.all(
            "select l.id, l.type, l.full_name, l.origin, l.facets, f.facts, f.gated, r.created, "
            "r.modified, r.downloads, r.downloads_all, r.likes, r.trending from listing l "
            "join listing_facts f on f.id = l.id join rank r on r.id = l.id "
            "where l.repo_id is null and l.id > :last order by l.id limit 5000",
            last=last,
        ):
            for row in rows:
                yield Listing(
                    type=row.type,
                    full_name=row.full_name,
                    facts=Facts.from_json(row.facts),
                    counters=Counters(*row[7:]),
                    origin=row.origin,
                    gated=row.gated,
                )
            last = rows[-1].id
