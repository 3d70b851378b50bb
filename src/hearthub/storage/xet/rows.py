"""The tables of Xet: one short method per query. Hashes are text here, as in the database."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.storage.objects import of_a_repo
from hearthub.storage.xet.hashes import to_text
from hearthub.storage.xet.reconstruct import Recipe
from hearthub.storage.xet.verification import VerifiedFile
from hearthub.storage.xet.xorbs import XorbMeta

T = TypeVar("T")

DAY_MS = 24 * 60 * 60 * 1000
BATCH = 500
"""How many names or numbers go into one `in (...)`."""


def batches(names: Sequence[T], size: int = BATCH) -> Iterator[list[T]]:
    for at in range(0, len(names), size):
        yield list(names[at : at + size])


class XetRows:
    def __init__(self, db: Database) -> None:
        self.db = db

    def has_xorb(self, xorb: str) -> bool:
        return self.db.one("select 1 from xorb where hash = :xorb", xorb=xorb) is not None

    def add_xorb(self, xorb: str, meta: XorbMeta, repo_id: int, by: int | None = None) -> bool:
        """Record a stored xorb and who sent it; False when that repo had sent it before.

        Raises RepoNotFound when the repo was deleted meanwhile.
        """
        with self.db.transaction():
            self.db.execute(
                """insert into xorb (hash, chunks, raw_size, disk_size, created, touched, meta)
                values (:xorb, :chunks, :raw, :disk, :now, :now, :meta)
                on conflict (hash) do update set touched = excluded.touched""",
                xorb=xorb,
                chunks=len(meta),
                raw=meta.raw_ends[-1],
                disk=meta.packed_ends[-1],
                now=now_ms(),
                meta=meta.to_bytes(),
            )
            with of_a_repo():
                added = self.db.execute(
                    """insert into xorb_owner (xorb, repo_id, size, proposer_id)
                    values (:xorb, :repo_id, :size, :by) on conflict do nothing""",
                    xorb=xorb,
                    repo_id=repo_id,
                    size=meta.packed_ends[-1],
                    by=by,
                )
        return added > 0

    def describe_anew(self, xorb: str, meta: XorbMeta) -> None:
        """The same chunks lie there in another packing now."""
        self.db.execute(
            "update xorb set disk_size = :disk, meta = :meta where hash = :xorb",
            xorb=xorb,
            disk=meta.packed_ends[-1],
            meta=meta.to_bytes(),
        )

    def touch(self, xorbs: Sequence[str]) -> None:
        """Clients will name these xorbs for weeks; once a day is often enough to write it down.

        Call it before relying on a xorb, then look whether it is (still) there: from then on it
        stays for at least 27 days.
        """
        now = now_ms()
        for names in batches(xorbs):
            old = self.db.all(
                "select hash from xorb where hash in (:names) and touched < :limit",
                names=names,
                limit=now - DAY_MS,
            )
            if old:
                self.db.execute(
                    "update xorb set touched = :now where hash in (:names)",
                    names=[row.hash for row in old],
                    now=now,
                )

    def disk_size(self, xorb: str) -> int | None:
        size: int | None = self.db.value("select disk_size from xorb where hash = :x", x=xorb)
        return size

    def stored(self, xorbs: Sequence[str]) -> set[str]:
        """Those of these xorbs that have a row."""
        return {
            row.hash
            for names in batches(xorbs)
            for row in self.db.all("select hash from xorb where hash in (:names)", names=names)
        }

    def metas(self, xorbs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """(xorb, `XorbMeta.to_bytes()`) of those that are stored, in the order asked."""
        for names in batches(xorbs, 50):
            found = {
                row.hash: bytes(row.meta)
                for row in self.db.all(
                    "select hash, meta from xorb where hash in (:names)", names=names
                )
            }
            yield from ((name, found[name]) for name in names if name in found)

    def owners(self, xorbs: Sequence[str]) -> dict[str, set[int]]:
        """The repos that sent each xorb."""
        owners: dict[str, set[int]] = {}
        for names in batches(xorbs):
            for row in self.db.all(
                "select xorb, repo_id from xorb_owner where xorb in (:names)", names=names
            ):
                owners.setdefault(row.xorb, set()).add(row.repo_id)
        return owners

    def known_files(self, files: Sequence[str]) -> dict[str, str]:
        """The sha256 of each of these files that is registered."""
        known: dict[str, str] = {}
        for names in batches(files):
            rows = self.db.all("select hash, sha256 from xet_file where hash in (:n)", n=names)
            known |= {row.hash: row.sha256 for row in rows}
        return known

    def recipe(self, file: str) -> bytes | None:
        """The stored terms of a registered file."""
        terms = self.db.value("select terms from xet_file where hash = :file", file=file)
        return None if terms is None else bytes(terms)

    def file_of_chunk(self, chunk: str) -> str | None:
        file: str | None = self.db.value("select file from xet_dedup where chunk = :c", c=chunk)
        return file

    def xorbs_of_file(self, file: str) -> list[str]:
        """All xorbs that any upload of this file named."""
        rows = self.db.all("select xorb from xet_file_xorb where file = :file", file=file)
        return [row.xorb for row in rows]

    def add_files(self, files: Sequence[VerifiedFile], repaired: Collection[str] = ()) -> None:
        """Register verified files. The first terms of a file stay, unless it is to be `repaired`;
        later xorbs are noted too, because a second uploader may not see the first one's. Sorted,
        lest two writers deadlock. One that is here is written as well: that holds its row, so that
        a collector on PostgreSQL waits, and sees the claim that comes next."""
        now = now_ms()
        stored = []
        used, asked = set[tuple[str, str]](), set[tuple[str, str]]()
        for file in files:
            name = to_text(file.hash)
            stored.append(
                {
                    "hash": name,
                    "size": file.size,
                    "sha256": file.sha256,
                    "created": now,
                    "terms": file.terms,
                }
            )
            used |= {(to_text(xorb), name) for xorb in Recipe(file.terms).xorbs()}
            asked |= {(to_text(chunk), name) for chunk in file.chunks}
        stored.sort(key=lambda row: str(row["hash"]))
        with self.db.transaction():
            self.db.execute_many(
                """insert into xet_file (hash, size, sha256, created, terms)
                values (:hash, :size, :sha256, :created, :terms)
                on conflict (hash) do update set size = excluded.size""",
                stored,
            )
            self.db.execute_many(
                "update xet_file set terms = :terms where hash = :hash",
                [file for file in stored if file["hash"] in repaired],
            )
            self.db.execute_many(
                """insert into xet_file_xorb (xorb, file) values (:xorb, :file)
                on conflict do nothing""",
                [{"xorb": xorb, "file": name} for xorb, name in sorted(used)],
            )
            self.db.execute_many(
                """insert into xet_dedup (chunk, file) values (:chunk, :file)
                on conflict do nothing""",
                [{"chunk": chunk, "file": name} for chunk, name in sorted(asked)],
            )
