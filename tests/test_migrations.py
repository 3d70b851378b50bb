"""What a newer schema makes of what was written before it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from hearthub import migrations
from hearthub.db import Database
from hearthub.jobs import Jobs


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.sqlite(tmp_path / "hub.db")
    yield db
    db.close()


def upgrade(db: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes |= {"db": db, "stores": ("main",)}
    command.upgrade(config, revision)


def add_repo(db: Database, number: int, owner: int = 1) -> None:
    db.execute(
        "insert into account (id, key, name, kind, fullname, created) "
        "values (:owner, :name, :name, 'user', '', 0) on conflict do nothing",
        owner=owner,
        name=f"owner{owner}",
    )
    db.execute(
        "insert into repo (id, uid, type, owner_id, namespace, name, key, visibility, created, "
        "modified) values (:id, :uid, 'model', :owner, '', '', :uid, 'public', 0, 0)",
        id=number,
        uid=f"{number:024x}",
        owner=owner,
    )


def test_bases_of_pull_requests(db: Database) -> None:
    upgrade(db, "0014")
    add_repo(db, 1)
    for num, base in enumerate(("main", "refs/heads/main", "dev/x", None)):
        db.execute(
            "insert into discussion (repo_id, num, title, status, is_pull_request, base, created) "
            "values (1, :num, '', 'open', 1, :base, 0)",
            num=num,
            base=base,
        )
    upgrade(db, "0015")
    found = [row.base for row in db.all("select base from discussion order by num")]
    assert found == ["refs/heads/main", "refs/heads/main", "refs/heads/dev/x", None]


def test_what_several_repos_have(db: Database) -> None:
    upgrade(db, "0016")
    for repo, owner, files in ((1, 1, "ab"), (2, 1, "bc"), (3, 1, "b"), (4, 2, "abc"), (5, 2, "c")):
        add_repo(db, repo, owner)
        for name in files:
            db.execute(
                "insert into lfs_object (repo_id, sha256, size, whole, created) "
                "values (:repo, :name, :size, 1, 0)",
                repo=repo,
                name=name,
                size={"a": 1, "b": 10, "c": 100}[name],
            )
    upgrade(db, "0017")
    shared = db.all("select shared_storage from account order by id")
    assert [row[0] for row in shared] == [20, 100]
    assert db.value("select owner_id from lfs_object where repo_id = 4") == 2


def test_what_refs_reach_is_counted_after_the_upgrade(tmp_path: Path, db: Database) -> None:
    """By a job; a new hub has nothing to count."""
    upgrade(db, "0021")
    add_repo(db, 1)
    upgrade(db, "0022")
    ran = list[dict[str, object]]()
    jobs = Jobs(db)
    jobs.register("registry.reach", ran.append)
    assert jobs.run_due() == 1
    assert ran == [{}]
    new = Database.sqlite(tmp_path / "new.db")
    upgrade(new, "0022")
    assert new.value("select count(*) from job") == 0
    new.close()
