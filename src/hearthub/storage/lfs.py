"""LFS uploads: one body, or parts that are put together. Knows no HTTP: tokens in, tokens out.

{data}/tmp/uploads/<upload>/1, 2, ...      the parts of one upload, whole files
{data}/tmp/uploads/<upload>/whole          as many of them as were put together
{data}/tmp/uploads/<upload>/lock           held by the call that does it
{data}/tmp/uploads/<upload>/putting        held for the moment in which a part is put there
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hearthub.errors import BadRequest, RepoNotFound, Unavailable
from hearthub.storage.backends import Blobs
from hearthub.storage.backends.local import no_room
from hearthub.storage.damage import Damage
from hearthub.storage.objects import LfsObject, LfsObjects
from hearthub.storage.signing import Signer
from hearthub.storage.spool import Spool
from hearthub.storage.tombstones import Tombstones
from hearthub.storage.waiting import Waiting

PURPOSE = "lfs-upload"
TOKEN_TTL_S = 24 * 60 * 60
MULTIPART_FROM = 128 * 2**20
MIN_PART = 64 * 2**20
MAX_PARTS = 1000
COPY = 4 * 2**20

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """How to send one object. No token and no error: it is here already.

    With `part_size`, `parts` parts of that many bytes are sent, the last one with the rest.
    """

    sha256: str
    size: int
    token: str | None = None
    part_size: int | None = None
    parts: int = 0
    error: str | None = None
    is_shared: bool = False
    """Another repo of the owner has it; to whoever proposes it that is not told."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an upload token allows: this object, into this repo."""

    repo_id: int
    sha256: str
    size: int
    upload: str
    part_size: int | None
    by: int | None = None
    """The user who proposes it; None: it comes from one who may write."""

    def part_length(self, number: int) -> int:
        """The bytes of part `number`, counted from 1; raises BadRequest for a part that is not."""
        if self.part_size is None or not 1 <= number <= part_count(self.size, self.part_size):
            raise BadRequest(f"This upload has no part {number}")
        return min(self.part_size, self.size - (number - 1) * self.part_size)


def part_count(size: int, part_size: int) -> int:
    return -(-size // part_size)


def choose_part_size(size: int) -> int:
    """At least 64 MiB, whole MiB, at most 1000 parts."""
    return max(MIN_PART, -(-size // MAX_PARTS // 2**20) * 2**20)


class Lfs:
    def __init__(
        self,
        objects: LfsObjects,
        waiting: Waiting,
        blobs: Blobs,
        signer: Signer,
        tombstones: Tombstones,
        damage: Damage,
        is_file_damaged: Callable[[str], bool],
        temporary: Path,
        max_file: int,
    ) -> None:
        self._objects, self._waiting = objects, waiting
        self._blobs, self._signer = blobs, signer
        self._tombstones, self._damage = tombstones, damage
        self._is_file_damaged = is_file_damaged
        self._uploads = temporary / "uploads"
        self._max_file = max_file
        self._uploads.mkdir(parents=True, exist_ok=True)

    def batch_upload(
        self,
        repo_id: int,
        wanted: Sequence[tuple[str, int]],
        *,
        multipart: bool = False,
        by: int | None = None,
    ) -> list[Upload]:
        """How to send each (sha256, size); `multipart`: the client knows how to send parts; `by`:
        the user who proposes them."""
        found = self._objects.find(repo_id, [sha256 for sha256, _ in wanted], keep=True)
        found = {name: known for name, known in found.items() if not self._needs_repair(known)}
        uploads = [self._decide(repo_id, *it, found, multipart=multipart, by=by) for it in wanted]
        if by is not None:
            return uploads
        new = [it.sha256 for it in uploads if it.token]
        shared = self._objects.shares.owned(self._objects.shares.owner(repo_id), new)
        return [replace(it, is_shared=it.sha256 in shared) for it in uploads]

    def _needs_repair(self, known: LfsObject) -> bool:
        """Whether what is stored cannot be served, so that whoever has the file may send it."""
        if known.whole:
            key = f"lfs/{known.sha256}"
            return self._damage.has(key) or self._blobs.size(key) != known.size
        return known.xet_hash is not None and self._is_file_damaged(known.xet_hash)

    def _decide(
        self,
        repo_id: int,
        sha256: str,
        size: int,
        found: dict[str, LfsObject],
        *,
        multipart: bool,
        by: int | None,
    ) -> Upload:
        if not _SHA256.fullmatch(sha256) or size < 0:
            return Upload(sha256, size, error="Malformed object: oid is a sha256, size in bytes")
        if size > self._max_file:
            return Upload(sha256, size, error=f"Files hold at most {self._max_file} bytes here")
        if known := found.get(sha256):
            error = None if known.size == size else f"This object has {known.size} bytes"
            return Upload(sha256, size, error=error)
        part_size = choose_part_size(size) if multipart and size >= MULTIPART_FROM else None
        claims: dict[str, Any] = {"r": repo_id, "o": sha256, "s": size}
        if by is not None:
            claims["b"] = by
        if part_size:
            claims |= {"u": secrets.token_hex(16), "p": part_size}
        token = self._signer.sign(PURPOSE, claims, TOKEN_TTL_S)
        parts = part_count(size, part_size) if part_size else 0
        return Upload(sha256, size, token, part_size, parts)

    def ticket(self, token: str) -> Ticket:
        """Read an upload token; raises Forbidden when it is forged or expired."""
        claims = self._signer.verify(PURPOSE, token)
        upload, part_size = claims.get("u", ""), claims.get("p")
        return Ticket(claims["r"], claims["o"], claims["s"], upload, part_size, claims.get("b"))

    def receive(self, ticket: Ticket, spool: Spool) -> None:
        """Store a whole object; the spool must have been made with `hashed`.

        Raises BadRequest when it is not what the ticket says.
        """
        if ticket.part_size is not None:
            raise BadRequest("This upload wants parts")
        spool.close()
        _compare(ticket, spool.size, spool.sha256())
        self._store(ticket, spool.path)

    def take(self, repo_id: int, sha256: str, size: int, path: Path, upload: str = "") -> None:
        """Store a file of the same disk that came by another way, such as an upload of pieces;
        then it is gone from `path`.

        Raises BadRequest when its bytes are not these; then it stays where it is.
        """
        ticket = Ticket(repo_id, sha256, size, upload, None)
        _compare(ticket, *_digest(path))
        self._give(ticket, path)
        path.unlink()

    def receive_part(self, ticket: Ticket, number: int, spool: Spool) -> str:
        """Keep one part, in place of an earlier one of that number; returns its ETag.

        OverQuota, NoRoom, Unavailable when the upload has just ended.
        """
        length = ticket.part_length(number)
        spool.close()
        if spool.size != length:
            raise BadRequest(f"Part {number} has {spool.size} bytes, not {length}")
        folder = self._uploads / ticket.upload
        with no_room(), _putting(folder):
            if not (folder / str(number)).is_file():  # else it was counted before
                self._waiting.hold(ticket.upload, ticket.repo_id, length, ticket.by)
            try:
                spool.path.replace(folder / str(number))
            except BaseException:
                self._waiting.set(ticket.upload, _size_of(folder))
                raise
        return hashlib.sha256(f"{ticket.upload}/{number}".encode()).hexdigest()[:32]

    def complete(self, ticket: Ticket, numbers: Iterable[int]) -> None:
        """Put the parts together and store the object. Asking again later is no error.

        Raises BadRequest when parts are missing or the bytes are not what the ticket says,
        OverQuota, NoRoom, Unavailable while another call does the same.
        """
        if self._is_here(ticket):
            return
        with self._waiting.ending([ticket.upload]):
            self._complete(ticket, numbers)

    def _complete(self, ticket: Ticket, numbers: Iterable[int]) -> None:
        self._objects.require_files(ticket.repo_id, {ticket.sha256: ticket.size}, ticket.by)
        count = part_count(ticket.size, ticket.part_size or 0) if ticket.part_size else 0
        if not count or sorted(numbers) != list(range(1, count + 1)):
            raise BadRequest(f"This upload has {count} parts, to be named once each")
        folder = self._uploads / ticket.upload
        with _locked(folder):
            if self._is_here(ticket):
                return  # a call that has just ended did it
            joined = _joined(ticket, folder / "whole")
            for number in range(joined + 1, count + 1):
                if not (folder / str(number)).is_file():
                    raise BadRequest(f"Part {number} was not received")
            try:
                self._store_parts(ticket, folder, joined)
            except (BadRequest, RepoNotFound):  # asking again would not help
                shutil.rmtree(folder, ignore_errors=True)
                self._waiting.drop([ticket.upload])
                raise
            shutil.rmtree(folder, ignore_errors=True)

    def _store_parts(self, ticket: Ticket, folder: Path, joined: int) -> None:
        whole = folder / "whole"
        _compare(ticket, *_join(ticket, whole, joined))
        self._give(ticket, whole)

    def _give(self, ticket: Ticket, path: Path) -> None:
        """Store a file under a second name, so that it is still there should the row fail."""
        given = path.with_name(f"{path.name}.given")
        given.unlink(missing_ok=True)
        with no_room():
            os.link(path, given)
        self._store(ticket, given)

    def _is_here(self, ticket: Ticket) -> bool:
        known = self._objects.find(ticket.repo_id, [ticket.sha256], keep=True).get(ticket.sha256)
        return known is not None and not self._needs_repair(known)

    def _store(self, ticket: Ticket, path: Path) -> None:
        key = f"lfs/{ticket.sha256}"
        self._tombstones.clear(key)  # before the bytes: see there
        # What lies there may be damaged without anybody knowing. What came was hashed just now.
        self._blobs.put_file(key, path, replace=True)
        self._damage.clear(key)
        item = LfsObject(ticket.sha256, ticket.size, whole=True, xet_hash=None)
        with self._waiting.counted(ticket.upload, ticket.repo_id):
            self._objects.add(ticket.repo_id, [item], ticket.by)


def _size_of(folder: Path) -> int:
    try:
        return sum(part.stat().st_size for part in folder.iterdir())
    except FileNotFoundError:
        return 0


@contextmanager
def _putting(folder: Path) -> Iterator[None]:
    """One part after the other: the same one that comes twice at once is to count once."""
    folder.mkdir(exist_ok=True)
    try:
        with (folder / "putting").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except FileNotFoundError:
        raise Unavailable("This upload has just ended; ask again") from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other calls off an upload, also those of other processes; a lock dies with its holder.

    Raises Unavailable while another call holds it.
    """
    with ExitStack() as stack:
        with suppress(FileNotFoundError):  # nothing was received, or all is done
            descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            stack.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = "This upload is being put together already; ask again"
                raise Unavailable(message) from None
        yield


def _joined(ticket: Ticket, whole: Path) -> int:
    """How many parts an earlier call put together before the disk was full, or it was killed."""
    size = whole.stat().st_size if whole.exists() else 0
    part_size = ticket.part_size or 1
    return part_count(size, part_size) if size == ticket.size else size // part_size


def _join(ticket: Ticket, whole: Path, joined: int) -> tuple[int, str]:
    """Append all parts but the first `joined`; returns the size and sha256 of the whole.

    A part is gone as soon as the whole has it: at no time do two copies of a large file lie here.
    Raises Unavailable when the disk is full; asking again goes on from there.
    """
    part_size = ticket.part_size or 1
    digest = hashlib.sha256()
    with no_room(), whole.open("a+b") as target:
        target.truncate(min(joined * part_size, ticket.size))
        target.seek(0)
        while piece := target.read(COPY):
            digest.update(piece)
        for number in range(joined + 1, part_count(ticket.size, part_size) + 1):
            part = whole.with_name(str(number))
            with part.open("rb") as file:
                while piece := file.read(COPY):
                    digest.update(piece)
                    target.write(piece)
            target.flush()
            part.unlink()
        return target.tell(), digest.hexdigest()


def _digest(path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(COPY):
            digest.update(piece)
        return file.tell(), digest.hexdigest()


def _compare(ticket: Ticket, size: int, sha256: str) -> None:
    if size != ticket.size:
        raise BadRequest(f"The object has {size} bytes, not {ticket.size} as claimed")
    if sha256 != ticket.sha256:
        raise BadRequest(f"The object's sha256 is {sha256}, not {ticket.sha256} as claimed")
