"""Which ways a list takes, which must all lead to the same page; and what it may find."""

import pytest

from hearthub.catalogue import listings, lists, rebuild
from hearthub.catalogue.numbers import popularity_step


def take(patch: pytest.MonkeyPatch, *, walk: bool) -> None:
    """From now on lists walk along the sort key, or else read the postings of the term index."""

    def rows(plan: lists.Plan, _limit: int) -> int | None:
        return (lists.MAX_INDEX_WALK if plan.main else lists.MAX_WALK) if walk else None

    patch.setattr(lists, "rows_to_look_at", rows)


def number_as_before(patch: pytest.MonkeyPatch) -> None:
    """From now on listings are written with the numbers that they had before type, sizes and shelf
    were in them, and a rebuild is one by the rules of then."""

    def doc(listing_id: int, popularity: int, *_: int | None) -> int:
        return (63 - popularity_step(popularity)) << 40 | (2**40 - 1 - listing_id)

    patch.setattr(listings, "doc_of", doc)
    patch.setattr(listings, "sizes_of", lambda *_: -1)
    patch.setattr(rebuild, "RULES", "3.3")
