"""Where files of weights are read from: a folder, one file, a repo here or on another hub.

A source lists its files and gives ranges of them; what reads it never holds a whole file.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from hearthub.errors import BadRequest, EntryNotFound, TooLarge
from hearthub.fit.weight_names import parts_of

MAX_FILES = 10_000
MAX_DEPTH = 6
RESULTS = ".eval_results"


@dataclass(frozen=True, slots=True)
class SourceFile:
    path: str
    """Relative to the source, with forward slashes."""
    size: int
    """Bytes."""
    key: str | None = None
    """What the content is called, where that is known (sha256 or git's id): equal keys, equal
    bytes."""


class Source(Protocol):
    """Any thread may call. Raises errors of `hearthub.errors` only."""

    @property
    def parallel(self) -> int:
        """How many reads at once are worth it."""
        ...

    @property
    def budget(self) -> int:
        """Bytes that may be read to learn what is in it."""
        ...

    def files(self) -> Sequence[SourceFile]:
        """All of them, at most MAX_FILES."""
        ...

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        """Exactly the bytes from `start` to before `end`, which lie within the file."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or a few files of it. Links are followed: a client's cache is
    made of them. What is no regular file is not there."""

    root: Path
    only: tuple[str, ...] | None = None
    parallel: int = 1
    budget: int = 2**30

    def files(self) -> Sequence[SourceFile]:
        paths = (self.root / name for name in self.only) if self.only else _walk(self.root)
        found: list[SourceFile] = []
        for path in paths:
            size = _size(path)
            if size is None:
                continue
            if len(found) == MAX_FILES:
                raise TooLarge(f"{self.root} has more than {MAX_FILES} files")
            found.append(SourceFile(path.relative_to(self.root).as_posix(), size))
        return sorted(found, key=lambda file: file.path)

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        path = self.root / file.path
        try:
            # Who swaps a file for a pipe meanwhile must not make the opening wait.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                data = os.pread(descriptor, end - start, start)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise BadRequest(f"{path} cannot be read: {error.strerror}") from None
        return whole(data, file, start, end)


def local(path: Path) -> Folder:
    """A folder, or one file with what belongs to it: the other parts of a split, the configs.

    Raises EntryNotFound when nothing is there, BadRequest for what is neither.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise EntryNotFound(f"{path} does not exist, or may not be read") from None
    if stat.S_ISDIR(mode):
        return Folder(path)
    if not stat.S_ISREG(mode):
        raise BadRequest(f"{path} is neither a file nor a folder")
    return Folder(path.parent, (path.name, *_companions(path)))


def whole(data: bytes, file: SourceFile, start: int, end: int) -> bytes:
    """`data`, when it is as long as was asked for."""
    if len(data) != end - start:
        raise BadRequest(f"{file.path} ends before byte {end}: it is shorter than its size says")
    return data


class Metered:
    """A source that refuses to give more than its budget; `used` tells how many bytes came."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.parallel, self.budget = source.parallel, source.budget
        self.used = 0

    def files(self) -> Sequence[SourceFile]:
        return self._source.files()

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        if self.used + end - start > self.budget:
            raise TooLarge(f"{file.path}: more than {self.budget} bytes would have to be read")
        self.used += end - start
        return self._source.read(file, start, end)


def _walk(root: Path) -> Iterator[Path]:
    """Files below a folder; links to folders are not entered (loops), nor what is hidden, but for
    the results of evaluations."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(n for n in folders if not n.startswith(".") or n == RESULTS)
        if len(here.relative_to(root).parts) >= MAX_DEPTH:
            folders.clear()
        yield from (here / name for name in names if not name.startswith("."))


def _size(path: Path) -> int | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _companions(path: Path) -> Iterator[str]:
    """Of one file of a folder: its fellow parts, and the configs that explain it."""
    mine = parts_of(path.name)
    for name in sorted(found.name for found in islice(path.parent.iterdir(), MAX_FILES)):
        is_part = mine.is_one_of_several and parts_of(name).whole == mine.whole
        if name != path.name and (is_part or name.endswith("config.json")):
            yield name
