"""Locks of git-lfs: who works on a file just now. Advice among colleagues, not a right."""

from dataclasses import dataclass

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Conflict, Forbidden, NotFound, TooLarge
from hearthub.registry.access import Right, require
from hearthub.registry.paths import clean_path
from hearthub.registry.repo import Repo

MOST = 10_000
"""Locks a repo may have."""
_COLUMNS = (
    "select l.id, l.path, l.owner_id, a.name, l.created from lfs_lock l "
    "join account a on a.id = l.owner_id where l.repo_id = :repo "
)


@dataclass(frozen=True)
class Lock:
    """`created` in milliseconds since 1970."""

    id: int
    path: str
    owner_id: int
    owner: str
    created: int


class Locked(Conflict):
    """Somebody has the file already."""

    def __init__(self, lock: Lock) -> None:
        super().__init__(f"{lock.path} is locked by {lock.owner}")
        self.lock = lock


class Locks:
    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, actor: Actor, repo: Repo, path: str) -> Lock:
        """Raises Locked where the file is locked, by whomever."""
        require(actor, repo, Right.WRITE)
        clean_path(path)
        with self._db.transaction():
            count = self._db.value("select count(*) from lfs_lock where repo_id = :r", r=repo.id)
            if count >= MOST:
                raise TooLarge(f"A repo has at most {MOST} locks: unlock what nobody works on")
            made = self._db.execute(
                "insert into lfs_lock (repo_id, path, owner_id, created) "
                "values (:repo, :path, :owner, :now) on conflict (repo_id, path) do nothing",
                repo=repo.id,
                path=path,
                owner=actor.user_id,
                now=now_ms(),
            )
            lock = self.of(repo, path=path)[0]
        if not made:
            raise Locked(lock)
        return lock

    def of(
        self, repo: Repo, *, path: str | None = None, lock_id: int | None = None,
        after: int = 0, limit: int = 100,
    ) -> list[Lock]:  # fmt: skip
        """By id, those after `after`; of one path, or the one of an id, where these are given."""
        where = "and l.id > :after " + "and l.path = :path " * (path is not None)
        where += "and l.id = :lock " * (lock_id is not None)
        named = {"path": path, "lock": lock_id}
        rows = self._db.all(
            f"{_COLUMNS}{where}order by l.id limit :limit",
            repo=repo.id,
            after=after,
            limit=limit,
            **{name: it for name, it in named.items() if it is not None},
        )
        return [Lock(*row) for row in rows]

    def delete(self, actor: Actor, repo: Repo, lock_id: int, *, force: bool) -> Lock:
        """Another's lock is broken with `force` alone."""
        require(actor, repo, Right.WRITE)
        found = self.of(repo, lock_id=lock_id)
        if not found:
            raise NotFound(f"There is no lock {lock_id}")
        if found[0].owner_id != actor.user_id and not force:
            raise Forbidden(f"{found[0].path} is locked by {found[0].owner}: --force breaks it")
        self._db.execute("delete from lfs_lock where id = :id", id=lock_id)
        return found[0]
