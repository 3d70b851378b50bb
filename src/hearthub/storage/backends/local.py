"""Bytes as files of one folder.

    {root}/
      xorbs/ab/cd/abcd...          what `key` names, spread by the first digits of its last part
      lfs/ab/cd/abcd...
      git/<repo id>/ab/cd/abcd...
      tmp/                         `put` writes here first; old files in it are rubbish

A file appears by a link, after its bytes are on the disk: what exists is whole, and the first of
two writers wins.
"""

import errno
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from cachetools import LRUCache

from hearthub.errors import NoRoom, Unavailable
from hearthub.storage.backends import PIECE, check_key, missing

_folders = Lock()
_durable: LRUCache[Path, None] = LRUCache(2**17)
"""Folders known to be on the disk; one that is made again is not until it was synced again."""


class LocalBlobs:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "tmp").mkdir(parents=True, exist_ok=True)

    def put_file(self, key: str, path: Path, *, replace: bool = False) -> bool:
        target = self._path(key)
        with no_room():
            if (is_new := not target.exists()) or replace:
                sync(path)
                is_new = _link(path, target)
                if replace and not is_new:
                    _swap(path, target, self.root / "tmp")
            # Also for the loser, and for folders that were there: who made them may not have got
            # this far.
            sync(target.parent)
            make_durable(target.parent, self.root)
        path.unlink()
        return is_new

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        temporary = self.root / "tmp" / f"{secrets.token_hex(16)}.put"
        try:
            with no_room():
                temporary.write_bytes(data)
            return self.put_file(key, temporary, replace=replace)
        finally:
            temporary.unlink(missing_ok=True)

    def size(self, key: str) -> int | None:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def locate(self, key: str) -> Path | None:
        return self._path(key)

    def read(self, key: str, start: int, end: int) -> bytes:
        return next(self._pieces(key, start, end, end - start), b"")

    def open_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        return self._pieces(key, start, end, PIECE)

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        # `put_file` makes a folder again that vanishes under it.
        with suppress(OSError):
            for folder in path.parents:
                if folder.parent == self.root:
                    break
                folder.rmdir()

    def list(self, prefix: str) -> Iterator[str]:
        for folder, _, names in os.walk(self.root / prefix):
            for name in names:
                top = Path(folder).parents[1].relative_to(self.root)
                yield f"{top}/{name}"

    def _path(self, key: str) -> Path:
        folder, _, name = check_key(key).rpartition("/")
        return Path(f"{self.root}/{folder}/{name[:2]}/{name[2:4]}/{name}")

    def _pieces(self, key: str, start: int, end: int, step: int) -> Iterator[bytes]:
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY)
        except FileNotFoundError:
            raise missing(key) from None
        try:
            while start < end:
                piece = os.pread(descriptor, min(step, end - start), start)
                if not piece or (step == end - start and len(piece) < step):
                    raise missing(key)
                yield piece
                start += len(piece)
        finally:
            os.close(descriptor)


def read_cached(descriptor: int, buffers: Sequence[bytearray | memoryview], offset: int) -> int:
    """Fill buffers from a file without waiting for the disk; how many bytes there were.

    Fewer, or none, when the page cache does not have them all, or a file system cannot tell.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return 0
    try:
        return os.preadv(descriptor, buffers, offset, os.RWF_NOWAIT)
    except OSError:  # EAGAIN, EOPNOTSUPP
        return 0


def _link(path: Path, target: Path) -> bool:
    for _ in range(100):
        make_folder(target.parent)
        try:
            os.link(path, target)
        except FileExistsError:
            return False
        except FileNotFoundError:
            if not path.exists():
                raise
            continue  # a delete took the empty folder away
        return True
    raise Unavailable("Storage is busy; try again")


def _swap(path: Path, target: Path, folder: Path) -> None:
    """Put `path` in the place of what is there; whoever reads the old file reads it to its end."""
    make_folder(target.parent)
    given = folder / f"{secrets.token_hex(16)}.put"
    os.link(path, given)  # renaming one name of a file over another one of it does nothing
    given.replace(target)
    given.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Bring a file's bytes, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with _folders, suppress(FileExistsError, FileNotFoundError):  # a put, or a delete, was faster
        folder.mkdir()
        _durable.pop(folder, None)


def make_durable(folder: Path, root: Path) -> None:
    """Bring to the disk that a folder below `root`, with something in it, exists."""
    with _folders:
        is_known = folder == root or folder in _durable
    if is_known:
        return
    make_durable(folder.parent, root)
    sync(folder.parent)
    with _folders:
        _durable[folder] = None


@contextmanager
def no_room() -> Iterator[None]:
    """Turn the disk's refusals into the error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom from error
        raise
