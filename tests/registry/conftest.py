"""The real git, as the judge of our objects; and an object store on a real disk."""

import subprocess
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from hearthub import migrations
from hearthub.db import Database
from hearthub.registry.objects import ObjectStore
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.storage import Storage


class RealGit:
    """A bare repository of the real git, which objects of ours can be put into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(path), "LC_ALL": "C"}
        self.run("init", "-q", "--bare", "-b", "main", str(path))

    def run(self, *args: str, stdin: bytes | None = None, check: bool = True) -> bytes:
        self.path.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["git", *args], cwd=self.path, env=self.env, input=stdin, capture_output=True
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(args)}: {done.stderr.decode()}")
        return done.stdout

    def line(self, *args: str, stdin: bytes | None = None) -> str:
        return self.run(*args, stdin=stdin).decode().strip()

    def put(self, oid: str, kind: str, data: bytes) -> None:
        """A loose object under the name that we gave it; `fsck` tells if it is the wrong name."""
        file = self.path / "objects" / oid[:2] / oid[2:]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(zlib.compress(f"{kind} {len(data)}\0".encode() + data, 1))

    def fsck(self, *heads: str) -> None:
        self.run("fsck", "--strict", "--no-dangling", "--no-progress", *heads)

    def clear(self) -> None:
        for file in self.objects():
            file.unlink()

    def objects(self) -> Iterable[Path]:
        return (self.path / "objects").glob("??/*")


@pytest.fixture(scope="session")
def real_git(tmp_path_factory):
    return RealGit(tmp_path_factory.mktemp("git") / "repo.git")


@pytest.fixture
def storage(tmp_path):
    db = Database.sqlite(tmp_path / "hub.db")
    migrations.upgrade(db, "main")
    yield Storage(db, Settings(data=tmp_path), Sandbox(1))
    db.close()


@pytest.fixture
def objects(tmp_path, storage):
    db = Database.sqlite(tmp_path / "objects.db")
    migrations.upgrade(db, "objects")
    yield ObjectStore(db, storage)
    db.close()
