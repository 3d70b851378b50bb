"""Facets: the values a list can be narrowed by, and how many listings have each."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from threading import Lock

import orjson
from cachetools import TTLCache

from hearthub.catalogue.listing import EVERYTHING, OBSERVED, PUBLIC, shelf
from hearthub.catalogue.lists import Matches
from hearthub.catalogue.numbers import id_of_doc
from hearthub.catalogue.plan import Plan
from hearthub.db import Database, batches
from hearthub.fit import RELATIONS
from hearthub.registry import REPO_TYPES

SAMPLE = 300
"""Of more listings than this, the facets of the most popular ones are counted."""

COUNTED = 5_000
COUNTED_BY_SIZE = 1_000
"""Where the index alone does not tell: each listing has to be read."""
MOST = 50  # values of a kind
MOST_TAGS = 20_000
TAGS_KEPT_S = 60
NAMES_KEPT = 50_000
SMALL = 1_000
"""So few values of a shelf are read each time."""

KINDS = ("task", "library", "license", "language", "format", "quantization", "app", "tag", "author")


@dataclass(frozen=True)
class FacetCounts:
    """`total` listings fit, or at least so many when `is_capped`; `sampled` were looked at."""

    total: int
    is_capped: bool
    sampled: int
    counts: dict[str, list[tuple[str, int]]]
    """By kind: (name, how many), the most frequent first."""


class Facets:
    def __init__(self, db: Database) -> None:
        self.db = db
        self._tags: TTLCache[int, list[tuple[str, str, int]]] = TTLCache(64, TAGS_KEPT_S)
        self._whole: TTLCache[tuple[int, ...], FacetCounts] = TTLCache(64, TAGS_KEPT_S)
        self._names: dict[str, tuple[str, str]] = {}
        """By number, at most NAMES_KEPT. A page asks for a thousand of them."""
        self._lock = Lock()

    def tags(self, shelf: int) -> list[tuple[str, str, int]]:
        """(kind, name, how many) of everything that listings of a shelf have, by frequency."""
        with self._lock:
            known = self._tags.get(shelf)
        if known is not None:
            return known
        rows = self.db.all(
            "select facet_id, n from facet_count where shelf = :shelf and n > 0 "
            "order by n desc limit :most",
            shelf=shelf,
            most=MOST_TAGS,
        )
        names = dict(self._names_of([str(row.facet_id) for row in rows]))
        told = ((names.get(str(row.facet_id)), row.n) for row in rows)
        found = [(*name, n) for name, n in told if name]
        if len(found) > SMALL:
            with self._lock:
                self._tags[shelf] = found
        return found

    def number(self, shelf: int, kind: str, name: str) -> int:
        """How many listings of a shelf have one facet."""
        found = self.db.value(
            "select c.n from facet f join facet_count c on c.facet_id = f.id "
            "where f.kind = :kind and f.name = :name and c.shelf = :shelf",
            kind=kind,
            name=name,
            shelf=shelf,
        )
        return int(found or 0)

    def children(self, shelf: int, names: Iterable[str]) -> dict[str, dict[str, int]]:
        """By lower-case name: how many listings of a shelf say that they came from it, by relation.

        The tags that tell it are counted already, so that nothing is looked at but their counts.
        """
        found: dict[str, dict[str, int]] = {}
        keys = [f"base_model:{kind}:{name.lower()}" for name in names for kind in RELATIONS]
        for some in batches(keys):
            rows = self.db.all(
                "select f.key, sum(c.n) as n from facet f "
                "cross join facet_count c on c.facet_id = f.id and c.shelf = :shelf "
                "where f.kind = 'tag' and f.key in (:keys) and c.n > 0 group by f.key",
                shelf=shelf,
                keys=some,
            )
            for row in rows:
                _, kind, name = row.key.split(":", 2)
                found.setdefault(name, {})[kind] = int(row.n)
        return found

    def counts(self, plan: Plan, matches: Matches | None = None) -> FacetCounts:
        if not plan.is_narrow and not plan.sees_all:
            return self._of_shelves(plan.shelves, self._own(plan))
        matches = matches or Matches(self.db, plan)
        if plan.is_counted:
            limit, total = plan.fewest + 1, plan.fewest
        else:
            limit = COUNTED_BY_SIZE if plan.sizes()[0] else COUNTED
            total = len(matches.first(limit))
        docs = matches.first(SAMPLE)
        numbers: Counter[str] = Counter()
        for some in batches(map(id_of_doc, docs)):
            found = self.db.column(
                "select l.facets from json_each(:ids) m cross join listing l on l.id = m.value",
                ids=orjson.dumps(some).decode(),
            )
            numbers.update("".join(found).split())
        return FacetCounts(total, total >= limit, len(docs), self._named(numbers))

    def count_shelves(self) -> None:
        """Count what everybody sees anew, before what is kept of it is too old: of a large shelf it
        takes a page longer than all else."""
        for kind in REPO_TYPES:
            public, observed = shelf(kind, PUBLIC), shelf(kind, OBSERVED)
            with self._lock:
                for number in (public, observed):
                    self._tags.pop(number, None)
                for shelves in ((public,), (public, observed)):
                    self._whole.pop(shelves, None)
            for shelves in ((public,), (public, observed)):
                self._of_shelves(shelves, [])

    def _named(self, numbers: Counter[str]) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = defaultdict(list)
        counted = numbers.most_common()
        names = dict(self._names_of([number for number, _ in counted]))
        # All of them: hundreds of tags must not crowd a licence out.
        for number, n in counted:
            if number not in names:
                continue
            kind, name = names[number]
            values = found[kind]
            if len(values) < MOST or values[-1][1] == n:  # of equal ones the names decide
                values.append((name, n))
        return {kind: _most(found[kind]) for kind in KINDS if kind in found}

    def _names_of(self, numbers: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
        """(number, (kind, name)). What a number stands for never changes."""
        missing = []
        for number in numbers:
            if name := self._names.get(number):
                yield number, name
            else:
                missing.append(number)
        if not missing:
            return
        rows = self.db.all(
            "select id, kind, name from facet where id in (select value from json_each(:ids))",
            ids=orjson.dumps(list(map(int, missing))).decode(),
        )
        read = {str(row.id): (row.kind, row.name) for row in rows}
        with self._lock:
            self._names |= read
            for number in list(islice(self._names, max(0, len(self._names) - NAMES_KEPT))):
                del self._names[number]
        yield from read.items()

    def _own(self, plan: Plan) -> list[str]:
        """The facets of each private repo that the reader sees: they are few."""
        rows = self.db.all(
            "select facets from listing where owner_id in (:owners) and shelf = :private "
            "and shelf % 4 = 1 limit :most",
            owners=plan.owners,
            private=plan.private,
            most=COUNTED,
        )
        return [row.facets for row in rows]

    def _of_shelves(self, shelves: Sequence[int], own: list[str]) -> FacetCounts:
        """Exact, and known without counting any but the reader's own. Of large shelves it is kept
        for as long as their tags are, for whoever has none of their own."""
        with self._lock:
            kept = None if own else self._whole.get(tuple(shelves))
        if kept is not None:
            return kept
        numbers = Counter("".join(own).split())
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for kind, name, n in (it for one in shelves for it in self.tags(one)):
            found[kind][name] += n
        for kind, values in self._named(numbers).items():
            found[kind].update(dict(values))
        total = sum(self.number(one, *EVERYTHING) for one in shelves) + len(own)
        counts = {kind: _most(list(found[kind].items())) for kind in KINDS if kind in found}
        whole = FacetCounts(total, is_capped=False, sampled=total, counts=counts)
        if not own and sum(map(len, found.values())) > SMALL:
            with self._lock:
                self._whole[tuple(shelves)] = whole
        return whole


def _most(values: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return nsmallest(MOST, values, key=lambda it: (-it[1], it[0]))
