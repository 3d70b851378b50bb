"""Bytes from one folder to another, checked while they go, durable once `settle` was called."""

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from hearthub.errors import Unavailable
from hearthub.registry import is_object
from hearthub.storage import LocalBlobs, is_intact, sync

PIECE = 4 * 2**20
SPEAK_EVERY_S = 5
MAX_UNSETTLED = 5000  # folders remembered
THREADS, BATCH = 4, 256

NEW, THERE, BAD = "new", "there", "bad"

T = TypeVar("T")
Say = Callable[[str], None]


class Copier:
    """Copies blobs between two folders of the same shape. Several threads may use it."""

    def __init__(self, source: LocalBlobs, target: LocalBlobs) -> None:
        self._source, self._target = source, target
        self._unsettled: set[Path] = set()
        self._lock = threading.Lock()

    def copy(self, key: str, size: int) -> str:
        """NEW, THERE when the target has it already, or BAD: the source has no such whole blob."""
        source, target = place(self._source, key), place(self._target, key)
        if size_of(target) == size:
            return THERE
        if size_of(source) != size:
            return BAD
        temporary = self._target.root / "tmp" / key.replace("/", "-")
        try:
            copy_file(source, temporary)
            if not holds(key, temporary):
                return BAD
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        self._note(target.parent)
        return NEW

    def _note(self, folder: Path) -> None:
        root = self._target.root
        with self._lock:
            while folder != root.parent and folder not in self._unsettled:
                self._unsettled.add(folder)
                folder = folder.parent
            if len(self._unsettled) < MAX_UNSETTLED:
                return
        self.settle()

    def settle(self) -> None:
        """Bring to the disk that the files exist; their bytes are there already."""
        with self._lock:
            folders, self._unsettled = self._unsettled, set()
        for folder in folders:
            sync(folder)


def place(blobs: LocalBlobs, key: str) -> Path:
    path = blobs.locate(key)
    assert path is not None  # noqa: S101 - tells mypy
    return path


def size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def holds(key: str, path: Path) -> bool:
    """Whether a file's bytes hash to what its key says."""
    if key.startswith("git/"):
        return is_object(path, key.rpartition("/")[2])
    return is_intact(key, path)


def copy_file(source: Path, target: Path) -> str:
    """Copy durably; returns the sha256 of what was copied."""
    digest = hashlib.sha256()
    with room_in(target.parent), source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(PIECE):
            digest.update(piece)
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(
                f"No room is left in {folder}: make some and run the same again, which goes on "
                "from here"
            ) from error
        raise


class Meter:
    """Says how far a long step is, every few seconds."""

    def __init__(self, say: Say, what: str) -> None:
        self._say, self._what = say, what
        self._spoke = time.monotonic()

    def show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._spoke >= SPEAK_EVERY_S:
            self._spoke = now
            self._say(f"{self._what}: {done:,} of {total:,}")


def each(
    function: Callable[[str, int], T], blobs: Iterator[tuple[str, int]], total: int, meter: Meter
) -> Iterator[tuple[str, int, T]]:
    """Each (key, size) with what the function made of it, in order, on several threads.

    Memory does not grow with the number of blobs: they come and go in batches.
    """
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        while batch := list(islice(blobs, BATCH)):
            results = pool.map(lambda it: function(*it), batch)
            for (key, size), result in zip(batch, results, strict=True):
                done += 1
                meter.show(done, total)
                yield key, size, result
