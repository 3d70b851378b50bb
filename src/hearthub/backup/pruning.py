"""Old snapshots go, and with them the blobs that no other snapshot names."""

import shutil
from collections.abc import Callable
from contextlib import closing

from hearthub.backup.folder import BackupFolder
from hearthub.backup.listing import blobs_of
from hearthub.backup.manifest import NAME
from hearthub.db import Database
from hearthub.storage import sync

TOPS = ("xorbs", "lfs", "git")
BATCH = 500


def prune(folder: BackupFolder, keep: int, say: Callable[[str], None]) -> tuple[int, int]:
    """Keep the newest snapshots; returns how many went, and the bytes of blobs that did.

    Expects the folder's lock to be held. Raises Unavailable, with nothing deleted, when a list of
    a snapshot that stays cannot be trusted.
    """
    names = folder.names()
    going, staying = names[:-keep], names[-keep:]
    scratch = folder.temporary / "prune.db"
    with closing(Database.sqlite(scratch)) as db:
        # On disk: the lists may hold more than fits in memory.
        db.execute("create table named (key text primary key) without rowid")
        for name in staying:
            _note(db, folder, name)
        for name in going:
            (folder.snapshots / name / NAME).unlink()
            sync(folder.snapshots / name)
            shutil.rmtree(folder.snapshots / name)
        freed = _delete_unnamed(db, folder)
    for path in folder.temporary.glob("prune.db*"):
        path.unlink()
    if going:
        say(f"deleted {len(going)} older snapshots, and {freed:,} bytes only they needed")
    return len(going), freed


def _note(db: Database, folder: BackupFolder, name: str) -> None:
    path, manifest = folder.find(name)
    with db.transaction():
        rows: list[dict[str, str]] = []
        for key, _ in blobs_of(path, manifest):
            rows.append({"key": key})
            if len(rows) == BATCH:
                _add(db, rows)
                rows = []
        _add(db, rows)


def _add(db: Database, rows: list[dict[str, str]]) -> None:
    db.execute_many("insert into named (key) values (:key) on conflict do nothing", rows)


def _delete_unnamed(db: Database, folder: BackupFolder) -> int:
    """Blobs of a backup that was cut short are among them, if nothing took them up since."""
    blobs, freed, batch = folder.blobs(), 0, list[str]()

    def flush() -> int:
        rows = db.all("select key from named where key in (:keys)", keys=batch)
        unnamed = set(batch) - {row.key for row in rows}
        sizes = [blobs.size(key) or 0 for key in unnamed]
        for key in unnamed:
            blobs.delete(key)
        batch.clear()
        return sum(sizes)

    for top in TOPS:
        for key in blobs.list(f"{top}/"):
            batch.append(key)
            if len(batch) == BATCH:
                freed += flush()
    return freed + (flush() if batch else 0)
