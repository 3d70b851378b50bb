"""Which of the two ways a list takes: both must lead to the same page."""

import pytest

from hearthub.catalogue import lists


def take(patch: pytest.MonkeyPatch, *, walk: bool) -> None:
    """From now on lists walk along the sort key, or else read the postings of the term index."""

    def rows(plan: lists.Plan, _limit: int) -> int | None:
        return (lists.MAX_INDEX_WALK if plan.main else lists.MAX_WALK) if walk else None

    patch.setattr(lists, "rows_to_look_at", rows)
