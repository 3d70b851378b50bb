"""What a list is narrowed to, with its facets looked up: what every way to a page needs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from hearthub.catalogue import terms
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
from hearthub.catalogue.numbers import (
    ID_OF_ROWID,
    IS_OLD,
    SIZES_OF_ROWID,
    is_on,
    reach,
    spans,
)
from hearthub.db import Database

ALL_ORIGINS = "all"
_COLUMNS = ({"task"}, {"library"}, {"license"})
MAX_SPELLINGS = 50
"""Strangers write tags in as many mixtures of capitals as they like; SQL takes no condition of a
thousand parts."""
SQUEEZED = "replace(replace(replace(l.key, '-', ''), '_', ''), '.', '')"
"""`terms.squeezed` of a listing's name in SQL."""
FOUND = 20_000
"""So many listings a search finds at most, nearly always."""
RARER = 4
"""Times rarer than the rest are sizes that the index is asked for: of a match its number tells."""
LEAST_NEED = 2**24
"""Bytes; nothing needs less, by its overhead alone."""
_GATES = (("gated", "auto"), ("gated", "manual"))


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to. `any_of`: of each entry one facet must fit.

    `origin` "" means hosted here, "all" everything, else the host of another hub. `parameters`: at
    least, at most; `active`: those at work for one token, as exactly as their steps are. `need`:
    bytes of memory that it runs in, at most.
    """

    type: str
    any_of: Sequence[Sequence[Facet]] = ()
    search: str | None = None
    gated: bool | None = None
    parameters: tuple[int | None, int | None] | None = None
    origin: str = ""
    need: int | None = None
    active: tuple[int | None, int | None] | None = None


@dataclass(frozen=True)
class Reader:
    """Whose private repos may be shown: those of these accounts, or everybody's."""

    owner_ids: frozenset[int] = frozenset()
    sees_all: bool = False


@dataclass(frozen=True)
class Plan:
    """A filter looked up. `facets`: of each entry the ids that fit, any of them; none fits none."""

    shelves: tuple[int, ...]
    """Whose listings everybody sees."""
    private: int
    """The shelf of private repos, of which the reader sees those of `owners`."""
    owners: list[int]
    sees_all: bool
    facets: list[list[int]] = field(default_factory=list)
    main: dict[str, list[int]] = field(default_factory=dict)
    """By column of `rank`: the values that may fit."""
    without: list[int] = field(default_factory=list)
    """Facets that must not be there."""
    reach: tuple[int, int] = (-1, 2**62)
    """Between these are the numbers in the index of all listings of the type."""
    steps: frozenset[int] = frozenset()
    """Which of `facets` are steps of a size, which a column knows exactly."""
    unmatched: frozenset[int] = frozenset()
    """Which of those the term index need not be asked for: many listings have them, and the numbers
    in it tell."""
    low: int | None = None
    high: int | None = None
    need: int | None = None
    words: tuple[str, ...] = ()
    expression: str | None = None
    """The search, for the term index."""
    runs: tuple[tuple[str, list[str]], ...] = ()
    """Of the search: what the index alone cannot tell (`Query.long_runs`)."""
    fewest: int = 2**60
    """No more listings than this can fit: so many have the rarest facet."""
    share: float = 1.0
    """The part of all listings that fits, if facets had nothing to do with each other."""
    total: int = 0
    """How many listings the shelves have."""
    is_most: bool = False
    """Whether that is most of all there are: asking the index for the shelves says little then."""

    @property
    def is_empty(self) -> bool:
        """Nothing fits, which takes no look at a listing to know."""
        sees_private = self.owners or self.sees_all
        return any(not ids for ids in self.facets) or (self.fewest == 0 and not sees_private)

    @property
    def is_narrow(self) -> bool:
        return bool(self.facets or self.without or self.expression or self.low or self.high)

    def match(self, *more: str, scoped: bool = True) -> str:
        """Everything the plan asks for, as an expression for the term index; but for who may see
        it where not `scoped`."""
        asked = [ids for n, ids in enumerate(self.facets) if n not in self.unmatched]
        parts = [terms.some(terms.term(f"f:{it}") for it in ids) for ids in asked]
        if self.expression and not more:
            parts.append(self.expression)
        found = terms.every([*more, *parts, *([self._scope()] if scoped else [])])
        if not self.without:
            return found
        return f"({found}) NOT ({terms.some(terms.term(f'f:{it}') for it in self.without)})"

    def conditions(self) -> tuple[str, dict[str, Any]]:
        """The same as conditions on `listing l` and its `rank r`; empty when everything fits.

        Words are looked for in names alone.
        """
        exact, sizes = self.sizes()
        text, params = self.told_by_index()
        text, params = text + exact, params | sizes
        for n, ids in enumerate(self.facets):
            if n in self.steps:
                continue
            either = " or ".join(f"instr(l.facets, :f{n}_{m}) > 0" for m in range(len(ids)))
            text += f" and ({either})"
            params |= {f"f{n}_{m}": f" {it} " for m, it in enumerate(ids)}
        for n, number in enumerate(self.without):
            text += f" and instr(l.facets, :o{n}) = 0"
            params[f"o{n}"] = f" {number} "
        for n, word in enumerate(self.words):
            text += f" and instr(l.key, :w{n}) > 0"
            params[f"w{n}"] = word
        return text, params

    def told_by_index(self) -> tuple[str, dict[str, Any]]:
        """What each index of `rank r` tells: of nearly all that does not fit, that it does not."""
        text, params = "", dict[str, Any]()
        maybe, _ = spans("r.sizes", (self.low, self.high), self.need)
        if maybe:
            text = f" and (r.sizes < 0 or {' and '.join(maybe)})"
        for column, ids in self.main.items():
            text += f" and r.{column} in (:{column}s)"
            params[f"{column}s"] = ids
        return text, params

    @property
    def is_counted(self) -> bool:
        """Whether `fewest` is how many fit: one facet, of which it was counted."""
        others = self.without or self.expression or self.sizes()[0] or self.owners or self.sees_all
        return not others and len(self.facets) == 1 and len(self.facets[0]) == 1

    @property
    def asks_words(self) -> bool:
        """Whether the index is asked for anything but the shelves."""
        return bool(self.expression) or len(self.facets) > len(self.unmatched)

    def scope(self, row: str) -> tuple[str, dict[str, Any]]:
        """Who may see it, as a condition on a row of `rank` or `listing`."""
        text = f"{row}.shelf in (:shelves)"
        params: dict[str, Any] = {"shelves": [*self.shelves, *([self.private] * self.sees_all)]}
        if self.owners and not self.sees_all:
            text += (
                f" or {row}.shelf = :private and exists (select 1 from listing o "  # noqa: S608
                f"where o.id = {row}.id and o.owner_id in (:owners))"
            )
            params |= {"private": self.private, "owners": self.owners}
        return f"({text})", params

    def numbered(self, *, scope: bool) -> tuple[str, dict[str, Any]]:
        """Of what size it is and, with `scope`, who may see it, as a condition on a row of the term
        index: its number tells, or else the listing is looked at."""
        maybe, surely = spans(SIZES_OF_ROWID, (self.low, self.high), self.need)
        exact, params = self.sizes()
        if scope:
            seen = [*self.shelves, *([self.private] * self.sees_all)]
            some = [*seen, self.private] if self.owners else seen
            maybe.append(is_on(some, within_reach=self.reach[0] >= 0))
            if some != seen:
                surely.append(is_on(seen, within_reach=self.reach[0] >= 0))
            text, more = self.scope("l")
            exact, params = f"{exact} and {text}", params | more
        if not maybe:
            return "", {}
        look = f"exists (select 1 from listing l where l.id = {ID_OF_ROWID}{exact})"  # noqa: S608
        if self.reach[0] < 0:  # there may be numbers of before
            surely.append(f"not {IS_OLD}")
            maybe = [f"({IS_OLD} or {' and '.join(maybe)})"]
        if surely:
            maybe.append(f"({' and '.join(surely)} or {look})")
        else:
            params = {}
        return f" and {' and '.join(maybe)}", params

    def sizes(self) -> tuple[str, dict[str, Any]]:
        """Facets of size are steps; this is exact."""
        text, params = "", dict[str, Any]()
        if self.low is not None:
            text, params["low"] = text + " and l.parameters >= :low", self.low
        if self.high is not None:
            text, params["high"] = text + " and l.parameters <= :high", self.high
        if self.need is not None:
            text, params["need"] = text + " and l.need <= :need", self.need
        return text, params

    def _scope(self) -> str:
        parts = [terms.term(f"s:{number}") for number in self.shelves]
        private = terms.term(f"s:{self.private}")
        if self.sees_all:
            parts.append(private)
        elif self.owners:
            owners = terms.some(terms.term(f"u:{owner}") for owner in self.owners)
            parts.append(terms.every((private, owners)))
        return terms.some(parts)


class Planner:
    def __init__(self, db: Database) -> None:
        self.db = db

    def plan(self, wanted: Filter, reader: Reader) -> Plan:
        is_here = wanted.origin in ("", ALL_ORIGINS)
        shelves = [shelf(wanted.type, PUBLIC)] if is_here else []
        shelves += [shelf(wanted.type, OBSERVED)] if wanted.origin else []
        groups = list(wanted.any_of)
        if not is_here:
            groups.append([("origin", wanted.origin)])
        if wanted.gated is True:
            groups.append(_GATES)
        low, high = wanted.parameters or (None, None)
        low = max(1, low or 1) if wanted.parameters else None  # known, at least
        first = len(groups)
        if wanted.parameters:
            groups.append([("size", str(step)) for step in size_steps(low, high)])
        if wanted.active:
            least, most = wanted.active
            groups.insert(first, [("active", str(step)) for step in size_steps(least, most)])
            first += 1
        if wanted.need is not None:
            groups.append([("need", str(step)) for step in size_steps(LEAST_NEED, wanted.need)])
        steps = frozenset(range(first, len(groups)))
        facets = [self.ids(group) for group in groups]
        main = {
            column: [*ids, SEVERAL]
            for group, ids in zip(groups, facets, strict=True)
            if (column := _column(group))
        }
        query = terms.Query.of(wanted.search) if wanted.search else None
        if query and query.as_typed() is None:
            facets.append([])  # emoji, say: no name or card has words for it
        counts = [self._count(ids, shelves) for ids in facets]
        rest = min((it for n, it in enumerate(counts) if n not in steps), default=2**60)
        everything = self.ids([EVERYTHING])
        total = self._count(everything, shelves)
        few = FOUND if query else max(min(rest, total) // RARER, FOUND)
        return Plan(
            shelves=tuple(shelves),
            private=shelf(wanted.type, PRIVATE),
            owners=sorted(reader.owner_ids) if is_here else [],
            sees_all=is_here and reader.sees_all,
            facets=facets,
            main=main,
            without=self.ids(_GATES) if wanted.gated is False else [],
            reach=reach(shelf(wanted.type, PUBLIC), self._made_by()),
            steps=steps,
            unmatched=frozenset(n for n in steps if counts[n] > few),
            low=low,
            high=high,
            need=wanted.need,
            words=tuple(query.words) if query else (),
            expression=query.as_typed() if query else None,
            runs=tuple(query.long_runs()) if query else (),
            fewest=min(counts, default=2**60),
            share=math.prod(min(1.0, count / max(1, total)) for count in counts),
            total=total,
            is_most=2 * total > self._count(everything, SHELVES),
        )

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


def _column(group: Sequence[Facet]) -> str | None:
    """The column of `rank` that holds what all facets of an entry are about."""
    kinds = {kind for kind, _ in group}
    return kinds.pop() if kinds in _COLUMNS else None
