"""A repo made of another: the same history under another name, and no byte twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    GatedRepo,
    OverQuota,
    RepoNotFound,
    RevisionNotFound,
)
from hearthub.registry import PutLfs, Sample
from registry.shelf import Shelf, open_shelf

LARGE, MIDDLE = b"weights" * 100_000, b"text " * 100_000
"""By LFS; and as a git object that lies in the blob store."""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path) as found:
        yield found


def filled(shelf: Shelf, name: str = "alice/bert", **more: str) -> None:
    """Two branches, two tags, a pull request."""
    registry, alice = shelf.hub.registry, shelf.actor()
    repo = shelf.repo(name, **more)
    shelf.small(repo, "a.txt", b"one")
    shelf.large(repo, "model.bin", LARGE)
    shelf.small(repo, "d/middle.txt", MIDDLE)
    registry.branches.create_tag(alice, repo, "v1", "main", None)
    registry.branches.create_tag(alice, repo, "v2", "main", "annotated")
    registry.branches.create_branch(alice, repo, "dev", "main")
    shelf.small(repo, "b.txt", b"two", rev="dev")
    talk = shelf.hub.community.discussions
    talk.open(alice, repo, "A pull", "", base="refs/heads/main", status="draft")
    shelf.small(repo, "secret.txt", b"not merged", rev="refs/pr/1")


def test_everything_but_pull_requests(shelf: Shelf) -> None:
    filled(shelf)
    registry, alice = shelf.hub.registry, shelf.actor()
    source = registry.repo(alice, "model", "alice/bert")
    before = shelf.bytes_on_disk()
    made = registry.copies.duplicate(alice, source, "acme/copy")
    assert shelf.bytes_on_disk() == before == len(LARGE) + len(MIDDLE)
    assert (made.full_name, made.visibility, made.created_by) == (
        "acme/copy",
        "public",
        alice.user_id,
    )
    assert made.uid != source.uid
    refs = {ref.name: (ref.oid, ref.commit_oid) for ref in registry.refs(made)}
    wanted = {ref.name: (ref.oid, ref.commit_oid) for ref in registry.refs(source)}
    del wanted["refs/pr/1"]
    assert refs == wanted
    for rev in ("main", "dev"):
        assert shelf.files(made, rev) == shelf.files(source, rev)
        assert shelf.log(made, rev) == shelf.log(source, rev)
    pull = registry.commit_of(source, "refs/pr/1")
    assert registry.history(source, pull)[1]
    with pytest.raises(RevisionNotFound):
        registry.commit_of(made, pull)
    shelf.hub.jobs.run_due()
    known = registry.repo(alice, "model", "acme/copy")
    assert known.used_storage > len(LARGE) + len(MIDDLE)
    assert registry.check(Sample(), deep=True).findings == []


def test_the_copy_stands_alone(shelf: Shelf) -> None:
    """What is done to one is not done to the other, down to the last byte."""
    filled(shelf)
    registry, alice = shelf.hub.registry, shelf.actor()
    source = registry.repo(alice, "model", "alice/bert")
    made = registry.copies.duplicate(alice, source, "alice/copy")
    wanted = shelf.files(source)
    shelf.small(made, "a.txt", b"changed")
    assert shelf.files(source) == wanted
    registry.delete(alice, "model", "alice/bert")
    shelf.hub.jobs.run_due()
    registry.collect()
    assert shelf.files(made) == {**wanted, "a.txt": b"changed"}


def test_who_may(shelf: Shelf) -> None:
    filled(shelf, "acme/bert", visibility="private")
    registry = shelf.hub.registry
    source = registry.repo(shelf.actor(), "model", "acme/bert")
    made = registry.copies.duplicate(shelf.actor("bob"), source, "bob/bert")
    assert made.visibility == "private", "as the source is"
    with pytest.raises(RepoNotFound):
        registry.copies.duplicate(shelf.actor("charlie"), source, "charlie/bert")
    with pytest.raises(Forbidden, match="namespace acme"):
        registry.copies.duplicate(shelf.actor("bob"), source, "acme/other")
    with pytest.raises(Forbidden, match="no user"):
        registry.copies.duplicate(shelf.actor("bob"), source, "nobody/bert")
    open_ = registry.copies.duplicate(shelf.actor("bob"), source, "bob/open", "public")
    assert open_.visibility == "public"


def test_a_gate_goes_along(shelf: Shelf) -> None:
    filled(shelf, "acme/bert")
    registry, alice = shelf.hub.registry, shelf.actor()
    source = registry.change_settings(alice, "model", "acme/bert", gated="manual")
    with pytest.raises(GatedRepo):
        registry.copies.duplicate(shelf.actor("charlie"), source, "charlie/bert")
    made = registry.copies.duplicate(shelf.actor("bob"), source, "bob/bert")
    assert made.gated == "manual"
    assert registry.repo(shelf.actor("bob"), "model", "bob/bert").gated == "manual"


def test_a_name_that_is_taken(shelf: Shelf) -> None:
    filled(shelf)
    registry, alice = shelf.hub.registry, shelf.actor()
    source = registry.repo(alice, "model", "alice/bert")
    for name in ("alice/bert", "Alice/BERT"):
        with pytest.raises(Conflict):
            registry.copies.duplicate(alice, source, name)
    for name in ("bert", "alice/a b", "alice/../x"):
        with pytest.raises(BadRequest):
            registry.copies.duplicate(alice, source, name)
    with pytest.raises(BadRequest):
        registry.copies.duplicate(alice, source, "alice/other", "protected")


def test_what_is_too_much_leaves_nothing(tmp_path: Path) -> None:
    with open_shelf(tmp_path, max_namespace_size=1_500_000) as shelf:
        registry, alice = shelf.hub.registry, shelf.actor()
        filled(shelf)
        source = registry.repo(alice, "model", "alice/bert")
        objects = shelf.hub.objects_db.value("select count(*) from obj")
        with pytest.raises(OverQuota):
            registry.copies.duplicate(alice, source, "alice/copy")
        with pytest.raises(RepoNotFound):
            registry.repo(alice, "model", "alice/copy")
        assert shelf.hub.objects_db.value("select count(*) from obj") == objects
        assert shelf.hub.db.value("select count(*) from lfs_object") == 1


def test_what_is_too_much_is_not_copied_first(tmp_path: Path) -> None:
    """A refusal costs no row, however often it is asked for."""
    with open_shelf(tmp_path, max_namespace_size=1_500_000) as shelf:
        registry, alice = shelf.hub.registry, shelf.actor()
        filled(shelf)
        source = registry.repo(alice, "model", "alice/bert")
        shelf.hub.objects_db.execute(
            "create trigger copied before insert on obj begin select raise(abort, 'copied'); end"
        )
        with pytest.raises(OverQuota):
            registry.copies.duplicate(alice, source, "alice/copy")


def test_files_of_another_repo(shelf: Shelf) -> None:
    """A commit may name what was shared, and nothing else."""
    filled(shelf, "acme/bert", visibility="private")
    registry, bob = shelf.hub.registry, shelf.actor("bob")
    source = registry.repo(bob, "model", "acme/bert")
    sha256 = shelf.hub.storage.claims(source.id, "", 1)[0].sha256
    mine = registry.create(bob, "model", "bob/mine")
    shared = registry.copies.share(bob, source, mine, [sha256, "0" * 64])
    assert shared == {sha256}
    shelf.commit(mine, PutLfs("w.bin", sha256, None), who="bob")
    assert shelf.files(mine)["w.bin"] == LARGE
    other = registry.create(shelf.actor("charlie"), "model", "charlie/other")
    with pytest.raises(RepoNotFound):
        registry.copies.share(shelf.actor("charlie"), source, other, [sha256])
    shelf.repo("alice/gated")
    gated = registry.change_settings(shelf.actor(), "model", "alice/gated", gated="auto")
    with pytest.raises(GatedRepo):
        registry.copies.share(bob, source, gated, [sha256])


def test_files_that_a_stranger_brings_are_proposals(tmp_path: Path) -> None:
    """They count as his, have the little room of proposals, and he makes nothing the repo's own."""
    with open_shelf(tmp_path, max_proposed_size=10**6) as shelf:
        registry, bob = shelf.hub.registry, shelf.actor("bob")
        filled(shelf)
        theirs = registry.repo(bob, "model", "alice/bert")
        mine = registry.create(bob, "model", "bob/mine")
        first, second = (shelf.upload(mine, it * 600_000) for it in (b"a", b"b"))
        for _ in range(2):
            assert registry.copies.share(bob, mine, theirs, [first]) == {first}
            sql = "select proposer_id from lfs_object where repo_id = :repo and sha256 = :sha256"
            proposer = shelf.hub.db.value(sql, repo=theirs.id, sha256=first)
            assert proposer == bob.user_id
        with pytest.raises(OverQuota, match="may not write"):
            registry.copies.share(bob, mine, theirs, [second])
        alice = shelf.actor()
        assert registry.copies.share(alice, mine, theirs, [first, second]) == {first, second}
        assert shelf.hub.db.value(sql, repo=theirs.id, sha256=first) is None
