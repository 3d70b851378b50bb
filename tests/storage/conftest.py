from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearthub import migrations
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.storage import LfsObject, Storage
from storage.xet_writer import Shard, Xorb

ALICE_REPO, ACME_REPO, CHARLIE_REPO = 1, 2, 3


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(2)
    yield sandbox
    sandbox.close()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database with three repos: 1 of alice, 2 of her organisation, 3 of charlie."""
    db = Database.sqlite(tmp_path / "main.db")
    migrations.upgrade(db, "main")
    for number, name in ((ALICE_REPO, "alice"), (ACME_REPO, "acme"), (CHARLIE_REPO, "charlie")):
        db.execute(
            """insert into account (id, key, name, kind, fullname, created)
            values (:id, :name, :name, 'user', :name, 0)""",
            id=number,
            name=name,
        )
        db.execute(
            """insert into repo (id, uid, type, owner_id, namespace, name, key, visibility,
                created, modified)
            values (:id, :id, 'model', :id, :name, 'm', :key, 'private', 0, :now)""",
            id=number,
            name=name,
            key=f"{name}/m",
            now=now_ms(),
        )
    yield db
    db.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", max_file=2**30)


@pytest.fixture
def storage(db: Database, settings: Settings, sandbox: Sandbox) -> Storage:
    return Storage(db, settings, sandbox)


@dataclass
class Client:
    """Sends things to a storage as the HTTP edge does."""

    storage: Storage

    def xorb(self, xorb: Xorb, repo: int = ALICE_REPO, *, body: bytes | None = None) -> bool:
        with self.storage.spool(self.storage.max_xorb) as spool:
            spool.write(xorb.body if body is None else body)
            return self.storage.receive_xorb(repo, xorb.hash, spool)

    def shard(
        self,
        shard: Shard | bytes,
        repo: int = ALICE_REPO,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[LfsObject]:
        with self.storage.spool(self.storage.max_shard) as spool:
            spool.write(shard if isinstance(shard, bytes) else shard.encode())
            return self.storage.register_shard(repo, spool, progress)

    def read(self, sha256: str, start: int, end: int, repo: int = ALICE_REPO) -> bytes:
        return b"".join(self.storage.locate(repo, sha256).read(start, end))


@pytest.fixture
def client(storage: Storage) -> Client:
    return Client(storage)
