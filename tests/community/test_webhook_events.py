"""Webhooks: each event as it left things, and one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from community.stage import Stage, open_stage


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


def test_of_what_was_taken_back(stage: Stage) -> None:
    """A pull request that was opened for a commit which then failed."""
    stage.hook(domains=["discussion"])
    repo, bob = stage.repo(), stage.actor("bob")
    talk = stage.hub.community.discussions
    talk.withdraw(repo, talk.open(bob, repo, "A pull", "", base="main", status="draft"))
    assert stage.run() == []
