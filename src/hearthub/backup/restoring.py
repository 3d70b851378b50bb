"""A hub made of a snapshot, in a folder of its own.

    {data}/restore.json           the snapshot, until all is there: a restore that was cut short
                                  can go on
    {data}/tmp/restore/           the databases, until every blob is in its place

`hearthub.db` comes last: without it nothing takes the folder for a hub.
"""

import json
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from hearthub import migrations
from hearthub.backup.copying import (
    BAD,
    Copier,
    Meter,
    Say,
    copy_file,
    each,
    holds,
    place,
    sha256_of,
    size_of,
)
from hearthub.backup.folder import IGNORED, BackupFolder, write
from hearthub.backup.listing import blobs_of
from hearthub.backup.manifest import DATABASES, Manifest
from hearthub.db import Database
from hearthub.errors import BadRequest, Unavailable
from hearthub.storage import LocalBlobs, Signer, sync

SHOWN = 10


@dataclass(frozen=True)
class Checked:
    """Whether a snapshot is whole. `damaged`: the files that are not, as far as they are named."""

    snapshot: str
    blobs: int
    blob_bytes: int
    damaged_count: int
    damaged: list[str]


@dataclass(frozen=True)
class Restored:
    """A hub as of `started`. `left_out`: blobs damaged in the backup; `lost`: in the hub before."""

    snapshot: str
    started: str
    data: Path
    users: int
    orgs: int
    repos: int
    blobs: int
    blob_bytes: int
    left_out: int
    lost: int


class _Damage:
    """What was found damaged: how much, and the first names."""

    def __init__(self) -> None:
        self.count, self.names = 0, list[str]()

    def add(self, path: Path) -> None:
        self.count += 1
        if len(self.names) < SHOWN:
            self.names.append(str(path))

    def __str__(self) -> str:
        more = self.count - len(self.names)
        return ", ".join(self.names) + (f" and {more} more" if more else "")


def check(folder: BackupFolder, name: str | None, say: Say) -> Checked:
    path, manifest = folder.find(name)
    damage, blobs = _Damage(), folder.blobs()
    for database in DATABASES:
        file = path / database
        if not file.is_file() or sha256_of(file) != manifest.files[database]["sha256"]:
            damage.add(file)

    def look(key: str, size: int) -> bool:
        file = place(blobs, key)
        return size_of(file) == size and holds(key, file)

    listed, meter = blobs_of(path, manifest), Meter(say, "blobs checked")
    for key, _, is_whole in each(look, listed, manifest.blobs, meter):
        if not is_whole:
            damage.add(place(blobs, key))
    return Checked(path.name, manifest.blobs, manifest.blob_bytes, damage.count, damage.names)


def restore(
    folder: BackupFolder, data: Path, name: str | None, say: Say, despite_damage: bool
) -> Restored:
    path, manifest = folder.find(name)
    if manifest.schema > migrations.newest():
        raise BadRequest(f"{path} was made by Hearthub {manifest.hearthub}: restore it with that")
    _claim(data, folder, path.name)
    staged = data / "tmp" / "restore"
    staged.mkdir(parents=True, exist_ok=True)
    for database in DATABASES:
        say(f"{database}, {manifest.files[database]['size']:,} bytes")
        if copy_file(path / database, staged / database) != manifest.files[database]["sha256"]:
            raise Unavailable(f"{path / database} is damaged: choose another --snapshot")
    damage = _copy_blobs(folder, data, path, manifest, say)
    if damage.count and not despite_damage:
        raise Unavailable(
            f"Damaged in the backup: {damage}. Choose another --snapshot, or restore the rest "
            "with --despite-damage"
        )
    _open_anew(staged / DATABASES[0], staged / DATABASES[1])
    for database in reversed(DATABASES):
        (staged / database).replace(data / database)
        sync(data)
    staged.rmdir()
    (data / migrations.RESTORING).unlink()
    sync(data)
    return Restored(
        snapshot=path.name,
        started=manifest.started,
        data=data,
        users=manifest.users,
        orgs=manifest.orgs,
        repos=manifest.repos,
        blobs=manifest.blobs - damage.count,
        blob_bytes=manifest.blob_bytes,
        left_out=damage.count,
        lost=manifest.lost,
    )


def _claim(data: Path, folder: BackupFolder, snapshot: str) -> None:
    """Take a folder that is empty, or that holds the beginning of the same restore."""
    folder.check_apart(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = {path.name for path in data.iterdir()} - IGNORED
    mark = data / migrations.RESTORING
    if names and (not mark.is_file() or DATABASES[0] in names):
        raise BadRequest(f"{data} is not empty: a hub is restored into a new folder (--data)")
    if names:
        begun: object = None
        with suppress(ValueError, AttributeError):
            begun = json.loads(mark.read_text()[:1000]).get("snapshot")
        if begun != snapshot:
            raise BadRequest(
                f"{data} holds an unfinished restore of {begun}: go on with --snapshot {begun}, "
                "or empty the folder"
            )
    else:
        data.chmod(0o700)
        write(mark, json.dumps({"snapshot": snapshot}))


def _copy_blobs(
    folder: BackupFolder, data: Path, path: Path, manifest: Manifest, say: Say
) -> _Damage:
    source = folder.blobs()
    copier, damage = Copier(source, LocalBlobs(data)), _Damage()
    listed = blobs_of(path, manifest)
    meter = Meter(say, "blobs restored")
    for key, _, state in each(copier.copy, listed, manifest.blobs, meter):
        if state == BAD:
            damage.add(place(source, key))
    copier.settle()
    return damage


def _open_anew(main: Path, objects: Path) -> None:
    """A hub that is older than its clients remember must not pass for the one they knew.

    The new signing key gives the CAS another address, under which clients look anew which xorbs
    they must send, and ends links and upload permits: they name rows by numbers that will be given
    to other rows now. Access tokens and passwords are not signed, and stay as they are. Sessions of
    browsers end: some of them were ended since the copy was made.
    """
    with closing(Database.sqlite(main)) as db, closing(Database.sqlite_copy(objects)) as copy:
        Signer(db).renew()
        if db.value("select count(*) from sqlite_master where name = 'session'"):
            db.execute("delete from session")
        # `objects.db` is a little newer: a repo made between the two copies is in it alone, and
        # the next new repo must not get its number, and with it what may be private.
        last = copy.value("select max(repo_id) from obj") or 0
        sql = "update sqlite_sequence set seq = max(seq, :n) where name = 'repo'"
        if not db.execute(sql, n=last):
            db.execute("insert into sqlite_sequence (name, seq) values ('repo', :n)", n=last)
    sync(main)
