"""Lists of collections: by owner, by what is in them, by words; page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hearthub.accounts import Actor
from hearthub.community.collections import COLUMNS, Collection, Collections, collection_of
from hearthub.db import Database
from hearthub.errors import BadRequest, HearthubError
from hearthub.registry import Registry

SORTS = {"lastModified": "updated", "upvotes": "upvotes", "trending": "upvotes"}
KINDS = {"models": "model", "datasets": "dataset", "spaces": "space", "kernels": "kernel"} | {
    "papers": "paper",
    "collections": "collection",
}
MAX_WANTED = 100


@dataclass(frozen=True)
class Wanted:
    """Of several owners one must fit, of several items one must be in it."""

    owners: Sequence[str] = ()
    items: Sequence[str] = ()
    """`models/acme/bert`, `papers/2311.12983`."""
    words: str = ""
    """As they stand in the title or in the description."""
    sort: str = "lastModified"


@dataclass
class _Query:
    conditions: list[str] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)


class Shelves:
    def __init__(self, db: Database, registry: Registry, collections: Collections) -> None:
        self._db, self._registry, self._collections = db, registry, collections

    def page(
        self, actor: Actor, wanted: Wanted, after: str | None, limit: int
    ) -> tuple[list[Collection], str | None]:
        """A page that starts after the cursor `after`, and the cursor of the next one."""
        if wanted.sort not in SORTS:
            raise BadRequest(f"sort is one of {', '.join(SORTS)}")
        query = _Query()
        _visible(actor, query)
        if not self._owners(wanted, query) or not self._items(actor, wanted, query):
            return [], None
        if wanted.words:
            text = wanted.words.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            query.conditions.append(
                "(lower(c.title) like :words escape '\\' "
                "or lower(c.description) like :words escape '\\')"
            )
            query.named["words"] = f"%{text}%"
        key = SORTS[wanted.sort]
        if after is not None:
            value, row_id = _cursor(after)
            query.conditions.append(f"(c.{key}, c.id) < (:value, :last)")
            query.named |= {"value": value, "last": row_id}
        rows = self._db.all(
            f"select {COLUMNS}where {' and '.join(query.conditions)} "
            f"order by c.{key} desc, c.id desc limit :limit",
            limit=limit + 1,
            **query.named,
        )
        found = [collection_of(row) for row in rows[:limit]]
        more = len(rows) > limit
        return found, f"{getattr(found[-1], key)}.{found[-1].id}" if more else None

    def _owners(self, wanted: Wanted, query: _Query) -> bool:
        """False where nothing can be found."""
        if not wanted.owners:
            return True
        accounts = [self._registry.accounts.account(name) for name in wanted.owners[:MAX_WANTED]]
        query.conditions.append("c.owner_id in (:owners)")
        query.named["owners"] = [it.id for it in accounts if it]
        return bool(query.named["owners"])

    def _items(self, actor: Actor, wanted: Wanted, query: _Query) -> bool:
        """Those that the actor can see: others are in no collection, as far as he can tell."""
        if not wanted.items:
            return True
        either = []
        for number, text in enumerate(wanted.items[:MAX_WANTED]):
            kind, _, name = text.partition("/")
            try:
                [(column, value)] = self._collections.thing(
                    actor, KINDS.get(kind, ""), name
                ).items()
            except HearthubError:
                continue
            either.append(f"i.{column} = :item{number}")
            query.named[f"item{number}"] = value
        query.conditions.append(
            "c.id in (select i.collection_id from collection_item i "  # noqa: S608 - constants
            f"where {' or '.join(either)})"
        )
        return bool(either)


def _visible(actor: Actor, query: _Query) -> None:
    if actor.is_admin:
        query.conditions.append("1 = 1")
    elif actor.user_id is None:
        query.conditions.append("c.private = 0")
    else:
        query.conditions.append("(c.private = 0 or c.owner_id in (:mine))")
        query.named["mine"] = [actor.user_id, *actor.roles]


def _cursor(text: str) -> tuple[int, int]:
    value, _, row_id = text.partition(".")
    numbers = [it for it in (value, row_id) if it.isascii() and it.isdigit() and len(it) < 19]
    if len(numbers) != 2:
        raise BadRequest("cursor is what the Link of the page before says")
    return int(value), int(row_id)
