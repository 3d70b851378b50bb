"""Search: what somebody most likely means by what they typed.

Candidates come from the term index, popular ones first: what holds each word as typed, then the
words in any order, then with one mistake in a word, then what holds most of them. As soon as there
are any, no more are asked for. Then the names are compared with what was typed.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import orjson

from hearthub.catalogue import terms
from hearthub.catalogue.lists import Matches
from hearthub.catalogue.numbers import ID_OF_ROWID, id_of_doc
from hearthub.catalogue.plan import SQUEEZED, Plan
from hearthub.catalogue.planner import gram_counts
from hearthub.db import Database, batches
from hearthub.errors import BadRequest
from hearthub.names import misspellings

FEW = 500
"""Where no more listings fit a query as it was typed, those are looked at one by one."""

HEAD, SUGGESTED = 120, 40
"""So many candidates are compared; what else fits follows in the order of popularity."""

_PLACE = re.compile(r"[bp]\d{1,19}", re.ASCII)
MAX_CORRECTIONS = 6


RAREST, LOOSELY = 4, 2


@dataclass(frozen=True)
class _Attempt:
    """One way to understand a query. `expressions` find names, which must also hold the `runs`;
    `whole` finds what has each word, in its name or on its card."""

    expressions: list[str]
    runs: tuple[str, ...] = ()
    whole: str = ""


@dataclass(frozen=True)
class Found:
    """`score` says how well it fits; between two words that fit alike, the popular one leads."""

    id: int
    doc: int
    score: float


class Search:
    def __init__(self, db: Database) -> None:
        self.db = db

    def page(
        self,
        plan: Plan,
        query: terms.Query,
        after: str | None,
        limit: int,
        matches: Matches | None = None,
    ) -> list[tuple[str, int]]:
        """(place, listing id) of the best matches, then of all others by popularity. `matches`:
        what fits the query as it was typed, which a caller counts anyway.

        A place is `b` and a number among the best, or `p` and a number in the index.
        """
        found: list[tuple[str, int]] = []
        if after is None or after.startswith("b"):
            skip = _number(after) if after else 0
            best = self.head(plan, query, matches=matches)
            found = [(f"b{n}", it.id) for n, it in enumerate(best, 1)][skip : skip + limit]
            last = self._last_of(plan, query, best) if len(best) >= HEAD else None
        else:
            last = _number(after)
        typed = plan.expression
        if len(found) < limit and last is not None and typed and not plan.is_empty:
            named = self._named(plan, query)
            docs = self.docs(plan, typed, after=last, limit=limit - len(found), without=named)
            found += [(f"p{doc}", id_of_doc(doc)) for doc in docs]
        return found

    def suggest(self, plan: Plan, query: terms.Query) -> list[Found]:
        """The same from fewer candidates, and of names where they can tell: it is asked with each
        letter that is typed."""
        return self.head(plan, query, most=SUGGESTED, names_first=True)

    def head(
        self,
        plan: Plan,
        query: terms.Query,
        *,
        most: int = HEAD,
        names_first: bool = False,
        matches: Matches | None = None,
    ) -> list[Found]:
        """The best matches, best first; what only resembles the query when nothing fits it.

        `most`: so many candidates at most; `names_first`: cards only where no name tells.
        """
        if plan.is_empty or not query.words:
            return []
        docs = dict.fromkeys(self._named(plan, query))
        names_first |= bool(docs) and "/" in query.text  # somebody knows what it is called
        for attempt in self._attempts(query):
            if matches and (few := self._few(query, matches)) is not None:
                docs |= dict.fromkeys(self._among(few, attempt, query, most, names_first))
                if docs:
                    break
            matches = None  # only the first attempt is what was typed
            docs |= dict.fromkeys(self._try(plan, attempt, most, names_first=names_first))
            if docs:
                break
        return self._ranked(query, list(docs))

    def _try(self, plan: Plan, attempt: "_Attempt", most: int, *, names_first: bool) -> list[int]:
        """The first matches of any of its expressions, by their numbers in the index."""
        found: list[int] = []
        for expression in attempt.expressions:
            found += self.docs(plan, expression, attempt.runs, limit=most)
        if attempt.whole and not (names_first and found):
            found += self.docs(plan, attempt.whole, limit=most)
        return sorted(set(found))[:most]

    def _few(self, query: terms.Query, matches: Matches) -> list[int] | None:
        """All that fits the query as it was typed, where that is not much, and where names and
        cards tell as much as the index does."""
        if not matches.plan.expression or not all(word.isascii() for word in query.words):
            return None
        found = matches.first(FEW)
        return found if matches.is_whole else None

    def _among(
        self, few: list[int], attempt: "_Attempt", query: terms.Query, most: int, names_first: bool
    ) -> list[int]:
        """As `_try`, of those that the first attempt could find: all of them fit as typed."""
        rows = self.db.all(
            "select l.doc, l.key, f.words from json_each(:ids) m "
            "cross join listing l on l.id = m.value "
            "cross join listing_facts f on f.id = l.id",
            ids=orjson.dumps(list(map(id_of_doc, few))).decode(),
        )
        named, whole = [], []
        for row in rows:
            name = terms.squeezed(row.key)
            if all(run in name for run in attempt.runs):  # shorter words each of them has
                named.append(row.doc)
            if terms.has_words(row.key, row.words, query.whole_words):
                whole.append(row.doc)
        named, whole = sorted(named)[:most], sorted(whole)[:most]
        return sorted({*named, *([] if names_first and named else whole)})[:most]

    def docs(
        self,
        plan: Plan,
        expression: str,
        runs: Sequence[str] = (),
        *,
        after: int = -1,
        limit: int,
        without: Sequence[int] = (),
    ) -> list[int]:
        """Listings that fit by their numbers in the index, popular ones first.

        `runs` of letters and digits must be in the name, whatever separates them there.
        """
        checks = "".join(f" and instr({SQUEEZED}, :run{n}) > 0" for n in range(len(runs)))
        where, params = plan.numbered(scope=plan.is_most)
        join = f" cross join listing l on l.id = {ID_OF_ROWID}" if checks else ""
        checks += " and term_index.rowid not in (:without)" if without else ""
        rows = self.db.all(
            f"select term_index.rowid as doc from term_index{join} "  # noqa: S608
            "where term_index match :match and term_index.rowid > :after "
            f"and term_index.rowid < :end{where}{checks} order by term_index.rowid limit :limit",
            match=plan.match(expression, scoped=not plan.is_most),
            after=max(after, plan.reach[0]),
            end=plan.reach[1],
            limit=limit,
            **({"without": list(without)} if without else {}),
            **{f"run{n}": run for n, run in enumerate(runs)},
            **params,
        )
        return [row.doc for row in rows]

    def _last_of(self, plan: Plan, query: terms.Query, best: Sequence[Found]) -> int:
        """Where the index was read to: those found by their very name may stand far behind."""
        named = set(self._named(plan, query))
        return max((it.doc for it in best if it.doc not in named), default=-1)

    def _named(self, plan: Plan, query: terms.Query) -> list[int]:
        """Repos of exactly this name, however few people use them."""
        names = "l.key = :text" if "/" in query.text else "l.name_key = :text"
        where, params = plan.conditions()
        rows = self.db.all(
            f"select l.doc from listing l cross join rank r on r.id = l.id "  # noqa: S608
            f"where {names} and (l.shelf in (:shelves) or (l.shelf = :private "
            f"and (:sees_all or l.owner_id in (:owners)))){where} order by l.doc limit 50",
            text=query.text,
            shelves=plan.shelves,
            private=plan.private,
            sees_all=plan.sees_all,
            owners=plan.owners,
            **params,
        )
        return [row.doc for row in rows]

    def _attempts(self, query: terms.Query) -> Iterator["_Attempt"]:
        """What to look for, stricter things first; each is made only when it is needed."""
        chunks = ["".join(chunk) for chunk in query.chunks]
        yield self._attempt(chunks, query.whole_words)
        if query.loose_words != chunks:
            yield self._attempt(query.loose_words, query.words)
        yield from self._corrected(query)

    def _attempt(self, runs: list[str], words: list[str]) -> "_Attempt":
        """Names that hold these runs, or names and cards that have all words whole."""
        whole = terms.every(filter(None, map(terms.whole_word, words)))
        long = [run for run in runs if run.isascii() and len(run) > 2]
        if len(long) < len(runs) and not all(run.isascii() for run in runs):
            return _Attempt([], (), whole)
        short = [terms.term(f"w:{run}") for run in runs if len(run) < 3]
        rare = self._rarest([terms.grams(run[: terms.MAX_RUN]) for run in long])
        names = terms.every([*map(terms.term, rare), *short])
        return _Attempt([names] if names else [], tuple(long), whole)

    def _rarest(self, runs: list[list[str]]) -> list[str]:
        """A few grams say as much as all when they are rare, and the names are looked at anyway.

        Some of each run: those of one word come together, so a second says little.
        """
        counts = gram_counts(self.db, chain.from_iterable(runs))
        each = max(1, RAREST // max(1, len(runs)))
        found = chain.from_iterable(sorted(set(run), key=counts.__getitem__)[:each] for run in runs)
        return sorted(dict.fromkeys(found), key=counts.__getitem__)[:RAREST]

    def _corrected(self, query: terms.Query) -> Iterator["_Attempt"]:
        """With one mistake in a word; in a chunk; then leaving out each of the words in turn."""
        known = self._known(query.words)
        mistaken = set(query.words) - known or known
        choices = []
        for word in query.words:
            better = self._corrections(word) if word in mistaken else []
            meant = [self._loosely(word), *(terms.term(f"w:{it}") for it in better)]
            if expressions := list(filter(None, meant)):
                choices.append(expressions)
        if any(len(choice) > 1 for choice in choices):
            yield _Attempt([terms.every(map(terms.some, choices))])
        if spoilt := query.with_a_spoilt_piece():
            yield _Attempt([spoilt])
        if len(choices) > 1:
            rests = [[*choices[:n], *choices[n + 1 :]] for n in range(len(choices))]
            yield _Attempt([terms.some(terms.every(map(terms.some, rest)) for rest in rests)])

    def _loosely(self, word: str) -> str:
        """What may hold the word: all of its grams are read only where they are rare."""
        if not word.isascii() or len(word) < 5:
            return terms.word_expression(word)
        grams = self._rarest([terms.grams(word[: terms.MAX_RUN])])[:LOOSELY]
        return terms.some((terms.every(map(terms.term, grams)), terms.whole_word(word)))

    def _known(self, words: list[str]) -> set[str]:
        """Those of these words that names here have."""
        rows = self.db.all("select term from word where term in (:words) and n > 0", words=words)
        return {row.term for row in rows}

    def _corrections(self, word: str) -> list[str]:
        """Words of names here that are one mistake away, the most common first."""
        found = self.db.all(
            "select term from word where term in (select value from json_each(:some)) and n > 0 "
            "order by n desc limit :most",
            some=orjson.dumps(list(misspellings(word))).decode(),
            most=MAX_CORRECTIONS,
        )
        return [row.term for row in found]

    def _ranked(self, query: terms.Query, docs: list[int]) -> list[Found]:
        found = []
        for some in batches(docs):
            rows = self.db.all(
                "select l.id, l.doc, l.key, r.downloads, r.likes from listing l "
                "join rank r on r.id = l.id where l.id in (:ids)",
                ids=[id_of_doc(doc) for doc in some],
            )
            for row in rows:
                popularity = math.log2(1 + max(0, row.downloads) + 50 * max(0, row.likes))
                found.append(Found(row.id, row.doc, likeness(query, row.key) + popularity / 40))
        return sorted(found, key=lambda it: (-it.score, -it.id))


def likeness(query: terms.Query, key: str) -> float:
    """How well a name fits what was typed, from 0 to about 6."""
    namespace, _, name = terms.squeezed(key).partition("/")
    if not name:
        namespace, name = "", namespace
    asked, typed = query.grams, query.squeezed
    here = max(0, len(namespace) - 2) + max(0, len(name) - 2)
    if asked:
        shared = sum(gram in name or gram in namespace for gram in asked)
    else:
        asked = set(query.words)
        shared = len(asked & terms.name_grams(key))
    score = 3 * shared / len(asked) if asked else 0.0
    score += shared / max(1, here)
    is_whole = typed in (name, namespace + name)
    score += 1.5 if is_whole else 0.4 if name.startswith(typed) else 0.0
    score += 0.5 * sum(word in key for word in query.words) / len(query.words)
    return score


def _number(place: str) -> int:
    if not _PLACE.fullmatch(place) or int(place[1:]) >= 2**63:
        raise BadRequest("cursor is not one this hub gave out")
    return int(place[1:])
