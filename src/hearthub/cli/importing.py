"""`hearthub import`."""

import json
import sys
import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hearthub.cli.common import Data, Json, open_whole_hub, read_secret
from hearthub.errors import BadRequest

if TYPE_CHECKING:
    from hearthub.accounts import Actor
    from hearthub.context import Hub
    from hearthub.mirror import Imported

EVERY_S, EVERY_LINE_S = 0.2, 10.0
_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


class Type(StrEnum):
    model = "model"
    dataset = "dataset"
    space = "space"


def import_repo(
    repo: Annotated[str, typer.Argument(metavar="ID[@REV]")],
    repo_type: Annotated[Type, typer.Option("--type")] = Type.model,
    endpoint: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", show_default="HEARTHUB_UPSTREAM", help="The hub."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--as", metavar="NS/NAME", help="Its id here; default: the same.")
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", metavar="GLOB", help="Only such files. May be repeated."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="NAME", help="Who imports; default: an administrator."),
    ] = None,
    token_stdin: Annotated[
        bool,
        typer.Option("--token-stdin", help="Read a token of that hub from standard input."),
    ] = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Import a repo of another hub, or bring it up to date. Run it again after an interruption."""
    name, at, revision = repo.partition("@")
    if at and not revision:
        raise typer.BadParameter("after @ comes a branch, a tag or a commit")
    token = read_secret("token") if token_stdin else None
    from hearthub.mirror import Wanted

    wanted = Wanted(
        name=name,
        type=repo_type.value,
        revision=revision or "main",
        target=target,
        include=tuple(include or ()),
        endpoint=endpoint,
        token=token,
    )
    try:
        with open_whole_hub(data, make=True) as hub:
            imported = hub.mirror.import_repo(actor_for(hub, user), wanted, Shown())
    except KeyboardInterrupt:
        sys.exit("hearthub: interrupted; the same import goes on from here")
    report(imported, as_json)


def actor_for(hub: "Hub", user: str | None) -> "Actor":
    """The named user, else the first administrator."""
    if user is None:
        admins = [it for it in hub.accounts.users() if it.is_admin and not it.disabled]
        if not admins:
            raise BadRequest(
                "There is no administrator to import for: add one with "
                "`hearthub user add NAME --admin`, or name a user with --user"
            )
        user = min(admins, key=lambda admin: admin.id).name
    return hub.accounts.actor(user)


def report(imported: "Imported", as_json: bool) -> None:
    origin, repo = imported.origin, imported.repo
    if as_json:
        answer = {
            "id": repo.full_name,
            "type": repo.type,
            "commit": origin.head,
            "origin": origin.endpoint,
            "upstream_id": origin.name,
            "upstream_commit": origin.commit,
            "license": origin.licence,
            "gated": repo.gated or False,
            "private": repo.is_private,
            "files": imported.files,
            "bytes_downloaded": imported.bytes_downloaded,
            "bytes_reused": imported.bytes_reused,
            "changed": imported.changed,
        }
        print(json.dumps(answer))
        return
    source = f"{origin.name} at {str(origin.commit)[:12]} from {origin.endpoint}"
    if not imported.changed:
        print(f"{repo.type} {repo.full_name} is up to date: {source}")
        return
    words = {"gated": repo.gated, "private": repo.is_private}
    closed = [word for word, is_so in words.items() if is_so]
    print(
        f"Imported the {repo.type} {repo.full_name}: {source}; {imported.files} files, "
        f"{size_text(imported.bytes_downloaded)} fetched, {size_text(imported.bytes_reused)} here "
        f"already; licence {origin.licence or 'not stated'}"
        + (f"; {' and '.join(closed)}" if closed else "")
    )


class Shown:
    """Progress on standard error: one line that changes on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_terminal = sys.stderr.isatty()
        self._files = self._files_done = self._size = self._done = self._first = 0
        self._started = self._last = time.monotonic()

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def begin(self, files: int, size: int, done: int) -> None:
        self._files, self._size, self._done, self._first = files, size, done, done
        self._started = self._last = time.monotonic()
        went_on = f", {size_text(done)} of it here from an earlier run" if done else ""
        self.note(f"Fetching {files} files, {size_text(size)}{went_on}")

    def advance(self, size: int) -> None:
        with self._lock:
            self._done += size
            now = time.monotonic()
            if now - self._last >= (EVERY_S if self._is_terminal else EVERY_LINE_S):
                self._last = now
                self._show(now)

    def file_done(self) -> None:
        with self._lock:
            self._files_done += 1

    def end(self) -> None:
        with self._lock:
            self._show(time.monotonic())
            if self._is_terminal:
                print(file=sys.stderr, flush=True)

    def _show(self, now: float) -> None:
        rate = max(0.0, self._done - self._first) / max(now - self._started, 0.001)
        percent = 100 * self._done // self._size if self._size else 100
        line = (
            f"  {self._files_done}/{self._files} files  {size_text(self._done)} of "
            f"{size_text(self._size)}  {percent}%  {size_text(rate)}/s"
        )
        if self._is_terminal:
            print(f"\r{line:<78}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)


def size_text(size: float) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size:.0f} bytes"
