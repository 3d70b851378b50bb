"""Collections: what an account puts together, in its order, with a note on each.

A slug is `namespace/words-of-the-title-id`. Only the id counts, so that an old one still leads here
after the title has changed.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.community import ordering
from hearthub.community.titles import one_line
from hearthub.db import Database, IntegrityError, batches
from hearthub.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    LoginRequired,
    Moved,
    NotFound,
    TooLarge,
)
from hearthub.events import CollectionChanged, EventLog
from hearthub.registry import REPO_TYPES, Registry, Repo

THEMES = ("orange", "blue", "green", "purple", "pink", "indigo")
MAX_TITLE, MAX_DESCRIPTION, MAX_NOTE = 150, 1000, 500
"""Characters."""
MAX_ITEMS, MAX_COLLECTIONS = 1000, 1000
"""Of a collection; of an account."""
WRITERS = frozenset({"admin", "write"})
"""Roles that change an organisation's collections; all its members see the private ones."""
_UID = re.compile(r"(?:.*-)?([0-9a-f]{24})", re.ASCII | re.DOTALL)
_PAPER = re.compile(r"\d{4}\.\d{4,5}", re.ASCII)
COLUMNS = (
    "c.id, c.uid, c.owner_id, a.name, c.title, c.description, c.theme, c.private, c.position, "
    "c.upvotes, c.updated from collection c join account a on a.id = c.owner_id "
)


@dataclass(frozen=True)
class Collection:
    """`position` is its place among its owner's; `updated` in milliseconds since 1970."""

    id: int
    uid: str
    owner_id: int
    owner: str
    title: str
    description: str | None
    theme: str
    private: bool
    position: int
    upvotes: int
    updated: int

    @property
    def slug(self) -> str:
        words = re.sub(r"[^a-z0-9]+", "-", self.title.lower())[:60].strip("-")
        return f"{self.owner}/{words or 'collection'}-{self.uid}"


@dataclass(frozen=True)
class Item:
    """A repo, another collection (`inner`) or a paper, by its arXiv id."""

    uid: str
    position: int
    note: str | None
    repo: Repo | None = None
    inner: Collection | None = None
    paper: str | None = None


class Collections:
    """Raises NotFound, also for what the actor may not see, Forbidden, BadRequest, Conflict."""

    def __init__(self, db: Database, events: EventLog, registry: Registry) -> None:
        self._db, self._events, self._registry = db, events, registry

    # -- reading -----------------------------------------------------------------------------

    def find(self, actor: Actor, slug: str) -> Collection:
        """By its slug, one it had before, or its id alone."""
        match = _UID.fullmatch(slug.rpartition("/")[2])
        row = match and self._db.one(f"select {COLUMNS}where c.uid = :uid", uid=match[1])
        if not row or not may_see(actor, found := collection_of(row)):
            raise NotFound("There is no such collection")
        return found

    def items(self, actor: Actor, collection: Collection) -> list[Item]:
        """In their order; what the actor may not see is left out."""
        return self.items_of(actor, [collection], MAX_ITEMS)[collection.id]

    def items_of(
        self, actor: Actor, collections: Sequence[Collection], among: int
    ) -> dict[int, list[Item]]:
        """By collection id, those among its first `among` that the actor may see; for who does not
        order them, in places without gaps, which would tell that there are others."""
        found: dict[int, list[Item]] = {it.id: [] for it in collections}
        rows = [
            row
            for some in batches(list(found))
            for row in self._db.all(
                "select i.collection_id, i.uid, i.position, i.note, i.repo_id, i.inner_id, i.paper "
                "from collection_item i where i.collection_id in (:ids) and i.position < :among "
                "order by i.position, i.id",
                ids=some,
                among=among,
            )
        ]
        repos = {
            it.id: it
            for it in self._registry.by_ids(actor, [row.repo_id for row in rows if row.repo_id])
        }
        inner = self._inner(actor, [row.inner_id for row in rows if row.inner_id])
        for row in rows:
            item = Item(
                row.uid, row.position, row.note,
                repos.get(row.repo_id), inner.get(row.inner_id), row.paper,
            )  # fmt: skip
            if item.repo or item.inner or item.paper:
                found[row.collection_id].append(item)
        for it in collections:
            if not self.may_edit(actor, it):
                seen = enumerate(found[it.id])
                found[it.id] = [replace(item, position=place) for place, item in seen]
        return found

    def _inner(self, actor: Actor, ids: Sequence[int]) -> dict[int, Collection]:
        rows = [
            collection_of(row)
            for some in batches(ids)
            for row in self._db.all(f"select {COLUMNS}where c.id in (:ids)", ids=some)
        ]
        return {it.id: it for it in rows if may_see(actor, it)}

    def upvoted(self, actor: Actor, collections: Sequence[Collection]) -> set[int]:
        """The ids of those that the actor voted for."""
        if actor.user_id is None:
            return set()
        return {
            row[0]
            for some in batches([it.id for it in collections])
            for row in self._db.all(
                "select collection_id from collection_upvote "
                "where user_id = :user and collection_id in (:ids)",
                user=actor.user_id,
                ids=some,
            )
        }

    # -- collections -------------------------------------------------------------------------

    def create(
        self, actor: Actor, namespace: str, title: str, description: str | None, *, private: bool
    ) -> Collection:
        """Raises Conflict, with the slug, when the account has one of this title."""
        _require_writer(actor)
        owner = self._registry.accounts.account(namespace)
        if owner is None:
            raise NotFound(f"There is no user or organisation called {namespace[:100]}")
        _require_editor(actor, owner.id, owner.name)
        title = one_line(title, MAX_TITLE)
        _check(description, MAX_DESCRIPTION, "description")
        uid = secrets.token_hex(12)
        with self._db.transaction():
            self._db.hold("account", owner.id)
            many = self._db.value(
                "select count(*) from collection where owner_id = :owner", owner=owner.id
            )
            if many >= MAX_COLLECTIONS:
                raise TooLarge(f"An account has at most {MAX_COLLECTIONS} collections")
            if not self._db.execute(
                "insert into collection (uid, owner_id, title, description, theme, private, "
                "position, updated) values (:uid, :owner, :title, :description, :theme, :private, "
                ":position, :now) on conflict (owner_id, title) do nothing",
                uid=uid, owner=owner.id, title=title, description=description or None,
                theme=THEMES[int(uid, 16) % len(THEMES)], private=int(private), position=many,
                now=now_ms(),
            ):  # fmt: skip
                raise self._taken(owner.id, title)
            made = self.find(actor, uid)
            self._log(actor, made, "created")
        return made

    def change(
        self, actor: Actor, slug: str, *, title: str | None = None, description: str | None = None,
        theme: str | None = None, private: bool | None = None, position: int | None = None,
    ) -> Collection:  # fmt: skip
        """None leaves a value as it is; an empty description takes it away."""
        if theme is not None and theme not in THEMES:
            raise BadRequest(f"A theme is one of {', '.join(THEMES)}")
        _check(description, MAX_DESCRIPTION, "description")
        with self._db.transaction():
            found = self._own(actor, slug)
            title = found.title if title is None else one_line(title, MAX_TITLE)
            try:
                self._db.execute(
                    "update collection set title = :title, description = :description, "
                    "theme = :theme, private = :private, updated = :now where id = :id",
                    id=found.id, title=title, theme=theme or found.theme, now=now_ms(),
                    description=(found.description if description is None else description) or None,
                    private=int(found.private if private is None else private),
                )  # fmt: skip
            except IntegrityError:
                raise Conflict(f"{found.owner} has another collection of this title") from None
            if position is not None:
                ordering.move(
                    self._db, "collection", "owner_id", found.owner_id, found.id, position
                )
            changed = self.find(actor, found.uid)
            self._log(actor, changed, "changed")
        return changed

    def delete(self, actor: Actor, slug: str) -> None:
        with self._db.transaction():
            found = self._own(actor, slug)
            self._log(actor, found, "deleted")
            self._db.execute("delete from collection where id = :id", id=found.id)

    def upvote(self, actor: Actor, slug: str, *, is_up: bool) -> int:
        """Vote once, or take it back; how many votes there are."""
        _require_writer(actor)
        with self._db.transaction():
            found = self.find(actor, slug)
            self._db.hold("collection", found.id)  # so that each vote is counted
            self._db.execute(
                "insert into collection_upvote (collection_id, user_id) values (:id, :user) "
                "on conflict (collection_id, user_id) do nothing"
                if is_up
                else "delete from collection_upvote where collection_id = :id and user_id = :user",
                id=found.id, user=actor.user_id,
            )  # fmt: skip
            self._db.execute(
                "update collection set upvotes = (select count(*) from collection_upvote "
                "where collection_id = :id) where id = :id",
                id=found.id,
            )
            return self.find(actor, found.uid).upvotes

    # -- items -------------------------------------------------------------------------------

    def add_item(
        self, actor: Actor, slug: str, kind: str, name: str, note: str | None
    ) -> Collection:
        """At the end. Raises Conflict for one that is in it, NotFound for what there is not."""
        _check(note, MAX_NOTE, "note")
        with self._db.transaction():
            found = self._own(actor, slug)
            what = self.thing(actor, kind, name)
            if what.get("inner_id") == found.id:
                raise BadRequest("A collection cannot hold itself")
            many, last = self._db.all(
                "select count(*), coalesce(max(position), -1) from collection_item "
                "where collection_id = :id",
                id=found.id,
            )[0]
            if many >= MAX_ITEMS:
                raise TooLarge(f"A collection has at most {MAX_ITEMS} items")
            if not self._db.execute(
                "insert into collection_item (uid, collection_id, position, note, repo_id, "
                "inner_id, paper) values (:uid, :id, :position, :note, :repo_id, :inner_id, :paper)"
                " on conflict do nothing",
                uid=secrets.token_hex(12), id=found.id, position=last + 1, note=note or None,
                **{"repo_id": None, "inner_id": None, "paper": None, **what},
            ):  # fmt: skip
                raise Conflict(f"{name} is in this collection already", slug=found.slug)
            self._touch(found)
            return self.find(actor, found.uid)

    def change_item(
        self, actor: Actor, slug: str, uid: str, *,
        note: str | None = None, position: int | None = None,
    ) -> None:  # fmt: skip
        """None leaves it as it is; an empty note takes it away."""
        _check(note, MAX_NOTE, "note")
        with self._db.transaction():
            found, item_id = self._item(actor, slug, uid)
            if note is not None:
                self._db.execute(
                    "update collection_item set note = :note where id = :id",
                    note=note or None,
                    id=item_id,
                )
            if position is not None:
                ordering.move(
                    self._db, "collection_item", "collection_id", found.id, item_id, position
                )
            self._touch(found)

    def delete_item(self, actor: Actor, slug: str, uid: str) -> None:
        with self._db.transaction():
            found, item_id = self._item(actor, slug, uid)
            self._db.execute("delete from collection_item where id = :id", id=item_id)
            ordering.close_gaps(self._db, "collection_item", "collection_id", found.id)
            self._touch(found)

    def thing(self, actor: Actor, kind: str, name: str) -> dict[str, Any]:
        """What an item is, as the columns that say so; NotFound when the actor cannot see it."""
        if kind == "collection":
            return {"inner_id": self.find(actor, name).id}
        if kind == "paper":
            if not _PAPER.fullmatch(name):
                raise NotFound("A paper is named by its arXiv id: 2311.12983")
            return {"paper": name}
        if kind not in REPO_TYPES:
            raise NotFound(f"This hub has nothing of the kind {kind[:40]!r}")
        # Some write the type into the name as well.
        name = name.removeprefix(f"{kind}s/") if name.count("/") == 2 else name
        try:
            return {"repo_id": self._registry.repo(actor, kind, name).id}
        except Moved as moved:
            return {"repo_id": self._registry.repo(actor, kind, moved.new_name).id}

    def may_edit(self, actor: Actor, collection: Collection) -> bool:
        """Whether the actor may change it and what is in it."""
        try:
            self.require_edit(actor, collection)
        except (LoginRequired, Forbidden):
            return False
        return True

    def require_edit(self, actor: Actor, collection: Collection) -> None:
        """LoginRequired, Forbidden."""
        _require_editor(actor, collection.owner_id, collection.owner)

    # -- the steps ---------------------------------------------------------------------------

    def _own(self, actor: Actor, slug: str) -> Collection:
        """As it is until the open transaction ends, with all that its owner has."""
        found = self.find(actor, slug)
        _require_editor(actor, found.owner_id, found.owner)
        self._db.hold("account", found.owner_id)
        return self.find(actor, found.uid)

    def _item(self, actor: Actor, slug: str, uid: str) -> tuple[Collection, int]:
        found = self._own(actor, slug)
        item_id = self._db.value(
            "select id from collection_item where collection_id = :id and uid = :uid",
            id=found.id,
            uid=uid,
        )
        if item_id is None:
            raise NotFound("There is no such item in this collection")
        return found, int(item_id)

    def _touch(self, collection: Collection) -> None:
        self._db.execute(
            "update collection set updated = :now where id = :id", now=now_ms(), id=collection.id
        )

    def _taken(self, owner_id: int, title: str) -> Conflict:
        row = self._db.one(
            f"select {COLUMNS}where c.owner_id = :owner and c.title = :title",
            owner=owner_id,
            title=title,
        )
        slug = collection_of(row).slug if row else None
        return Conflict("There is a collection of this title already", slug=slug)

    def _log(self, actor: Actor, it: Collection, what: str) -> None:
        event = CollectionChanged(it.owner_id, it.uid, it.title, what)
        self._events.append(event, actor.user_id)


def may_see(actor: Actor, collection: Collection) -> bool:
    if not collection.private or actor.is_admin or actor.user_id == collection.owner_id:
        return True
    return collection.owner_id in actor.roles


def collection_of(row: Any) -> Collection:
    values = list(row)
    values[7] = bool(values[7])
    return Collection(*values)


def _require_writer(actor: Actor) -> None:
    if actor.user_id is None:
        raise LoginRequired
    if not actor.can_write:
        raise Forbidden("This token may only read: use one with the write role")


def _require_editor(actor: Actor, owner_id: int, owner: str) -> None:
    _require_writer(actor)
    if actor.is_admin or actor.user_id == owner_id or actor.roles.get(owner_id) in WRITERS:
        return
    raise Forbidden(f"You may not change the collections of {owner}")


def _check(text: str | None, most: int, what: str) -> None:
    if text is not None and len(text) > most:
        raise BadRequest(f"A {what} has at most {most} characters")
