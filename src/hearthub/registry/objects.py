"""Git objects as rows: one table holds the objects of every repo.

A row's `z` is the deflate stream that a pack needs for the object, so a clone copies rows. Contents
over `MAX_INLINE` lie in the blob store as they are, fit to be served by range:

    git/<repo_id>/<oid>
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from cachetools import LRUCache

from hearthub.db import Database
from hearthub.errors import NotFound
from hearthub.registry.gitformat import (
    Commit,
    Kind,
    TreeEntry,
    decode_commit,
    decode_tree,
    hasher,
    oid_of,
)

MAX_INLINE = 128 * 1024  # bytes of content; above, a file is read faster than a row (engine.md A6)
BATCH_BYTES = 8 * 2**20
BATCH_ROWS = 10_000
CACHE_BYTES = 48 * 2**20
_READ = 2**20

Parsed = dict[str, TreeEntry] | Commit


class BlobStore(Protocol):
    """What the object store needs of the storage part; keys are as drawn above."""

    def put_blob(self, key: str, source: bytes | Path) -> None:
        """Durable when it returns; storing a key again is no error."""

    def read_blob(self, key: str) -> bytes: ...

    def delete_blobs(self, prefix: str) -> None: ...


class ObjectStore:
    """All methods may be called from any thread. Oids are 40 hex digits."""

    def __init__(self, db: Database, blobs: BlobStore) -> None:
        self._db, self._blobs = db, blobs
        self._cache: LRUCache[tuple[int, str], Parsed] = LRUCache(CACHE_BYTES, _weigh)
        self._cache_lock = Lock()

    # -- writing --

    def write(self, repo_id: int, objects: Iterable[tuple[Kind, bytes]]) -> list[str]:
        """Store objects, durably when it returns; those that are there already cost nothing."""
        with self.writer(repo_id) as writer:
            return [writer.add(kind, data) for kind, data in objects]

    @contextmanager
    def writer(self, repo_id: int) -> Iterator["Writer"]:
        """Collects objects and stores them in batches, so that a commit of any size fits in memory.

        All are stored when the block ends. When it fails some may be: unreachable, so harmless.
        """
        writer = Writer(self._db, self._blobs, repo_id)
        yield writer
        writer.flush()

    def delete_repo(self, repo_id: int) -> None:
        # Some rows at a time: nobody else can write meanwhile.
        some = "select oid from obj where repo_id = :repo limit 5000"
        while self._db.execute(
            f"delete from obj where repo_id = :repo and oid in ({some})",  # noqa: S608
            repo=repo_id,
        ):
            pass
        self._blobs.delete_blobs(f"git/{repo_id}/")

    # -- reading --

    def read(self, repo_id: int, oid: str) -> tuple[Kind, bytes]:
        """An object's kind and content; NotFound when the repo does not have it."""
        row = self._db.one(
            "select kind, z from obj where repo_id = :repo and oid = :oid",
            repo=repo_id,
            oid=bytes.fromhex(oid),
        )
        if row is None:
            raise NotFound(f"Object {oid} not found")
        return Kind(row.kind), self._content(repo_id, oid, row.z)

    def read_many(self, repo_id: int, oids: Iterable[str]) -> dict[str, bytes]:
        """Contents by oid, in few queries; objects the repo does not have are left out."""
        return {
            row.oid.hex(): self._content(repo_id, row.oid.hex(), row.z)
            for row in self._rows("oid, z", repo_id, oids)
        }

    def tree(self, repo_id: int, oid: str) -> Mapping[str, TreeEntry]:
        """The entries of a tree by name, in git's order. Shared with other callers: read only."""
        tree = self._parsed(repo_id, oid)
        if isinstance(tree, Commit):
            raise NotFound(f"Object {oid} is not a tree")
        return tree

    def commit(self, repo_id: int, oid: str) -> Commit:
        commit = self._parsed(repo_id, oid)
        if not isinstance(commit, Commit):
            raise NotFound(f"Object {oid} is not a commit")
        return commit

    def sizes(self, repo_id: int, oids: Iterable[str]) -> dict[str, int]:
        """Sizes of contents, in bytes; objects the repo does not have are left out."""
        return {row.oid.hex(): row.size for row in self._rows("oid, size", repo_id, oids)}

    def kinds(self, repo_id: int, oids: Iterable[str]) -> dict[str, Kind]:
        """Like `sizes`, for the kinds of objects."""
        return {row.oid.hex(): Kind(row.kind) for row in self._rows("oid, kind", repo_id, oids)}

    def has(self, repo_id: int, oids: Iterable[str]) -> set[str]:
        """Those of `oids` that the repo has."""
        return {row.oid.hex() for row in self._rows("oid", repo_id, oids)}

    def expand_prefix(self, repo_id: int, prefix: str) -> list[str]:
        """Commits whose oid starts with the hex digits `prefix`: at most three, to tell doubt."""
        rows = self._db.all(
            "select oid from obj where repo_id = :repo and oid between :low and :high "
            "and kind = :kind order by oid limit 3",
            repo=repo_id,
            low=bytes.fromhex(prefix.ljust(40, "0")),
            high=bytes.fromhex(prefix.ljust(40, "f")),
            kind=int(Kind.COMMIT),
        )
        return [row.oid.hex() for row in rows]

    def used(self, repo_id: int) -> int:
        """The sizes of all objects of a repo together, in bytes, before compression."""
        sql = "select coalesce(sum(size), 0) from obj where repo_id = :repo"
        return int(self._db.value(sql, repo=repo_id))

    def _rows(self, columns: str, repo_id: int, oids: Iterable[str]) -> Iterator[Any]:
        wanted = [bytes.fromhex(oid) for oid in dict.fromkeys(oids)]
        sql = f"select {columns} from obj where repo_id = :repo and oid in :oids"  # noqa: S608
        for start in range(0, len(wanted), 500):
            yield from self._db.all(sql, repo=repo_id, oids=wanted[start : start + 500])

    def _content(self, repo_id: int, oid: str, z: bytes | None) -> bytes:
        return self._blobs.read_blob(blob_key(repo_id, oid)) if z is None else zlib.decompress(z)

    def _parsed(self, repo_id: int, oid: str) -> Parsed:
        """A tree or a commit, remembered: the content of an oid never changes."""
        with self._cache_lock:
            cached = self._cache.get((repo_id, oid))
        if cached is not None:
            return cached
        kind, data = self.read(repo_id, oid)
        if kind not in (Kind.TREE, Kind.COMMIT):
            raise NotFound(f"Object {oid} is a {kind.word}")
        parsed: Parsed = decode_tree(data) if kind is Kind.TREE else decode_commit(data)
        # What an open transaction wrote may yet be undone.
        if not self._db.in_transaction and _weigh(parsed) < CACHE_BYTES:
            with self._cache_lock:
                self._cache[repo_id, oid] = parsed
        return parsed


def _weigh(parsed: Parsed) -> int:
    """About how many bytes of memory."""
    if isinstance(parsed, Commit):
        return 1400 + 2 * len(parsed.message)
    return 400 + 320 * len(parsed)


class Writer:
    """A batch of objects on its way into one repo. Made by `ObjectStore.writer`."""

    def __init__(self, db: Database, blobs: BlobStore, repo_id: int) -> None:
        self._db, self._blobs, self._repo_id = db, blobs, repo_id
        self._rows: dict[str, dict[str, Any]] = {}
        self._bytes = 0

    def add(self, kind: Kind, data: bytes) -> str:
        """The object's oid. It can be read once the writer's block has ended."""
        oid = oid_of(kind, data)
        if oid not in self._rows:
            if len(data) > MAX_INLINE:
                self._blobs.put_blob(blob_key(self._repo_id, oid), data)
            self._append(oid, kind, len(data), deflate(data) if len(data) <= MAX_INLINE else None)
        return oid

    def add_file(self, path: Path) -> str:
        """Like `add`, for a blob that lies in a file of our own; never wholly in memory."""
        size = path.stat().st_size
        if size <= MAX_INLINE:
            return self.add(Kind.BLOB, path.read_bytes())
        digest = hasher(Kind.BLOB, size)
        with path.open("rb") as file:
            while block := file.read(_READ):
                digest.update(block)
        oid = digest.hexdigest()
        self._blobs.put_blob(blob_key(self._repo_id, oid), path)
        self._append(oid, Kind.BLOB, size, None)
        return oid

    def flush(self) -> None:
        rows, self._rows, self._bytes = list(self._rows.values()), {}, 0
        self._db.execute_many(
            "insert into obj (repo_id, oid, kind, size, z) values (:repo, :oid, :kind, :size, :z) "
            "on conflict do nothing",
            rows,
        )

    def _append(self, oid: str, kind: Kind, size: int, z: bytes | None) -> None:
        self._rows[oid] = {
            "repo": self._repo_id,
            "oid": bytes.fromhex(oid),
            "kind": int(kind),
            "size": size,
            "z": z,
        }
        self._bytes += len(z or b"")
        if self._bytes >= BATCH_BYTES or len(self._rows) >= BATCH_ROWS:
            self.flush()


def deflate(data: bytes) -> bytes:
    """The zlib stream of a pack, made fast; merely wrapped when the data does not shrink."""
    z = zlib.compress(data, 1)
    return z if len(z) < len(data) else zlib.compress(data, 0)


def blob_key(repo_id: int, oid: str) -> str:
    """Where a content over MAX_INLINE lies in the blob store."""
    return f"git/{repo_id}/{oid}"
