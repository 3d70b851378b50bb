"""The number of a listing in the index of terms, which says more than which listing it is.

    type         a list is of one type: the index reads no other's
    popularity   63 less its step: popular ones first
    listing id   what is left of 2^30: the newest first
    codes        of its task, its library and its licence (codes.py)
    need, size   in which span of sizes its memory and its parameters are; 0: not known
    shelf        of those that its type has

The index gives its matches in the order of their numbers, so the first are those people look for,
and a search for a common word ends after a few hundred of a million. Who may see a match, and
whether it is of a size, is told by its number alone, but for the spans in which the ends of a range
fall: a look at the row of each costs ten times what the index takes to find it.

Numbers of before have no more than popularity and id, and are smaller than any other. They stand
until the catalogue has been made anew.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence

from hearthub.catalogue import codes

VERSION = 2
"""To be raised with any change of the numbers: all are then given anew."""

_STEPS = 63
_STEP_BITS, _ID_BITS, _NEED_BITS, _PARAMETER_BITS, _SHELF_BITS = 6, 30, 5, 4, 2
_CODES_AT = _NEED_BITS + _PARAMETER_BITS + _SHELF_BITS
_TAIL_BITS = codes.BITS + _CODES_AT
_TYPE_AT = _STEP_BITS + _ID_BITS + _TAIL_BITS
_LAST_ID = (1 << _ID_BITS) - 1
_SHELVES = 1 << _SHELF_BITS
_OLD_ID_BITS = 40
_LAST_OLD_ID = (1 << _OLD_ID_BITS) - 1
_OLD = 1 << (_STEP_BITS + _OLD_ID_BITS)
"""What is less is a number of before: types are counted from one."""
_BEYOND = 2**63 - 1
"""No number is as great."""

# Where spans begin, but for the first. Lists ask for powers of two of parameters, and for as much
# memory as there is.
_PARAMETERS = [2**n for n in range(27, 41)]
_NEED = [round(2 ** (28 + n / 2)) for n in range(30)]


def popularity_step(popularity: int) -> int:
    """Two steps to a doubling."""
    return min(_STEPS, int(2 * math.log2(1 + popularity)))


def doc_of(
    listing_id: int,
    popularity: int,
    shelf: int = 0,
    parameters: int | None = None,
    need: int | None = None,
    coded: int = 0,
) -> int:
    """`coded`: what `codes.codes_of` says."""
    kind, sort = divmod(shelf, _SHELVES)
    place = (_STEPS - popularity_step(popularity)) << _ID_BITS | (_LAST_ID - listing_id)
    sizes = sizes_of(parameters, need)
    tail = coded << _CODES_AT | sizes << _SHELF_BITS | sort
    return (kind + 1) << _TYPE_AT | place << _TAIL_BITS | tail


def sizes_of(parameters: int | None, need: int | None) -> int:
    """The spans of both, as a number and as `rank.sizes` have them."""
    return _span(need, _NEED) << _PARAMETER_BITS | _span(parameters, _PARAMETERS)


def id_of_doc(doc: int) -> int:
    if doc < _OLD:
        return _LAST_OLD_ID - (doc & _LAST_OLD_ID)
    return _LAST_ID - (doc >> _TAIL_BITS & _LAST_ID)


def ids_of_docs(docs: Sequence[int]) -> list[int]:
    """The same of thousands, the smallest first."""
    if docs and docs[0] < _OLD:
        return list(map(id_of_doc, docs))
    return [_LAST_ID - (doc >> _TAIL_BITS & _LAST_ID) for doc in docs]


def step_of_doc(doc: int) -> int:
    """Of popularity."""
    return _STEPS - (doc >> (_OLD_ID_BITS if doc < _OLD else _TAIL_BITS + _ID_BITS) & _STEPS)


def codes_of_doc(doc: int) -> int:
    return 0 if doc < _OLD else doc >> _CODES_AT & ((1 << codes.BITS) - 1)


def shelf_of_doc(doc: int) -> int | None:
    """None for a number of before."""
    return None if doc < _OLD else ((doc >> _TYPE_AT) - 1) * _SHELVES + doc % _SHELVES


def by_shelf(docs: Sequence[int]) -> dict[int | None, list[int]]:
    """The numbers of each shelf, of one type."""
    if not docs or docs[0] < _OLD:
        return {None: list(docs)} if docs else {}
    sorts = {doc % _SHELVES for doc in docs}
    first = ((docs[0] >> _TYPE_AT) - 1) * _SHELVES
    return {first + sort: [doc for doc in docs if doc % _SHELVES == sort] for sort in sorts}


def reach(shelf: int, made_by: str) -> tuple[int, int]:
    """Between which numbers those of a shelf's type are, in a catalogue made by these rules."""
    if made_by.split(".")[2:3] != [str(VERSION)]:
        return -1, _BEYOND
    first = (shelf // _SHELVES + 1) << _TYPE_AT
    return first - 1, min(first + (1 << _TYPE_AT), _BEYOND)


_ROWID = "term_index.rowid"
ID_OF_ROWID = (
    f"(case when {_ROWID} < {_OLD} then {_LAST_OLD_ID} - ({_ROWID} & {_LAST_OLD_ID}) "
    f"else {_LAST_ID} - ({_ROWID} >> {_TAIL_BITS} & {_LAST_ID}) end)"
)
"""`id_of_doc` in SQL."""
IS_OLD = f"{_ROWID} < {_OLD}"
_SHELF_OF_ROWID = f"(({_ROWID} >> {_TYPE_AT}) * {_SHELVES} - {_SHELVES} + {_ROWID} % {_SHELVES})"
SIZES_OF_ROWID = f"({_ROWID} >> {_SHELF_BITS})"
"""With codes, popularity and id in front."""
CODES_OF_ROWID = f"({_ROWID} >> {_CODES_AT})"
"""With popularity and id in front."""


def spans(
    sizes: str, parameters: tuple[int | None, int | None] | None, need: int | None
) -> tuple[list[str], list[str]]:
    """Conditions on `sizes`, an expression in SQL: what must hold for a listing to be of these
    sizes, at least and at most; and with which beside that it is for sure."""
    maybe, surely = list[str](), list[str]()
    low, high = parameters or (None, None)
    for here, edges, least, most in (
        (f"({sizes} & {len(_PARAMETERS) + 1})", _PARAMETERS, low, high),
        (f"({sizes} >> {_PARAMETER_BITS} & {len(_NEED) + 1})", _NEED, None, need),
    ):
        if least is None and most is None:
            continue
        touched = [n for n in range(1, len(edges) + 2) if _touches(edges, n, least, most)]
        within = [n for n in touched if _is_within(edges, n, least, most)]
        maybe.append(_among(here, touched))
        if within != touched:
            surely.append(_among(here, within))
    return maybe, surely


def _among(here: str, spans: Sequence[int]) -> str:
    """They are neighbours, and two comparisons are quicker than a list."""
    return f"{here} between {spans[0]} and {spans[-1]}" if spans else "false"


def is_on(shelves: Sequence[int], *, within_reach: bool) -> str:
    """A condition on a row of the index. `within_reach`: it is of the type of these shelves."""
    here = f"({_ROWID} & {_SHELVES - 1})" if within_reach else _SHELF_OF_ROWID
    numbers = (it % _SHELVES if within_reach else it for it in shelves)
    return f"{here} in ({', '.join(map(str, numbers))})"


def _span(size: int | None, edges: Sequence[int]) -> int:
    return 0 if size is None else 1 + bisect_right(edges, size)


def _touches(edges: Sequence[int], span: int, least: int | None, most: int | None) -> bool:
    begins_after = most is not None and span > 1 and edges[span - 2] > most
    ends_before = least is not None and span <= len(edges) and edges[span - 1] <= least
    return not (begins_after or ends_before)


def _is_within(edges: Sequence[int], span: int, least: int | None, most: int | None) -> bool:
    begins = least is None or (span > 1 and edges[span - 2] >= least)
    ends = most is None or (span <= len(edges) and edges[span - 1] - 1 <= most)
    return begins and ends
