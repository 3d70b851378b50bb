"""Large files taken out of a repo for good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.accounts import ANONYMOUS
from hearthub.errors import BadRequest, EntryNotFound, Forbidden, LoginRequired, NotFound
from hearthub.registry import DeleteFile, PutLfs, Repo, Sample
from registry.shelf import Shelf, open_shelf

ONE, TWO, OLD = b"one " * 1000, b"two " * 1000, b"old " * 1000


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path) as found:
        yield found


@pytest.fixture
def repo(shelf: Shelf) -> Repo:
    """Seven commits: two large files now, one that was, an upload without a commit; a branch, an
    annotated tag, a pull request."""
    registry, alice = shelf.hub.registry, shelf.actor()
    repo = shelf.repo("alice/bert")
    shelf.small(repo, "a.txt", b"a")
    shelf.large(repo, "d/old.bin", OLD)
    shelf.commit(repo, DeleteFile("d/old.bin"))
    shelf.large(repo, "one.bin", ONE)
    registry.branches.create_tag(alice, repo, "v1", "main", "The first")
    registry.branches.create_branch(alice, repo, "dev", "main")
    shelf.commit(repo, PutLfs("e/again.bin", shelf.upload(repo, ONE), None), rev="dev")
    talk = shelf.hub.community.discussions
    talk.open(alice, repo, "A pull", "", base="refs/heads/main", status="draft")
    shelf.small(repo, "p.txt", b"p", rev="refs/pr/1")
    shelf.large(repo, "two.bin", TWO)
    shelf.upload(repo, b"not committed " * 100)
    return repo


def sha_of(shelf: Shelf, repo: Repo, path: str) -> str:
    found = shelf.hub.registry.lfs_files.page(repo, "", 100)
    return next(it.sha256 for it in found if it.path == path)


def test_listed(shelf: Shelf, repo: Repo) -> None:
    pages, after = [], ""
    while page := shelf.hub.registry.lfs_files.page(repo, after, 3):
        pages.append(page)
        after = page[-1].sha256
    assert [len(page) for page in pages] == [3, 1]
    found = {it.path: (it.size, it.ref) for page in pages for it in page}
    assert found == {
        "one.bin": (4000, "refs/heads/main"),
        "two.bin": (4000, "refs/heads/main"),
        "d/old.bin": (4000, "refs/heads/main"),
        None: (1400, None),
    }


@pytest.mark.parametrize("rewrite", [True, False])
def test_a_deletion_is_in_the_audit_log(shelf: Shelf, repo: Repo, rewrite: bool) -> None:
    """Also that of a file without a commit, which moves no ref."""
    lost = sha_of(shelf, repo, "one.bin") if rewrite else shelf.upload(repo, b"lost " * 100)
    alice = shelf.actor()
    shelf.hub.registry.lfs_files.delete(alice, repo, [lost], rewrite=rewrite)
    owner = shelf.hub.accounts.account("alice")
    [deed] = shelf.hub.community.audit.page(alice, owner, kind="LargeFilesDeleted")
    assert (deed.actor, deed.repo) == ("alice", repo.full_name)
    assert deed.detail == {"count": 1, "first": [lost], "rewritten": rewrite}


def test_the_history_is_rewritten(shelf: Shelf, repo: Repo) -> None:
    registry, alice = shelf.hub.registry, shelf.actor()
    revs = ("main", "dev", "v1", "refs/pr/1")
    before = {rev: shelf.log(repo, rev) for rev in revs}
    titles = {rev: _titles(shelf, repo, rev) for rev in revs}
    files = {rev: shelf.files(repo, rev) for rev in revs}
    one, used = sha_of(shelf, repo, "one.bin"), _used(shelf, repo)
    registry.lfs_files.delete(alice, repo, [one], rewrite=True)
    for rev in revs:
        kept = {path: it for path, it in files[rev].items() if it != ONE}
        assert shelf.files(repo, rev) == kept
        assert _titles(shelf, repo, rev) == titles[rev]
        # What came before the file is as it was; what came with it and after is not.
        after = shelf.log(repo, rev)
        assert after[-4:] == before[rev][-4:]
        assert not set(after[:-4]) & set(before[rev])
    assert _used(shelf, repo) < used
    assert one not in {it.sha256 for it in registry.lfs_files.page(repo, "", 100)}
    assert registry.check(Sample(), deep=True).findings == []
    tag = next(ref for ref in registry.refs(repo) if ref.name == "refs/tags/v1")
    assert tag.oid != tag.commit_oid == registry.commit_of(repo, "v1")
    # And the pull request can still be merged.
    shelf.hub.community.discussions.merge(alice, repo, 1, None)
    assert shelf.files(repo)["p.txt"] == b"p"


def test_nobody_gets_at_it_any_more(shelf: Shelf, repo: Repo) -> None:
    """Not by an old commit, and not by its hash."""
    registry, old = shelf.hub.registry, shelf.log(repo)[0]
    one = sha_of(shelf, repo, "one.bin")
    registry.lfs_files.delete(shelf.actor(), repo, [one], rewrite=True)
    with pytest.raises(NotFound):
        shelf.hub.storage.locate(repo.id, one)
    with pytest.raises(NotFound):
        shelf.files(repo, old)
    with pytest.raises(BadRequest, match="was not uploaded"):
        shelf.commit(repo, PutLfs("again.bin", one, None))


def test_without_rewriting(shelf: Shelf, repo: Repo) -> None:
    registry, before = shelf.hub.registry, shelf.log(repo)
    one = sha_of(shelf, repo, "one.bin")
    registry.lfs_files.delete(shelf.actor(), repo, [one], rewrite=False)
    assert shelf.log(repo) == before
    entries = registry.tree(repo, before[0], recursive=True)
    entry = next(it for it in entries if it.path == "one.bin")
    with pytest.raises(NotFound):
        registry.content(repo, entry)


def test_another_repo_keeps_its_own(shelf: Shelf, repo: Repo) -> None:
    registry, alice = shelf.hub.registry, shelf.actor()
    copy = registry.copies.duplicate(alice, repo, "alice/copy")
    registry.lfs_files.delete(alice, repo, [sha_of(shelf, repo, "one.bin")], rewrite=True)
    registry.collect()
    assert shelf.files(copy)["one.bin"] == ONE


def test_a_folder_that_is_empty_then_is_gone(shelf: Shelf, repo: Repo) -> None:
    registry, old = shelf.hub.registry, sha_of(shelf, repo, "d/old.bin")
    registry.lfs_files.delete(shelf.actor(), repo, [old], rewrite=True)
    for oid in shelf.log(repo):
        with pytest.raises(EntryNotFound):
            registry.tree(repo, oid, "d")


def test_all_of_it(shelf: Shelf) -> None:
    """A pointer written by hand counts too, and a repo without files is one."""
    registry, alice = shelf.hub.registry, shelf.actor()
    repo = shelf.repo("alice/one")
    sha256 = shelf.upload(repo, ONE)
    text = (
        f"version https://git-lfs.github.com/spec/v1\next-0-x y\noid sha256:{sha256}\nsize 4000\n"
    )
    shelf.small(repo, "by-hand.bin", text.encode())
    shelf.commit(repo, DeleteFile(".gitattributes"))
    assert list(shelf.files(repo)) == ["by-hand.bin"]
    registry.lfs_files.delete(alice, repo, [sha256], rewrite=True)
    assert shelf.files(repo) == {}
    assert registry.check(Sample(), deep=True).findings == []


def test_a_commit_that_comes_in_between(
    shelf: Shelf, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = shelf.hub.registry
    one, rewrite = sha_of(shelf, repo, "one.bin"), type(registry.lfs_files)._rewritten
    calls = []

    def meanwhile(self: object, *words: object) -> object:
        moves = rewrite(self, *words)  # type: ignore[arg-type]
        if not calls:
            shelf.small(repo, "meanwhile.txt", b"hello")
        calls.append(1)
        return moves

    monkeypatch.setattr(type(registry.lfs_files), "_rewritten", meanwhile)
    registry.lfs_files.delete(shelf.actor(), repo, [one], rewrite=True)
    assert len(calls) == 2
    assert shelf.files(repo).keys() == {".gitattributes", "a.txt", "two.bin", "meanwhile.txt"}


def test_a_branch_that_comes_in_between(
    shelf: Shelf, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep the history that has the file."""
    registry, alice = shelf.hub.registry, shelf.actor()
    one, rewrite = sha_of(shelf, repo, "one.bin"), type(registry.lfs_files)._rewritten
    calls = []

    def meanwhile(self: object, *words: object) -> object:
        moves = rewrite(self, *words)  # type: ignore[arg-type]
        if not calls:
            registry.branches.create_branch(alice, repo, "late", "main")
        calls.append(1)
        return moves

    monkeypatch.setattr(type(registry.lfs_files), "_rewritten", meanwhile)
    registry.lfs_files.delete(alice, repo, [one], rewrite=True)
    assert len(calls) == 2
    assert shelf.log(repo, "late") == shelf.log(repo)
    assert "one.bin" not in shelf.files(repo, "late")


def test_refused(shelf: Shelf, repo: Repo) -> None:
    delete, one = shelf.hub.registry.lfs_files.delete, sha_of(shelf, repo, "one.bin")
    before = shelf.log(repo)
    with pytest.raises(Forbidden):
        delete(shelf.actor("charlie"), repo, [one], rewrite=True)
    with pytest.raises(LoginRequired):
        delete(ANONYMOUS, repo, [one], rewrite=True)
    for names, error in (([one, "0" * 64], NotFound), ([], BadRequest), (["0"] * 2000, NotFound)):
        with pytest.raises(error):
            delete(shelf.actor(), repo, names, rewrite=True)
    with pytest.raises(BadRequest):
        delete(shelf.actor(), repo, [f"{n:064x}" for n in range(1001)], rewrite=True)
    assert shelf.log(repo) == before
    assert shelf.files(repo)["one.bin"] == ONE


class TestSquash:
    def test_of_a_pull_request(self, shelf: Shelf, repo: Repo) -> None:
        """One commit upon its branch, so that what others changed since is no conflict."""
        registry, alice = shelf.hub.registry, shelf.actor()
        shelf.small(repo, "p.txt", b"more", rev="refs/pr/1")
        shelf.small(repo, "a.txt", b"changed on main")
        base = "refs/heads/main"
        oid = registry.squash(alice, repo, "refs/pr/1", "All at once", base)
        fork = registry.commit_at(repo, oid).parents
        assert fork == (registry.commit_of(repo, "v1"),)
        assert shelf.log(repo, "refs/pr/1")[:2] == [oid, *fork]
        shelf.hub.community.discussions.merge(alice, repo, 1, None)
        found = shelf.files(repo)
        assert (found["p.txt"], found["a.txt"]) == (b"more", b"changed on main")

    def test_of_a_branch(self, shelf: Shelf, repo: Repo) -> None:
        before = shelf.files(repo, "dev")
        shelf.hub.registry.squash(shelf.actor(), repo, "dev", "One")
        assert len(shelf.log(repo, "dev")) == 1
        assert shelf.files(repo, "dev") == before

    def test_its_author_may(self, shelf: Shelf, repo: Repo) -> None:
        registry, charlie = shelf.hub.registry, shelf.actor("charlie")
        base = "refs/heads/main"
        with pytest.raises(Forbidden):
            registry.squash(charlie, repo, "refs/pr/1", "Mine", base)
        num = shelf.hub.community.discussions.open(charlie, repo, "Mine", "", base=base).num
        shelf.commit(repo, DeleteFile("a.txt"), rev=f"refs/pr/{num}", who="charlie")
        assert registry.squash(charlie, repo, f"refs/pr/{num}", "Mine", base)
        with pytest.raises(Forbidden):
            registry.squash(charlie, repo, "main", "Mine")


def _titles(shelf: Shelf, repo: Repo, rev: str) -> list[tuple[str, str]]:
    found, _ = shelf.hub.registry.history(repo, rev)
    return [(commit.title, commit.author.name) for _, commit in found]


def _used(shelf: Shelf, repo: Repo) -> int:
    shelf.hub.registry.measure({"repo_id": repo.id})
    now = shelf.hub.registry.by_id(repo.id)
    assert now
    return now.used_storage
