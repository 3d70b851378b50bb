"""What commands share: the `--data` option, the way to the database, tables and JSON."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearthub.clock import iso
from hearthub.errors import BadRequest, NotFound, Unavailable
from hearthub.settings import Settings, load

if TYPE_CHECKING:
    from hearthub.accounts import Accounts
    from hearthub.context import Hub
    from hearthub.db import Database

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        show_default="HEARTHUB_DATA, else your data folder",
        help="The folder that holds everything.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_for(data: Path | None, **words: object) -> Settings:
    """Settings from the environment and the command line; a usage error when they make no sense."""
    try:
        return load(data=data, **words)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@contextmanager
def open_database(data: Path | None, *, make: bool = True) -> Iterator["Database"]:
    """The main database on the newest schema; NotFound when there is none, unless `make`.

    Not `app.open_hub`: that loads the HTTP framework and every part, which takes longer than
    the whole of a command such as `user add`.
    """
    from hearthub import migrations
    from hearthub.db import DatabaseError

    settings = settings_for(data)
    if not make:
        _require_hub(settings)
    try:
        db = migrations.open_main(settings)
        try:
            yield db
        finally:
            db.close()
    except DatabaseError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise Unavailable(f"The database in {settings.data} cannot be used: {reason}") from error


@contextmanager
def open_whole_hub(data: Path | None, *, make: bool = False) -> Iterator["Hub"]:
    """All parts of a hub that is there, unless `make`: one that looks after nothing looks well.

    Raises NotFound, and Unavailable when a database cannot be read or written (a full disk).
    """
    from hearthub.app import open_hub
    from hearthub.db import DatabaseError

    settings = settings_for(data)
    if not make:
        _require_hub(settings)
    try:
        with open_hub(settings) as hub:
            yield hub
    except DatabaseError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise Unavailable(f"A database in {settings.data} cannot be used: {reason}") from error


def _require_hub(settings: Settings) -> None:
    if not settings.database_url and not (settings.data / "hearthub.db").is_file():
        raise NotFound(f"There is no hub in {settings.data} (hearthub.db is missing)")


@contextmanager
def open_accounts(data: Path | None) -> Iterator["Accounts"]:
    from hearthub.accounts import Accounts

    with open_database(data) as db:
        yield Accounts(db)


def read_secret(what: str) -> str:
    """The first line of standard input. BadRequest when there is none."""
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise BadRequest(f"No {what} came on standard input")
    return secret


def show(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Rows of equal keys: as JSON, or as a table with a heading (nothing when there are none)."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if rows:
        lines = [[key.upper() for key in rows[0]]]
        lines += [[_cell(value) for value in row.values()] for row in rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
            print("  ".join(cells).rstrip())


def shown(text: str) -> str:
    """A stranger's line without what a terminal obeys (escapes) or hides (marks of direction)."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def moment(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "-"
    return "-" if value is None else str(value)
