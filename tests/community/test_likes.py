"""Likes without HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.app import open_hub
from hearthub.clock import now_ms
from hearthub.context import Hub
from hearthub.errors import Forbidden, LoginRequired
from hearthub.settings import Settings


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path)) as hub:
        for name in ("alice", "charlie"):
            hub.accounts.add_user(name)
        yield hub


def test_one_each(hub: Hub) -> None:
    alice, charlie = hub.accounts.actor("alice"), hub.accounts.actor("charlie")
    repo = hub.registry.create(alice, "model", "alice/m")
    for _ in range(2):
        hub.community.like(alice, repo)
    hub.community.like(charlie, repo)
    assert hub.community.likes([repo.id, 999]) == {repo.id: 2}
    assert {like.user for like in hub.community.likers(repo)} == {"alice", "charlie"}
    hub.community.unlike(alice, repo)
    hub.community.unlike(alice, repo)
    kinds = [row[0] for row in hub.db.all("select kind from event order by id")]
    assert kinds.count("RepoLiked") == 2
    assert kinds.count("RepoUnliked") == 1


def test_who_may(hub: Hub) -> None:
    alice = hub.accounts.actor("alice")
    repo = hub.registry.create(alice, "model", "alice/m")
    with pytest.raises(LoginRequired):
        hub.community.like(ANONYMOUS, repo)
    reader: Actor = hub.accounts.authenticate(hub.accounts.add_token("alice", role="read"))
    with pytest.raises(Forbidden):
        hub.community.like(reader, repo)
    with pytest.raises(Forbidden):
        hub.community.unlike(reader, repo)
    assert hub.community.likes([repo.id]) == {}


def test_pages_have_no_holes(hub: Hub) -> None:
    """Where an empty one stood there was a private repo, and its date was known."""
    alice, charlie = hub.accounts.actor("alice"), hub.accounts.actor("charlie")
    for number in range(4):
        visibility = "private" if number % 2 else "public"
        repo = hub.registry.create(alice, "model", f"alice/m{number}", visibility=visibility)
        hub.community.like(alice, repo)
    hub.db.execute("update repo_like set created = repo_id")

    def pages(actor: Actor) -> list[tuple[list[str], bool]]:
        found = [
            hub.community.liked_by(actor, int(alice.user_id or 0), skip=skip, limit=1)
            for skip in range(4)
        ]
        return [([repo.name for repo, _ in some], more) for some, more in found]

    for actor in (charlie, ANONYMOUS):
        assert pages(actor) == [(["m2"], True), (["m0"], False), ([], False), ([], False)]
    assert [it[0] for it, _ in pages(alice)] == ["m3", "m2", "m1", "m0"]


def test_likes_go_with_the_repo(hub: Hub) -> None:
    alice = hub.accounts.actor("alice")
    repo = hub.registry.create(alice, "model", "alice/m")
    hub.community.like(alice, repo)
    hub.registry.delete(alice, "model", "alice/m")
    assert hub.community.liked_by(alice, int(alice.user_id or 0)) == ([], False)
    assert hub.db.value("select count(*) from repo_like") == 0


def test_most_liked_since(hub: Hub) -> None:
    """Old likes do not count, and private repos are named to nobody."""
    alice, charlie = hub.accounts.actor("alice"), hub.accounts.actor("charlie")
    names = ("one", "two", "old", "hidden")
    repos = {
        name: hub.registry.create(
            alice, "model", f"alice/{name}", visibility="private" if name == "hidden" else "public"
        )
        for name in names
    }
    for name in names:
        hub.community.like(alice, repos[name])
    for name in ("two", "old"):
        hub.community.like(charlie, repos[name])
    since = now_ms() - 1000
    hub.db.execute(
        "update repo_like set created = :then where repo_id = :id",
        then=since - 1,
        id=repos["old"].id,
    )
    found = [(repo.name, likes) for repo, likes in hub.community.most_liked(since, 5)]
    assert found == [("two", 2), ("one", 1)]
    # Nor do they take the places of others.
    assert [repo.name for repo, _ in hub.community.most_liked(since, 2)] == ["two", "one"]
