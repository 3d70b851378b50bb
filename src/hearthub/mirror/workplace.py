"""Where files of an import lie on their way in, so that a killed one can go on.

{data}/tmp/imports/<type and id, hashed>/
    lock             held while an import of this repo runs; dies with its process
    <digest>.part    a file as far as it came, named by the content it is to have
    <digest>         a whole regular file, waiting for the commit
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hearthub.errors import Conflict
from hearthub.registry import blob_oid

FORGOTTEN_S = 7 * 24 * 60 * 60
"""After that long without a write an import is not gone on with."""

LOCK = "lock"


class Workplace:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def part(self, key: str) -> Path:
        return self.folder / f"{key}.part"

    def content(self, oid: str) -> bytes | None:
        """A regular file that came earlier; None when it did not, or is damaged."""
        try:
            data = (self.folder / oid).read_bytes()
        except FileNotFoundError:
            return None
        return data if blob_oid(data) == oid else None

    def keep(self, oid: str) -> bool:
        """Whether the part of a regular file is what it is to be; then it waits for the commit."""
        part = self.part(oid)
        if blob_oid(part.read_bytes()) != oid:
            return False
        part.replace(self.folder / oid)
        return True

    def clear(self) -> None:
        _clear(self.folder, time.time() + FORGOTTEN_S)


@contextmanager
def workplace(data: Path, repo_type: str, full_name: str) -> Iterator[Workplace]:
    """The place of one repo's import; raises Conflict while another import of it runs."""
    imports = data / "tmp" / "imports"
    name = hashlib.sha256(f"{repo_type} {full_name.lower()}".encode()).hexdigest()[:32]
    folder = imports / name
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / LOCK) as is_mine:
        if not is_mine:
            raise Conflict(f"Another import of {full_name} is running: wait until it has ended")
        for other in imports.iterdir():
            _forget(other)
        yield Workplace(folder)


def _forget(folder: Path) -> None:
    """Remove what an import left that nobody went on with."""
    with suppress(FileNotFoundError, NotADirectoryError), _locked(folder / LOCK) as is_mine:
        if is_mine:
            _clear(folder, time.time() - FORGOTTEN_S)


def _clear(folder: Path, before: float) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.name != LOCK and path.stat().st_mtime < before:
                path.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_mine = True
    except BlockingIOError:
        is_mine = False
    try:
        yield is_mine
    finally:
        os.close(descriptor)
