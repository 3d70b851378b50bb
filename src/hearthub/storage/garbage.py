"""Collecting what the store holds for nobody: xorbs, files of chunks, claims, and bytes.

Leaves first: each run removes what nothing named when it began, and what that named in turn is for
the next run. So a dry run tells exactly what the next one does.

    claim (lfs_object) -> xet_file -> xorb -> bytes        a claim nobody uses for a week goes;
                      \\-> bytes of a whole object          what only it named, a run later

Why nothing that is used can go, beside writers in this process and others: docs/decisions/0007.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from hearthub.db import Database, Rows
from hearthub.errors import RepoNotFound
from hearthub.storage.backends import Blobs
from hearthub.storage.objects import LfsObjects
from hearthub.storage.tombstones import Tombstones

T = TypeVar("T")

DAY_MS = 24 * 60 * 60 * 1000
XORB_GRACE_MS = 28 * DAY_MS
"""From the last touch: clients remember for three weeks which xorbs are stored, and a week more."""
CLAIM_GRACE_MS = 7 * DAY_MS
"""From when no ref names it any more: uploads are committed days later, and squashes regretted."""
BYTES_GRACE_MS = DAY_MS
"""From when no row names them: a writer takes seconds from its bytes to their row."""

PAGE = 500
HOLD_S = 0.02
"""How long one transaction deletes; then other writers have their turn."""


@dataclass
class Count:
    """`removed` are gone (in a dry run: would be); `waiting` are garbage in its grace period."""

    removed: int = 0
    removed_bytes: int = 0
    waiting: int = 0
    waiting_bytes: int = 0


@dataclass
class Tally:
    """What a collection did, by kind. `dry`: it only looked. `notes`: what it left alone, why."""

    now: int
    dry: bool = False
    kinds: dict[str, Count] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def remove(self, kind: str, size: int, many: int = 1) -> None:
        count = self.kinds.setdefault(kind, Count())
        count.removed += many
        count.removed_bytes += size

    def wait(self, kind: str, size: int) -> None:
        count = self.kinds.setdefault(kind, Count())
        count.waiting += 1
        count.waiting_bytes += size

    @property
    def removed(self) -> int:
        return sum(count.removed for count in self.kinds.values())


def briefly(db: Database, items: Iterable[T], act: Callable[[T], object]) -> None:
    """`act` on each, in transactions so short that other writers hardly notice."""
    waiting = deque(items)
    while waiting:
        with db.transaction():
            ends = time.monotonic() + HOLD_S
            while waiting and time.monotonic() < ends:
                act(waiting.popleft())
        time.sleep(HOLD_S / 10)  # a lock that is asked for again at once is never anybody else's


class Garbage:
    def __init__(
        self, db: Database, objects: LfsObjects, blobs: Blobs, tombstones: Tombstones
    ) -> None:
        self._db, self._objects = db, objects
        self._blobs, self._tombstones = blobs, tombstones

    # -- xorbs --

    def collect_xorbs(self, tally: Tally) -> None:
        before = tally.now - XORB_GRACE_MS
        for page in self._pages(
            "select x.hash as key, x.disk_size as size, x.touched from xorb x "
            "where x.hash > :after and not exists "
            "(select 1 from xet_file_xorb u where u.xorb = x.hash) order by x.hash limit :page"
        ):
            old = [row for row in page if row.touched < before]
            for row in page:
                if row.touched >= before:
                    tally.wait("xorbs", row.size)
            if tally.dry:
                for row in old:
                    tally.remove("xorbs", row.size)
                continue
            briefly(self._db, old, lambda row: self._remove_xorb(row.key, row.size, before, tally))
            keys = [f"xorbs/{row.key}" for row in old]
            briefly(self._db, keys, lambda key: self._remove_bytes(key, before=1))

    def _remove_xorb(self, name: str, size: int, before: int, tally: Tally) -> None:
        # First the row goes and a mark for the bytes comes, durably; the bytes go after that. Were
        # it the other way round and we died in between, the row would tell clients not to send it.
        gone = self._db.execute(
            "delete from xorb where hash = :name and touched < :before and not exists "
            "(select 1 from xet_file_xorb u where u.xorb = xorb.hash)",
            name=name,
            before=before,
        )
        if gone:
            self._tombstones.add(f"xorbs/{name}", 0)
            tally.remove("xorbs", size)

    # -- files of chunks --

    def collect_files(self, tally: Tally) -> None:
        """No grace of their own: each was claimed once, and its claim had one."""
        for page in self._pages(
            "select f.hash as key, length(f.terms) as size from xet_file f "
            "where f.hash > :after and not exists "
            "(select 1 from lfs_object o where o.xet_hash = f.hash) order by f.hash limit :page"
        ):
            if tally.dry:
                for row in page:
                    tally.remove("files of chunks", row.size)
            else:
                briefly(self._db, page, lambda row: self._remove_file(row.key, row.size, tally))

    def _remove_file(self, key: str, size: int, tally: Tally) -> None:
        if not self._db.is_sqlite:  # a registration under way holds this row until it is visible
            self._db.one("select 1 from xet_file where hash = :key for update", key=key)
        gone = self._db.execute(
            "delete from xet_file where hash = :key and not exists "
            "(select 1 from lfs_object o where o.xet_hash = xet_file.hash)",
            key=key,
        )
        if gone:
            tally.remove("files of chunks", size)

    # -- claims --

    def collect_claims(
        self,
        repo_id: int,
        tally: Tally,
        is_named: Callable[[list[str]], set[str]],
        may_be_named: Callable[[list[str]], set[str]],
    ) -> None:
        """Claims of a repo. Of some sha256s, `is_named` gives those that its refs name by pointers,
        `may_be_named` those that any object of the repo does, also one no ref reaches (any more).
        """
        before = tally.now - CLAIM_GRACE_MS
        for page in self._pages(
            "select sha256 as key, size, unused from lfs_object "
            "where repo_id = :repo and sha256 > :after order by sha256 limit :page",
            repo=repo_id,
        ):
            named = is_named([row.key for row in page])
            unused = [row for row in page if row.key not in named]
            old = [row for row in unused if row.unused is not None and row.unused < before]
            kept = may_be_named([row.key for row in old]) if old else set()
            expired = {row.key for row in old} - kept
            for row in unused:
                if row.key not in expired:
                    tally.wait("claims", 0)
                elif tally.dry:
                    tally.remove("claims", 0)
            if not tally.dry:
                seen_anew = [row.key for row in unused if row.unused is None]
                self._mark_claims(repo_id, tally.now, seen_anew)
                back = [row.key for row in page if row.key in named and row.unused is not None]
                self._mark_claims(repo_id, None, back)
                for key in sorted(expired):
                    self._remove_claim(repo_id, key, before, tally)

    def _mark_claims(self, repo_id: int, since: int | None, sha256s: list[str]) -> None:
        if sha256s:
            self._db.execute(
                "update lfs_object set unused = :since "
                "where repo_id = :repo and sha256 in (:sha256s)",
                since=since,
                repo=repo_id,
                sha256s=sha256s,
            )

    def _remove_claim(self, repo_id: int, sha256: str, before: int, tally: Tally) -> None:
        # A commit that required it meanwhile has taken the mark away: then it stays.
        with suppress(RepoNotFound):
            if self._objects.forget(repo_id, [sha256], unused_before=before):
                tally.remove("claims", 0)

    # -- bytes --

    def collect_bytes(self, tally: Tally) -> None:
        """Bytes that no row names: of uploads that died, of claims that are gone, of gone repos.

        Git blobs of repos that exist are the registry's to collect.
        """
        before = tally.now - BYTES_GRACE_MS
        for page in self._pages(
            "select key, since from blob_garbage where key > :after order by key limit :page"
        ):
            for row in page:
                size = self._blobs.size(row.key)
                if size is None or self._is_used(row.key):
                    if not tally.dry:
                        self._forget_mark(row.key, row.since)
                elif row.since >= before:
                    tally.wait("bytes nobody names", size)
                elif tally.dry:
                    tally.remove("bytes nobody names", size)
                else:
                    with self._db.transaction():
                        if self._remove_bytes(row.key, before):
                            tally.remove("bytes nobody names", size)
        for key in self._unnamed():
            tally.wait("bytes nobody names", self._blobs.size(key) or 0)
            if not tally.dry:
                self._tombstones.add(key, tally.now)

    def _remove_bytes(self, key: str, before: int) -> bool:
        """Inside a transaction. False when a writer has come back to them meanwhile."""
        if not self._tombstones.take(key, before) or self._is_used(key):
            return False
        self._blobs.delete(key)
        return True

    def _forget_mark(self, key: str, since: int) -> None:
        sql = "delete from blob_garbage where key = :key and since = :since"
        self._db.execute(sql, key=key, since=since)

    def _is_used(self, key: str) -> bool:
        kind, *middle, name = key.split("/")
        match kind:
            case "lfs":
                sql = "select 1 from lfs_object where sha256 = :name and whole = 1"
            case "xorbs":
                sql = "select 1 from xorb where hash = :name"
            case _:
                sql, name = "select 1 from repo where id = :name", middle[0]
        return self._db.one(sql, name=int(name) if kind == "git" else name) is not None

    def _unnamed(self) -> Iterator[str]:
        """Keys that no row names and that are not marked yet."""
        repos: dict[str, bool] = {}
        for kind in ("lfs/", "xorbs/", "git/"):
            for key in self._blobs.list(kind):
                if kind == "git/":
                    repo = key.split("/")[1]
                    if repo not in repos:
                        repos[repo] = self._is_used(key)
                    is_used = repos[repo]
                else:
                    is_used = self._is_used(key)
                sql = "select 1 from blob_garbage where key = :key"
                if not is_used and self._db.one(sql, key=key) is None:
                    yield key

    def _pages(self, sql: str, **params: object) -> Iterator[Rows]:
        """Rows in the order of their `key`, some at a time; rows may go while we read."""
        after = ""
        while page := self._db.all(sql, after=after, page=PAGE, **params):
            yield page
            after = page[-1].key
