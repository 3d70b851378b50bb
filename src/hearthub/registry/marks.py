"""What a walk over a repo has seen: on disk, because a repo may have more objects than memory.

A SQLite file of its own in {data}/tmp, deleted at the end; a crash leaves it to the sweeper.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hearthub.db import Database

BATCH = 500

_TABLES = (
    "create table seen (oid blob primary key) without rowid",
    "create table todo (oid blob not null)",
    "create table named (sha256 text primary key) without rowid",
    "create table young (oid blob not null)",
    "create table old (oid blob not null, size integer not null, stored integer not null)",
)


@contextmanager
def open_marks(folder: Path) -> Iterator["Marks"]:
    path = folder / f"{secrets.token_hex(16)}.marks"
    db = Database.sqlite(path)
    db.value("pragma journal_mode = memory")  # nothing in it needs to survive
    db.value("pragma synchronous = off")
    try:
        for sql in _TABLES:
            db.execute(sql)
        yield Marks(db)
    finally:
        db.close()
        for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            name.unlink(missing_ok=True)


class Marks:
    """Oids are 20 bytes here. Use it within `repo()`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @contextmanager
    def repo(self) -> Iterator[None]:
        """Empty, for one repo."""
        with self._db.transaction():
            for table in ("seen", "todo", "named", "young", "old"):
                self._db.execute(f"delete from {table}")  # noqa: S608
            yield

    def visit(self, oids: Iterable[bytes]) -> None:
        """Note objects to be walked, unless they were seen before."""
        fresh = self.unseen(oids)
        rows = [{"oid": oid} for oid in fresh]
        self._db.execute_many("insert into seen (oid) values (:oid)", rows)
        self._db.execute_many("insert into todo (oid) values (:oid)", rows)

    def take(self) -> list[bytes]:
        """Some of the objects to be walked; they are no longer."""
        rows = self._db.all(
            "select rowid, oid from todo order by rowid desc limit :batch", batch=BATCH
        )
        if rows:
            self._db.execute("delete from todo where rowid >= :first", first=rows[-1][0])
        return [bytes(row.oid) for row in rows]

    def unseen(self, oids: Iterable[bytes]) -> list[bytes]:
        unique = list(dict.fromkeys(oids))
        return [
            oid
            for at in range(0, len(unique), BATCH)
            for oid in self._without_seen(unique[at : at + BATCH])
        ]

    def _without_seen(self, oids: list[bytes]) -> list[bytes]:
        rows = self._db.all("select oid from seen where oid in (:oids)", oids=oids)
        seen = {bytes(row.oid) for row in rows}
        return [oid for oid in oids if oid not in seen]

    def all_seen(self) -> Iterator[list[bytes]]:
        after = b""
        while rows := self._db.all(
            "select oid from seen where oid > :after order by oid limit :batch",
            after=after,
            batch=BATCH,
        ):
            yield [bytes(row.oid) for row in rows]
            after = bytes(rows[-1].oid)

    def name(self, sha256s: Sequence[str]) -> None:
        self._db.execute_many(
            "insert into named (sha256) values (:sha256) on conflict do nothing",
            [{"sha256": sha256} for sha256 in sha256s],
        )

    def named(self, sha256s: list[str]) -> set[str]:
        """Those of these that were named, at most 500 of them."""
        rows = self._db.all("select sha256 from named where sha256 in (:names)", names=sha256s)
        return {row.sha256 for row in rows}

    def all_named(self) -> Iterator[list[str]]:
        after = ""
        while rows := self._db.all(
            "select sha256 from named where sha256 > :after order by sha256 limit :batch",
            after=after,
            batch=BATCH,
        ):
            yield [row.sha256 for row in rows]
            after = rows[-1].sha256

    def add_young(self, oids: Sequence[bytes]) -> None:
        sql = "insert into young (oid) values (:oid)"
        self._db.execute_many(sql, [{"oid": oid} for oid in oids])

    def young(self) -> Iterator[list[bytes]]:
        for rows in self._pages("select rowid, oid from young"):
            yield [bytes(row[1]) for row in rows]

    def add_old(self, oids: Sequence[tuple[bytes, int, bool]]) -> None:
        """(oid, bytes it takes, whether it lies in the blob store)."""
        self._db.execute_many(
            "insert into old (oid, size, stored) values (:oid, :size, :stored)",
            [{"oid": oid, "size": size, "stored": int(stored)} for oid, size, stored in oids],
        )

    def old(self) -> Iterator[list[tuple[bytes, int, bool]]]:
        for rows in self._pages("select rowid, oid, size, stored from old"):
            yield [(bytes(row[1]), row[2], bool(row[3])) for row in rows]

    def _pages(self, sql: str) -> Iterator[list[tuple[int, bytes, int, int]]]:
        after = 0
        while rows := self._db.all(
            f"{sql} where rowid > :after order by rowid limit :batch", after=after, batch=BATCH
        ):
            yield [tuple(row) for row in rows]
            after = rows[-1][0]
