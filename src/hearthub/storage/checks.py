"""Reading stored bytes again: is a blob still what its name says?"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hearthub.db import Database
from hearthub.errors import BadRequest, Unavailable
from hearthub.sandbox import Sandbox
from hearthub.storage.backends import Blobs
from hearthub.storage.xet import reconstruct, verification
from hearthub.storage.xet.hashes import to_text
from hearthub.storage.xet.reconstruct import TERM, Recipe
from hearthub.storage.xet.rows import XetRows, batches
from hearthub.storage.xet.xorbs import XorbMeta

TIMEOUT_S = 120.0
PAGE = 500
MISSING = "its bytes are missing"


@dataclass(frozen=True, slots=True)
class Stored:
    """Something that ought to be stored: its key, and the bytes it takes."""

    key: str
    size: int


class Checks:
    """`check` returns what is wrong in words, None when all is well."""

    def __init__(self, db: Database, blobs: Blobs, sandbox: Sandbox, rows: XetRows) -> None:
        self._db, self._blobs, self._sandbox, self._rows = db, blobs, sandbox, rows

    def stored(self) -> Iterator[Stored]:
        """All whole LFS objects and all xorbs that ought to be here."""
        for row in self._each(
            "select sha256 as key, max(size) as size from lfs_object where whole = 1 "
            "and sha256 > :after group by sha256 order by sha256 limit :page"
        ):
            yield Stored(f"lfs/{row.key}", row.size)
        for row in self._each(
            "select hash as key, disk_size as size from xorb "
            "where hash > :after order by hash limit :page"
        ):
            yield Stored(f"xorbs/{row.key}", row.size)

    def find(self, key: str) -> Stored | None:
        """What ought to be stored under a key, now; None: nothing."""
        kind, _, name = key.rpartition("/")
        sql = {
            "lfs": "select max(size) from lfs_object where sha256 = :name and whole = 1",
            "xorbs": "select disk_size from xorb where hash = :name",
        }[kind]
        size = self._db.value(sql, name=name)
        return None if size is None else Stored(key, size)

    def check(self, stored: Stored) -> str | None:
        """Read it all. Raises Unavailable when a check could not be made to its end."""
        kind, _, name = stored.key.rpartition("/")
        if wrong := self.check_size(stored):
            return wrong
        if kind == "lfs":
            return self.check_digest(stored, hashlib.sha256(), name)
        try:
            found = self._sandbox.run(
                verification.verify_stored, self._blobs, stored.key, name, timeout=TIMEOUT_S
            )
        except BadRequest as error:
            return str(error)
        known = next((meta for _, meta in self._rows.metas([name])), found)
        return None if found == known else "its chunks are packed in another way than its row says"

    def check_size(self, stored: Stored) -> str | None:
        size = self._blobs.size(stored.key)
        if size is None:
            return MISSING
        return None if size == stored.size else f"it has {size} bytes, not {stored.size}"

    def check_digest(self, stored: Stored, digest: "hashlib._Hash", expected: str) -> str | None:
        """`digest` may have read a header; `expected` in hex digits."""
        try:
            for piece in self._blobs.open_range(stored.key, 0, stored.size):
                digest.update(piece)
        except (OSError, Unavailable) as error:
            return f"it cannot be read: {error}"
        return None if digest.hexdigest() == expected else "its bytes have changed"

    # -- files of chunks --

    def check_files(
        self, *, deep: bool, report: Callable[[str], None]
    ) -> Iterator[tuple[str, str]]:
        """(file hash, what is wrong) of each file whose terms cannot be right.

        `deep`: make each file and compare its sha256, too.
        """
        for row in self._each(
            "select distinct o.xet_hash as key from lfs_object o where o.xet_hash > :after "
            "and not exists (select 1 from xet_file f where f.hash = o.xet_hash) "
            "order by o.xet_hash limit :page"
        ):
            yield row.key, "its list of chunks is missing"
        for row in self._each(
            "select hash as key, size, sha256, terms from xet_file "
            "where hash > :after order by hash limit :page",
            page=20,
        ):
            report(f"file of chunks {row.key}")
            if wrong := self._check_file(row.size, row.sha256, bytes(row.terms), deep=deep):
                yield row.key, wrong

    def _check_file(self, size: int, sha256: str, terms: bytes, *, deep: bool) -> str | None:
        if len(terms) % TERM.size or (recipe := Recipe(terms)).size != size:
            return "its list of chunks does not make its size"
        names = [to_text(xorb) for xorb in recipe.xorbs()]
        metas: dict[str, XorbMeta] = {}
        for batch in batches(names, 50):
            metas |= {name: XorbMeta.from_bytes(meta) for name, meta in self._rows.metas(batch)}
        if absent := [name for name in names if name not in metas]:
            return f"xorb {absent[0]} is not known"
        for xorb, length, start, end in TERM.iter_unpack(terms):
            meta = metas[to_text(xorb)]
            inside = start < end <= len(meta)
            if not inside or meta.raw_start(end) - meta.raw_start(start) != length:
                return f"it names chunks that xorb {to_text(xorb)} does not have"
        if not deep:
            return None
        digest = hashlib.sha256()
        try:
            pieces = reconstruct.read(
                self._blobs, recipe, lambda xorb: metas[to_text(xorb)], 0, size
            )
            for piece in pieces:
                digest.update(piece)
        except (OSError, Unavailable) as error:
            return f"it cannot be put together: {error}"
        return None if digest.hexdigest() == sha256 else "its bytes have another sha256"

    # -- whom it hits --

    def users_of(self, key: str) -> Iterator[tuple[int, str]]:
        """(repo id, sha256) of the large files that need what is stored under `key`.

        `xet/<file hash>` stands for a file's list of chunks.
        """
        kind, _, name = key.rpartition("/")
        files = [name] if kind == "xet" else []
        if kind == "lfs":
            sql = "select repo_id, sha256 from lfs_object where sha256 = :name and whole = 1"
            yield from ((row.repo_id, row.sha256) for row in self._db.all(sql, name=name))
        if kind == "xorbs":
            sql = "select file from xet_file_xorb where xorb = :name order by file"
            for row in self._db.all(sql, name=name):
                terms = self._rows.recipe(row.file)
                if terms and name in map(to_text, Recipe(terms).xorbs()):
                    files.append(row.file)
        for batch in batches(files):
            for row in self._db.all(
                "select repo_id, sha256 from lfs_object where xet_hash in (:files)", files=batch
            ):
                yield row.repo_id, row.sha256

    def unproved(self, repo_id: int, sha256s: Iterable[str]) -> Iterator[str]:
        """Those of these that the repo has no claim on."""
        for batch in batches(list(sha256s)):
            rows = self._db.all(
                "select sha256 from lfs_object where repo_id = :repo and sha256 in (:names)",
                repo=repo_id,
                names=batch,
            )
            known = {row.sha256 for row in rows}
            yield from (name for name in batch if name not in known)

    def _each(self, sql: str, page: int = PAGE) -> Iterator[Any]:
        after = ""
        while rows := self._db.all(sql, after=after, page=page):
            yield from rows
            after = rows[-1].key
