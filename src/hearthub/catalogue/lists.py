"""Lists: which listings fit, in which order, a page at a time.

There are two ways to a page, and which is quick depends on how many listings fit
(engine.md D):

    walk      along the index of the sort key, looking at each row: quick when many fit
    postings  ask the term index for all that fit, then sort them: quick when few do

A walk looks at a bounded number of rows. A page it could not fill comes from the postings.
"""

from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any

import orjson

from hearthub.catalogue import terms
from hearthub.catalogue.numbers import ID_OF_ROWID, by_shelf, ids_of_docs
from hearthub.catalogue.plan import SQUEEZED, Plan
from hearthub.db import Database, batches

MAX_WALK = 10_000
MAX_INDEX_WALK = 60_000
"""Where the index itself has what most rows are passed over for."""

LOOK_US, INDEX_LOOK_US, POSTING_US, MATCH_US = 2.0, 0.3, 1.0, 5.0
"""What a row costs: to walk over, with its listing or by the index alone; to read in the postings
of the rarest facet, and to sort when it fits."""

SORT_US, MEET_US = 3.0, 0.2
"""What one that fits costs to be sorted with the others; a row to be met on the way to them."""

MOST_KNOWN = 200_000
"""Of more matches their numbers would take too much memory."""

SOONER = 12
"""Most walks end within this part of what they may take."""

SLACK = 2_000
"""What fits is not spread evenly: a walk goes on for so much longer than it should need."""

MANY = 5_000
"""So many that fit a search make a walk quicker. It looks for the words in names alone."""

SORTS = ("downloads", "likes", "trending", "created", "modified")

_FROM = (
    "from term_index where term_index match :match and term_index.rowid > :after "
    "and term_index.rowid < :end"
)

Place = tuple[float, int]
"""(value of the sort key, listing id)."""


@dataclass(frozen=True)
class Page:
    """`sort` is one of SORTS; None means the best match of a search first, else what trends."""

    sort: str | None = None
    ascending: bool = False
    limit: int = 100


@dataclass(frozen=True)
class _Order:
    """A page as SQL on `rank r`."""

    column: str
    ascending: bool
    limit: int
    after: Place | None

    @property
    def by(self) -> str:
        way = "asc" if self.ascending else "desc"
        return f"order by r.{self.column} {way}, r.id {way} limit :limit"

    @property
    def onwards(self) -> str:
        """Row values, so that the index is entered at the place, also among a million ties."""
        if self.after is None:
            return ""
        return f" and (r.{self.column}, r.id) {'>' if self.ascending else '<'} (:value, :last)"

    @property
    def params(self) -> dict[str, Any]:
        return {"value": self.after[0], "last": self.after[1]} if self.after else {}


class Matches:
    """What fits a plan by the term index, popular ones first: a page and what is counted beside it
    look for it once."""

    def __init__(self, db: Database, plan: Plan) -> None:
        self.db, self.plan = db, plan
        self._docs: list[int] = []
        self._after = plan.reach[0]
        """Up to here the index was looked through."""
        self._asked = 0
        self._is_at_end = plan.is_empty

    def first(self, limit: int) -> list[int]:
        """So many of them at most, by their numbers in the index."""
        if limit > self._asked and not self.is_whole:
            if not self._asked and self.plan.coded:
                self._look_through()
            if limit > len(self._docs) and not self._is_at_end:
                self._look(limit - len(self._docs))
            self._asked = limit
        return self._docs[:limit]

    @property
    def is_whole(self) -> bool:
        """Whether all of them are known by now."""
        return self._is_at_end or len(self._docs) < self._asked

    def _look(self, limit: int) -> None:
        """The next ones."""
        # Which shelf a match is on is told by its number, but of a few shelves among many the index
        # itself tells sooner.
        scoped = not (self.plan.is_most and self.plan.asks_words)
        where, params = self.plan.numbered(scope=not scoped)
        found = self.db.column(
            f"select term_index.rowid {_FROM}{where} order by term_index.rowid limit :limit",
            match=self.plan.match(scoped=scoped),
            limit=limit,
            **self._range(),
            **params,
        )
        self._docs += found
        if found:
            self._after = found[-1]

    def _look_through(self) -> None:
        """Those whose codes fit, of as many matches as that is quicker for: what a word is on is
        not known before it has been looked for."""
        where, params = self.plan.numbered(scope=True, by_code=True)
        # As a case, since as a value each side of an `and` is worked out.
        row = self.db.one(
            "select count(*), max(rowid), json_group_array(rowid) filter (where fits) from ("  # noqa: S608
            f"select term_index.rowid, case when true{where} then 1 end as fits {_FROM} "
            "order by term_index.rowid limit :most)",
            match=self.plan.match(scoped=False, by_code=True),
            most=self.plan.worth,
            **self._range(),
            **params,
        )
        if row and row[0]:
            self._docs, self._after = sorted(orjson.loads(row[2])), row[1]
        self._is_at_end = row is None or row[0] < self.plan.worth

    def _range(self) -> dict[str, int]:
        return {"after": self._after, "end": self.plan.reach[1]}


class Lists:
    def __init__(self, db: Database) -> None:
        self.db = db

    def page(
        self,
        plan: Plan,
        page: Page,
        after: Place | None = None,
        matches: Matches | None = None,
    ) -> list[Place]:
        """Up to `page.limit` places in order, from the one that follows `after`."""
        matches = matches or Matches(self.db, plan)
        column = page.sort or "trending"
        if column not in SORTS:
            raise ValueError(column)
        if plan.is_empty:
            return []
        order = _Order(column, page.ascending, page.limit, after)
        rows = rows_to_look_at(plan, page.limit)
        if plan.expression and not _is_common(matches):
            return self._holding_all(matches, order)
        if rows is None:
            return self._postings(matches, order)
        return self._walk(matches, order, rows)

    def _walk(self, matches: Matches, order: _Order, most: int) -> list[Place]:
        plan = matches.plan
        shelves = [*plan.shelves, *([plan.private] if plan.sees_all else [])]
        branches = []
        for number in shelves:
            rows = self._walk_shelf(number, plan, order, most)
            if rows is None:
                return self._postings(matches, order)
            branches.append(rows)
        if plan.owners and not plan.sees_all:
            branches.append(self._private(plan, order))
        return list(islice(merge(*branches, reverse=not order.ascending), order.limit))

    def _walk_shelf(self, number: int, plan: Plan, order: _Order, most: int) -> list[Place] | None:
        """The first places of one shelf that fit; None when the walk would be too long."""
        where, params = plan.conditions()
        params |= order.params | {"shelf": number}
        join = " cross join listing l on l.id = r.id" if where else ""
        for rows_at_most in (most // SOONER, most):  # to count them takes a while, too
            stop = self._end_of_walk(number, order, rows_at_most) if where else None
            until, bounds = _until(order, stop)
            rows = self.db.all(
                f"select r.{order.column} as value, r.id from rank r{join} "  # noqa: S608
                f"where r.shelf = :shelf{order.onwards}{where}{until} {order.by}",
                limit=order.limit,
                **params,
                **bounds,
            )
            if stop is None or len(rows) >= order.limit:
                return [(row.value, row.id) for row in rows]
        return None

    def _end_of_walk(self, number: int, order: _Order, most: int) -> Place | None:
        """The place of the last row a walk may look at; None: it may look at all."""
        row = self.db.one(
            f"select r.{order.column} as value, r.id from rank r "  # noqa: S608
            f"where r.shelf = :shelf{order.onwards} {order.by} offset :most",
            most=most,
            shelf=number,
            limit=1,
            **order.params,
        )
        return (row.value, row.id) if row else None

    def _private(self, plan: Plan, order: _Order) -> list[Place]:
        """Private repos the reader may see: by owner, since there are few."""
        where, params = plan.conditions()
        rows = self.db.all(
            f"select r.{order.column} as value, r.id from listing l "  # noqa: S608
            "cross join rank r on r.id = l.id where l.owner_id in (:owners) "
            f"and l.shelf = :private and l.shelf % 4 = 1{order.onwards}{where} {order.by}",
            owners=plan.owners,
            private=plan.private,
            limit=order.limit,
            **params,
            **order.params,
        )
        return [(row.value, row.id) for row in rows]

    def _holding_all(self, matches: Matches, order: _Order) -> list[Place]:
        """Of the postings those that hold what was typed: the index knows of a name only which
        three letters come together in it."""
        found: list[Place] = []
        more = order
        while len(found) < order.limit:
            places = self._postings(matches, more)
            found += self._holding(matches.plan, places)
            if len(places) < more.limit:
                break
            more = replace(more, after=places[-1], limit=4 * more.limit)
        return found[: order.limit]

    def _holding(self, plan: Plan, places: list[Place]) -> list[Place]:
        """Those with each run in their names, or its words on their cards."""
        for run, words in plan.runs:
            gone = set()
            for ids in batches(number for _, number in places):
                rows = self.db.all(
                    "select l.id, l.key, f.words from listing l "  # noqa: S608
                    "cross join listing_facts f on f.id = l.id "
                    f"where l.id in (:ids) and instr({SQUEEZED}, :run) = 0",
                    ids=ids,
                    run=run,
                )
                gone |= {it.id for it in rows if not terms.has_words(it.key, it.words, words)}
            places = [place for place in places if place[1] not in gone]
        return places

    def _postings(self, matches: Matches, order: _Order) -> list[Place]:
        """All that fit, sorted: where they are few enough to be known, or as SQL."""
        docs = matches.first(MANY)
        if not matches.is_whole:
            docs = matches.first(MOST_KNOWN)
        if matches.is_whole:
            return self._sorted(matches.plan, docs, order)
        where, params = matches.plan.numbered(scope=False)
        rows = self.db.all(
            f"select r.{order.column} as value, r.id from term_index "  # noqa: S608
            f"cross join rank r on r.id = {ID_OF_ROWID} "
            f"where term_index match :match{where}{order.onwards} {order.by}",
            match=matches.plan.match(),
            limit=order.limit,
            **params,
            **order.params,
        )
        return [(row.value, row.id) for row in rows]

    def _sorted(self, plan: Plan, docs: list[int], order: _Order) -> list[Place]:
        """The first of these. Of many on a shelf, those are soon met along the sort key."""
        branches = []
        for number, some in by_shelf(docs).items():
            expected = 2 * order.limit * plan.total / len(some)
            places = None
            if number is not None and expected * MEET_US < len(some) * SORT_US:
                wanted = set(ids_of_docs(some))
                places = self._met(plan, number, wanted, order, int(expected))
            branches.append(self._looked_up(some, order) if places is None else places)
        return list(islice(merge(*branches, reverse=not order.ascending), order.limit))

    def _met(
        self, plan: Plan, number: int, wanted: set[int], order: _Order, expected: int
    ) -> list[Place] | None:
        """Along the sort key of one shelf; None when they are further on than is likely."""
        where, params = plan.told_by_index()
        rows = self.db.all(
            f"select value, id from (select r.{order.column} as value, r.id, r.task, "  # noqa: S608
            f"r.library, r.license, r.sizes from rank r where r.shelf = :shelf{order.onwards} "
            f"{order.by}) r where true{where}",
            shelf=number,
            limit=SLACK + expected,
            **params,
            **order.params,
        )
        found = [(row.value, row.id) for row in rows if row.id in wanted][: order.limit]
        return found if len(found) >= min(order.limit, len(wanted)) else None

    def _looked_up(self, docs: list[int], order: _Order) -> list[Place]:
        rows = self.db.all(
            f"select r.{order.column} as value, r.id from json_each(:ids) m "  # noqa: S608
            f"cross join rank r on r.id = m.value where true{order.onwards} {order.by}",
            ids=orjson.dumps(ids_of_docs(docs)).decode(),
            limit=order.limit,
            **order.params,
        )
        return [(row.value, row.id) for row in rows]


def _until(order: _Order, stop: Place | None) -> tuple[str, dict[str, Any]]:
    """As far as that row, which is the last; None: to the end."""
    if stop is None:
        return "", {}
    sign = "<=" if order.ascending else ">="
    text = f" and (r.{order.column}, r.id) {sign} (:stop, :stop_id)"
    return text, {"stop": stop[0], "stop_id": stop[1]}


def _is_common(matches: Matches) -> bool:
    """Whether more listings fit the search than can be sorted quickly."""
    if not all(word.isascii() for word in matches.plan.words):
        return False  # only cards have such words
    return len(matches.first(MANY)) >= MANY


def rows_to_look_at(plan: Plan, limit: int) -> int | None:
    """After how many rows a walk gives up; None when the postings are likely to be quicker."""
    most = MAX_INDEX_WALK if plan.main else MAX_WALK
    if not plan.facets or plan.expression:
        return most
    by_index = bool(plan.main or plan.sizes()[0])
    most = MAX_INDEX_WALK if by_index else MAX_WALK
    expected = limit / max(plan.share, 1e-9)
    walk = expected * (INDEX_LOOK_US if by_index else LOOK_US)
    postings = plan.fewest * POSTING_US + plan.total * plan.share * MATCH_US
    if walk > postings or expected > most:
        return None
    return min(most, SLACK + 4 * int(expected))
