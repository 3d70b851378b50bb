"""Who may be told what happened to a repo: by its rights now, or as they were when it was deleted.

A webhook may be behind when a repo is deleted. What it has waiting is sent all the same, to those
who could read that when it happened and who could read the repo up to its end: what was public
once, then private, then deleted, is not told to whoever had lost it.
"""

from dataclasses import asdict, replace
from typing import Any

import orjson

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.registry import Asked, Registry, Repo


class Gone:
    def __init__(self, db: Database, registry: Registry) -> None:
        self._db, self._registry = db, registry

    def note(self, repo: Repo) -> None:
        """In the transaction that is about to delete it."""
        users = self._db.column("select distinct account_id from webhook order by account_id")
        if not users:
            return  # nobody has anything waiting
        self._db.execute(
            "insert into webhook_gone (repo_id, repo, guests, created) "
            "values (:id, :repo, :guests, :now) on conflict (repo_id) do update set "
            "repo = excluded.repo, guests = excluded.guests, created = excluded.created",
            id=repo.id,
            repo=orjson.dumps(asdict(repo)).decode(),
            guests=orjson.dumps(self._registry.gates.guests(repo, users)).decode(),
            now=now_ms(),
        )

    def may(self, actor: Actor, then: dict[str, Any], need: int) -> bool:
        """Whether a user may know what needed this right on a repo, which was so when it
        happened."""
        repo = self._registry.by_id(then["id"])
        if repo is not None:
            return self._registry.right(actor, repo) >= need
        sql = "select repo, guests from webhook_gone where repo_id = :id"
        row = self._db.one(sql, id=then["id"])
        if row is None:
            return False
        is_guest = actor.user_id in orjson.loads(row.guests)
        asked = Asked(actor.user_id, "accepted") if is_guest and actor.user_id else None
        return all(
            self._registry.right_then(actor, replace(Repo(**kept), asked=asked)) >= need
            for kept in (then, orjson.loads(row.repo))
        )

    def tidy(self, before: int) -> None:
        """Forget those that were deleted before then (ms)."""
        self._db.execute("delete from webhook_gone where created < :before", before=before)
