"""Files that come piece by piece, from whoever cannot tell their hash beforehand: browsers.

{data}/tmp/uploads/<upload>/file      what came so far, from the first byte on

Nothing but this file says how far an upload is, and a token what may come; a row only counts what
is here for its repo (waiting.py). What is left of an upload that nobody ended goes a day after its
last piece (`Storage.sweep`).
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from hearthub.errors import BadRequest, Conflict, NotFound, TooLarge, Unavailable
from hearthub.storage.backends.local import no_room
from hearthub.storage.room import Room
from hearthub.storage.signing import Signer
from hearthub.storage.spool import Spool
from hearthub.storage.waiting import Waiting

PURPOSE = "piece"
TTL_S = 24 * 60 * 60
COPY = 2**20


@dataclass(frozen=True, slots=True)
class Piece:
    """An upload of one file of `size` bytes into one repo, by one user."""

    upload: str
    size: int
    repo_id: int


class Pieces:
    def __init__(
        self, signer: Signer, room: Room, waiting: Waiting, temporary: Path, max_file: int
    ) -> None:
        self._signer, self._room, self._waiting = signer, room, waiting
        self._uploads, self._max_file = temporary / "uploads", max_file

    def open(self, repo_id: int, user_id: int, size: int) -> str:
        """A token for a file of this size, good for a day. TooLarge, NoRoom."""
        if not 0 <= size <= self._max_file:
            raise TooLarge(f"A file has at most {self._max_file} bytes here")
        self._room.require(size)
        claims = {"r": repo_id, "w": user_id, "s": size, "u": secrets.token_hex(16)}
        return self._signer.sign(PURPOSE, claims, TTL_S)

    def piece(self, token: str, repo_id: int, user_id: int) -> Piece:
        """Raises Forbidden for a token that is forged or too old, NotFound for another's."""
        claims = self._signer.verify(PURPOSE, token)
        if (claims["r"], claims["w"]) != (repo_id, user_id):
            raise NotFound("There is no such upload here")
        return Piece(claims["u"], claims["s"], repo_id)

    def received(self, piece: Piece) -> int:
        """How many bytes are there: where the next piece starts."""
        path = self._file(piece)
        return path.stat().st_size if path.exists() else 0

    def append(self, piece: Piece, offset: int, spool: Spool) -> int:
        """The bytes that start at `offset`; returns how many there are now, and they stay.

        Conflict when others are expected next (ask `received`), TooLarge past the file's end,
        Unavailable while another call appends, OverQuota, NoRoom.
        """
        spool.close()
        if offset != (here := self.received(piece)):
            raise Conflict(f"The next piece starts at byte {here}, not {offset}")
        self._waiting.hold(piece.upload, piece.repo_id, spool.size)
        try:
            return self._append(piece, offset, spool)
        except BaseException:
            self._waiting.add(piece.upload, -spool.size)
            raise

    def _append(self, piece: Piece, offset: int, spool: Spool) -> int:
        path = self._file(piece)
        with no_room():
            path.parent.mkdir(exist_ok=True)
            with path.open("ab", buffering=0) as target:  # what failed is not tried at its end
                _lock(target)
                here = target.seek(0, os.SEEK_END)
                if here != offset:
                    raise Conflict(f"The next piece starts at byte {here}, not {offset}")
                if here + spool.size > piece.size:
                    raise TooLarge(f"The file was said to have {piece.size} bytes")
                try:
                    with spool.path.open("rb") as source:
                        _copy(source, target)
                    os.fsync(target.fileno())  # no hash would tell what a power cut took
                except OSError:
                    os.truncate(path, offset)
                    raise
                return target.tell()

    def whole(self, piece: Piece) -> Path:
        """The file, once all of it is there; BadRequest before."""
        here = self.received(piece)
        if here != piece.size:
            raise BadRequest(f"An upload has {here} of its {piece.size} bytes: go on with it")
        path = self._file(piece)
        if not piece.size:
            path.parent.mkdir(exist_ok=True)
            path.touch()
        return path

    def ending(self, pieces: Sequence[Piece]) -> AbstractContextManager[None]:
        """Around the commit of these: what becomes the repo's own does not count twice."""
        return self._waiting.ending(piece.upload for piece in pieces)

    def drop(self, piece: Piece) -> None:
        shutil.rmtree(self._file(piece).parent, ignore_errors=True)
        self._waiting.drop([piece.upload])

    def _file(self, piece: Piece) -> Path:
        return self._uploads / piece.upload / "file"


def _copy(source: BinaryIO, target: FileIO) -> None:
    while block := memoryview(source.read(COPY)):
        while block:
            block = block[target.write(block) :]


def _lock(file: FileIO) -> None:
    """Held until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unavailable("A piece of this upload is being written: try again") from None
