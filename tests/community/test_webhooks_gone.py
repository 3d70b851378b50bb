"""Webhooks that are behind when a repo is deleted: who is told what happened to it before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from community.stage import Stage, open_stage
from hearthub.community import Watched

CONTENT, CONFIG = "update repo.content", "update repo.config"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as found:
        for user in ("alice", "charlie"):
            found.hook(user)
        yield found


def told(stage: Stage, user: str) -> list[str]:
    posts = [body for headers, body in stage.listener.posts if headers["X-Path"] == f"/{user}"]
    return [f"{body['event']['action']} {body['event']['scope']}" for body in posts]


def settings(stage: Stage, **changes: str) -> None:
    stage.hub.registry.change_settings(stage.actor("alice"), "model", "alice/bert", **changes)


def delete(stage: Stage) -> None:
    stage.hub.registry.delete(stage.actor("alice"), "model", "alice/bert")
    stage.run()


def test_all_that_happened_is_told(stage: Stage) -> None:
    stage.repo()
    settings(stage, gated="manual")
    delete(stage)
    for user in ("alice", "charlie"):
        assert told(stage, user) == ["create repo", CONTENT, CONFIG, "delete repo"]


def test_what_was_tried_before_is_sent(stage: Stage) -> None:
    stage.listener.answers = [500] * 2
    stage.repo()
    stage.run()
    stage.hub.registry.delete(stage.actor("alice"), "model", "alice/bert")
    stage.forgive()
    stage.run()
    for user in ("alice", "charlie"):
        assert told(stage, user) == ["create repo"] * 2 + [CONTENT, "delete repo"]


def test_private_at_the_end(stage: Stage) -> None:
    """Who lost it is told nothing, also of what he could see then, nor that it is gone."""
    stage.repo()
    settings(stage, visibility="private")
    delete(stage)
    assert told(stage, "charlie") == []
    assert told(stage, "alice") == ["create repo", CONTENT, CONFIG, "delete repo"]


def test_public_at_the_end(stage: Stage) -> None:
    """What happened while it was private stays so."""
    stage.repo(visibility="private")
    settings(stage, visibility="public")
    delete(stage)
    assert told(stage, "charlie") == [CONFIG, "delete repo"]
    assert told(stage, "alice") == ["create repo", CONTENT, CONFIG, "delete repo"]


def test_a_member_who_left_since(stage: Stage) -> None:
    """Rights are those that the people have when it is sent."""
    accounts, acme = stage.hub.accounts, [Watched("org", "acme")]
    for user in ("bob", "charlie"):
        accounts.set_member("acme", user, "read")
        stage.hook(user, watched=acme)
    stage.repo("acme/bert", visibility="private")
    stage.hub.registry.delete(stage.actor("alice"), "model", "acme/bert")
    accounts.remove_member("acme", "charlie")
    stage.run()
    assert told(stage, "bob") == ["create repo", CONTENT, "delete repo"]
    assert told(stage, "charlie") == []


def test_guests_of_a_gated_repo(stage: Stage) -> None:
    """What is said is told to those who were let in; but no content, which may have been hidden."""
    bob, talk = stage.actor("bob"), stage.hub.community.discussions
    stage.hook("bob")
    repo = stage.repo()
    settings(stage, gated="auto")
    stage.hub.registry.gates.ask(bob, stage.hub.registry.repo(bob, "model", "alice/bert"), {})
    talk.open(stage.actor("alice"), repo, "A title", "A text")
    delete(stage)
    assert told(stage, "charlie") == ["create repo", CONTENT, CONFIG, "delete repo"]
    for user in ("alice", "bob"):
        assert "create discussion" in told(stage, user)
    said = [body["comment"] for _, body in stage.listener.posts if "comment" in body]
    assert [it.get("content") for it in said] == [None, None]


def test_the_log(stage: Stage) -> None:
    """Shows what was sent of a repo that is gone, and sends it again, to who could read it."""
    webhooks, users = stage.hub.community.webhooks, ("alice", "charlie")
    hooks = {user: webhooks.all(stage.actor(user))[0] for user in users}
    stage.repo()
    stage.run()
    settings(stage, visibility="private")
    delete(stage)
    deliveries = stage.hub.community.deliveries
    for user, is_shown in (("alice", True), ("charlie", False)):
        first = deliveries.log(hooks[user])[-1]
        assert (deliveries.get(hooks[user], first.uid).payload is not None) == is_shown
        deliveries.replay(hooks[user], first.uid)
    stage.run()
    assert told(stage, "alice")[-1] == "create repo"
    assert told(stage, "charlie") == ["create repo", CONTENT]
    deliveries.tidy({})
    stage.hub.db.execute("update webhook_gone set created = 0")
    deliveries.tidy({})
    assert stage.hub.db.value("select count(*) from webhook_gone") == 0
