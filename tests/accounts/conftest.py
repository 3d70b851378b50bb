from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub import migrations
from hearthub.accounts import Accounts
from hearthub.db import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.sqlite(tmp_path / "hearthub.db")
    migrations.upgrade(db, "main")
    yield db
    db.close()


@pytest.fixture
def accounts(db: Database) -> Accounts:
    """alice owns acme, bob is a member of it, charlie is neither."""
    accounts = Accounts(db)
    alice = accounts.add_user("alice", email="alice@example.org", fullname="Alice A.")
    accounts.add_user("Bob")
    accounts.add_user("charlie")
    accounts.add_org("acme", fullname="Acme", creator=alice.id)
    accounts.set_member("acme", "bob", "write")
    return accounts
