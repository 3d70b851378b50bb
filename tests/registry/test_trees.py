import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthub.errors import BadRequest, EntryNotFound
from hearthub.registry import trees
from hearthub.registry.gitformat import (
    EMPTY_BLOB,
    EMPTY_TREE,
    FILE,
    FOLDER,
    Kind,
    decode_tree,
    oid_of,
)
from hearthub.registry.trees import Deletion, Entry

A, B = (Entry(FILE, oid_of(Kind.BLOB, data)) for data in (b"a", b"b"))


class Store:
    """Trees in memory; remembers which were read."""

    def __init__(self):
        self.trees = {EMPTY_TREE: b""}
        self.read = []

    def load(self, oid):
        self.read.append(oid)
        return decode_tree(self.trees[oid])

    def apply(self, root, deletions=(), puts=None):
        self.read.clear()
        root, new = trees.apply(self.load, root, deletions, puts or {})
        for oid, data in new.items():
            assert oid == oid_of(Kind.TREE, data)
        self.trees |= new
        return root

    def files(self, root):
        found = trees.walk(self.load, root)
        return {path: Entry(e.mode, e.oid) for path, e in found if not e.is_folder}


@pytest.fixture
def store():
    return Store()


def test_it_works(store):
    root = store.apply(None, puts={"a": A, "x/y/b": B, "x/c": A})
    root = store.apply(root, [Deletion("x/c", "file")], {"x/y/d": A, "a": B})
    assert store.files(root) == {"a": B, "x/y/b": B, "x/y/d": A}


def test_only_touched_trees_are_read_and_written(store):
    root = store.apply(None, puts={f"{a}/{b}/f": A for a in range(5) for b in range(5)})
    _, new = trees.apply(store.load, root, [], {"3/3/f": B})
    assert len(new) == 3
    store.read.clear()
    trees.apply(store.load, root, [], {"3/3/f": B})
    assert len(store.read) == 3


def test_nothing_changes_nothing(store):
    root = store.apply(None, puts={"a": A, "x/b": B})
    assert trees.apply(store.load, root, [], {"x/b": B}) == (root, {})
    assert trees.apply(store.load, root, [Deletion("nope/x", "folder")], {}) == (root, {})


def test_the_empty_tree(store):
    assert store.apply(None) == EMPTY_TREE
    root = store.apply(None, puts={"x/y/a": A})
    assert trees.apply(store.load, root, [Deletion("x/y/a", "file")], {}) == (
        EMPTY_TREE,
        {EMPTY_TREE: b""},
    )
    assert store.apply(root, [Deletion("", "folder")]) == EMPTY_TREE
    assert store.files(store.apply(root, [Deletion("", "folder")], {"b": B})) == {"b": B}


def test_deletions(store):
    root = store.apply(None, puts={"a": A, "x/b": B, "x/c": A, "x/y/d": A})
    with pytest.raises(EntryNotFound):
        store.apply(root, [Deletion("nope", "file")])
    with pytest.raises(EntryNotFound):
        store.apply(root, [Deletion("a/under", "file")])
    assert "a" in store.files(store.apply(root, [Deletion("a", "folder")]))
    assert store.files(store.apply(root, [Deletion("x", "file")])) == {"a": A}
    both = [Deletion("x", "folder"), Deletion("x/b", "file"), Deletion("x/b", "file")]
    assert store.files(store.apply(root, both)) == {"a": A}
    everything = [Deletion(path, "file") for path in ("x/y/d", "x/c", "x/b", "x")]
    assert store.files(store.apply(root, everything)) == {"a": A}


def test_files_and_folders_in_each_others_way(store):
    root = store.apply(None, puts={"a": A, "x/b": B})
    for path in ("a/c", "a/c/d", "x"):
        with pytest.raises(BadRequest):
            store.apply(root, puts={path: A})
    for puts in ({"n": A, "n/m": A}, {"n/m": A, "n": A}):
        with pytest.raises(BadRequest):
            store.apply(root, puts=puts)
    swapped = store.apply(
        root, [Deletion("a", "file"), Deletion("x/b", "file")], {"a/c": A, "x": B}
    )
    assert store.files(swapped) == {"a/c": A, "x": B}
    assert store.files(store.apply(root, [Deletion("x", "folder")], {"x": B})) == {"a": A, "x": B}


def test_find_and_walk(store):
    root = store.apply(None, puts={"a-b": A, "a/x": A, "a/y/z": B, "a.txt": A})
    assert trees.find(store.load, root, "a/y/z").oid == B.oid
    assert trees.find(store.load, root, "a/y").mode == FOLDER
    assert trees.find(store.load, root, "").oid == root
    for path in ("b", "a/b", "a-b/c", "a/y/z/q"):
        assert trees.find(store.load, root, path) is None
    paths = [path for path, _ in trees.walk(store.load, root)]
    assert paths == ["a-b", "a.txt", "a", "a/x", "a/y", "a/y/z"]
    below = trees.find(store.load, root, "a").oid
    assert [path for path, _ in trees.walk(store.load, below, "a", recursive=False)] == [
        "a/x",
        "a/y",
    ]
    assert list(trees.walk(store.load, EMPTY_TREE)) == []


def test_paths_as_deep_as_allowed(store):
    deep = "x/" * 128 + "f"
    root = store.apply(None, puts={deep: A})
    assert store.files(root) == {deep: A}
    assert store.apply(root, [Deletion(deep, "file")]) == EMPTY_TREE


PATH = st.lists(st.sampled_from("abé"), min_size=1, max_size=3).map("/".join)
CHANGE = st.tuples(
    st.lists(st.builds(Deletion, PATH, st.sampled_from(["file", "folder"])), max_size=3),
    st.dictionaries(PATH, st.sampled_from([A, B]), max_size=5),
)


def model(files, deletions, puts):
    """The same on a plain dict of paths; None where the change must be refused."""
    after = dict(files)
    for path, kind in deletions:
        inside = [name for name in files if name.startswith(path + "/")]
        if kind == "file" and path not in files and not inside:
            return None
        if kind == "file":
            after.pop(path, None)
        for name in inside:
            after.pop(name, None)
    after |= puts
    folders = {path[:at] for path in after for at in range(len(path)) if path[at] == "/"}
    return None if folders & after.keys() else after


@given(st.lists(CHANGE, max_size=5))
def test_agrees_with_a_dict_of_paths(changes):
    store, root, files = Store(), None, {}
    for deletions, puts in changes:
        expected = model(files, deletions, puts)
        try:
            root = store.apply(root, deletions, puts)
        except (BadRequest, EntryNotFound):
            assert expected is None
            continue
        assert expected is not None
        files = expected
        assert store.files(root) == files
        # the same files give the same tree, whichever way they came
        assert root == Store().apply(None, puts=files)


@settings(max_examples=25, deadline=None)
@given(CHANGE, CHANGE)
def test_roots_are_what_git_computes(real_git, first, second):
    store, root, files = Store(), None, {}
    for deletions, puts in (first, second):
        expected = model(files, deletions, puts)
        if expected is not None:
            root, files = store.apply(root, deletions, puts), expected
    for oid, data in store.trees.items():
        real_git.put(oid, "tree", data)
    for data in (b"a", b"b"):
        real_git.put(oid_of(Kind.BLOB, data), "blob", data)
    lines = "".join(f"100644 {entry.oid}\t{path}\0" for path, entry in files.items())
    real_git.run("read-tree", "--empty")
    real_git.run("update-index", "--add", "-z", "--index-info", stdin=lines.encode())
    assert real_git.line("write-tree") == (root or EMPTY_TREE)
    if root:
        real_git.fsck(root)
        listed = real_git.run("ls-tree", "-r", "-t", "-z", "--name-only", root).decode()
        assert [path for path, _ in trees.walk(store.load, root)] == listed.split("\0")[:-1]


def test_ten_thousand_files(store):
    puts = {f"{n % 100}/{n % 7}/{n}": Entry(FILE, EMPTY_BLOB) for n in range(10_000)}
    root = store.apply(None, puts=puts)
    assert len(store.files(root)) == 10_000
