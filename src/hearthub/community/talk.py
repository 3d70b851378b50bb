"""A discussion, or pull request, and what happened in it, as its rows have it."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from hearthub.registry import HEADS, Commit

COLUMNS = (
    "d.id, d.repo_id, d.num, d.title, d.status, d.is_pull_request, d.author_id, a.name, d.base, "
    "d.merged_oid, d.merged_head, d.created from discussion d "
    "left join account a on a.id = d.author_id "
)
EVENTS = "from discussion_event e left join account a on a.id = e.author_id "


@dataclass(frozen=True)
class Discussion:
    """`author` is None for an account that is gone; `base` is the full name of the branch that a
    pull request is for, as clients want it; `created` in milliseconds since 1970."""

    id: int
    repo_id: int
    num: int
    title: str
    status: str
    is_pull_request: bool
    author_id: int | None
    author: str | None
    base: str | None
    merged_oid: str | None
    merged_head: str | None
    created: int

    @property
    def branch(self) -> str:
        """What people call the base."""
        return (self.base or "").removeprefix(HEADS)


@dataclass(frozen=True)
class Happening:
    """One event of a discussion."""

    uid: str
    kind: str
    author_id: int | None
    author: str | None
    created: int
    data: dict[str, Any]


@dataclass(frozen=True)
class Proposal:
    """What a pull request would change, or did: its commits from `base` to `head`, oldest first,
    and the paths that cannot be merged, which are not all where `is_whole` is False."""

    base: str
    head: str
    commits: list[tuple[str, Commit]]
    conflicts: list[str] = field(default_factory=list)
    is_whole: bool = True


def discussion_of(row: Any) -> Discussion:
    values = list(row)
    values[5] = bool(values[5])
    return Discussion(*values)


def happening_of(row: Any) -> Happening:
    uid, kind, author_id, author, created, data = row
    return Happening(uid, kind, author_id, author, created, orjson.loads(data))
