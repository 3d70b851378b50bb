"""Filters looked up: what each facet of a list stands for, how many listings have it, and what the
index is best asked for."""

import math
from collections.abc import Iterable, Mapping, Sequence

import orjson

from hearthub.catalogue import codes, terms
from hearthub.catalogue.listing import (
    EVERYTHING,
    OBSERVED,
    PRIVATE,
    PUBLIC,
    SEVERAL,
    SHELVES,
    Facet,
    shelf,
    size_steps,
)
from hearthub.catalogue.numbers import CODES_OF_ROWID, reach
from hearthub.catalogue.plan import ALL_ORIGINS, Filter, Plan, Reader
from hearthub.db import Database

_COLUMNS = ({"task"}, {"library"}, {"license"})
MAX_SPELLINGS = 50
"""Strangers write tags in as many mixtures of capitals as they like; SQL takes no condition of a
thousand parts."""
FOUND = 20_000
"""So many listings a search finds at most, nearly always."""
RARER = 4
"""Times rarer than the rest are sizes that the index is asked for: of a match its number tells."""
TELLING = 3
"""So many grams of a run the index is asked for."""
TOLD = 20
"""A match told by its number costs as much as so many entries of the index that are read."""
LEAST_NEED = 2**24
"""Bytes; nothing needs less, by its overhead alone."""
_GATES = (("gated", "auto"), ("gated", "manual"))


class Planner:
    def __init__(self, db: Database) -> None:
        self.db = db

    def plan(self, wanted: Filter, reader: Reader) -> Plan:
        is_here = wanted.origin in ("", ALL_ORIGINS)
        shelves = [shelf(wanted.type, PUBLIC)] if is_here else []
        shelves += [shelf(wanted.type, OBSERVED)] if wanted.origin else []
        low, high = wanted.parameters or (None, None)
        low = max(1, low or 1) if wanted.parameters else None  # known, at least
        exact, sizes = _groups(wanted, is_here), _groups_of_sizes(wanted, low, high)
        groups, steps = [*exact, *sizes], frozenset(range(len(exact), len(exact) + len(sizes)))
        facets = [self.ids(group) for group in groups]
        main = {
            column: [*ids, SEVERAL]
            for group, ids in zip(groups, facets, strict=True)
            if (column := _column(group))
        }
        query = terms.Query.of(wanted.search) if wanted.search else None
        expression = query.as_typed(self._telling) if query else None
        if query and expression is None:
            facets.append([])  # emoji, say: no name or card has words for it
        counts = [self._count(ids, shelves) for ids in facets]
        rest = min((it for n, it in enumerate(counts) if n not in steps), default=2**60)
        everything = self.ids([EVERYTHING])
        total = self._count(everything, shelves)
        few = FOUND if query else max(min(rest, total) // RARER, FOUND)
        unmatched = frozenset(n for n in steps if counts[n] > few)
        within = reach(shelf(wanted.type, PUBLIC), self._made_by())
        coded = {}
        if within[0] >= 0:
            typed = self._names_with(query, total) if query else total
            shares = {
                n: min(1.0, counts[n] / max(1, total))
                for n in range(len(groups))
                if n not in unmatched
            }
            coded = _told_by_number(groups, shares, typed / max(1, total))
        return Plan(
            shelves=tuple(shelves),
            private=shelf(wanted.type, PRIVATE),
            owners=sorted(reader.owner_ids) if is_here else [],
            sees_all=is_here and reader.sees_all,
            facets=facets,
            main=main,
            without=self.ids(_GATES) if wanted.gated is False else [],
            reach=within,
            steps=steps,
            unmatched=unmatched,
            coded=coded,
            worth=int(sum(counts[n] for n in coded) / TOLD),
            low=low,
            high=high,
            need=wanted.need,
            words=tuple(query.words) if query else (),
            expression=expression,
            runs=tuple(query.long_runs()) if query else (),
            fewest=min(counts, default=2**60),
            share=math.prod(min(1.0, count / max(1, total)) for count in counts),
            total=total,
            is_most=2 * total > self._count(everything, SHELVES),
        )

    def _names_with(self, query: terms.Query, total: int) -> int:
        """No more names than this, or little more, have what was typed."""
        grams, short = query.run_grams(), query.short_words()
        counts = gram_counts(self.db, grams) | word_counts(self.db, short)
        return min(total, *counts.values()) if counts else total

    def _telling(self, grams: list[str]) -> list[str]:
        """Those of the grams of a run that fewest names have: few names have these and not the
        others, and each is read from end to end."""
        if len(grams) <= TELLING:
            return grams
        counts = gram_counts(self.db, grams)
        return sorted(counts, key=counts.__getitem__)[:TELLING]

    def _made_by(self) -> str:
        return str(self.db.value("select value from state where key = 'rules'") or "")

    def ids(self, group: Sequence[Facet]) -> list[int]:
        """The facets an entry means. Names of repos and authors are the same in any case: of more
        than `MAX_SPELLINGS`, the one that was asked for and those that most listings have."""
        found: list[int] = []
        for kind in {kind for kind, _ in group}:
            names = [name for k, name in group if k == kind]
            folded = [name.lower() for name in names if kind in ("author", "uses") or "/" in name]
            rows = self.db.all(
                "select id from facet where kind = :kind and name in (:names) "
                "union select id from facet where kind = :kind and key in (:folded)",
                kind=kind,
                names=names,
                folded=folded,
            )
            found += self._common([row.id for row in rows], kind, names)
        return found

    def _common(self, ids: list[int], kind: str, names: list[str]) -> list[int]:
        if len(ids) <= MAX_SPELLINGS:
            return ids
        rows = self.db.all(
            "select f.id from facet f left join facet_count c on c.facet_id = f.id "
            "where f.id in (select value from json_each(:ids)) group by f.id "
            "order by f.name in (:names) desc, sum(coalesce(c.n, 0)) desc, f.id limit :most",
            ids=orjson.dumps(ids).decode(),
            names=names,
            most=MAX_SPELLINGS,
        )
        return [row.id for row in rows]

    def _count(self, ids: list[int], shelves: Iterable[int]) -> int:
        found = self.db.value(
            "select sum(n) from facet_count where shelf in (:shelves) and facet_id in (:ids)",
            shelves=list(shelves),
            ids=ids,
        )
        return int(found or 0)


def _groups(wanted: Filter, is_here: bool) -> list[Sequence[Facet]]:
    groups = list(wanted.any_of)
    if not is_here:
        groups.append([("origin", wanted.origin)])
    if wanted.gated is True:
        groups.append(_GATES)
    if wanted.active:
        least, most = wanted.active
        groups.append([("active", str(step)) for step in size_steps(least, most)])
    return groups


def _groups_of_sizes(wanted: Filter, low: int | None, high: int | None) -> list[Sequence[Facet]]:
    """Steps of sizes that a column knows exactly."""
    groups = list[Sequence[Facet]]()
    if wanted.parameters:
        groups.append([("size", str(step)) for step in size_steps(low, high)])
    if wanted.need is not None:
        groups.append([("need", str(step)) for step in size_steps(LEAST_NEED, wanted.need)])
    return groups


def _told_by_number(
    groups: Sequence[Sequence[Facet]], shares: Mapping[int, float], typed: float
) -> dict[int, tuple[str, str]]:
    """Which of the groups that the index would be asked for take longer to read there than the
    numbers of what fits otherwise, as conditions on their codes.

    `shares`: the part of all listings that has them; `typed`: that whose names have what was typed.
    """
    found = {}
    for n in sorted(shares, key=lambda it: -shares[it]):
        kinds, names = {kind for kind, _ in groups[n]}, [name for _, name in groups[n]]
        told = codes.told(CODES_OF_ROWID, kinds.pop(), names) if len(kinds) == 1 else None
        others = math.prod(shares[it] for it in shares if it != n and it not in found)
        if told and shares[n] > TOLD * typed * others:
            found[n] = told
    return found


def gram_counts(db: Database, grams: Iterable[str]) -> dict[str, int]:
    """How many names have each of these grams."""
    counts = dict.fromkeys(grams, 0)
    rows = db.all("select term, n from gram where term in (:grams)", grams=list(counts))
    return counts | {row.term: int(row.n) for row in rows}


def word_counts(db: Database, words: Iterable[str]) -> dict[str, int]:
    """How many names have each of these words as a whole."""
    counts = dict.fromkeys(words, 0)
    rows = db.all("select term, n from word where term in (:words)", words=list(counts))
    return counts | {row.term: int(row.n) for row in rows}


def _column(group: Sequence[Facet]) -> str | None:
    """The column of `rank` that holds what all facets of an entry are about."""
    kinds = {kind for kind, _ in group}
    return kinds.pop() if kinds in _COLUMNS else None
