"""PostgreSQL gives numbers before a transaction is visible: what comes late is passed over by none.

Nobody keeps the last number that he saw: a reader that did would lose the event of these tests.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from community.stage import Stage, open_stage
from hearthub.accounts import Actor
from hearthub.community.audit import Deed
from hearthub.errors import Conflict
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


def test_a_hidden_comment_stays_so_whoever_edits_it_meanwhile(stage: Stage) -> None:
    alice, repo, talk = stage.actor("alice"), stage.repo(), stage.hub.community.discussions
    num = talk.open(alice, repo, "Hello", "").num
    uid = talk.comment(alice, repo, num, "s3cret").uid
    with ThreadPoolExecutor(1) as thread:
        with held(stage, lambda: talk.hide(alice, repo, num, uid)):
            edited = thread.submit(talk.edit, alice, repo, num, uid, "s3cret again")
            time.sleep(0.5)
        with pytest.raises(Conflict, match="hidden"):
            edited.result(WAIT_S)
    said = talk.said(uid)
    assert said
    assert (said.data["hidden"], said.data["raw"]) == (True, "")


def test_what_is_merged_is_not_closed_meanwhile(stage: Stage) -> None:
    alice, repo, talk = stage.actor("alice"), stage.repo(), stage.hub.community.discussions
    num = talk.open(alice, repo, "Hello", "", base="main").num
    with ThreadPoolExecutor(1) as thread:
        with held(stage, lambda: talk.merge(alice, repo, num, None)):
            closed = thread.submit(talk.set_status, alice, repo, num, "closed", None)
            time.sleep(0.5)
        with pytest.raises(Conflict, match="merged"):
            closed.result(WAIT_S)
    assert talk.get(repo, num).status == "merged"


def test_two_who_change_a_collection_at_once(stage: Stage) -> None:
    alice, bob = stage.actor("alice"), stage.actor("bob")
    collections = stage.hub.community.collections
    slug = collections.create(alice, "alice", "Mine", None, private=False).slug

    def add(paper: str) -> object:
        return collections.add_item(alice, slug, "paper", paper, None)

    def vote(actor: Actor) -> object:
        return collections.upvote(actor, slug, is_up=True)

    with ThreadPoolExecutor(1) as thread:
        for one, other in (
            (partial(add, "2311.00001"), partial(add, "2311.00002")),
            (partial(vote, alice), partial(vote, bob)),
        ):
            with held(stage, one):
                later = thread.submit(other)
                time.sleep(0.5)
            later.result(WAIT_S)
    found = collections.find(alice, slug)
    assert [it.position for it in collections.items(alice, found)] == [0, 1]
    assert found.upvotes == 2
