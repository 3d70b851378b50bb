"""Room on the disk: some is left free, so that the hub can go on while somebody makes more."""

import os
from pathlib import Path

from hearthub.errors import NoRoom


class Room:
    """`reserve` bytes of the disk that holds `folder` are not for uploads."""

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder, self._reserve = folder, reserve

    def require(self, more: int = 0) -> None:
        """Raises NoRoom when so many bytes more would leave less than the reserve."""
        if not self._reserve:
            return
        disk = os.statvfs(self._folder)
        free = disk.f_bavail * disk.f_frsize
        if free - more < self._reserve:
            raise NoRoom(
                f"The hub's disk is nearly full: {max(0, free - self._reserve)} bytes are left for "
                f"uploads and commits, {more} are needed. Nothing was stored. Ask the hub's "
                "administrator to make room"
            )
