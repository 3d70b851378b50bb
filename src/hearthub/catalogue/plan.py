"""What a list is narrowed to, looked up: what every way to a page needs (planner.py makes it)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearthub.catalogue import terms
from hearthub.catalogue.listing import Facet
from hearthub.catalogue.numbers import ID_OF_ROWID, IS_OLD, SIZES_OF_ROWID, is_on, spans

ALL_ORIGINS = "all"
SQUEEZED = "replace(replace(replace(l.key, '-', ''), '_', ''), '.', '')"
"""`terms.squeezed` of a listing's name in SQL."""


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
    coded: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Which of the other `facets` the codes in a number are likely to tell sooner than the index:
    conditions on them (`codes.told`)."""
    worth: int = 0
    """So many matches without those are looked through before the index would have been quicker."""
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

    def match(self, *more: str, scoped: bool = True, by_code: bool = False) -> str:
        """Everything the plan asks for, as an expression for the term index; but for who may see
        it where not `scoped`, and for what is told `by_code`."""
        told = self.unmatched | (self.coded.keys() if by_code else set())
        asked = [ids for n, ids in enumerate(self.facets) if n not in told]
        parts = [terms.some(terms.term(f"f:{it}") for it in ids) for ids in asked]
        if self.expression and not more:
            parts.append(self.expression)
        is_scoped = scoped or not (more or parts)  # an index is not asked for nothing
        found = terms.every([*more, *parts, *([self._scope()] if is_scoped else [])])
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
            either, more = _has_any(n, ids)
            text, params = text + either, params | more
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

    def numbered(self, *, scope: bool, by_code: bool = False) -> tuple[str, dict[str, Any]]:
        """Of what size it is, with `scope` who may see it, and what is told `by_code`, as a
        condition on a row of the term index: its number tells, or else the listing is looked at."""
        maybe, surely = spans(SIZES_OF_ROWID, (self.low, self.high), self.need)
        exact, params = self.sizes()
        for n, (may_have, has) in self.coded.items() if by_code else ():
            maybe.append(may_have)
            if has != may_have:
                either, more = _has_any(n, self.facets[n])
                surely, exact, params = [*surely, has], exact + either, params | more
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


def _has_any(n: int, ids: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """Of the facets of entry `n` any, as a condition on `listing l`."""
    either = " or ".join(f"instr(l.facets, :f{n}_{m}) > 0" for m in range(len(ids)))
    return f" and ({either})", {f"f{n}_{m}": f" {it} " for m, it in enumerate(ids)}
