"""The door of this part: `Backup`."""

from collections.abc import Callable
from pathlib import Path

from hearthub.backup import making, pruning, restoring
from hearthub.backup.folder import BackupFolder
from hearthub.errors import BadRequest
from hearthub.settings import Settings


class Backup:
    """The backups in one folder. `say` is told, in lines, how far long work is."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._folder = BackupFolder(path.expanduser().absolute())
        self._say = say

    def make(self, settings: Settings, keep: int | None = None) -> making.Made:
        """A new snapshot of the hub, which may be running; then only the newest `keep` stay.

        Raises BadRequest for a folder that cannot be one, Unavailable when there is no room, when
        a database is damaged, or when another backup writes here. After any end, making one again
        goes on with what is there.
        """
        self._folder.prepare(settings)
        with self._folder.writing():
            made = making.make(self._folder, settings, self._say)
            if keep is None:
                return made
            return made.pruned(*pruning.prune(self._folder, keep, self._say))

    def restore(
        self, settings: Settings, snapshot: str | None = None, *, despite_damage: bool = False
    ) -> restoring.Restored:
        """Make a hub of a snapshot (the newest one) in an empty or missing data folder.

        Raises BadRequest for a folder with something in it, NotFound without such a snapshot,
        Unavailable naming what is damaged; `despite_damage` leaves damaged blobs out instead.
        """
        if settings.database_url:
            raise BadRequest("HEARTHUB_DATABASE_URL is set: these backups are of SQLite hubs")
        with self._folder.reading():
            return restoring.restore(
                self._folder, settings.data, snapshot, self._say, despite_damage
            )

    def check(self, snapshot: str | None = None) -> restoring.Checked:
        """Read and hash all that a restore would read, and write nothing."""
        with self._folder.reading():
            return restoring.check(self._folder, snapshot, self._say)
