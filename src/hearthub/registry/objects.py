"""Git objects as rows: one table holds the objects of every repo.

A row's `z` is the deflate stream that a pack needs for the object, so a clone copies rows. Contents
over `MAX_INLINE` lie in the blob store as they are, fit to be served by range:

    git/<repo_id>/<oid>

What no ref reaches is marked with a time in `obj_garbage` (`garbage.py`) and deleted a grace period
later, together with its mark, in one transaction. A writer takes the mark away before it relies on
an object that is here already, so that either it stays, or it is written anew.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from cachetools import LRUCache

from hearthub.db import Database, Rows, batches
from hearthub.errors import BadRequest, Damaged, NotFound
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
AT_ONCE = 8
"""So many batches are held in memory where all is to be stored at once."""
CACHE_BYTES = 48 * 2**20
_READ = 2**20
DAY_MS = 24 * 60 * 60 * 1000
GRACE_MS = 7 * DAY_MS
"""How long an object stays that no ref reaches: a squash or a deleted branch can be taken back."""

Parsed = dict[str, TreeEntry] | Commit


class Damage(Protocol):
    """What of the store was found damaged, by key."""

    def has(self, key: str) -> bool: ...

    def refuse(self, key: str, what: str) -> None: ...

    def clear(self, key: str) -> None: ...


class BlobStore(Protocol):
    """What the object store needs of the storage part; keys are as drawn above."""

    def put_blob(self, key: str, source: bytes | Path) -> None:
        """Durable when it returns; storing a key again is no error."""

    def read_blob(self, key: str, size: int) -> bytes: ...

    def delete_blobs(self, prefix: str) -> None: ...

    @property
    def damage(self) -> Damage: ...


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
    def writer(self, repo_id: int, *, at_once: bool = False) -> Iterator["Writer"]:
        """Collects objects and stores them in batches, so that a commit of any size fits in memory.

        All are stored when the block ends. When it fails some may be: unreachable, so harmless.
        `at_once`: all or none; of very many nobody else stores anything until the end.
        """
        with ExitStack() as stack:
            writer = Writer(self._db, self._blobs, repo_id, stack if at_once else None)
            yield writer
            writer.flush()

    def copy(self, source: int, target: int, oids: list[bytes]) -> list[tuple[str, int]]:
        """Give a repo objects of another, at most 500; (oid, size) of those whose content lies in
        the blob store, where it is the caller's to copy."""
        self._db.execute(
            "insert into obj (repo_id, oid, kind, size, z) "
            "select cast(:target as bigint), oid, kind, size, z from obj "
            "where repo_id = :source and oid in (:oids) on conflict do nothing",
            source=source,
            target=target,
            oids=oids,
        )
        rows = self._db.all(
            "select oid, size from obj where repo_id = :target and oid in (:oids) and z is null",
            target=target,
            oids=oids,
        )
        return [(bytes(row.oid).hex(), row.size) for row in rows]

    def delete_some(self, repo_id: int) -> tuple[int, int]:
        """Delete up to a thousand rows of a repo; how many there were, and their bytes."""
        rows = self._db.all(
            "delete from obj where repo_id = :repo and oid in "
            "(select oid from obj where repo_id = :repo limit 1000) "
            "returning coalesce(length(z), 0) as size",
            repo=repo_id,
        )
        self._db.execute("delete from obj_garbage where repo_id = :repo", repo=repo_id)
        return len(rows), sum(row.size for row in rows)

    def delete_repo(self, repo_id: int) -> None:
        # Some rows at a time: nobody else can write meanwhile.
        some = "select oid from obj where repo_id = :repo limit 5000"
        while self._db.execute(
            f"delete from obj where repo_id = :repo and oid in ({some})",  # noqa: S608
            repo=repo_id,
        ):
            pass
        self._db.execute("delete from obj_garbage where repo_id = :repo", repo=repo_id)
        self._blobs.delete_blobs(f"git/{repo_id}/")

    # -- reading --

    def read(self, repo_id: int, oid: str) -> tuple[Kind, bytes]:
        """An object's kind and content; NotFound when the repo does not have it."""
        row = self._db.one(
            "select kind, size, z from obj where repo_id = :repo and oid = :oid",
            repo=repo_id,
            oid=bytes.fromhex(oid),
        )
        if row is None:
            raise NotFound(f"Object {oid} not found")
        return Kind(row.kind), self._content(repo_id, oid, row.size, row.z)

    def read_many(self, repo_id: int, oids: Iterable[str]) -> dict[str, bytes]:
        """Contents by oid, in few queries; objects the repo does not have are left out."""
        return {
            row.oid.hex(): self._content(repo_id, row.oid.hex(), row.size, row.z)
            for row in self._rows("oid, size, z", repo_id, oids)
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

    def will_stay(self, repo_id: int, oid: str, now: int) -> bool:
        """Whether the repo has the object, and it will not be collected within a day.

        For new refs, in their transaction: what a survivor of a collection names survives with it
        (`garbage.py`), so that this holds for all that the object reaches. Never from the cache.
        """
        row = self._db.one(
            "select g.since from obj o left join obj_garbage g "
            "on g.repo_id = o.repo_id and g.oid = o.oid where o.repo_id = :repo and o.oid = :oid",
            repo=repo_id,
            oid=bytes.fromhex(oid),
        )
        return row is not None and (row.since is None or row.since > now - GRACE_MS + DAY_MS)

    def all_stay(self, repo_id: int, oids: list[bytes], now: int) -> bool:
        """The same of many objects."""
        sql = (
            "select count(*) from obj o left join obj_garbage g "
            "on g.repo_id = o.repo_id and g.oid = o.oid where o.repo_id = :repo "
            "and o.oid in (:oids) and (g.since is null or g.since > :limit)"
        )
        return all(
            self._db.value(sql, repo=repo_id, oids=some, limit=now - GRACE_MS + DAY_MS) == len(some)
            for some in batches(oids)
        )

    def forget(self) -> None:
        """Drop what is remembered: objects were collected, or repaired."""
        with self._cache_lock:
            self._cache.clear()

    # -- for collecting and checking: oids are 20 bytes here --

    def next_repo(self, after: int) -> int | None:
        """The lowest id above `after` of a repo that has objects, whether it exists or not."""
        sql = "select repo_id from obj where repo_id > :after order by repo_id limit 1"
        repo_id: int | None = self._db.value(sql, after=after)
        return repo_id

    def totals(self, repo_id: int) -> tuple[int, int]:
        """How many rows a repo has, and the bytes they take."""
        row = self._db.one(
            "select count(*) as many, coalesce(sum(length(z)), 0) as size from obj "
            "where repo_id = :repo",
            repo=repo_id,
        )
        return (0, 0) if row is None else (row.many, row.size)

    def pages(
        self, repo_id: int, *, smaller_than: int | None = None, kind: Kind | None = None
    ) -> Iterator[Rows]:
        """All rows of a repo, 500 at a time, by oid: `oid`, `kind`, `size` and `z_size`.

        `smaller_than` leaves out larger contents, `kind` others; then the rows carry `z` as well.
        """
        only = "" if kind is None else "and kind = :kind and size < :size "
        column = "" if kind is None else ", z"
        after = b""
        while page := self._db.all(
            f"select oid, kind, size, length(z) as z_size{column} from obj "  # noqa: S608
            f"where repo_id = :repo and oid > :after {only}order by oid limit 500",
            repo=repo_id,
            after=after,
            **({} if kind is None else {"kind": int(kind), "size": smaller_than}),
        ):
            yield page
            after = bytes(page[-1].oid)

    def rows_to_walk(self, repo_id: int, oids: list[bytes]) -> Rows:
        """`oid`, `kind`, `size` and `z` of at most 500 objects; no `z` for blobs over 1 KiB."""
        return self._db.all(
            "select oid, kind, size, case when kind <> 3 or size < 1024 then z end as z from obj "
            "where repo_id = :repo and oid in (:oids)",
            repo=repo_id,
            oids=oids,
        )

    def rows(self, repo_id: int, oids: list[bytes]) -> Rows:
        """`oid`, `kind`, `size` and `z` of at most 500 objects."""
        sql = "select oid, kind, size, z from obj where repo_id = :repo and oid in (:oids)"
        return self._db.all(sql, repo=repo_id, oids=oids)

    def unpack(self, repo_id: int, row: Any) -> bytes:
        """The content of a row with `oid`, `size` and `z`; raises Damaged, Unavailable."""
        return self._content(repo_id, bytes(row.oid).hex(), row.size, row.z)

    def used(self, repo_id: int) -> int:
        """The sizes of all objects of a repo together, in bytes, before compression."""
        sql = "select coalesce(sum(size), 0) from obj where repo_id = :repo"
        return int(self._db.value(sql, repo=repo_id))

    def _rows(self, columns: str, repo_id: int, oids: Iterable[str]) -> Iterator[Any]:
        wanted = [bytes.fromhex(oid) for oid in dict.fromkeys(oids)]
        sql = f"select {columns} from obj where repo_id = :repo and oid in :oids"  # noqa: S608
        for start in range(0, len(wanted), 500):
            yield from self._db.all(sql, repo=repo_id, oids=wanted[start : start + 500])

    def _content(self, repo_id: int, oid: str, size: int, z: bytes | None) -> bytes:
        """Raises Damaged when the object is known to be, or cannot be unpacked."""
        if z is None:
            return self._blobs.read_blob(blob_key(repo_id, oid), size)
        self._blobs.damage.refuse(blob_key(repo_id, oid), f"Git object {oid}")
        try:
            return inflate(z, size)
        except BadRequest as error:
            raise Damaged(f"Git object {oid} is damaged in this hub's store: {error}") from error

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

    def __init__(
        self, db: Database, blobs: BlobStore, repo_id: int, until: ExitStack | None
    ) -> None:
        """`until`: where the transaction that is to have all of them ends."""
        self._db, self._blobs, self._repo_id = db, blobs, repo_id
        self._until, self._most = until, AT_ONCE if until else 1
        self._rows: dict[str, dict[str, Any]] = {}
        self._bytes = 0

    def add(self, kind: Kind, data: bytes) -> str:
        """The object's oid. It can be read once the writer's block has ended."""
        oid = oid_of(kind, data)
        if oid not in self._rows:
            if len(data) > MAX_INLINE:
                self._put_blob(oid, data)
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
        self._put_blob(oid, path)
        self._append(oid, Kind.BLOB, size, None)
        return oid

    def flush(self) -> None:
        if not self._rows:
            return
        rows, self._bytes = [self._rows[oid] for oid in sorted(self._rows)], 0
        broken = [row for oid, row in self._rows.items() if self._is_damaged(oid)]
        self._rows = {}
        with self._db.transaction():
            # The marks first: a collector that holds one of them deletes before we look, or never.
            self._db.execute_many(
                "delete from obj_garbage where repo_id = :repo and oid = :oid",
                rows if self._has_garbage() else [],
            )
            self._db.execute_many("delete from obj where repo_id = :repo and oid = :oid", broken)
            self._db.execute_many(
                "insert into obj (repo_id, oid, kind, size, z) "
                "values (:repo, :oid, :kind, :size, :z) on conflict do nothing",
                rows,
            )
        for row in broken:
            self._blobs.damage.clear(blob_key(self._repo_id, row["oid"].hex()))

    def _put_blob(self, oid: str, source: bytes | Path) -> None:
        """The mark goes first, in a transaction of its own: the row may follow much later."""
        if self._has_garbage():
            self._db.execute(
                "delete from obj_garbage where repo_id = :repo and oid = :oid",
                repo=self._repo_id,
                oid=bytes.fromhex(oid),
            )
        self._blobs.put_blob(blob_key(self._repo_id, oid), source)

    def _has_garbage(self) -> bool:
        sql = "select 1 from obj_garbage where repo_id = :repo limit 1"
        return self._db.one(sql, repo=self._repo_id) is not None

    def _is_damaged(self, oid: str) -> bool:
        return self._blobs.damage.has(blob_key(self._repo_id, oid))

    def _append(self, oid: str, kind: Kind, size: int, z: bytes | None) -> None:
        self._rows[oid] = {
            "repo": self._repo_id,
            "oid": bytes.fromhex(oid),
            "kind": int(kind),
            "size": size,
            "z": z,
        }
        self._bytes += len(z or b"")
        if max(self._bytes / BATCH_BYTES, len(self._rows) / BATCH_ROWS) >= self._most:
            if self._until:
                self._until.enter_context(self._db.transaction())
                self._most = 1
            self.flush()


def deflate(data: bytes) -> bytes:
    """The zlib stream of a pack, made fast; merely wrapped when the data does not shrink."""
    z = zlib.compress(data, 1)
    return z if len(z) < len(data) else zlib.compress(data, 0)


def inflate(z: bytes, size: int) -> bytes:
    """Undo `deflate`; BadRequest unless that gives exactly `size` bytes."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(z, size + 1)
    except zlib.error as error:
        raise BadRequest(f"it cannot be unpacked ({error})") from None
    if len(data) != size or not inflater.eof:
        raise BadRequest("it does not have its size")
    return data


def blob_key(repo_id: int, oid: str) -> str:
    """Where a content over MAX_INLINE lies in the blob store."""
    return f"git/{repo_id}/{oid}"
