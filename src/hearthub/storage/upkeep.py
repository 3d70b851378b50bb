"""Who wants stored content kept, and who deletes it: one lock, so that they take turns.

    {data}/upkeep.lock      held shared by backups, exclusively by whatever deletes content

A backup copies the database first and what it names afterwards, for hours perhaps: nothing named
may go meanwhile. The lock is the system's (flock), so it ends with its holder.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def keeping(data: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Nothing stored is deleted until the block ends. Waits for a deletion that is under way."""
    with _lock_file(data) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextmanager
def deleting(data: Path) -> Iterator[bool]:
    """Whether content may be deleted inside the block: not while others want it kept, or delete."""
    with _lock_file(data) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def _lock_file(data: Path) -> Iterator[int]:
    descriptor = os.open(data / "upkeep.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.geteuid() == 0:  # as SQLite does: whoever runs the hub must be able to take it, too
            folder = data.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        yield descriptor
    finally:
        os.close(descriptor)
