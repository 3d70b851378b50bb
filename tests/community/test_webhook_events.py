"""Webhooks: each event as it left things, and one after the other."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from community.stage import Stage, open_stage
from hearthub.jobs import Worker


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as found:
        yield found


def test_as_the_event_left_it(stage: Stage) -> None:
    """Not as it is when the job comes to it."""
    stage.hook("alice")
    repo, alice = stage.repo(), stage.actor("alice")
    talk, registry = stage.hub.community.discussions, stage.hub.registry
    num = talk.open(alice, repo, "First", "Hello", base="main", status="draft").num
    proposed = stage.commit(repo, "one", rev=f"refs/pr/{num}")
    said = talk.comment(alice, repo, num, "And more")
    talk.edit(alice, repo, num, said.uid, "And less")
    talk.rename(alice, repo, num, "Second")
    merged = talk.merge(alice, repo, num, None)
    registry.change_settings(alice, "model", "alice/bert", visibility="private")
    registry.move(alice, "model", "alice/bert", "acme/berta")
    stage.run()
    told = [body for _, body in stage.listener.posts]
    moves = [it["updatedRefs"][0]["newSha"] for it in told if "updatedRefs" in it]
    assert moves[1:] == [proposed, merged]
    heads = [it["repo"].get("headSha") for it in told]
    assert heads == [None, *[moves[0]] * 6, *[merged] * 4]
    assert [it["repo"]["private"] for it in told] == [False] * 9 + [True] * 2
    assert {it["repo"]["name"] for it in told} == {"alice/bert"}
    talks = [it["discussion"] for it in told if "discussion" in it]
    assert [it["status"] for it in talks] == ["draft"] * 4 + ["merged"]
    assert [it["title"] for it in talks] == ["First"] * 3 + ["Second"] * 2
    assert [it["changes"].get("mergeCommitId") for it in talks] == [None] * 4 + [merged]
    said_then = [it["comment"]["content"] for it in told if "comment" in it]
    assert said_then == ["Hello", "And more", "And less"]


def test_of_what_is_said_in_closing_and_merging(stage: Stage) -> None:
    stage.hook(domains=["discussion"])
    repo, alice = stage.repo(), stage.actor("alice")
    talk = stage.hub.community.discussions
    closed = talk.open(alice, repo, "Hello", "").num
    talk.set_status(alice, repo, closed, "closed", "Not so")
    merged = talk.open(alice, repo, "A pull", "", base="refs/heads/main").num
    talk.merge(alice, repo, merged, "Just so")
    told = ["create discussion", "create discussion.comment", "update discussion"]
    assert stage.run() == told * 2
    bodies = [body for _, body in stage.listener.posts]
    assert [bodies[it]["comment"]["content"] for it in (1, 4)] == ["Not so", "Just so"]


def test_of_what_was_taken_back(stage: Stage) -> None:
    """A pull request that was opened for a commit which then failed."""
    stage.hook(domains=["discussion"])
    repo, bob = stage.repo(), stage.actor("bob")
    talk = stage.hub.community.discussions
    talk.withdraw(repo, talk.open(bob, repo, "A pull", "", base="main", status="draft"))
    assert stage.run() == []


def test_in_the_order_of_the_events(stage: Stage) -> None:
    """Whichever of their jobs comes first."""
    stage.hook(domains=["repo"])
    repo = stage.repo()
    made = [stage.commit(repo, str(number)) for number in range(3)]
    jobs = []
    while job := stage.hub.jobs.claim(60):
        jobs.append(job)
    for job in reversed(jobs):
        stage.hub.jobs.run(job)
    stage.run()
    assert heads(stage)[2:] == made


def test_in_order_by_many_workers(stage: Stage) -> None:
    """While the events still come, to two webhooks of which one is refused now and then."""
    stage.hook(domains=["repo"])
    stage.hook("bob", domains=["repo"])
    repos = [stage.repo(f"alice/bert{number}") for number in range(3)]
    stage.listener.answers = [200, 200, 404] * 30
    worker = Worker(stage.hub.jobs, threads=6)
    worker.start()
    with ThreadPoolExecutor(3) as threads:
        made = threads.map(lambda repo: [stage.commit(repo, str(n)) for n in range(20)], repos)
    ends = time.monotonic() + 60
    while len(stage.listener.posts) < 2 * 3 * 22 and time.monotonic() < ends:
        time.sleep(0.05)
    worker.stop()
    wanted = {repo.full_name: commits for repo, commits in zip(repos, made, strict=True)}
    for path in ("/charlie", "/bob"):
        for name, commits in wanted.items():
            assert heads(stage, path, name)[2:] == commits
    assert stage.hub.db.value("select count(*) from webhook_news") == 0


def test_news_that_cannot_be_spread(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not skipped at once, and keeps the rest waiting for a while only."""
    monkeypatch.setattr("hearthub.community.deliveries.MAX_TRIES", 3)
    stage.hub.db.execute(
        "create trigger refuses before insert on webhook_delivery when new.event = 'create repo' "
        "begin select raise(abort, 'no such text'); end"
    )
    stage.hook(domains=["repo"])
    stage.repo()
    assert stage.run() == []
    for _ in range(2):
        stage.hub.db.execute("update job set run_at = 0 where name = 'webhooks.spread'")
        stage.run()
    assert stage.run() == ["update repo.content"]
    assert stage.hub.db.value("select count(*) from webhook_news") == 1
    stage.hub.db.execute("update webhook_news set created = 0")
    stage.hub.community.deliveries.tidy({})
    assert stage.hub.db.value("select count(*) from webhook_news") == 0


def test_a_webhook_that_is_gone_meanwhile(stage: Stage) -> None:
    gone, hook = stage.hook(), stage.hook("bob")
    stage.repo()
    stage.hub.community.webhooks.delete(stage.actor("charlie"), gone.uid)
    stage.run()
    assert [it[0] for it in stage.log(hook)] == ["update repo.content", "create repo"]


def heads(stage: Stage, path: str = "/charlie", name: str = "alice/bert") -> list[str | None]:
    """The newest commit of a repo that each post to a path told of, in their order."""
    told = [body["repo"] for headers, body in stage.listener.posts if headers["X-Path"] == path]
    return [it.get("headSha") for it in told if it["name"] == name]
