"""Bodies on their way in: a temporary file in `{data}/tmp`, gone unless somebody takes it over."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from hearthub.errors import TooLarge
from hearthub.storage.backends.local import no_room
from hearthub.storage.room import Room

MAX_VECTOR = 1024
"""How many buffers the system takes in one call (IOV_MAX)."""


class Spool:
    """A file that one body is written into, by one thread at a time. Use it as a context manager.

    `limit` is in bytes. With `hashed`, the sha256 is computed while the bytes come. With `room`,
    what comes after the first `spare` bytes is refused while the disk is nearly full.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit: int,
        hashed: bool = False,
        room: Room | None = None,
        spare: int = 0,
    ) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.spool"
        self.limit = limit
        self.size = 0
        self._room, self._spare = room, spare
        self._hash = hashlib.sha256() if hashed else None
        with no_room():
            self.descriptor: int | None = os.open(
                self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )

    def write(self, *chunks: bytes) -> None:
        """Append; batches of a few MiB are fastest. Raises TooLarge, Unavailable (disk full)."""
        assert self.descriptor is not None, "the spool is closed"  # noqa: S101
        size = sum(map(len, chunks))
        if self.size + size > self.limit:
            raise TooLarge(f"The body is larger than {self.limit} bytes")
        if self._room and self.size + size > self._spare:
            self._room.require(size)
        if self._hash:
            for chunk in chunks:
                self._hash.update(chunk)
        with no_room():
            write_all(self.descriptor, chunks, self.size)
        self.size += size

    def sha256(self) -> str:
        """Hex digits; only of a spool made with `hashed`."""
        if self._hash is None:
            raise ValueError("this spool does not hash")
        return self._hash.hexdigest()

    def truncate(self, size: int) -> None:
        """Drop what lies behind the first `size` bytes."""
        os.truncate(self.path, size)
        self.size = size

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
        self.path.unlink(missing_ok=True)


def write_all(descriptor: int, chunks: Sequence[bytes], offset: int) -> None:
    """Write chunks one behind the other; joining them first would take 1.6 times as long."""
    for at in range(0, len(chunks), MAX_VECTOR):
        batch = chunks[at : at + MAX_VECTOR]
        size = sum(map(len, batch))
        written = os.pwritev(descriptor, batch, offset) if size else 0
        if written < size:  # a nearly full disk, or more than 2 GiB at once
            rest = memoryview(b"".join(batch))[written:]
            while rest:
                count = os.pwrite(descriptor, rest, offset + size - len(rest))
                rest = rest[count:]
        offset += size


def older_files(folder: Path, seconds: float) -> Iterator[tuple[Path, int]]:
    """The files of `folder` not written for that long, and their sizes."""
    limit = time.time() - seconds
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # its request has just ended
            if path.is_file() and (stat := path.stat()).st_mtime < limit:
                yield path, stat.st_size
