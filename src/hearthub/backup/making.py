"""Making a snapshot of a hub that may be running.

The order is what makes it consistent. Main names git objects and blobs, `objects.db` names blobs,
and each is durable before what names it is written. So main is copied first, as of one moment,
then `objects.db`, then the blobs both name: all were there, and the upkeep lock keeps them there.
What comes meanwhile is in the next snapshot.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hearthub import __version__, migrations
from hearthub.backup.copying import BAD, NEW, Copier, Meter, Say, each, room_in, sha256_of
from hearthub.backup.folder import BackupFolder, write
from hearthub.backup.manifest import DATABASES, FORMAT, LIST, MAX_LOST, NAME, Manifest
from hearthub.clock import iso, now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, Unavailable
from hearthub.registry import large_objects
from hearthub.settings import Settings
from hearthub.storage import LocalBlobs, keeping, stored_blobs, sync


@dataclass(frozen=True)
class Made:
    """A finished backup. `new_*`: what was copied this time, without the databases."""

    snapshot: str
    path: Path
    blobs: int
    blob_bytes: int
    new_blobs: int
    new_bytes: int
    database_bytes: int
    lost: int
    lost_keys: list[str]
    pruned_snapshots: int = 0
    pruned_bytes: int = 0

    def pruned(self, snapshots: int, freed: int) -> "Made":
        return replace(self, pruned_snapshots=snapshots, pruned_bytes=freed)


@dataclass
class _Count:
    blobs: int = 0
    bytes: int = 0
    new: int = 0
    new_bytes: int = 0
    lost: int = 0


def make(folder: BackupFolder, settings: Settings, say: Say) -> Made:
    """Expects the folder's lock to be held."""

    def wait() -> None:
        say("waiting until content that nobody needs is deleted")

    with keeping(settings.data, wait):
        started = iso(now_ms())
        snapshot = folder.new_snapshot()
        for name in DATABASES:
            _copy_database(settings.data / name, snapshot / name, say)
        with (
            closing(Database.sqlite_copy(snapshot / DATABASES[0])) as main,
            closing(Database.sqlite_copy(snapshot / DATABASES[1])) as objects,
        ):
            schema = _check(main, objects)
            facts = _facts(main)
            count, lost = _copy_blobs(folder, settings, main, objects, snapshot / LIST, say)
    _share(folder, snapshot)
    marks = {name: _mark(snapshot / name) for name in (*DATABASES, LIST)}
    manifest = Manifest(
        format=FORMAT,
        hearthub=__version__,
        schema=schema,
        started=started,
        finished=iso(now_ms()),
        files=marks,
        blobs=count.blobs,
        blob_bytes=count.bytes,
        lost=count.lost,
        lost_keys=lost,
        **facts,
    )
    sync(folder.snapshots)
    write(snapshot / NAME, manifest.text())
    return Made(
        snapshot=snapshot.name,
        path=snapshot,
        blobs=count.blobs,
        blob_bytes=count.bytes,
        new_blobs=count.new,
        new_bytes=count.new_bytes,
        database_bytes=sum(marks[name]["size"] for name in DATABASES),
        lost=count.lost,
        lost_keys=lost,
    )


def _copy_database(source: Path, target: Path, say: Say) -> None:
    if not source.is_file():
        raise Unavailable(f"{source} is missing: start the hub once, or restore a backup")
    meter = Meter(say, f"{source.name}, in bytes")
    with room_in(target.parent), closing(Database.sqlite(source)) as db:
        db.copy_to(target, meter.show)
        sync(target)


def _check(main: Database, objects: Database) -> str:
    """The schema's revision. Raises Unavailable for a database that is damaged."""
    for db, name in zip((main, objects), DATABASES, strict=True):
        if (verdict := db.value("pragma quick_check(1)")) != "ok":
            raise Unavailable(f"{name} is damaged, and was not backed up: {verdict}")
    schema = str(main.value("select version_num from alembic_version"))
    if schema > migrations.newest():
        raise BadRequest(f"The schema {schema} is a newer Hearthub's: make the backup with that")
    return schema


def _facts(main: Database) -> dict[str, int]:
    kinds = {row[0]: row[1] for row in main.all("select kind, count(*) from account group by kind")}
    return {
        "users": kinds.get("user", 0),
        "orgs": kinds.get("org", 0),
        "repos": main.value("select count(*) from repo"),
    }


def _copy_blobs(
    folder: BackupFolder,
    settings: Settings,
    main: Database,
    objects: Database,
    listed: Path,
    say: Say,
) -> tuple[_Count, list[str]]:
    """Copy what is not there yet, and list all; what the hub itself has lost is only told."""
    copier = Copier(LocalBlobs(settings.data), folder.blobs())
    count, lost = _Count(), list[str]()
    total = sum(1 for _ in _named(main, objects))
    named, meter = _named(main, objects), Meter(say, "blobs looked at")
    with listed.open("w", encoding="ascii") as lines:
        for key, size, state in each(copier.copy, named, total, meter):
            if state == BAD:
                count.lost += 1
                lost += [key] if len(lost) < MAX_LOST else []
                continue
            lines.write(f"{key} {size}\n")
            count.blobs += 1
            count.bytes += size
            if state == NEW:
                count.new += 1
                count.new_bytes += size
    copier.settle()
    sync(listed)
    return count, lost


def _named(main: Database, objects: Database) -> Iterator[tuple[str, int]]:
    yield from stored_blobs(main)
    yield from large_objects(objects)


def _share(folder: BackupFolder, snapshot: Path) -> None:
    """A database that did not change since the snapshot before is stored once for both."""
    earlier = folder.names()
    if not earlier:
        return
    before = folder.snapshots / earlier[-1]
    for name in DATABASES:
        old, new = before / name, snapshot / name
        if old.is_file() and old.stat().st_size == new.stat().st_size:
            if sha256_of(old) != sha256_of(new):
                continue
            link = folder.temporary / name
            try:
                link.hardlink_to(old)
            except OSError:  # a file system without links
                return
            link.replace(new)


def _mark(path: Path) -> dict[str, Any]:
    return {"size": path.stat().st_size, "sha256": sha256_of(path)}
