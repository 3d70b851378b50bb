"""A PostgreSQL server for tests, where the machine has one and psycopg is installed.

The hub's own requirements name no driver: `pip install "psycopg[binary]"` beside them.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from live import free_port

OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200 "


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database; skips the calling test where there can be none."""
    programs = _programs()
    if programs is None or find_spec("psycopg") is None:
        pytest.skip("PostgreSQL or psycopg is not installed")
    folder, port = Path(tempfile.mkdtemp(prefix="hearthub-postgres-")), free_port()
    user = _user(folder)
    data = folder / "data"

    def run(program: str, *words: str) -> None:
        command = [str(programs / program), "-D", str(data), *words]
        subprocess.run(command, check=True, cwd=folder, user=user, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "-A", "trust", "-U", "hub", "-E", "UTF8", "--locale=C")
        options = f"{OPTIONS} -p {port} -c unix_socket_directories={folder}"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://hub@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


def _user(folder: Path) -> str | None:
    """Who runs it: PostgreSQL refuses to be run by root."""
    if os.geteuid():
        return None
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("root may not run PostgreSQL, and there is no user postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_name
