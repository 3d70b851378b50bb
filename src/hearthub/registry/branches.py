"""Branches and tags: who may write makes them and takes them away."""

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Forbidden, RevisionNotFound
from hearthub.events import EventLog, RefCreated, RefDeleted
from hearthub.registry.access import Right, require
from hearthub.registry.gitformat import Kind, Signature, Tag, encode_tag
from hearthub.registry.objects import ObjectStore
from hearthub.registry.refs import HEADS, MAIN, TAGS, Refs
from hearthub.registry.repo import Repo
from hearthub.registry.revisions import Revisions


class Branches:
    def __init__(
        self,
        db: Database,
        events: EventLog,
        objects: ObjectStore,
        refs: Refs,
        revisions: Revisions,
    ) -> None:
        self._db, self._events = db, events
        self._objects, self._refs, self._revisions = objects, refs, revisions

    def create_branch(self, actor: Actor, repo: Repo, name: str, start: str | None) -> None:
        require(actor, repo, Right.WRITE)
        commit = self._revisions.start_of(repo, start or "main")
        self._create_ref(actor, repo, HEADS + name, commit, commit)

    def delete_branch(self, actor: Actor, repo: Repo, name: str) -> None:
        require(actor, repo, Right.WRITE)
        if HEADS + name == MAIN:
            raise Forbidden("The branch main cannot be deleted")
        self._delete_ref(actor, repo, HEADS + name)

    def create_tag(
        self, actor: Actor, repo: Repo, name: str, rev: str, message: str | None
    ) -> None:
        """A lightweight tag, or an annotated one when there is a message."""
        require(actor, repo, Right.WRITE)
        commit = oid = self._revisions.start_of(repo, rev)
        if message:
            who = Signature(
                actor.name or "", f"{actor.name}@users.noreply.hearthub", now_ms() // 1000, "+0000"
            )
            tag = encode_tag(Tag(commit, Kind.COMMIT, name, who, message))
            oid = self._objects.write(repo.id, [(Kind.TAG, tag)])[0]
        self._create_ref(actor, repo, TAGS + name, oid, commit)

    def delete_tag(self, actor: Actor, repo: Repo, name: str) -> None:
        require(actor, repo, Right.WRITE)
        self._delete_ref(actor, repo, TAGS + name)

    def _create_ref(self, actor: Actor, repo: Repo, name: str, oid: str, commit: str) -> None:
        with self._db.transaction():
            if not self._objects.will_stay(repo.id, commit, now_ms()):
                raise RevisionNotFound(f"Invalid rev id: {commit}. It is about to be collected")
            self._refs.create(repo.id, name, oid, commit)
            self._events.append(RefCreated(repo.id, name, commit), actor.user_id)

    def _delete_ref(self, actor: Actor, repo: Repo, name: str) -> None:
        with self._db.transaction():
            old = self._refs.delete(repo.id, name)
            self._events.append(RefDeleted(repo.id, name, old.commit_oid), actor.user_id)
