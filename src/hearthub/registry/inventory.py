"""Which git objects lie outside the database, and whether a file is the object it is called."""

from collections.abc import Iterator
from pathlib import Path

from hearthub.db import Database
from hearthub.registry.gitformat import Kind, hasher
from hearthub.registry.objects import blob_key

PAGE = 1000
_READ = 2**20


def large_objects(db: Database) -> Iterator[tuple[str, int]]:
    """The key and size in bytes of each object in the blob store, for all repos of an SQLite file.

    One walk over the rows as they lie: by index, each of them would be looked up alone.
    """
    after = -1
    sql = (
        "select rowid as number, repo_id, oid, size from obj"
        " where z is null and rowid > :after order by rowid limit :n"
    )
    while rows := db.all(sql, after=after, n=PAGE):
        for row in rows:
            yield blob_key(row.repo_id, row.oid.hex()), row.size
        after = rows[-1].number


def is_object(path: Path, oid: str) -> bool:
    """Whether a file holds the content of this object, of whatever kind."""
    return any(_oid(path, kind) == oid for kind in (Kind.BLOB, Kind.TREE, Kind.COMMIT, Kind.TAG))


def _oid(path: Path, kind: Kind) -> str:
    digest = hasher(kind, path.stat().st_size)
    with path.open("rb") as file:
        while block := file.read(_READ):
            digest.update(block)
    return digest.hexdigest()
