"""The door of the part: bytes by content, whoever sends them proves them.

{data}/
  xorbs/ lfs/ git/           stored for good: backends/local.py
  tmp/*.spool                bodies on their way in
  tmp/uploads/<upload>/      parts of LFS uploads, and files that come in pieces
  tmp/imports/<repo>/        files of an import on their way in: mirror/workplace.py keeps them
"""

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hearthub.db import Database
from hearthub.errors import Forbidden, NotFound
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.storage import upkeep
from hearthub.storage.backends import Blobs
from hearthub.storage.backends.local import LocalBlobs
from hearthub.storage.checks import Checks
from hearthub.storage.damage import Damage, damaged
from hearthub.storage.garbage import Garbage, Tally
from hearthub.storage.inventory import Figures, figures
from hearthub.storage.lfs import Lfs
from hearthub.storage.objects import Claim, Growth, LfsObject, LfsObjects, Location, locate_blob
from hearthub.storage.pieces import Pieces
from hearthub.storage.room import Room
from hearthub.storage.shares import Shares
from hearthub.storage.signing import Signer
from hearthub.storage.spool import Spool, older_files
from hearthub.storage.tombstones import Tombstones
from hearthub.storage.waiting import Waiting
from hearthub.storage.xet import xorbs
from hearthub.storage.xet.cas import Cas, Progress, Readable
from hearthub.storage.xet.reconstruct import Span, UrlFor
from hearthub.storage.xet.rows import XetRows
from hearthub.storage.xet.shards import MAX_SIZE as MAX_SHARD

STALE_S = 24 * 60 * 60
XORB_URL_TTL_S = 60 * 60
_XORB_PURPOSE = "xorb"


class Storage:
    """Everything is synchronous; call it from worker threads. Nothing here decides who may read.

    `lfs` holds the use cases of LFS uploads, `pieces` those of browsers, `signer` signs claims for
    URLs and short tokens, `garbage` collects what nobody uses, `checks` reads what is stored again.
    """

    max_xorb = xorbs.MAX_BODY
    max_shard = MAX_SHARD

    def __init__(
        self, db: Database, settings: Settings, sandbox: Sandbox, blobs: Blobs | None = None
    ) -> None:
        self._db, self._data = db, settings.data
        self._temporary = settings.data / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True)
        self._room = Room(settings.data, settings.min_free)
        self._blobs = blobs or LocalBlobs(settings.data)
        self._objects = LfsObjects(db)
        self.signer = Signer(db)
        self._tombstones, self._damage = Tombstones(db), Damage(db)
        self.checks = Checks(db, self._blobs, sandbox, XetRows(db))
        self.garbage = Garbage(db, self._objects, self._blobs, self._tombstones)
        self._cas = Cas(
            XetRows(db),
            self._objects,
            self._blobs,
            sandbox,
            self._temporary,
            self._tombstones,
            self._damage,
            max_file=settings.max_file,
            workers=settings.workers,
        )
        self._damage.healed = lambda _keys: self._cas.forget()
        self.waiting = Waiting(db, self._objects, self._temporary / "uploads")
        self.lfs = Lfs(
            self._objects,
            self.waiting,
            self._blobs,
            self.signer,
            self._tombstones,
            self._damage,
            self._cas.is_damaged,
            self._temporary,
            settings.max_file,
        )

        self.pieces = Pieces(
            self.signer, self._room, self.waiting, self._temporary, settings.max_file
        )

    def spool(
        self, limit: int, *, hashed: bool = False, expected: int = 0, spare: int = 0
    ) -> Spool:
        """A temporary file for a body of at most `limit` bytes; a context manager.

        Raises NoRoom when the `expected` bytes would take of the disk's reserve; bodies of at most
        `spare` bytes may.
        """
        if expected > spare:
            self._room.require(expected)
        return Spool(self._temporary, limit=limit, hashed=hashed, room=self._room, spare=spare)

    # -- limits --

    def require_room(self, more: int = 0) -> None:
        """Raises NoRoom when so many bytes more would take of the disk's reserve."""
        self._room.require(more)

    def limit_growth(self, growth: Growth) -> None:
        """From now on `growth` decides whether a repo may have more."""
        self._objects.growth = growth

    # -- what a repo has --

    def new_bytes(self, repo_id: int, sizes: Sequence[int]) -> tuple[int, int]:
        """How many bytes files of these sizes certainly add to a repo, and to all repos of its
        owner: they have none of that size."""
        return self._objects.new_bytes(repo_id, sizes)

    def require_files(self, repo_id: int, sizes: Mapping[str, int], by: int | None = None) -> None:
        """Raises OverQuota when a repo may not have these files (size by sha256) in addition."""
        self._objects.require_files(repo_id, sizes, by)

    @property
    def shares(self) -> Shares:
        """What several repos of one account have."""
        return self._objects.shares

    def objects(self, repo_id: int, sha256s: Sequence[str]) -> dict[str, LfsObject]:
        """Those of these objects that the repo proved to have.

        Without the `xet_hash` of one whose chunks are damaged but which lies here whole as well.
        """
        found = self._objects.find(repo_id, sha256s)
        if self._damage.listed():
            for name, known in found.items():
                if known.whole and known.xet_hash and self._cas.is_damaged(known.xet_hash):
                    found[name] = replace(known, xet_hash=None)
        return found

    def require(self, repo_id: int, wanted: Sequence[tuple[str, int | None]]) -> dict[str, int]:
        """The size of each object; raises BadRequest naming one that is missing or differs.

        They stay for `CLAIM_GRACE_MS` at least: a commit that names them must end before.
        """
        return self._objects.require(repo_id, wanted)

    def locate(self, repo_id: int, sha256: str) -> Location:
        """Where the bytes of a repo's object are; raises NotFound when it never proved them,
        Damaged when they are known to be, gone, or of another size."""
        found = self._objects.find(repo_id, [sha256]).get(sha256)
        if found is None:
            raise NotFound(f"LFS object {sha256} was not uploaded to this repo")
        if found.xet_hash is None or (found.whole and not self._damage.has(f"lfs/{sha256}")):
            return self.locate_blob(f"lfs/{sha256}", found.size)
        return self._cas.locate_file(found.xet_hash, found.size)

    def refuse_damaged(self, sha256: str, xet_hash: str | None) -> None:
        """Raises Damaged when an object's bytes are known to be, without opening them."""
        if xet_hash is None:
            self._damage.refuse(f"lfs/{sha256}", f"LFS object {sha256}")
        elif self._cas.is_damaged(xet_hash):
            raise damaged(f"File {xet_hash}")

    def used(self, repo_id: int) -> int:
        """The bytes of all objects the repo proved, whether shared with other repos or not."""
        return self._objects.used(repo_id)

    def take_file(self, repo_id: int, sha256: str, size: int, path: Path, upload: str = "") -> None:
        """Verify and store a file of the data folder's disk; then the repo has proved it. With
        `upload`: it came in pieces, which count for themselves no more.

        Raises BadRequest when its bytes are not these; then it stays where it is.
        """
        self.lfs.take(repo_id, sha256, size, path, upload)

    def share(
        self, source_id: int, target_id: int, sha256s: Sequence[str], by: int | None = None
    ) -> set[str]:
        """Let a repo have objects of another as if it had proved them; those that it now has.
        `by`: the user who proposes them.

        Raises OverQuota, RepoNotFound.
        """
        found = self._objects.find(source_id, sha256s, keep=True)
        self._objects.add(target_id, list(found.values()), by)
        return set(found)

    def forget_objects(self, repo_id: int, sha256s: Sequence[str]) -> None:
        """A repo does not have these any more; their bytes go when no other one has them."""
        self._objects.forget(repo_id, sha256s)

    def claims(self, repo_id: int, after: str, limit: int) -> list[Claim]:
        """What a repo proved to have, by sha256, from behind `after`."""
        return self._objects.claims(repo_id, after, limit)

    # -- Xet --

    @property
    def cas_generation(self) -> str:
        """Part of the CAS address. Clients cache by it what they uploaded, so that a hub with
        another database must not look like the same one."""
        return hashlib.sha256(b"cas" + self.signer.key()).hexdigest()[:8]

    def receive_xorb(
        self, repo_id: int, xorb_hash: str, spool: Spool, by: int | None = None
    ) -> bool:
        """Verify and store an uploaded xorb; True when this repo had not sent it before.

        Raises BadRequest when a byte of it is not what it claims, OverQuota.
        """
        return self._cas.receive_xorb(repo_id, xorb_hash, spool, by)

    def require_xorb(self, repo_id: int, size: int, by: int | None = None) -> None:
        """Raises OverQuota when a repo may not send a xorb of this size."""
        self._objects.require_xorb(repo_id, size, by)

    def register_shard(
        self,
        repo_id: int,
        spool: Spool,
        progress: Progress | None = None,
        by: int | None = None,
    ) -> list[LfsObject]:
        """Verify all that a shard says, down to the sha256 of each file; then they are the repo's.
        `by`: the user who proposes them.

        Raises BadRequest, TooLarge; then nothing of it is registered.
        """
        return self._cas.register_shard(repo_id, spool, progress, by)

    def is_xorb_known(self, repo_id: int, xorb_hash: str, readable: Readable) -> bool:
        """Whether a writer of the repo need not send this xorb. `readable` filters repo ids."""
        return self._cas.is_xorb_known(repo_id, xorb_hash, readable)

    def is_owners_xorb(self, repo_id: int, xorb_hash: str) -> bool:
        """Whether a repo of the same account has sent this xorb."""
        return self._objects.shares.has_sent(self._objects.shares.owner(repo_id), xorb_hash)

    def dedup(self, repo_id: int, chunk_hash: str, readable: Readable) -> bytes | None:
        """A shard naming xorbs that hold the chunk, of repos the caller may read; None: unknown."""
        return self._cas.dedup(repo_id, chunk_hash, readable)

    def reconstruction(
        self,
        repo_id: int,
        file_hash: str,
        start: int,
        end: int | None,
        url_for: UrlFor,
        version: int,
    ) -> dict[str, Any]:
        """The JSON (version 1 or 2) that tells a client how to fetch a range of a repo's file.

        `url_for(xorb hash, inclusive byte ranges)` makes the data URLs; `sign_xorb` helps.
        Raises NotFound for a file that is not the repo's, RangeNotSatisfiable past its end.
        """
        return self._cas.reconstruction(repo_id, file_hash, start, end, url_for, version)

    def sign_xorb(self, xorb_hash: str, ranges: Sequence[Span]) -> str:
        """A token for these inclusive byte ranges of a xorb, and parts of them, for an hour."""
        text = ",".join(f"{start}-{last}" for start, last in ranges)
        return self.signer.sign(_XORB_PURPOSE, {"x": xorb_hash, "r": text}, XORB_URL_TTL_S)

    def open_xorb(self, xorb_hash: str, token: str, wanted: Sequence[Span]) -> Location:
        """A stored xorb, if the token allows each of the wanted inclusive ranges.

        Raises Forbidden when it does not; neighbours of a repo's chunks may be somebody else's.
        """
        claims = self.signer.verify(_XORB_PURPOSE, token)
        allowed = [tuple(map(int, text.split("-"))) for text in claims["r"].split(",")]
        inside = all(any(a <= start and last <= z for a, z in allowed) for start, last in wanted)
        if claims["x"] != xorb_hash or not wanted or not inside:
            raise Forbidden("The signature does not cover these bytes")
        return self._cas.locate_xorb(xorb_hash)

    # -- blobs of other parts --

    def put_blob(self, key: str, source: bytes | Path) -> None:
        """Store bytes, or take over a file, under a key such as `git/<repo id>/<oid>`.

        The caller has just hashed them, so they take the place of what lies there, which may be
        damaged. A key that may be garbage is the caller's to keep first.
        """
        if isinstance(source, Path):
            self._blobs.put_file(key, source, replace=True)
        else:
            self._blobs.put(key, source, replace=True)
        self._damage.clear(key)

    def copy_blob(self, source: str, target: str, size: int) -> None:
        """The bytes of one key under another one too: on a disk of ours the same file, which
        nobody writes to. Raises Damaged."""
        self._damage.refuse(source, f"Blob {source}")
        path = self._blobs.locate(source)
        if path is None:
            self._blobs.put(target, self._blobs.read(source, 0, size), replace=True)
            return
        given = self._temporary / f"{secrets.token_hex(16)}.spool"
        try:
            os.link(path, given)
        except FileNotFoundError:
            raise damaged(f"Blob {source}") from None
        self._blobs.put_file(target, given, replace=True)

    def read_blob(self, key: str, size: int) -> bytes:
        """All bytes under a key; raises Damaged when they are known to be, or Unavailable."""
        self._damage.refuse(key, f"Blob {key}")
        return self._blobs.read(key, 0, size)

    def locate_blob(self, key: str, size: int) -> Location:
        """Where a blob's bytes are; raises Damaged, also when it has not this size."""
        self._damage.refuse(key, f"Blob {key}")
        return locate_blob(self._blobs, key, size)

    def blob_size(self, key: str) -> int | None:
        return self._blobs.size(key)

    def list_blobs(self, prefix: str) -> Iterator[str]:
        """The keys under a prefix that ends in `/`."""
        return self._blobs.list(prefix)

    def delete_blob(self, key: str) -> None:
        self._blobs.delete(key)

    @property
    def damage(self) -> Damage:
        """What was found damaged."""
        return self._damage

    def delete_blobs(self, prefix: str) -> None:
        """Delete everything under a prefix that ends in `/`."""
        for key in list(self._blobs.list(prefix)):
            self._blobs.delete(key)

    # -- upkeep --

    def figures(self) -> Figures:
        """How much is stored, and what the disk has left."""
        return figures(self._db, self._data)

    def forget_repo(self, repo_id: int) -> None:
        """Drop what only this repo had: its git blobs and its claims. Shared content stays."""
        self._objects.forget_repo(repo_id)
        self.delete_blobs(f"git/{repo_id}/")

    def collect(self, tally: Tally, report: Callable[[str], None]) -> None:
        """Temporary files; xorbs, files of chunks and bytes that nothing names (`garbage.py`)."""
        count, size = self.sweep(dry=tally.dry)
        if count:
            tally.remove("temporary files", size, count)
        report("xorbs")
        self.garbage.collect_xorbs(tally)
        report("files of chunks")
        self.garbage.collect_files(tally)
        report("stored bytes")
        self.garbage.collect_bytes(tally)

    def sweep(self, *, dry: bool = False) -> tuple[int, int]:
        """Delete temporary files of uploads that ended a day ago; how many, and their bytes."""
        found = list(older_files(self._temporary, STALE_S))
        for path, _ in found if not dry else ():
            path.unlink(missing_ok=True)
        for folder in (self._temporary / "uploads").iterdir():
            with suppress(FileNotFoundError, NotADirectoryError):  # its upload has just ended
                parts = [path.stat() for path in folder.iterdir()]
                if max(it.st_mtime for it in (folder.stat(), *parts)) < time.time() - STALE_S:
                    found.append((folder, sum(part.st_size for part in parts)))
                    if not dry:
                        shutil.rmtree(folder, ignore_errors=True)
        if not dry:
            self.waiting.sweep()
        return len(found), sum(size for _, size in found)

    def deleting(self) -> AbstractContextManager[bool]:
        """Around every deletion of stored content. False: a backup wants it kept, try later."""
        return upkeep.deleting(self._data)
