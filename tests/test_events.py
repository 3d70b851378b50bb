from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from hearthub import migrations
from hearthub.db import Database
from hearthub.events import CommitCreated, EventLog, RepoCreated, RepoSettingsChanged
from hearthub.jobs import Jobs

PUSH = CommitCreated(7, ref="refs/heads/main", old_oid=None, new_oid="ab" * 20, message="first")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database.sqlite(tmp_path / "hearthub.db")
    migrations.upgrade(db, "main")
    yield db
    db.close()


def test_an_event_is_one_row(db: Database) -> None:
    EventLog(db).append(PUSH, actor_id=3)
    row = db.one("select kind, repo_id, actor_id, at, payload from event")
    assert row is not None
    assert (row.kind, row.repo_id, row.actor_id) == ("CommitCreated", 7, 3)
    assert orjson.loads(row.payload) == {
        "ref": "refs/heads/main",
        "old_oid": None,
        "new_oid": "ab" * 20,
        "message": "first",
    }


def test_subscribers_hear_their_events_only(db: Database) -> None:
    log, heard = EventLog(db), []
    log.subscribe(CommitCreated, heard.append)
    log.append(RepoCreated(7, "model", "acme/bert"), actor_id=None)
    log.append(PUSH, actor_id=None)
    assert heard == [PUSH]


def test_the_event_and_its_jobs_stand_or_fall_with_the_change(db: Database) -> None:
    log, jobs = EventLog(db), Jobs(db)
    jobs.register("index", lambda payload: None)
    log.subscribe(CommitCreated, lambda event: jobs.add("index", {"repo": event.repo_id}))

    def change_and_fail() -> None:
        with db.transaction():
            log.append(PUSH, actor_id=None)
            raise KeyError

    with pytest.raises(KeyError):
        change_and_fail()
    assert db.value("select count(*) from event") == 0
    assert jobs.counts()["waiting"] == 0
    log.append(PUSH, actor_id=None)
    assert db.value("select count(*) from event") == 1
    assert jobs.counts()["waiting"] == 1


def test_an_error_in_a_subscriber_undoes_the_event(db: Database) -> None:
    log = EventLog(db)

    def refuse(event: RepoSettingsChanged) -> None:
        raise LookupError

    log.subscribe(RepoSettingsChanged, refuse)
    with pytest.raises(LookupError):
        log.append(RepoSettingsChanged(7, {"visibility": "private"}), actor_id=None)
    assert db.value("select count(*) from event") == 0
