"""Bodies on their way in: a temporary file in `{data}/tmp`, gone unless somebody takes it over."""

import hashlib
import os
import secrets
import time
from pathlib import Path
from types import TracebackType

from hearthub.errors import TooLarge
from hearthub.storage.backends.local import no_room


class Spool:
    """A file that one body is written into, by one thread at a time. Use it as a context manager.

    `limit` is in bytes. With `hashed`, the sha256 is computed while the bytes come.
    """

    def __init__(self, folder: Path, *, limit: int, hashed: bool = False) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.spool"
        self.limit = limit
        self.size = 0
        self._hash = hashlib.sha256() if hashed else None
        with no_room():
            self.descriptor: int | None = os.open(
                self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )

    def write(self, *chunks: bytes) -> None:
        """Append; batches of a few MiB are fastest. Raises TooLarge, Unavailable (disk full)."""
        assert self.descriptor is not None, "the spool is closed"  # noqa: S101
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if self.size + len(data) > self.limit:
            raise TooLarge(f"The body is larger than {self.limit} bytes")
        if self._hash:
            self._hash.update(data)
        with no_room():
            write_all(self.descriptor, data, self.size)
        self.size += len(data)

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        self.path.unlink(missing_ok=True)


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest, offset = rest[written:], offset + written


def remove_older(folder: Path, seconds: float) -> int:
    """Delete the files of `folder` not written for that long; how many there were."""
    removed, limit = 0, time.time() - seconds
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
