"""What a database says is stored, and whether stored bytes are what their key says."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from hearthub.db import Database
from hearthub.errors import BadRequest
from hearthub.storage.xet import xorbs

PAGE = 1000


def stored_blobs(db: Database) -> Iterator[tuple[str, int]]:
    """The key and size in bytes of every xorb and every whole LFS object, some at a time."""
    yield from _paged(
        db, "xorbs", "select hash, disk_size from xorb where hash > :after order by hash limit :n"
    )
    yield from _paged(
        db,
        "lfs",
        "select sha256, max(size) from lfs_object where whole = 1 and sha256 > :after"
        " group by sha256 order by sha256 limit :n",
    )


def is_intact(key: str, path: Path) -> bool:
    """Whether a file holds what `xorbs/<hash>` or `lfs/<sha256>` promises, to the last byte."""
    top, _, name = key.partition("/")
    if top == "lfs":
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == name
    try:
        xorbs.verify_file(path, name)
    except BadRequest:
        return False
    return True


def _paged(db: Database, top: str, sql: str) -> Iterator[tuple[str, int]]:
    after = ""
    while rows := db.all(sql, after=after, n=PAGE):
        for name, size in rows:
            yield f"{top}/{name}", size
        after = rows[-1][0]
