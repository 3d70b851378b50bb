"""What a database says is stored, and whether stored bytes are what their key says."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Figures:
    """How much is stored: how many, and bytes on the disk; of files of chunks, their own bytes."""

    xorbs: tuple[int, int]
    chunk_files: tuple[int, int]
    whole_objects: tuple[int, int]
    free: int
    """Bytes free on the disk of the data folder."""
    disk: int
    """Bytes that it has in all."""


def figures(db: Database, data: Path) -> Figures:
    def count(sql: str) -> tuple[int, int]:
        row = db.one(sql)
        return (int(row[0]), int(row[1] or 0)) if row else (0, 0)

    disk = shutil.disk_usage(data)
    return Figures(
        xorbs=count("select count(*), sum(disk_size) from xorb"),
        chunk_files=count("select count(*), sum(size) from xet_file"),
        whole_objects=count(
            "select count(*), sum(size) from (select max(size) as size from lfs_object"
            " where whole = 1 group by sha256) as o"
        ),
        free=disk.free,
        disk=disk.total,
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
