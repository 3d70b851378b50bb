"""What `hearthub doctor` looks at. A check changes nothing, and creates nothing that stays."""

import os
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from hearthub.cli.serve import is_exposed, is_web_address
from hearthub.clock import iso, now_ms
from hearthub.settings import LOOPBACK, Settings

OK, WARN, FAIL = "ok", "warn", "fail"

GIB = 2**30
LOW_DISK, FULL_DISK = 10 * GIB, GIB
STALE_S = 2 * 24 * 3600  # the hourly sweep deletes what is a day old
LATE_MS = 600_000
OLDEST_SQLITE = (3, 35, 0)  # `returning`
NEWEST_PAST_MS = 1_760_000_000_000  # October 2025: no clock that is right shows less
REMOTE_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs"}


@dataclass(frozen=True)
class Finding:
    name: str
    status: str
    message: str
    advice: str | None = None


def data_folder(settings: Settings) -> Finding:
    name, data = "data folder", settings.data
    if not data.exists():
        parent = _existing(data)
        if not os.access(parent, os.W_OK):
            return Finding(
                name,
                FAIL,
                f"{data} does not exist and cannot be made in {parent}",
                f"Make {parent} writable for this user, or choose another folder with --data.",
            )
        return Finding(
            name, WARN, f"{data} does not exist yet", "The first `hearthub user add` makes it."
        )
    try:
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        return Finding(
            name,
            FAIL,
            f"{data} cannot be written: {error.strerror}",
            "Give it to the user that runs Hearthub, or choose another folder with --data.",
        )
    stat = data.stat()
    if stat.st_uid != os.geteuid():
        return Finding(
            name,
            WARN,
            f"{data} belongs to another user, who cannot read what this one writes there",
            f"Run all commands as the hub's user: sudo -u '#{stat.st_uid}' hearthub ...",
        )
    if stat.st_mode & 0o077:
        return Finding(
            name,
            WARN,
            f"{data} can be read by other users of this machine",
            f"Private repos lie in it: chmod 700 {data}",
        )
    return Finding(name, OK, f"{data} can be written")


def file_system(settings: Settings) -> Finding:
    kind = _mounted_as(_existing(settings.data))
    if kind in REMOTE_FILE_SYSTEMS and not settings.database_url:
        return Finding(
            "file system",
            WARN,
            f"the data folder is on {kind}, where SQLite's locks cannot be relied upon",
            "Keep the data folder on a local disk, or use PostgreSQL.",
        )
    return Finding("file system", OK, kind or "local, as far as can be told")


def free_disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_existing(settings.data)).free
    message = f"{free / GIB:.1f} GiB are free"
    if free >= LOW_DISK:
        return Finding("free disk", OK, message)
    return Finding(
        "free disk",
        FAIL if free < FULL_DISK else WARN,
        message,
        "Uploads fail when the disk is full: delete repos nobody needs, or use a larger disk.",
    )


def sqlite_library(_settings: Settings) -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return Finding(
            "SQLite",
            FAIL,
            f"version {version} is too old",
            "Use a Python built with SQLite 3.35 or newer.",
        )
    return Finding("SQLite", OK, f"version {version}")


def clock(settings: Settings) -> Finding:
    now = now_ms()
    advice = "Set this machine's clock (NTP): signed links and tokens depend on it."
    if now < NEWEST_PAST_MS:
        return Finding("clock", FAIL, f"it is not {iso(now)}", advice)
    database = settings.data / "hearthub.db"
    if not settings.database_url and database.exists():
        written_ms = int(database.stat().st_mtime * 1000)
        if written_ms > now + 120_000:
            return Finding(
                "clock", WARN, f"the database was written in the future, {iso(written_ms)}", advice
            )
    return Finding("clock", OK, iso(now))


def git_program(_settings: Settings) -> Finding:
    path = shutil.which("git")
    # Hearthub speaks git by itself: only people who want to clone here need the program.
    return Finding("git", OK, path or "not installed; the hub does not need it")


def listening(settings: Settings) -> Finding:
    name, where = "port", f"{settings.host} port {settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        if _answers(settings):
            return Finding(name, OK, f"a hub answers at {where}")
        return Finding(
            name,
            WARN,
            f"{where} cannot be used: {error.strerror or error}",
            "Choose another with `serve --port`, or end the program that has it.",
        )
    return Finding(name, OK, f"{where} is free (no hub is running there)")


def public_url(settings: Settings) -> Finding:
    name, url = "public URL", settings.public_url
    if url and not is_web_address(url):
        return Finding(
            name,
            FAIL,
            f"{url!r} is no http(s) address",
            "Set HEARTHUB_PUBLIC_URL to what clients call this hub, as https://hub.example.org.",
        )
    if is_exposed(settings):
        return Finding(
            name,
            WARN,
            f"{url or settings.base_url} can be reached from outside without TLS",
            "Put a TLS proxy in front, and set HEARTHUB_PUBLIC_URL to its https:// address.",
        )
    if url and urlsplit(url).path:
        return Finding(
            name,
            WARN,
            f"{url} is not the root of its host",
            "Give the hub a host name of its own: many clients drop the path.",
        )
    if url and urlsplit(url).hostname in LOOPBACK and not settings.is_loopback:
        return Finding(
            name,
            WARN,
            f"{url} means every caller's own machine",
            "Set HEARTHUB_PUBLIC_URL to a name that other machines can resolve.",
        )
    return Finding(name, OK, url or f"none: links name {settings.base_url}")


def leftovers(settings: Settings) -> Finding:
    """Files in `{data}/tmp` that the hourly sweep should have deleted."""
    limit = time.time() - STALE_S
    stale = [
        path.stat().st_size
        for path in (settings.data / "tmp").rglob("*")
        if path.is_file() and path.stat().st_mtime < limit
    ]
    if stale:
        return Finding(
            "leftovers",
            WARN,
            f"{len(stale)} temporary files of {sum(stale) / GIB:.2f} GiB are older than two days",
            "`hearthub serve` or `hearthub work` deletes them within an hour; are jobs running?",
        )
    return Finding("leftovers", OK, "no old temporary files")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    data_folder,
    file_system,
    free_disk,
    sqlite_library,
    clock,
    git_program,
    listening,
    public_url,
    leftovers,
)


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _mounted_as(path: Path) -> str | None:
    """The type of the file system `path` is on; None where the system does not tell."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    fields = [line.split() for line in mounts.read_text().splitlines()]
    holding = [(len(f[1]), f[2]) for f in fields if path.resolve().is_relative_to(f[1])]
    return max(holding)[1] if holding else None


def _answers(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared
    connection = HTTPConnection(host, settings.port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
