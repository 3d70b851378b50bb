"""`hearthub backup` and `hearthub restore`."""

import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli.common import Data, Json, settings_for
from hearthub.errors import Unavailable

if TYPE_CHECKING:
    from hearthub.backup import Backup, Checked, Made, Restored

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that backups lie in.")]


def backup(
    folder: Folder,
    keep: Annotated[
        int | None,
        typer.Option("--keep", metavar="N", min=1, help="Delete all but the newest N snapshots."),
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Back up the hub, which may be running, copying only what DIR does not have yet."""
    settings = settings_for(data)
    with _opened(folder) as backups:
        made = backups.make(settings, keep)
    if as_json:
        _print(made)
    else:
        print(
            f"Backed up as {made.snapshot}: {made.database_bytes:,} bytes of databases, "
            f"{made.new_blobs:,} new blobs of {made.new_bytes:,} bytes "
            f"({made.blobs:,} of {made.blob_bytes:,} in all)"
        )
    if made.lost:
        keys = ", ".join(made.lost_keys[:10])
        print(
            f"warning: the hub itself has lost {made.lost:,} blobs, or parts of them: {keys}",
            file=sys.stderr,
        )
        raise typer.Exit(1)


def restore(
    folder: Folder,
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", metavar="NAME", show_default="the newest")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only read and hash everything; write nothing.")
    ] = False,
    despite_damage: Annotated[
        bool, typer.Option("--despite-damage", help="Leave damaged blobs out, and go on.")
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make a hub of a backup, in an empty or missing data folder."""
    settings = settings_for(data)
    with _opened(folder) as backups:
        if check:
            checked = backups.check(snapshot)
            _print(checked) if as_json else _tell_checked(checked)
            if checked.damaged_count:
                raise typer.Exit(1)
            return
        restored = backups.restore(settings, snapshot, despite_damage=despite_damage)
    if as_json:
        _print(restored)
        return
    print(
        f"Restored the hub as it was at {restored.started} in {restored.data}: "
        f"{restored.users:,} users, {restored.orgs:,} organisations, {restored.repos:,} repos, "
        f"{restored.blobs:,} blobs"
    )
    print(
        "Passwords and access tokens are good as they were then. Links and upload permits that "
        "were given out are void. Lists and search are built anew by `hearthub serve`."
    )
    for count, what in (
        (restored.left_out, "were damaged in the backup and left out"),
        (restored.lost, "were lost before the backup was made"),
    ):
        if count:
            print(f"warning: {count:,} blobs {what}", file=sys.stderr)


def _tell_checked(checked: "Checked") -> None:
    for path in checked.damaged:
        print(f"damaged: {path}")
    print(
        f"{checked.snapshot}: {checked.blobs:,} blobs of {checked.blob_bytes:,} bytes, "
        f"{checked.damaged_count or 'no'} files damaged"
    )


@contextmanager
def _opened(folder: Path) -> "Iterator[Backup]":
    from hearthub.backup import Backup
    from hearthub.db import DatabaseError

    try:
        yield Backup(folder, lambda line: print(line, file=sys.stderr, flush=True))
    except DatabaseError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise Unavailable(f"A database cannot be read: {reason}") from error


def _print(result: "Made | Checked | Restored") -> None:
    print(json.dumps(dataclasses.asdict(result), indent=2, default=str))
