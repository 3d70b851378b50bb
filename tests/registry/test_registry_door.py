"""The registry without HTTP: rights, moves, commits, and what a deleted repo leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GatedRepo,
    LoginRequired,
    Moved,
    RepoNotFound,
    RevisionNotFound,
    StaleParent,
)
from hearthub.registry import CommitHeader, DeleteFolder, PutFile, PutLfs, Right
from hearthub.settings import Settings


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """alice owns, bob may write in acme, charlie must be refused."""
    with open_hub(Settings(data=tmp_path)) as hub:
        for name in ("alice", "bob", "charlie"):
            hub.accounts.add_user(name)
        hub.accounts.add_org("acme")
        hub.accounts.set_member("acme", "alice", "admin")
        hub.accounts.set_member("acme", "bob", "write")
        yield hub


@pytest.fixture
def alice(hub: Hub) -> Actor:
    return hub.accounts.actor("alice")


@pytest.fixture
def charlie(hub: Hub) -> Actor:
    return hub.accounts.actor("charlie")


def test_who_sees_a_private_repo(hub: Hub, alice: Actor, charlie: Actor) -> None:
    repo = hub.registry.create(alice, "model", "acme/secret", visibility="private")
    bob = hub.accounts.actor("bob")
    assert hub.registry.repo(bob, "model", "ACME/Secret", Right.ADMIN).id == repo.id
    for actor in (charlie, ANONYMOUS):
        with pytest.raises(RepoNotFound):
            hub.registry.repo(actor, "model", "acme/secret")
        assert hub.registry.readable(actor, [repo.id]) == set()
        with pytest.raises(RepoNotFound):
            hub.registry.recheck(actor, repo.id, Right.READ)
    with pytest.raises(RepoNotFound):
        hub.registry.repo(bob, "dataset", "acme/secret")


def test_a_gate_hides_files_alone(hub: Hub, alice: Actor, charlie: Actor) -> None:
    hub.registry.create(alice, "model", "alice/gated")
    repo = hub.registry.change_settings(alice, "model", "alice/gated", gated="manual")
    assert hub.registry.repo(charlie, "model", "alice/gated").id == repo.id
    with pytest.raises(GatedRepo):
        hub.registry.resolve(charlie, "model", "alice/gated", "main", ".gitattributes")
    assert hub.registry.right(charlie, repo) is Right.METADATA
    with pytest.raises(Forbidden):
        hub.registry.change_settings(charlie, "model", "alice/gated", gated=False)
    with pytest.raises(LoginRequired):
        hub.registry.repo(ANONYMOUS, "model", "alice/gated", Right.WRITE)


def test_old_names(hub: Hub, alice: Actor) -> None:
    """They lead on, over several moves, until somebody takes them."""
    first = hub.registry.create(alice, "model", "alice/one")
    hub.registry.move(alice, "model", "alice/one", "alice/two")
    hub.registry.move(alice, "model", "alice/two", "acme/three")
    for old in ("alice/one", "alice/two", "Alice/ONE"):
        with pytest.raises(Moved) as moved:
            hub.registry.repo(alice, "model", old)
        assert moved.value.new_name == "acme/three"
    second = hub.registry.create(alice, "model", "alice/one")
    assert hub.registry.repo(alice, "model", "alice/one").id == second.id
    back = hub.registry.move(alice, "model", "acme/three", "alice/two")
    assert (back.id, back.full_name) == (first.id, "alice/two")
    with pytest.raises(Conflict):
        hub.registry.move(alice, "model", "alice/two", "alice/one")
    renamed = hub.registry.move(alice, "model", "alice/two", "alice/TWO")
    assert hub.registry.repo(alice, "model", "alice/two").full_name == renamed.full_name


def test_a_failed_commit_changes_nothing(hub: Hub, alice: Actor) -> None:
    repo = hub.registry.create(alice, "model", "alice/m")
    before = hub.registry.head(repo)
    events = hub.db.value("select count(*) from event")

    def lines() -> Iterator[PutFile | PutLfs]:
        yield PutFile("a.txt", b"a")
        yield PutLfs("b.bin", "a" * 64, 5)

    with pytest.raises(BadRequest):
        hub.registry.commit(alice, repo, "main", CommitHeader("x"), lines())
    stale = CommitHeader("x", parent="0" * 40)
    with pytest.raises(StaleParent):
        hub.registry.commit(alice, repo, "main", stale, [PutFile("a", b"")])
    assert hub.registry.head(repo) == before
    assert hub.db.value("select count(*) from event") == events


def test_a_commit_leaves_its_event_and_jobs(hub: Hub, alice: Actor) -> None:
    repo = hub.registry.create(alice, "model", "alice/m")
    result = hub.registry.commit(
        alice, repo, "main", CommitHeader("Add"), [PutFile("README.md", b"---\nlicense: mit\n---")]
    )
    assert result.created
    assert "license:mit" in hub.catalogue.facts(repo).tags
    waiting = {row[0] for row in hub.db.all("select name from job where state = 'waiting'")}
    assert {"catalogue.refresh", "registry.measure"} <= waiting
    hub.registry.measure({"repo_id": repo.id})
    measured = hub.registry.by_id(repo.id)
    assert measured is not None
    assert measured.used_storage > 3000


def test_all_files_deleted(hub: Hub, alice: Actor) -> None:
    repo = hub.registry.create(alice, "model", "alice/m")
    hub.registry.commit(alice, repo, "main", CommitHeader("Empty it"), [DeleteFolder("")])
    head = hub.registry.head(repo)
    assert hub.registry.tree(repo, head, recursive=True) == []
    empty_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git hash-object -t tree /dev/null
    assert hub.registry.commit_at(repo, head).tree == empty_tree


def test_what_a_deleted_repo_leaves(hub: Hub, alice: Actor) -> None:
    repo = hub.registry.create(alice, "model", "alice/m")
    other = hub.registry.create(alice, "model", "alice/n")
    content = [PutFile("big.txt", b"line\n" * 100_000)]
    hub.registry.commit(alice, repo, "main", CommitHeader("x"), content)
    hub.registry.delete(alice, "model", "alice/m")
    hub.registry.purge({"repo_id": repo.id})
    hub.registry.purge({"repo_id": repo.id})  # a job may run twice
    count = "select count(*) from obj where repo_id = :id"
    assert hub.objects_db.value(count, id=repo.id) == 0
    assert hub.objects_db.value(count, id=other.id) > 0
    assert hub.db.value("select count(*) from ref where repo_id = :id", id=repo.id) == 0
    again = hub.registry.create(alice, "model", "alice/m")
    assert again.id > other.id, "ids are never given out twice"


def test_revisions(hub: Hub, alice: Actor) -> None:
    repo = hub.registry.create(alice, "model", "alice/m")
    old = hub.registry.head(repo)
    hub.registry.branches.create_tag(alice, repo, "same", "main", "A message")
    new = hub.registry.commit(alice, repo, "main", CommitHeader("x"), [PutFile("a", b"")]).oid
    hub.registry.branches.create_branch(alice, repo, "same", None)
    assert hub.registry.commit_of(repo, "same") == new, "a branch wins over a tag"
    assert hub.registry.commit_of(repo, "refs/tags/same") == old
    assert hub.registry.commit_of(repo, old[:7]) == old
    tag = next(ref for ref in hub.registry.refs(repo) if ref.name == "refs/tags/same")
    for rev in ("", old[:6], tag.oid, "0" * 40, "main~1", "refs/heads"):
        with pytest.raises(RevisionNotFound):
            hub.registry.commit_of(repo, rev)
