"""What a pack of a proposer may cost: few questions about what refs reach, however large it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from git.packing import Made, delta, entry, oid, pack, tree
from git.packing import commit as made_commit
from hearthub.registry import Repo
from hearthub.registry.git import Pack, Update, fetches
from hearthub.registry.gitformat import EMPTY_TREE, Kind, oid_of
from registry.shelf import Shelf, open_shelf

PR = "refs/pr/1"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path) as shelf:
        yield shelf


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One for each walk through a whole history, of a repo too large for what is kept of them."""
    found: list[str] = []
    selection = fetches._Walk.selection

    def counted(walk: fetches._Walk) -> fetches.Selection:
        found.append("walk")
        return selection(walk)

    monkeypatch.setattr(fetches._Walk, "selection", counted)
    monkeypatch.setattr(fetches, "CACHE_BYTES", 0)
    return found


def propose(shelf: Shelf, repo: Repo, old: str, *objects: Made | bytes, new: str) -> str | None:
    path = shelf.folder / "pack"
    path.write_bytes(pack(*objects))
    update = Update(PR, old, new)
    (verdict,) = shelf.hub.registry.git.push(shelf.actor("charlie"), repo, [update], Pack(path, 0))
    return verdict.reason


def opened(shelf: Shelf, repo: Repo) -> str:
    return shelf.hub.registry.pulls.open(shelf.actor("charlie"), repo, 1, "main")


def test_deltas_on_older_files_are_one_walk(shelf: Shelf, walks: list[str]) -> None:
    repo = shelf.repo("alice/ink")
    old = [b"%d is not in the newest tree\n" % number for number in range(5)]
    for content in old:
        shelf.small(repo, "a.txt", content)
    shelf.small(repo, "a.txt", b"new\n")
    head = opened(shelf, repo)
    copied = bytes([0x90, len(old[0])])
    patch = delta(len(old[0]), len(old[0]) + 1, copied, b"\1x")
    bases = [bytes.fromhex(oid_of(Kind.BLOB, it)) for it in old]
    names = [(b"%d" % number, oid_of(Kind.BLOB, it + b"x")) for number, it in enumerate(old)]
    named = tree(*(("100644", name, it) for name, it in names))
    last = made_commit(oid(named), head)
    deltas = [entry(7, patch, base) for base in bases]
    assert propose(shelf, repo, head, *deltas, named, last, new=oid(last)) is None
    assert walks == ["walk"]


def test_an_older_commit_is_none(shelf: Shelf, walks: list[str]) -> None:
    """Nor is one that is lost, or never was."""
    repo = shelf.repo("alice/ink")
    older = shelf.small(repo, "a.txt", b"1")
    lost = shelf.small(repo, "a.txt", b"2")
    shelf.hub.registry.squash(shelf.actor(), repo, "main", "One")
    shelf.hub.registry.branches.create_branch(shelf.actor(), repo, "side", older)
    head = opened(shelf, repo)
    for parent, said in ((lost, "missing"), ("0" * 39 + "1", "missing")):
        last = made_commit(EMPTY_TREE, parent)
        with pytest.raises(fetches.BadRequest, match=said):
            propose(shelf, repo, head, (Kind.TREE, b""), last, new=oid(last))
    last = made_commit(EMPTY_TREE, older)
    assert propose(shelf, repo, head, (Kind.TREE, b""), last, new=oid(last)) is None
    assert walks == []
