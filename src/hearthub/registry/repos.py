"""Rows of repos: find, create, move, delete, settings, lists. No access rules here."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hearthub.clock import now_ms
from hearthub.db import BATCH, Database, batches
from hearthub.errors import BadRequest, Conflict, RepoNotFound
from hearthub.registry.repo import COLUMNS, REPO_TYPES, Repo

GATES = frozenset({"auto", "manual"})


class Repos:
    def __init__(self, db: Database) -> None:
        self.db = db

    def find(self, repo_type: str, full_name: str) -> Repo:
        """The repo by its present name, or one it had before. Names are case-insensitive."""
        key = full_name.lower()
        row = self.db.one(
            f"select {COLUMNS} from repo where type = :type and key = :key",  # noqa: S608
            type=repo_type,
            key=key,
        )
        if row is None:
            row = self.db.one(
                f"select {COLUMNS} from repo_alias join repo on repo.id = repo_alias.repo_id "  # noqa: S608
                "where repo_alias.type = :type and repo_alias.key = :key",
                type=repo_type,
                key=key,
            )
        if row is None:
            raise RepoNotFound
        return _repo(row)

    def by_id(self, repo_id: int) -> Repo | None:
        row = self.db.one(f"select {COLUMNS} from repo where id = :id", id=repo_id)  # noqa: S608
        return None if row is None else _repo(row)

    def by_ids(self, repo_ids: Sequence[int]) -> list[Repo]:
        sql = f"select {COLUMNS} from repo where id in (:ids)"  # noqa: S608
        return [_repo(row) for ids in batches(repo_ids) for row in self.db.all(sql, ids=ids)]

    def insert(
        self,
        repo_type: str,
        owner_id: int,
        namespace: str,
        name: str,
        *,
        visibility: str,
        sdk: str | None,
        created_by: int | None,
    ) -> Repo:
        """Raises Conflict when the name is taken. An old name of another repo becomes free."""
        check_visibility(repo_type, visibility)
        key, now = f"{namespace}/{name}".lower(), now_ms()
        repo = Repo(
            id=0,
            uid=secrets.token_hex(12),
            type=repo_type,
            owner_id=owner_id,
            namespace=namespace,
            name=name,
            visibility=visibility,
            gated=None,
            disabled=False,
            sdk=sdk,
            created_by=created_by,
            created=now,
            modified=now,
            used_storage=0,
        )
        with self.db.transaction():
            self.db.execute(
                "delete from repo_alias where type = :type and key = :key", type=repo_type, key=key
            )
            repo_id = self.db.value(
                "insert into repo (uid, type, owner_id, namespace, name, key, visibility, sdk, "
                "created_by, created, modified) values (:uid, :type, :owner_id, :namespace, :name, "
                ":key, :visibility, :sdk, :created_by, :created, :modified) "
                "on conflict (type, key) do nothing returning id",
                key=key,
                **{n: getattr(repo, n) for n in _INSERTED},
            )
            if repo_id is None:
                raise Conflict(f"You already created this {repo_type} repo: {namespace}/{name}")
        return replace(repo, id=int(repo_id))

    def require_free(self, repo_type: str, namespace: str, name: str) -> None:
        """Raises Conflict when there is a repo of this name."""
        sql = "select id from repo where type = :type and key = :key"
        if self.db.value(sql, type=repo_type, key=f"{namespace}/{name}".lower()) is not None:
            raise Conflict(f"You already created this {repo_type} repo: {namespace}/{name}")

    def reserve(self, like: Repo) -> int:
        """A number that no repo has, had or will be given: for one that `insert_copy` makes."""
        uid = secrets.token_hex(12)
        with self.db.transaction():
            number = self.db.value(
                "insert into repo (uid, type, owner_id, namespace, name, key, visibility, sdk, "
                "created_by, created, modified) select cast(:uid as text), type, owner_id, "
                "namespace, name, cast(:key as text), 'private', sdk, created_by, created, "
                "modified from repo where id = :id returning id",
                uid=uid,
                key=f" {uid}",
                id=like.id,
            )
            if number is None:
                raise RepoNotFound
            self.db.execute("delete from repo where id = :id", id=number)
        return int(number)

    def insert_copy(self, repo: Repo) -> Repo:
        """A new repo with a number that was reserved; made now, and using nothing yet.

        Raises Conflict when the name is taken. An old name of another repo becomes free.
        """
        now, key = now_ms(), repo.full_name.lower()
        repo = replace(
            repo, uid=secrets.token_hex(12), created=now, modified=now, used_storage=0,
            disabled=False,
        )  # fmt: skip
        named = {name: getattr(repo, name) for name in ("id", "gated", *_INSERTED)}
        with self.db.transaction():
            self.require_free(repo.type, repo.namespace, repo.name)
            self.db.execute(
                "delete from repo_alias where type = :type and key = :key", type=repo.type, key=key
            )
            self.db.execute(
                f"insert into repo (key, {', '.join(named)}) "  # noqa: S608
                f"values (:key, {', '.join(f':{name}' for name in named)})",
                key=key,
                **named,
            )
        return repo

    def rename(self, repo: Repo, owner_id: int, namespace: str, name: str) -> Repo:
        """Move to a new name; the old one keeps leading here. Joins the open transaction."""
        key = f"{namespace}/{name}".lower()
        with self.db.transaction():
            taken = self.db.value(
                "select id from repo where type = :type and key = :key", type=repo.type, key=key
            )
            if taken is not None and taken != repo.id:
                raise Conflict(f"A {repo.type} repository called {namespace}/{name} already exists")
            self.db.execute(
                "delete from repo_alias where type = :type and key = :key", type=repo.type, key=key
            )
            self.db.execute(
                "update repo set owner_id = :owner_id, namespace = :namespace, name = :name, "
                "key = :key, modified = :now where id = :id",
                owner_id=owner_id,
                namespace=namespace,
                name=name,
                key=key,
                now=now_ms(),
                id=repo.id,
            )
            if repo.full_name.lower() != key:
                self.db.execute(
                    "insert into repo_alias (type, key, repo_id) values (:type, :key, :id) "
                    "on conflict (type, key) do update set repo_id = excluded.repo_id",
                    type=repo.type,
                    key=repo.full_name.lower(),
                    id=repo.id,
                )
        return replace(repo, owner_id=owner_id, namespace=namespace, name=name)

    def former_names(self, repo_ids: Sequence[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        sql = "select repo_id, key from repo_alias where repo_id in (:ids) order by key"
        for ids in batches(repo_ids):
            for row in self.db.all(sql, ids=ids):
                found.setdefault(row.repo_id, []).append(row.key)
        return found

    def delete(self, repo: Repo) -> None:
        self.db.execute("delete from repo where id = :id", id=repo.id)

    def change(self, repo: Repo, *, visibility: str, gated: str | None) -> Repo:
        check_visibility(repo.type, visibility)
        if gated is not None and gated not in GATES:
            raise BadRequest("gated must be auto, manual or false")
        self.db.execute(
            "update repo set visibility = :visibility, gated = :gated where id = :id",
            visibility=visibility,
            gated=gated,
            id=repo.id,
        )
        return replace(repo, visibility=visibility, gated=gated)

    def all_with_heads(self) -> Iterator[list[tuple[Repo, str]]]:
        """Every repo with the newest commit of its main branch, in batches by ascending id."""
        last = 0
        while rows := self.db.all(
            f"select ref.commit_oid, {COLUMNS} from repo join ref on ref.repo_id = repo.id "  # noqa: S608
            "and ref.name = 'refs/heads/main' where repo.id > :last order by repo.id limit :limit",
            last=last,
            limit=BATCH,
        ):
            yield [(_repo(row[1:]), row[0]) for row in rows]
            last = rows[-1].id

    def largest(self, limit: int) -> tuple[list[Repo], dict[str, int]]:
        """Those that use most, and how many there are of each type."""
        rows = self.db.all(
            f"select {COLUMNS} from repo order by used_storage desc, id limit :limit",  # noqa: S608
            limit=limit,
        )
        counts = self.db.all("select type, count(*) as many from repo group by type")
        return [_repo(row) for row in rows], {row.type: row.many for row in counts}

    def counts(self, owner_id: int, reader: "Reader") -> dict[str, int]:
        """Repos of an account by type, as far as `reader` may see them."""
        sees_all = reader.sees_all or owner_id in reader.owner_ids
        hidden = "" if sees_all else "and visibility <> 'private' "
        rows = self.db.all(
            f"select type, count(*) from repo where owner_id = :owner {hidden}group by type",  # noqa: S608
            owner=owner_id,
        )
        return {row[0]: row[1] for row in rows}

    def of_owner(self, owner_id: int, reader: "Reader", skip: int, limit: int) -> list[Repo]:
        """Repos of an account that `reader` may see, the largest first."""
        sees_all = reader.sees_all or owner_id in reader.owner_ids
        hidden = "" if sees_all else "and visibility <> 'private' "
        rows = self.db.all(
            f"select {COLUMNS} from repo where owner_id = :owner {hidden}"  # noqa: S608
            "order by used_storage desc, id limit :limit offset :skip",
            owner=owner_id,
            limit=limit,
            skip=skip,
        )
        return [_repo(row) for row in rows]

    def changed_last(self, owner_ids: Sequence[int], reader: "Reader", limit: int) -> list[Repo]:
        """Repos of these accounts that `reader` may see, the one changed last first."""
        hidden = "" if reader.sees_all else "and (visibility <> 'private' or owner_id in (:mine)) "
        found = [
            _repo(row)
            for some in batches(owner_ids)
            for row in self.db.all(
                f"select {COLUMNS} from repo where owner_id in (:owners) {hidden}"  # noqa: S608
                "order by modified desc, id desc limit :limit",
                owners=some,
                limit=limit,
                **({} if reader.sees_all else {"mine": [0, *reader.owner_ids]}),
            )
        ]
        return sorted(found, key=lambda it: (it.modified, it.id), reverse=True)[:limit]


@dataclass(frozen=True)
class Reader:
    """Whose private repos a list may show: those of these accounts, or all."""

    owner_ids: frozenset[int]
    sees_all: bool


def check_visibility(repo_type: str, visibility: str) -> None:
    if repo_type not in REPO_TYPES:
        raise BadRequest(f"Unknown repo type {repo_type!r}: one of {', '.join(REPO_TYPES)}")
    allowed = ("public", "private", "protected") if repo_type == "space" else ("public", "private")
    if visibility not in allowed:
        raise BadRequest(f"visibility of a {repo_type} must be one of {', '.join(allowed)}")


_INSERTED = "uid type owner_id namespace name visibility sdk created_by created modified".split()


def _repo(row: Any) -> Repo:
    return Repo(*row)
