"""A discussion goes to clients as a whole: how much it holds has an end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.community import discussions
from hearthub.errors import TooLarge
from hearthub.registry import Repo
from registry.shelf import Shelf, open_shelf

MAIN = "refs/heads/main"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path) as found:
        yield found


@pytest.fixture
def repo(shelf: Shelf) -> Repo:
    """With a pull request of charlie, number 1."""
    repo = shelf.repo("alice/bert")
    talk, charlie = shelf.hub.community.discussions, shelf.actor("charlie")
    talk.open(charlie, repo, "A pull", "", base=MAIN, status="draft")
    shelf.small(repo, "p.txt", b"p", rev="refs/pr/1")
    return repo


def test_of_text(shelf: Shelf, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discussions, "MAX_SAID", 4000)
    talk, charlie = shelf.hub.community.discussions, shelf.actor("charlie")
    said = [talk.comment(charlie, repo, 1, "x" * 1500) for _ in range(2)]
    with pytest.raises(TooLarge, match="4000 characters"):
        talk.comment(charlie, repo, 1, "x" * 1500)
    with pytest.raises(TooLarge):
        talk.edit(charlie, repo, 1, said[0].uid, "y" * 1500)  # what it was is kept too
    assert [it.data["raw"] for it in talk.happenings(talk.get(repo, 1))] == ["x" * 1500] * 2
    talk.hide(shelf.actor(), repo, 1, said[0].uid)
    talk.comment(charlie, repo, 1, "z" * 1500)


def test_of_events(shelf: Shelf, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers who fill it keep nobody from closing or merging it."""
    monkeypatch.setattr(discussions, "MAX_EVENTS", 3)
    talk, alice, bob = shelf.hub.community.discussions, shelf.actor(), shelf.actor("bob")
    for _ in range(3):
        talk.comment(bob, repo, 1, "x")
    for change in (
        lambda: talk.comment(alice, repo, 1, "more"),
        lambda: talk.rename(alice, repo, 1, "Better"),
        lambda: talk.set_status(alice, repo, 1, "closed", "with a word"),
        lambda: talk.set_status(alice, repo, 1, "open", None),
    ):
        with pytest.raises(TooLarge, match="3 comments"):
            change()
    assert talk.get(repo, 1).status == "draft"
    talk.merge(alice, repo, 1, None)
    assert shelf.files(repo)["p.txt"] == b"p"
    assert talk.get(repo, 1).status == "merged"


def test_one_that_is_full_can_be_closed(
    shelf: Shelf, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discussions, "MAX_EVENTS", 1)
    talk, alice = shelf.hub.community.discussions, shelf.actor()
    talk.comment(shelf.actor("bob"), repo, 1, "x")
    talk.set_status(alice, repo, 1, "closed", None)
    with pytest.raises(TooLarge):
        talk.set_status(alice, repo, 1, "open", None)
    found = talk.get(repo, 1)
    assert found.status == "closed"
    assert [it.kind for it in talk.happenings(found)] == ["comment", "status-change"]
