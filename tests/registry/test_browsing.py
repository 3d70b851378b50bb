"""What pages ask of a repo: folders first, bounded history, what one commit did."""

import pytest

from hearthub.errors import EntryNotFound
from hearthub.registry import browsing, changes, trees
from hearthub.registry.browsing import Browsing
from hearthub.registry.changes import compare
from hearthub.registry.files import Files
from hearthub.registry.gitformat import (
    EMPTY_TREE,
    FOLDER,
    SUBMODULE,
    Commit,
    Kind,
    Signature,
    TreeEntry,
    encode_commit,
    encode_tree,
)
from hearthub.registry.history import History
from registry.test_history import Repo


@pytest.fixture
def repo(objects):
    return Repo(objects)


@pytest.fixture
def browse(objects, storage):
    history = History(objects)
    return Browsing(objects, Files(objects, history, storage), history)


def shown(folder):
    return [entry.path for entry in folder.entries], folder.total, folder.more


def test_folders_come_first_and_pages_follow_one_another(repo, browse):
    files = {"a.txt": "1", "b/x": "1", "b.txt": "1", "c/y": "1", "zz": "1"}
    head = repo.commit(files)
    assert shown(browse.folder(repo, head, "", limit=9)) == (["b", "c", "a.txt", "b.txt", "zz"],
                                                            5, False)  # fmt: skip
    assert shown(browse.folder(repo, head, "", limit=2)) == (["b", "c"], 5, True)
    assert shown(browse.folder(repo, head, "", after="c", limit=2)) == (["a.txt", "b.txt"], 5, True)
    assert shown(browse.folder(repo, head, "", after="b.txt", limit=2)) == (["zz"], 5, False)
    assert shown(browse.folder(repo, head, "c", limit=2)) == (["c/y"], 1, False)
    for path, after in (("nope", None), ("zz", None), ("", "gone")):
        with pytest.raises(EntryNotFound):
            browse.folder(repo, head, path, after=after, limit=2)


def test_what_is_there_is_measured(repo, browse, monkeypatch):
    head = repo.commit({"a": "12", "d/b": "345", "d/e/c": "12"})
    assert browse.measure(repo, head) == browsing.Measure(3, 7)
    assert browse.measure(repo, head) == browsing.Measure(3, 7)
    monkeypatch.setattr(browsing, "MAX_MEASURED", 4)
    assert browse.measure(repo, repo.commit({"new": "1"}, head)) is None


def test_who_changed_what_within_bounds(repo, browse, monkeypatch):
    first = repo.commit({"old": "1", "new": "1"})
    head = first
    for number in range(5):
        head = repo.commit({"new": str(number + 2)}, head)
    entries = browse.folder(repo, head, "", limit=9).entries
    found = {it.path: it.last_commit for it in browse.with_last_commits(repo, head, entries)}
    assert found["new"][0] == head
    assert found["old"][0] == first
    monkeypatch.setattr(browsing, "MAX_WALK", 3)
    fresh = Browsing(repo.objects, browse._files, History(repo.objects))
    found = {it.path: it.last_commit for it in fresh.with_last_commits(repo, head, entries)}
    assert found["new"][0] == head
    assert found["old"] is None


class TestLog:
    def test_of_a_file_and_of_a_folder(self, repo, browse):
        a = repo.commit({"x": "1", "d/y": "1"})
        b = repo.commit({"x": "2"}, a)
        c = repo.commit({"d/y": "2"}, b)
        ids = lambda path, start=c, limit=9: [  # noqa: E731
            oid for oid, _ in browse.log(repo, start, path, limit)[0]
        ]
        assert ids("x") == [b, a]
        assert ids("d/y") == ids("d") == [c, a]
        assert ids("d", b) == [a]
        found, after = browse.log(repo, c, "x", 1)
        assert [oid for oid, _ in found] == [b]
        assert browse.log(repo, after, "x", 1)[0][0][0] == a
        assert browse.log(repo, after, "x", 2)[1] is None
        with pytest.raises(EntryNotFound):
            browse.log(repo, c, "nope", 1)

    def test_goes_where_the_content_came_from(self, repo, browse):
        base = repo.commit({"x": "1", "y": "1"})
        ours = repo.commit({"y": "2"}, base)
        theirs = repo.commit({"x": "2"}, base)
        merged = repo.commit({"x": "2"}, ours, theirs)
        assert [oid for oid, _ in browse.log(repo, merged, "x", 9)[0]] == [theirs, base]

    def test_stops_at_a_bound(self, repo, browse, monkeypatch):
        head = repo.commit({"x": "1"})
        for number in range(5):
            head = repo.commit({"other": str(number)}, head)
        monkeypatch.setattr(browsing, "MAX_LOG_WALK", 2)
        found, after = browse.log(repo, head, "x", 9)
        assert found == []
        assert after is not None


class TestChanges:
    def test_of_a_commit(self, repo, browse):
        first = repo.commit({"a": "1", "b": "22", "d/c": "333", "e": "moved"})
        second = repo.commit(
            {"b": "2", "d/n": "4", "f/e": "moved"}, first, delete=["a", "d/c", "e"]
        )
        assert [(it.path, it.kind) for it in browse.changes(repo, first).files] == [
            ("a", "added"), ("b", "added"), ("d/c", "added"), ("e", "added")
        ]  # fmt: skip
        found = browse.changes(repo, second)
        assert found.parent == first
        assert found.is_whole
        assert {it.path: it.kind for it in found.files} == {
            "a": "deleted",
            "b": "changed",
            "d/c": "deleted",
            "d/n": "added",
            "f/e": "moved",
        }
        sizes = {it.path: (it.before and it.before.size, it.after and it.after.size)
                 for it in found.files}  # fmt: skip
        assert sizes["b"] == (2, 1)
        assert sizes["a"] == (1, None)
        moved = next(it for it in found.files if it.kind == "moved")
        assert moved.before.path == "e"

    def test_a_file_becomes_a_folder(self, repo, browse):
        first = repo.commit({"a": "1"})
        second = repo.commit({"a/b": "2"}, first, delete=["a"])
        assert [(it.path, it.kind) for it in browse.changes(repo, second).files] == [
            ("a", "deleted"), ("a/b", "added")
        ]  # fmt: skip

    def test_many(self, repo, browse, monkeypatch):
        monkeypatch.setattr(browsing, "MAX_CHANGES", 3)
        some = repo.commit({str(number): "x" for number in range(3)})
        many = repo.commit({"new": "x", **{str(n): str(n) for n in range(9)}}, some)
        assert browse.changes(repo, some).is_whole
        assert len(browse.changes(repo, many).files) == 3
        assert not browse.changes(repo, many).is_whole

    def test_a_submodule_has_no_bytes(self, repo, browse, objects):
        tree = encode_tree([TreeEntry("sub", SUBMODULE, "1" * 40)])
        who = Signature("a", "a@x", 1)
        oid = objects.write(1, [(Kind.TREE, tree)])[0]
        commit = encode_commit(Commit(oid, (), who, who, "m"))
        head = objects.write(1, [(Kind.COMMIT, commit)])[0]
        assert [it.size for it in browse.folder(repo, head, "", limit=9).entries] == [0]
        assert [it.kind for it in browse.changes(repo, head).files] == ["added"]


def test_folders_within_folders_without_a_file_end(monkeypatch):
    """Each level names the next one twice, so that there are 2^40 folders and not one file."""
    monkeypatch.setattr(changes, "MAX_FOLDERS", 500)
    levels = {EMPTY_TREE: {}}
    above = EMPTY_TREE
    for level in range(40):
        oid = f"{level:040x}"
        levels[oid] = {name: TreeEntry(name, FOLDER, above) for name in "ab"}
        above = oid
    assert compare(lambda oid: levels[oid], None, above, 10) == ([], False)
    assert trees.find(lambda oid: levels[oid], above, "a/b").oid == f"{37:040x}"
