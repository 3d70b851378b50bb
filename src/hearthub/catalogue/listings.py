"""The rows of listings, and all that follows from them: ranks, facts, facets, words, the index."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from threading import Lock
from types import SimpleNamespace
from typing import Any

from cachetools import LRUCache

from hearthub.catalogue import terms
from hearthub.catalogue.codes import codes_of
from hearthub.catalogue.listing import (
    PRIVATE,
    SEVERAL,
    Counters,
    Facet,
    Listing,
)
from hearthub.catalogue.numbers import codes_of_doc, doc_of, sizes_of
from hearthub.db import Database, batches

FACTS_VERSION = 3
"""To be raised when the rules that make facts of a commit change: they are then read again."""

MAX_KNOWN_FACETS = 1_000_000
MAX_GATHERED = 500_000
FTS_USUAL, FTS_BULK = 2**20, 2**26

_PUT_LISTING = """
insert into listing (id, repo_id, origin, type, full_name, key, name_key, shelf, owner_id,
  parameters, need, facets, doc)
values (:id, :repo_id, :origin, :type, :full_name, :key, :name_key, :shelf, :owner_id,
  :parameters, :need, :facets, :doc)
on conflict (id) do update set full_name = excluded.full_name, key = excluded.key,
  name_key = excluded.name_key, shelf = excluded.shelf, owner_id = excluded.owner_id,
  parameters = excluded.parameters, need = excluded.need, facets = excluded.facets,
  doc = excluded.doc"""
_PUT_RANK = """
insert into rank (id, shelf, downloads, downloads_all, likes, trending, created, modified,
  task, library, license, sizes)
values (:id, :shelf, :downloads, :downloads_all, :likes, :trending, :created, :modified,
  :task, :library, :license, :sizes)
on conflict (id) do update set shelf = excluded.shelf, downloads = excluded.downloads,
  downloads_all = excluded.downloads_all, likes = excluded.likes, trending = excluded.trending,
  created = excluded.created, modified = excluded.modified, task = excluded.task,
  library = excluded.library, license = excluded.license, sizes = excluded.sizes"""
_INDEXES = {
    f"rank_{key}": f"rank (shelf, {key}, id, task, library, license, sizes)"
    for key in ("downloads", "likes", "trending", "created", "modified")
}
_PUT_FACTS = """
insert into listing_facts (id, commit_oid, version, gated, weighed, facts, words)
values (:id, :commit_oid, :version, :gated, :weighed, :facts, :words)
on conflict (id) do update set commit_oid = excluded.commit_oid, version = excluded.version,
  gated = excluded.gated, weighed = excluded.weighed, facts = excluded.facts,
  words = excluded.words"""
_NAMELESS = "update listing set key = key || ' ' || id where id in (:ids)"
_STORED = """
select l.id, l.repo_id, l.origin, l.type, l.key, l.shelf, l.owner_id, l.facets, l.doc,
  l.parameters, l.need, f.words, f.commit_oid, f.version, f.gated, f.weighed
from listing l join listing_facts f on f.id = l.id where """


@dataclass
class _Stored:
    """A listing as the tables have it: what has to be taken back before it changes."""

    id: int
    shelf: int
    doc: int
    facets: str
    """Their numbers with blanks between and around: " 3 17 204 "."""
    words: list[str]
    grams: set[str]
    document: str

    @classmethod
    def of(cls, row: Any) -> "_Stored":
        """From the columns of `_STORED`."""
        owner = row.owner_id if row.shelf % 4 == PRIVATE else None
        words, grams = terms.name_words(row.key), terms.name_grams(row.key)
        document = terms.document(words, grams, row.words, row.facets, row.shelf, owner)
        return cls(row.id, row.shelf, row.doc, row.facets, words, grams, document)


@dataclass
class _Counts:
    """How many listings have each facet, by shelf, and how many names each word and gram."""

    facets: Counter[tuple[int, str]] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    grams: Counter[str] = field(default_factory=Counter)

    def add(self, listings: Iterable[_Stored]) -> None:
        for it in listings:
            self.facets.update([(it.shelf, facet) for facet in it.facets.split()])
            self.words.update(it.words)
            self.grams.update(it.grams)

    def take(self, listings: Iterable[_Stored]) -> None:
        for it in listings:
            self.facets.subtract([(it.shelf, facet) for facet in it.facets.split()])
            self.words.subtract(it.words)
            self.grams.subtract(it.grams)


class Listings:
    """Writes listings whole. Everything a call changes is one transaction."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._gathered: _Counts | None = None
        self._facets: LRUCache[Facet, int] = LRUCache(MAX_KNOWN_FACETS)
        self._lock = Lock()

    def put(
        self, listings: Iterable[Listing], *, anew: bool = False, new_terms: bool = False
    ) -> None:
        """Write these listings in place of what stands for the same repos.

        `anew`: the index and the counts are empty, nothing has to be taken back. `new_terms`: the
        words of cards that stand were found by older rules.
        """
        for batch in batches(listings):
            with self.db.transaction():
                self._put(batch, anew, new_terms)

    def empty_index(self) -> None:
        """Forget all that follows from the rows of listings, before they are put anew."""
        self.db.execute("insert into term_index (term_index) values ('delete-all')")
        for table in ("facet_count", "word", "gram"):
            self.db.execute(f"delete from {table}")  # noqa: S608

    @contextmanager
    def in_bulk(self) -> Iterator["Listings"]:
        """For millions of listings in one transaction: what is sorted is made once, at the end,
        and counts are gathered. What is yielded is of no use after it.

        FTS5 merges what it wrote so often that a larger buffer halves the work.
        """
        bulk = Listings(self.db)
        bulk._gathered = gathered = _Counts()
        with self.db.transaction():
            for name in _INDEXES:
                self.db.execute(f"drop index {name}")
            self._buffer(FTS_BULK)
            yield bulk
            self._write(gathered)
            for name, columns in _INDEXES.items():
                self.db.execute(f"create index {name} on {columns}")
            self._buffer(FTS_USUAL)
            # One piece instead of a dozen: each search reads all pieces.
            self.db.execute("insert into term_index (term_index) values ('optimize')")

    def _buffer(self, size: int) -> None:
        """Bytes of terms that FTS5 gathers before it writes them (its `hashsize`)."""
        self.db.execute(
            "insert into term_index (term_index, rank) values ('hashsize', :size)", size=size
        )

    def move(self, numbers: Sequence[int]) -> int:
        """Give listings the numbers in the index that their popularity now asks for."""
        if not numbers:
            return 0
        with self.db.transaction():
            rows = self.db.all(f"{_STORED}l.id in (:ids)", ids=list(numbers))
            old = [_Stored.of(row) for row in rows]
            ranks = self.db.all(
                "select id, downloads, likes from rank where id in (:ids)", ids=list(numbers)
            )
            popularity = {
                row.id: Counters(0, 0, row.downloads, likes=row.likes).popularity for row in ranks
            }
            docs = {
                it.id: doc_of(
                    it.id,
                    popularity[it.id],
                    it.shelf,
                    it.parameters,
                    it.need,
                    codes_of_doc(it.doc),
                )
                for it in rows
            }
            self._index(old, [replace(it, doc=docs[it.id]) for it in old])
            self.db.execute_many(
                "update listing set doc = :doc where id = :id",
                [{"id": number, "doc": doc} for number, doc in docs.items()],
            )
        return len(old)

    def remove(self, repo_id: int) -> None:
        """Take the listing of a hosted repo away."""
        with self.db.transaction():
            rows = self.db.all(f"{_STORED}l.repo_id = :repo", repo=repo_id)
            self._take_back([_Stored.of(row) for row in rows])

    def forget(self, repo_type: str, names: Iterable[str], origin: str) -> int:
        """Take listings of another hub away by name; how many there were."""
        done = 0
        for some in batches(name.lower() for name in names):
            with self.db.transaction():
                rows = self.db.all(
                    f"{_STORED}l.key in (:keys) and l.type = :type and l.origin = :origin",
                    keys=some,
                    type=repo_type,
                    origin=origin,
                )
                self._take_back([_Stored.of(row) for row in rows])
                done += len(rows)
        return done

    def unweighed(self, limit: int) -> list[int]:
        """Ids of repos whose headers are still to be read, those that were listed last first."""
        rows = self.db.all(
            "select l.repo_id from listing_facts f join listing l on l.id = f.id "
            "where f.weighed = 0 order by f.id desc limit :limit",
            limit=limit,
        )
        return [row.repo_id for row in rows]

    def mark_weighed(self, repo_id: int) -> None:
        """Nothing more will be learnt of it before its next commit."""
        self.db.execute(
            "update listing_facts set weighed = 1 "
            "where id = (select id from listing where repo_id = :repo)",
            repo=repo_id,
        )

    def _put(self, batch: Sequence[Listing], anew: bool, new_terms: bool) -> None:
        last = {(it.type, it.key, it.origin, it.repo_id): it for it in batch}
        listings = list(last.values())
        old = self._standing(listings, anew)
        ids = self._numbers([it for it in listings if _name(it) not in old])
        facets = [listing.facets() for listing in listings]
        facet_ids = self._facet_ids(set(chain.from_iterable(facets)))
        new, rows, facts, renamed = [], [], [], []
        for listing, has in zip(listings, facets, strict=True):
            before = old.get(_name(listing))
            number = before.id if before else ids[_name(listing)]
            if before and before.key != listing.key:
                renamed.append(number)
            row = _row(listing, number, {facet: facet_ids[facet] for facet in has})
            if before and not new_terms and _reads_alike(before, listing):
                words = before.words
            else:
                words = terms.card_words(listing.facts.card_text)
                facts.append(_facts_row(listing, number, words))
            rows.append(row)
            new.append(_Stored.of(SimpleNamespace(**row, words=words)))
        gone = [] if anew else [_Stored.of(row) for row in old.values()]
        self._count(gone, new)
        self._index(gone, new)
        # Two repos may have swapped their names: until both are written, neither has one.
        if renamed:
            self.db.execute(_NAMELESS, ids=renamed)
        self.db.execute_many(_PUT_LISTING, rows)
        self.db.execute_many(_PUT_RANK, rows)
        self.db.execute_many(_PUT_FACTS, facts)

    def _standing(self, listings: Sequence[Listing], anew: bool) -> dict[Any, Any]:
        """The rows that stand for these repos; whatever else has one of their names goes away.

        That is a repo which was deleted or renamed, and whose own job is on its way.
        """
        hosted = [it.repo_id for it in listings if it.repo_id is not None]
        rows = list(self.db.all(f"{_STORED}l.repo_id in (:ids)", ids=hosted)) if hosted else []
        by_name = f"{_STORED}l.key in (:keys)"
        rows += self.db.all(by_name, keys=[listing.key for listing in listings])
        found, in_the_way = {}, {}
        names = {(it.type, it.key, it.origin): _name(it) for it in listings}
        wanted = {_name(it) for it in listings}
        for row in rows:
            own = row.repo_id if row.repo_id is not None else (row.type, row.key, row.origin)
            if own in wanted:
                found[own] = row
            elif (row.type, row.key, row.origin) in names:
                in_the_way[row.id] = row
        self._take_back([_Stored.of(row) for row in in_the_way.values()], anew)
        return found

    def _numbers(self, listings: Sequence[Listing]) -> dict[Any, int]:
        first = 1 + (
            self.db.value("select max(seq) from sqlite_sequence where name = 'listing'") or 0
        )
        return {_name(listing): first + n for n, listing in enumerate(listings)}

    def _take_back(self, gone: Sequence[_Stored], anew: bool = False) -> None:
        if not gone:
            return
        if not anew:
            self._count(gone, ())
            self._index(gone, ())
        self.drop([it.id for it in gone])

    def drop(self, numbers: Sequence[int]) -> None:
        """Delete the rows of listings that are in no index."""
        for some in batches(numbers):
            for table in ("listing", "rank", "listing_facts"):
                self.db.execute(f"delete from {table} where id in (:ids)", ids=some)  # noqa: S608

    def _index(self, old: Sequence[_Stored], new: Sequence[_Stored]) -> None:
        before = {(it.doc, it.document) for it in old}
        after = {(it.doc, it.document) for it in new}
        self.db.execute_many(
            "insert into term_index (term_index, rowid, terms) values ('delete', :doc, :terms)",
            [{"doc": doc, "terms": text} for doc, text in before - after],
        )
        self.db.execute_many(
            "insert into term_index (rowid, terms) values (:doc, :terms)",
            [{"doc": doc, "terms": text} for doc, text in sorted(after - before)],
        )

    def _count(self, old: Sequence[_Stored], new: Sequence[_Stored]) -> None:
        counts = self._gathered or _Counts()
        counts.add(new)
        counts.take(old)
        if self._gathered is None or len(counts.facets) > MAX_GATHERED:
            self._write(counts)

    def _write(self, counts: "_Counts") -> None:
        self.db.execute_many(
            "insert into facet_count (shelf, facet_id, n) values (:shelf, :facet, :n) "
            "on conflict (shelf, facet_id) do update set n = n + excluded.n",
            [{"shelf": s, "facet": f, "n": n} for (s, f), n in sorted(counts.facets.items()) if n],
        )
        for table, found in (("word", counts.words), ("gram", counts.grams)):
            self.db.execute_many(
                f"insert into {table} (term, n) values (:term, :n) "  # noqa: S608
                "on conflict (term) do update set n = n + excluded.n",
                [{"term": term, "n": n} for term, n in sorted(found.items()) if n],
            )
        for gathered in (counts.facets, counts.words, counts.grams):
            gathered.clear()

    def _facet_ids(self, wanted: set[Facet]) -> dict[Facet, int]:
        with self._lock:
            found = {it: self._facets[it] for it in wanted if it in self._facets}
        missing = sorted(wanted - found.keys())
        read: dict[Facet, int] = {}
        if missing:
            self.db.execute_many(
                "insert into facet (kind, name, key) values (:kind, :name, :key) "
                "on conflict (kind, name) do nothing",
                [{"kind": kind, "name": name, "key": name.lower()} for kind, name in missing],
            )
        for kind in {kind for kind, _ in missing}:
            for names in batches(name for k, name in missing if k == kind):
                rows = self.db.all(
                    "select id, name from facet where kind = :kind and name in (:names)",
                    kind=kind,
                    names=names,
                )
                read |= {(kind, row.name): row.id for row in rows}
        if self._gathered is not None:  # whatever happens, nobody asks this object afterwards
            self._remember(read)
        elif read:  # not before: what is rolled back must not be remembered
            self.db.after_commit(lambda: self._remember(read))
        return found | read

    def _remember(self, facets: dict[Facet, int]) -> None:
        with self._lock:
            self._facets.update(facets)


def _name(listing: Listing) -> Any:
    """What tells listings apart: the repo where there is one, else the name at its origin."""
    if listing.repo_id is not None:
        return listing.repo_id
    return listing.type, listing.key, listing.origin


def _row(listing: Listing, number: int, has: dict[Facet, int]) -> dict[str, Any]:
    counters, facets = listing.counters, list(has.values())
    return {
        "id": number,
        "repo_id": listing.repo_id,
        "origin": listing.origin,
        "type": listing.type,
        "full_name": listing.full_name,
        "key": listing.key,
        "name_key": listing.key.rpartition("/")[2],
        "shelf": listing.shelf,
        "owner_id": listing.owner_id,
        "parameters": listing.parameters,
        "need": listing.need,
        "facets": f" {' '.join(map(str, facets))} ",
        "doc": doc_of(
            number,
            counters.popularity,
            listing.shelf,
            listing.parameters,
            listing.need,
            codes_of(listing.facts),
        ),
        "sizes": sizes_of(listing.parameters, listing.need),
        "downloads": counters.downloads,
        "downloads_all": counters.downloads_all,
        "likes": counters.likes,
        "trending": counters.trending,
        "created": counters.created,
        "modified": counters.modified,
        **_main(listing, has),
    }


def _facts_row(listing: Listing, number: int, words: str) -> dict[str, Any]:
    return {
        "id": number,
        "commit_oid": listing.commit,
        "version": FACTS_VERSION,
        "gated": listing.gated,
        "weighed": int(listing.is_weighed),
        "facts": listing.facts.to_json(),
        "words": words,
    }


def _reads_alike(before: Any, listing: Listing) -> bool:
    """Whether the row of facts that stands is what this listing would write: facts follow from
    the commit, and reading and writing them is most of the work."""
    return (
        listing.commit is not None
        and before.commit_oid == listing.commit
        and before.version == FACTS_VERSION
        and before.gated == listing.gated
        and before.weighed == listing.is_weighed
    )


def _main(listing: Listing, has: dict[Facet, int]) -> dict[str, int]:
    """The columns of `rank` that narrow a walk; SEVERAL licences are told apart in `facets`."""
    facts = listing.facts
    licenses = [has["license", name] for name in dict.fromkeys(facts.licenses)]
    return {
        "task": has.get(("task", facts.pipeline_tag or ""), 0),
        "library": has.get(("library", facts.library or ""), 0),
        "license": SEVERAL if len(licenses) > 1 else licenses[0] if licenses else 0,
    }
