"""PostgreSQL gives numbers before a transaction is visible: what comes late is passed over by none.

Nobody keeps the last number that he saw: a reader that did would lose the event of these tests.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from community.stage import Stage, open_stage
from hearthub.community.audit import Deed
from hearthub.jobs import Worker
from hearthub.registry import Repo
from postgres import postgres

WAIT_S = 30


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with postgres() as url, open_stage(tmp_path, url) as found:
        yield found


@contextmanager
def held(stage: Stage, act: Callable[[], object]) -> Iterator[None]:
    """Around what happens while an act is done and not committed yet."""
    done, go = threading.Event(), threading.Event()

    def run() -> None:
        with stage.hub.db.transaction():
            act()
            done.set()
            assert go.wait(WAIT_S)

    late = threading.Thread(target=run)
    late.start()
    try:
        assert done.wait(WAIT_S)
        yield
    finally:
        go.set()
        late.join(WAIT_S)


def change(stage: Stage, repo: Repo) -> None:
    alice = stage.actor("alice")
    stage.hub.registry.change_settings(alice, "model", repo.full_name, gated="manual")


def kinds(deeds: list[Deed]) -> list[str]:
    return [it.kind for it in deeds]


def test_an_event_with_a_smaller_number_that_comes_late(stage: Stage) -> None:
    hook, root = stage.hook("alice"), stage.hub.accounts.add_user("root", admin=True)
    one, two = stage.repo("alice/one"), stage.repo("alice/two")
    stage.run()
    stage.listener.posts.clear()
    audit, admin = stage.hub.community.audit, stage.actor(root.name)
    with held(stage, lambda: change(stage, one)):
        stage.commit(two, "x")
        assert stage.run() == ["update repo.content"]
        seen = audit.everything(admin, since=0)
        assert kinds(seen[:1]) == ["CommitCreated"]
    assert stage.run() == ["update repo.content", "update repo.config"]
    assert stage.log(hook)[0] == ("update repo.config", "done", 1, 200)
    now = audit.everything(admin, since=0)
    late = [it for it in now if it.kind == "RepoSettingsChanged"]
    assert late[0].id < seen[0].id, "numbers are not in the order of commits"
    assert kinds(audit.page(admin, None))[:2] == ["CommitCreated", "RepoSettingsChanged"]


def test_while_workers_are_at_it(stage: Stage) -> None:
    """They have sent all that came after it before it is there to be seen."""
    stage.hook("alice", domains=["repo"])
    repos = [stage.repo(f"alice/r{number}") for number in range(6)]
    worker = Worker(stage.hub.jobs, threads=4)
    worker.start()
    try:
        with held(stage, lambda: change(stage, repos[0])):
            for repo in repos[1:]:
                stage.commit(repo, "x")
            assert arrives(stage, 2 * len(repos) + len(repos[1:]))
        assert arrives(stage, 3 * len(repos))
    finally:
        worker.stop()
    assert stage.listener.events()[-1] == "update repo.config"


def arrives(stage: Stage, many: int) -> bool:
    ends = time.monotonic() + WAIT_S
    while len(stage.listener.posts) < many and time.monotonic() < ends:
        time.sleep(0.05)
    return len(stage.listener.posts) == many


def test_many_who_open_discussions_at_once(stage: Stage) -> None:
    """Each gets a number: clients do not try again."""
    repo, talk = stage.repo(), stage.hub.community.discussions

    def open_some(name: str) -> list[int]:
        actor, bases = stage.actor(name), (None, "main")
        return [talk.open(actor, repo, "Hello", "", base=it).num for _ in range(5) for it in bases]

    names = ["alice", "bob", "charlie"]
    with ThreadPoolExecutor(len(names)) as threads:
        numbers = [it for some in threads.map(open_some, names) for it in some]
    assert sorted(numbers) == list(range(1, 31))
