"""Which big files a repo has proved to have: table `lfs_object`, the truth that access rests on.

Rows are scoped to a repo on purpose. Knowing a sha256 must not be enough to get at bytes that
another repo holds, and who lies about one harms only himself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from hearthub.clock import now_ms
from hearthub.db import Database, IntegrityError, Rows, batches
from hearthub.errors import BadRequest, RepoNotFound
from hearthub.storage.backends import Blobs, Extent
from hearthub.storage.damage import damaged
from hearthub.storage.shares import Shares

BATCH = 500


@dataclass(frozen=True, slots=True)
class LfsObject:
    """`size` in bytes; `whole`: stored as one blob; `xet_hash`: stored as chunks of xorbs."""

    sha256: str
    size: int
    whole: bool
    xet_hash: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """An object that a repo proved to have: `size` in bytes, `created` in ms."""

    sha256: str
    size: int
    created: int


@dataclass(frozen=True)
class Location:
    """Where `size` bytes lie: `read` them, or take the short way where an `extent` shows one."""

    size: int
    _read: Callable[[int, int], Iterator[bytes]]
    _extent: Callable[[int, int], Extent | None]

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces of at most about 1 MiB."""
        return self._read(start, end)

    def extent(self, start: int, end: int) -> Extent | None:
        """Bytes from `start` on, `end` at most, where a local file has them as they are.

        Never waits for the disk. None where they must be made, or fetched.
        """
        return self._extent(start, end)


def locate_blob(blobs: Blobs, key: str, expected: int) -> Location:
    """A blob as a Location; raises Damaged when it is gone or does not have the expected size."""
    size = blobs.size(key)
    if size is None or size != expected:
        raise damaged(f"Blob {key}")
    path = blobs.locate(key)
    return Location(
        size,
        lambda start, end: blobs.open_range(key, start, end),
        lambda start, end: None if path is None else Extent(path, [(start, end - start)]),
    )


class Growth(Protocol):
    """Who decides whether a repo may have more."""

    def require(self, repo_id: int, more: int, by: int | None = None, *, shared: int = 0) -> None:
        """Raises OverQuota when it may not have so many bytes in addition, of which `shared` are
        in other repos of its owner. `by`: the user who proposes them; None: they come from one who
        may write."""

    def add(self, repo_id: int, more: int, by: int | None = None) -> None:
        """The same once they are there, in the transaction that adds them and that it undoes."""

    def require_xorbs(self, repo_id: int, more: int, by: int | None = None) -> None:
        """Raises OverQuota when a repo may not send so many bytes of xorbs more."""


@contextmanager
def of_a_repo() -> Iterator[None]:
    """Around a write whose one reference is to a repo: a broken one means that it was deleted.

    What was stored for it stays: by now the same bytes may be another repo's.
    """
    try:
        yield
    except IntegrityError as error:
        raise RepoNotFound from error


class LfsObjects:
    def __init__(self, db: Database) -> None:
        self.db, self.shares = db, Shares(db)
        self.growth: Growth | None = None

    def find(
        self, repo_id: int, sha256s: Sequence[str], *, keep: bool = False
    ) -> dict[str, LfsObject]:
        """Those of these objects that the repo proved.

        `keep`: the caller is about to rely on them (a commit will name them, a client need not
        send them), so that none of them is collected for a whole grace period from now on.
        """
        found: dict[str, LfsObject] = {}
        unique = list(dict.fromkeys(sha256s))
        for at in range(0, len(unique), BATCH):
            names = unique[at : at + BATCH]
            rows = self._rows(repo_id, names)
            if keep and any(row.unused is not None for row in rows):
                self.keep(repo_id, names)
                # Read again, because some may have been deleted before we could keep them.
                rows = self._rows(repo_id, names)
            for row in rows:
                found[row.sha256] = LfsObject(row.sha256, row.size, bool(row.whole), row.xet_hash)
        return found

    def _rows(self, repo_id: int, sha256s: list[str]) -> Rows:
        return self.db.all(
            """select sha256, size, whole, xet_hash, unused from lfs_object
            where repo_id = :repo_id and sha256 in (:sha256s)""",
            repo_id=repo_id,
            sha256s=sha256s,
        )

    def keep(self, repo_id: int, sha256s: list[str]) -> None:
        """Forget that these were once seen unused."""
        self.db.execute(
            "update lfs_object set unused = null where repo_id = :repo_id "
            "and sha256 in (:sha256s) and unused is not null",
            repo_id=repo_id,
            sha256s=sha256s,
        )

    def require(self, repo_id: int, wanted: Sequence[tuple[str, int | None]]) -> dict[str, int]:
        """The size of each object; raises BadRequest naming the first that the repo never
        received, or that has another size. Those that are there stay for a grace period."""
        found = self.find(repo_id, [sha256 for sha256, _ in wanted], keep=True)
        for sha256, size in wanted:
            if sha256 not in found:
                raise BadRequest(f"LFS object {sha256} was not uploaded to this repo")
            if size is not None and size != found[sha256].size:
                raise BadRequest(
                    f"LFS object {sha256} has {found[sha256].size} bytes, not {size} as claimed"
                )
        return {sha256: found[sha256].size for sha256, _ in wanted}

    def add(self, repo_id: int, objects: Sequence[LfsObject], by: int | None = None) -> None:
        """Note what a repo proved; an object may be stored both whole and as chunks. `by`: the
        user who proposes them, whose they are until a writer brings them too.

        Raises RepoNotFound when the repo was deleted meanwhile, OverQuota when it is too much.
        """
        with of_a_repo(), self.db.transaction():
            owner = self.shares.hold(repo_id)
            known = self.find(repo_id, [it.sha256 for it in objects])
            sizes = {it.sha256: it.size for it in objects if it.sha256 not in known}
            self.shares.note(owner, self.shares.bytes_of(owner, sizes))
            self.db.execute_many(
                """insert into lfs_object
                    (repo_id, owner_id, sha256, size, whole, xet_hash, created, proposer_id)
                values (:repo_id, :owner, :sha256, :size, :whole, :xet_hash, :now, :by)
                on conflict (repo_id, sha256) do update set
                    unused = null,
                    proposer_id = case when excluded.proposer_id is null then null
                        else lfs_object.proposer_id end,
                    whole = case when excluded.whole = 1 then 1 else lfs_object.whole end,
                    xet_hash = coalesce(lfs_object.xet_hash, excluded.xet_hash)""",
                [
                    {
                        "repo_id": repo_id,
                        "owner": owner,
                        "sha256": it.sha256,
                        "size": it.size,
                        "whole": int(it.whole),
                        "xet_hash": it.xet_hash,
                        "now": now_ms(),
                        "by": by,
                    }
                    for it in objects
                ],
            )
            if self.growth:
                self.growth.add(repo_id, sum(sizes.values()), by)

    def require_files(self, repo_id: int, sizes: Mapping[str, int], by: int | None = None) -> None:
        """Raises OverQuota when a repo may not have these files (size by sha256) in addition."""
        if not self.growth:
            return
        known = self.find(repo_id, list(sizes))
        new = {name: size for name, size in sizes.items() if name not in known}
        if more := sum(new.values()):
            self.growth.require(repo_id, more, by, shared=self.shared(repo_id, new, by))

    def require_xorb(self, repo_id: int, size: int, by: int | None) -> None:
        """Raises OverQuota when a repo may not send a xorb of this size."""
        if self.growth:
            self.growth.require_xorbs(repo_id, size, by)

    def shared(self, repo_id: int, sizes: Mapping[str, int], by: int | None) -> int:
        """The bytes of those of these files that the repo's owner has. To whoever proposes them
        nothing is told of that: it might be in a private repo."""
        return self.shares.bytes_of(self.shares.owner(repo_id), sizes) if by is None else 0

    def new_bytes(self, repo_id: int, sizes: Sequence[int]) -> tuple[int, int]:
        """How many bytes files of these sizes add to a repo, and how many to its owner's repos
        together: those that have no file of that size."""
        here = self._known_sizes("repo_id", repo_id, sizes)
        there = self._known_sizes("owner_id", self.shares.owner(repo_id), sizes)
        new = [size for size in sizes if size not in here]
        return sum(new), sum(size for size in new if size not in there)

    def _known_sizes(self, whose: str, number: int | None, sizes: Sequence[int]) -> set[int]:
        sql = f"select distinct size from lfs_object where {whose} = :number and size in (:sizes)"  # noqa: S608
        return {
            row.size
            for some in batches(dict.fromkeys(sizes))
            for row in self.db.all(sql, number=number, sizes=some)
        }

    def size_of_xet(self, repo_id: int, file_hash: str) -> int | None:
        """The size of a file the repo holds as chunks."""
        size: int | None = self.db.value(
            "select size from lfs_object where xet_hash = :file_hash and repo_id = :repo_id",
            file_hash=file_hash,
            repo_id=repo_id,
        )
        return size

    def used(self, repo_id: int) -> int:
        total = self.db.value("select sum(size) from lfs_object where repo_id = :r", r=repo_id)
        return int(total or 0)

    def claims(self, repo_id: int, after: str, limit: int) -> list[Claim]:
        rows = self.db.all(
            "select sha256, size, created from lfs_object where repo_id = :repo_id "
            "and sha256 > :after order by sha256 limit :limit",
            repo_id=repo_id,
            after=after,
            limit=limit,
        )
        return [Claim(*row) for row in rows]

    def forget(
        self, repo_id: int, sha256s: Sequence[str], *, unused_before: int | None = None
    ) -> set[str]:
        """A repo has these no more, or those of them that were seen unused before then (ms)."""
        gone: dict[str, int] = {}
        unused = "" if unused_before is None else " and unused < :before"
        with self.db.transaction():
            owner = self.shares.hold(repo_id)
            for names in batches(sha256s):
                rows = self.db.all(
                    "delete from lfs_object where repo_id = :repo_id and sha256 in (:names)"  # noqa: S608
                    f"{unused} returning sha256, size",
                    repo_id=repo_id,
                    names=names,
                    **({} if unused_before is None else {"before": unused_before}),
                )
                gone |= {row.sha256: row.size for row in rows}
            self.shares.note(owner, -self.shares.bytes_of(owner, gone))
        return set(gone)

    def forget_repo(self, repo_id: int) -> None:
        with self.db.transaction():
            self.db.execute("delete from lfs_object where repo_id = :r", r=repo_id)
            self.db.execute("delete from xorb_owner where repo_id = :r", r=repo_id)
