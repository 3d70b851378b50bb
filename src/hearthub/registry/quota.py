"""How much a repo, and all repos of a namespace together, may use.

`repo.used_storage` is what a repo uses: raised in the transaction that gives it an LFS object or
moves a branch, so that many uploads at once cannot pass a limit together, and measured anew after
each commit. A namespace uses what its repos do, less what several of them have: the same large
file counts once (storage/shares.py). Git objects are stored for each repo, and counted so. What
waits here of uploads that have not ended counts along (storage/waiting.py).

What people bring along who may not write (`by`, a user's id) is part of it, and is counted on its
own as well: `lfs_object.proposer_id`, and for git objects the table `proposed`. All of them
together get so much of a namespace and no more, until a pull request of theirs is merged: nobody's
repos are full because strangers filled them.
"""

from collections.abc import Iterable

from hearthub.db import Database
from hearthub.errors import OverQuota
from hearthub.registry.gitformat import Kind, oid_of
from hearthub.registry.objects import ObjectStore
from hearthub.registry.operations import Operation, PutFile
from hearthub.registry.repo import Repo
from hearthub.settings import Settings
from hearthub.storage import Storage

_ADVICE = (
    "Delete what is no longer needed and squash the history (what that frees is available after "
    "the hub's next clean-up), or ask an administrator of this hub"
)


SHARE = 10
"""One in so many bytes of a quota may be those of proposals."""
XORBS = 2
"""So many times its quota may be the xorbs that a repo has sent. Those that no file needs lie on
for four weeks, since clients name them for as long, and count in no file."""


class Quota:
    def __init__(
        self, db: Database, objects: ObjectStore, storage: Storage, settings: Settings
    ) -> None:
        self._db, self._objects, self._storage = db, objects, storage
        self._of_repo, self._of_namespace = settings.max_repo_size, settings.max_namespace_size
        shares = [settings.max_proposed_size, self._of_namespace // SHARE]
        self._proposed_of_namespace = min((it for it in shares if it), default=0)
        self._proposed_of_repo = self._of_repo // SHARE

    def require(self, repo_id: int, more: int, by: int | None = None, *, shared: int = 0) -> None:
        """Raises OverQuota when a repo may not have this many bytes in addition, of which `shared`
        are in other repos of its owner."""
        if by is not None:
            self._require_proposed(repo_id, more)
        if not (self._of_repo or self._of_namespace):
            return
        try:
            self._require(repo_id, more, shared)
        except OverQuota:
            self.measure(repo_id)  # the last commit may have been taken for more than it was
            self._require(repo_id, more, shared)

    def measure(self, repo_id: int) -> None:
        """How much a repo uses: its git objects and the LFS objects it proved, in bytes."""
        git = self._objects.used(repo_id)
        with self._db.transaction():  # an upload that ends meanwhile adds to what is written here
            self._db.execute(
                "update repo set used_storage = :used where id = :id",
                used=git + self._storage.used(repo_id),
                id=repo_id,
            )
            self._db.execute(  # more than all there is was collected meanwhile
                "update proposed set size = :git where repo_id = :id and size > :git",
                git=git,
                id=repo_id,
            )

    def _require(self, repo_id: int, more: int, shared: int = 0) -> None:
        repo = self._db.one(
            "select namespace, name, owner_id, used_storage from repo where id = :id", id=repo_id
        )
        if repo is None:  # deleted: whoever writes to it is told so
            return
        if self._of_repo:
            name = f"The repo {repo.namespace}/{repo.name}"
            used = repo.used_storage + self._storage.waiting.of_repo(repo_id)
            _require(name, used, more, self._of_repo)
        self.require_namespace(repo.owner_id, repo.namespace, more - shared)

    def require_namespace(self, owner_id: int, name: str, more: int) -> None:
        """The same for an account's repos together."""
        if not self._of_namespace:
            return
        used = self.used_by(owner_id) + self._storage.waiting.of_owner(owner_id)
        _require(f"The namespace {name}", used, more, self._of_namespace)

    def used_by(self, owner_id: int) -> int:
        """The bytes that an account's repos use together."""
        used = self._db.value(
            "select (select coalesce(sum(used_storage), 0) from repo where owner_id = :owner) "
            "- shared_storage from account where id = :owner",
            owner=owner_id,
        )
        return max(0, int(used or 0))

    def require_new(
        self, owner_id: int, namespace: str, full_name: str, size: int, shared: int
    ) -> None:
        """Raises OverQuota when an account may not have a new repo of this size, of which `shared`
        bytes are in repos that it has."""
        if self._of_repo:
            _require(f"The repo {full_name}", 0, size, self._of_repo)
        self.require_namespace(owner_id, namespace, size - shared)

    def require_move(self, repo: Repo, owner_id: int, namespace: str) -> None:
        """In the transaction of a move. Raises OverQuota when an account may not have a repo of
        another one too."""
        self._storage.shares.hold_both(repo.id, owner_id)
        more = repo.used_storage + self._storage.waiting.of_repo(repo.id)
        more -= self._storage.shares.of_repo(repo.id, owner_id)
        self.require_namespace(owner_id, namespace, more)

    def add_git(self, repo_id: int, more: int, by: int | None) -> None:
        """The same as `add`, of git objects."""
        if more and by is not None:
            self._db.execute(
                "insert into proposed (repo_id, user_id, size) values (:id, :by, :more) "
                "on conflict (repo_id, user_id) do update set size = proposed.size + excluded.size",
                id=repo_id,
                by=by,
                more=more,
            )
        self.add(repo_id, more, by)

    def add(self, repo_id: int, more: int, by: int | None = None) -> None:
        """A repo has so many bytes in addition. In the open transaction, which OverQuota undoes."""
        if not more:
            return
        if self._of_namespace and not self._db.is_sqlite:  # one after the other
            self._db.one(
                "select a.id from account a join repo on repo.owner_id = a.id "
                "where repo.id = :id for no key update of a",
                id=repo_id,
            )
        self._db.execute(
            "update repo set used_storage = used_storage + :more where id = :id",
            more=more,
            id=repo_id,
        )
        self.require(repo_id, 0, by)

    def require_xorbs(self, repo_id: int, more: int, by: int | None = None) -> None:
        """Raises OverQuota when a repo, or all of its owner, may not send so many bytes of xorbs in
        addition: for files it must have room as well, and those come later."""
        repo = self._db.one("select namespace, name, owner_id from repo where id = :id", id=repo_id)
        if repo is None:
            return
        of_repo, of_namespace = self._of_repo, self._of_namespace
        if by is not None:
            of_repo, of_namespace = self._proposed_of_repo, self._proposed_of_namespace
        whose = "null" if by is None else "not null"
        for name, limit, where, value in (
            (f"The repo {repo.namespace}/{repo.name}", of_repo, "r.id", repo_id),
            (f"The namespace {repo.namespace}", of_namespace, "r.owner_id", repo.owner_id),
        ):
            sql = (
                "select sum(x.size) from xorb_owner x join repo r on r.id = x.repo_id "  # noqa: S608
                f"where {where} = :value and x.proposer_id is {whose}"
            )
            used = int(self._db.value(sql, value=value) or 0) if limit else 0
            if limit and used + more > XORBS * limit:
                raise OverQuota(
                    f"{name} has sent {in_words(used)} of chunks (xorbs), and may have "
                    f"{in_words(XORBS * limit)} of them here. Those of uploads that never ended, "
                    "and of deleted files, go after four weeks; until then send by LFS, or ask an "
                    "administrator of this hub"
                )

    def adopt(self, repo_id: int, user_id: int) -> None:
        """What this user brought to the repo is the repo's own from now on."""
        with self._db.transaction():
            self._db.execute(
                "update lfs_object set proposer_id = null "
                "where repo_id = :id and proposer_id = :user",
                id=repo_id,
                user=user_id,
            )
            self._db.execute(
                "update xorb_owner set proposer_id = null "
                "where repo_id = :id and proposer_id = :user",
                id=repo_id,
                user=user_id,
            )
            self._db.execute(
                "delete from proposed where repo_id = :id and user_id = :user",
                id=repo_id,
                user=user_id,
            )

    def _require_proposed(self, repo_id: int, more: int) -> None:
        repo = self._db.one("select namespace, name, owner_id from repo where id = :id", id=repo_id)
        if repo is None:
            return
        waiting = self._storage.waiting
        for name, limit, where, value, waits in (
            (f"repo {repo[0]}/{repo[1]}", self._proposed_of_repo, "r.id", repo_id, waiting.of_repo),
            (f"namespace {repo[0]}", self._proposed_of_namespace, "r.owner_id", repo[2],
             waiting.of_owner),
        ):  # fmt: skip
            used = self._proposed(where, value) + waits(value, proposed=True) if limit else 0
            if limit and used + more > limit:
                added = f", and this would add {in_words(more)}" if more else ""
                raise OverQuota(
                    f"Proposals of people who may not write use {in_words(used)} of the "
                    f"{in_words(limit)} that the {name} has for them{added}. Ask its owners to "
                    "merge what is of use, or for access to write"
                )

    def _proposed(self, where: str, value: int) -> int:
        return sum(
            int(
                self._db.value(
                    f"select sum(o.size) from {table} o join repo r on r.id = o.repo_id "  # noqa: S608
                    f"where {where} = :value{more}",
                    value=value,
                )
                or 0
            )
            for table, more in (
                ("lfs_object", " and o.proposer_id is not null"), ("proposed", ""),
            )
        )  # fmt: skip

    def weigh(
        self,
        repo_id: int,
        operations: Iterable[Operation],
        most: int | None,
        by: int | None = None,
    ) -> int:
        """The bytes a commit brings along inline, that the repo does not have: checked.

        `most` is what they cannot be more than, when that is known: where so much fits they need
        not be looked at.
        """
        if by is None and not (self._of_repo or self._of_namespace):
            return 0
        if by is None and most is not None:
            try:
                self._require(repo_id, most)
            except OverQuota:
                pass
            else:
                return most
        new = self._new_bytes(repo_id, operations)
        if new:
            self.require(repo_id, new, by)
        return new

    def _new_bytes(self, repo_id: int, operations: Iterable[Operation]) -> int:
        sizes = {
            oid_of(Kind.BLOB, operation.content): len(operation.content)
            for operation in operations
            if isinstance(operation, PutFile)
        }
        return sum(sizes.values()) - sum(self._objects.sizes(repo_id, sizes).values())


def _require(name: str, used: int, more: int, limit: int) -> None:
    if used + more > limit:
        added = f", and this would add {in_words(more)}" if more else ""
        raise OverQuota(
            f"{name} uses {in_words(used)} of the {in_words(limit)} it may use{added}. {_ADVICE}"
        )


def in_words(size: int) -> str:
    """A size for people, in powers of ten, as the Hub's own pages have it."""
    value, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{size} bytes" if unit == "bytes" else f"{value:.3g} {unit}"
