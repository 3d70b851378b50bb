"""A repo made of another: the whole history of its branches and tags, without moving a byte.

Git objects become rows of the new repo; those in the blob store get a second name. Large files
are claimed by it, which costs a row each. Everything is there before the new repo can be seen: it
gets its number first, and its row last, together with its refs.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hearthub.accounts import Account, Actor
from hearthub.db import Database
from hearthub.errors import Damaged, Unavailable
from hearthub.events import CommitCreated, EventLog, RefCreated, RepoCreated
from hearthub.names import split_id
from hearthub.registry.access import Right, proposer, require
from hearthub.registry.marks import Marks, open_marks
from hearthub.registry.objects import ObjectStore, blob_key
from hearthub.registry.quota import Quota
from hearthub.registry.refs import MAIN, PULLS, Ref, Refs
from hearthub.registry.repo import Repo
from hearthub.registry.repos import Repos, check_visibility
from hearthub.registry.walking import walk
from hearthub.storage import Storage


class Copies:
    """`namespace` gives the account of a name, if an actor may make repos in it."""

    def __init__(
        self, db: Database, events: EventLog, objects: ObjectStore, refs: Refs, repos: Repos,
        storage: Storage, quota: Quota, temporary: Path,
        namespace: Callable[[Actor, str], Account],
    ) -> None:  # fmt: skip
        self._db, self._events, self._objects = db, events, objects
        self._refs, self._repos = refs, repos
        self._storage, self._quota, self._temporary = storage, quota, temporary
        self._namespace = namespace

    def duplicate(
        self, actor: Actor, source: Repo, full_name: str, visibility: str | None = None
    ) -> Repo:
        """A new repo with all that `source` has, pull requests apart: as gated, and with
        `visibility` None as visible.

        Raises Conflict when the name is taken, OverQuota, NoRoom, Damaged.
        """
        require(actor, source, Right.READ)
        namespace, name = split_id(full_name)
        owner = self._namespace(actor, namespace)
        visibility = visibility or source.visibility
        check_visibility(source.type, visibility)
        self._repos.require_free(source.type, owner.name, name)
        self._storage.require_room()
        refs = [ref for ref in self._refs.all(source.id) if not ref.name.startswith(PULLS)]
        number = self._repos.reserve(source)
        try:
            with open_marks(self._temporary) as marks, marks.repo():
                marks.visit(sorted({bytes.fromhex(ref.oid) for ref in refs}))
                for broken in walk(self._objects, source.id, marks):
                    raise Damaged(f"The repo cannot be duplicated: {broken.oid}: {broken.reason}")
                size = self._size_of_objects(source.id, marks)
                self._storage.require_room(size)
                files, shared = self._size_of_files(source.id, owner.id, marks)
                name_then = f"{owner.name}/{name}"
                self._quota.require_new(owner.id, owner.name, name_then, size + files, shared)
                rows = self._copy_objects(source.id, number, marks)
                new = replace(
                    source, id=number, owner_id=owner.id, namespace=owner.name, name=name,
                    visibility=visibility, created_by=actor.user_id,
                )  # fmt: skip
                return self._finish(actor, source, new, refs, marks, rows)
        except BaseException:
            if self._repos.by_id(number) is None:
                self._objects.delete_repo(number)
            raise

    def _copy_objects(self, source: int, target: int, marks: Marks) -> int:
        """How many there are now."""
        rows = 0
        for oids in marks.all_seen():
            for oid, size in self._objects.copy(source, target, oids):
                self._storage.copy_blob(blob_key(source, oid), blob_key(target, oid), size)
            rows += len(oids)
        return rows

    def _size_of_objects(self, source: int, marks: Marks) -> int:
        """Of those that would be copied: not all that the source uses, which has pull requests."""
        found = (self._objects.sizes(source, (it.hex() for it in s)) for s in marks.all_seen())
        return sum(size for sizes in found for size in sizes.values())

    def _size_of_files(self, source: int, owner_id: int, marks: Marks) -> tuple[int, int]:
        """In all, and of those that this account has already."""
        size = shared = 0
        for names in marks.all_named():
            found = self._storage.objects(source, names)
            sizes = {name: it.size for name, it in found.items()}
            size += sum(sizes.values())
            shared += self._storage.shares.bytes_of(owner_id, sizes)
        return size, shared

    def _finish(
        self, actor: Actor, source: Repo, new: Repo, refs: list[Ref], marks: Marks, rows: int
    ) -> Repo:
        with self._db.transaction():
            made = self._repos.insert_copy(new)
            if self._objects.totals(new.id)[0] != rows:
                # A collection took them for those of a repo that is gone: its last chance.
                raise Unavailable("A clean-up came in between: try again")
            self._events.append(RepoCreated(made.id, made.type, made.full_name), actor.user_id)
            for names in marks.all_named():
                self._storage.share(source.id, made.id, names)
            self._quota.add(made.id, self._objects.used(made.id))
            for ref in refs:
                self._refs.create(made.id, ref.name, ref.oid, ref.commit_oid)
            # The main branch first: it is what the catalogue shows.
            for ref in sorted(refs, key=lambda it: it.name != MAIN):
                self._announce(actor, source, made, ref)
        return made

    def _announce(self, actor: Actor, source: Repo, made: Repo, ref: Ref) -> None:
        if ref.name == MAIN:
            title = f"Duplicate of {source.full_name}"
            event = CommitCreated(made.id, ref.name, None, ref.commit_oid, title)
            self._events.append(event, actor.user_id)
        else:
            self._events.append(RefCreated(made.id, ref.name, ref.commit_oid), actor.user_id)

    def share(self, actor: Actor, source: Repo, target: Repo, sha256s: list[str]) -> set[str]:
        """Let a repo have large files of another, without sending them; those that it now has.

        Raises OverQuota.
        """
        require(actor, source, Right.READ)
        require(actor, target, Right.PROPOSE)
        found = self._storage.objects(source.id, sha256s)
        by = proposer(actor, target)
        self._storage.require_files(target.id, {it.sha256: it.size for it in found.values()}, by)
        with self._db.transaction():
            return self._storage.share(source.id, target.id, sha256s, by)
