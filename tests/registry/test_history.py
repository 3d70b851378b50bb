import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearthub.errors import Conflict
from hearthub.registry import pulls, trees
from hearthub.registry.gitformat import FILE, Commit, Kind, Signature, encode_commit
from hearthub.registry.history import History
from hearthub.registry.pulls import Pulls


class Repo:
    """Makes commits by writing files, the way a test tells them."""

    def __init__(self, objects, repo_id=1):
        self.objects, self.id = objects, repo_id
        self.clock = 1000

    def commit(self, files, *parents, delete=(), when=None):
        self.clock += 1
        root = self.objects.commit(self.id, parents[0]).tree if parents else None
        [*oids] = self.objects.write(self.id, [(Kind.BLOB, d.encode()) for d in files.values()])
        puts = {p: trees.Entry(FILE, oid) for p, oid in zip(files, oids, strict=True)}
        gone = [trees.Deletion(path, "file") for path in delete]
        root, new = trees.apply(lambda oid: self.objects.tree(self.id, oid), root, gone, puts)
        self.objects.write(self.id, [(Kind.TREE, data) for data in new.values()])
        who = Signature("alice", "a@x", when or self.clock)
        data = encode_commit(Commit(root, parents, who, who, f"commit {self.clock}"))
        return self.objects.write(self.id, [(Kind.COMMIT, data)])[0]


@pytest.fixture
def repo(objects):
    return Repo(objects)


@pytest.fixture
def history(objects):
    return History(objects)


def last(history, start, folder, names):
    found = history.last_commits(1, start, folder, names)
    return {path: oid for path, (oid, _) in found.items()}


def test_it_works(repo, history):
    a = repo.commit({"x": "1", "d/y": "1"})
    b = repo.commit({"x": "2"}, a)
    c = repo.commit({"d/y": "2", "d/z": "1"}, b)
    assert [oid for oid, _ in history.log(1, c)] == [c, b, a]
    assert [history.count(1, oid) for oid in (c, b, a)] == [3, 2, 1]
    assert last(history, c, "", ["x", "d", "nope"]) == {"x": b, "d": c}
    assert last(history, c, "d", ["y", "z"]) == {"d/y": c, "d/z": c}
    assert last(history, b, "d", ["y", "z"]) == {"d/y": a}
    assert last(history, c, "nope", ["y"]) == {}
    assert history.last_commits(1, c, "", ["x"])["x"][1].message == "commit 1002"


def test_deleted_and_made_again(repo, history):
    a = repo.commit({"x": "1", "y": "1"})
    b = repo.commit({}, a, delete=["x"])
    c = repo.commit({"x": "1"}, b)
    assert last(history, c, "", ["x", "y"]) == {"x": c, "y": a}


def test_answers_are_extended_from_what_is_known(repo, history):
    oid = repo.commit({"d/0": "0"})
    first = oid
    for number in range(1, 30):
        oid = repo.commit({f"d/{number % 3}": str(number)}, oid)
        fresh = History(repo.objects)
        names = ["0", "1", "2"]
        assert last(history, oid, "d", names[number % 3 :]) == last(
            fresh, oid, "d", names[number % 3 :]
        )
        assert last(history, oid, "d", names) == last(fresh, oid, "d", names)
    assert last(history, first, "d", ["0", "1"]) == {"d/0": first}


def test_merges(repo, history):
    base = repo.commit({"x": "0", "y": "0", "z": "0"})
    left = repo.commit({"x": "1"}, base)
    right = repo.commit({"x": "0", "y": "1"}, base)
    merge = repo.commit({"y": "1"}, left, right)
    top = repo.commit({"w": "1"}, merge)
    assert [oid for oid, _ in history.log(1, top)] == [top, merge, right, left, base]
    assert history.count(1, top) == 5
    assert history.count(1, merge) == 4
    assert history.count(1, right) == 2
    assert last(history, top, "", ["x", "y", "z", "w"]) == {
        "x": left,
        "y": right,
        "z": base,
        "w": top,
    }


def test_clocks_that_run_backwards(repo, history):
    a = repo.commit({"x": "1"}, when=500)
    b = repo.commit({"x": "2"}, a, when=100)
    c = repo.commit({"x": "3"}, a, when=300)
    d = repo.commit({"x": "2"}, b, c, when=50)
    oids = [oid for oid, _ in history.log(1, d)]
    assert oids[0] == d
    assert sorted(oids) == sorted([a, b, c, d])
    assert last(history, d, "", ["x"]) == {"x": b}


def test_a_long_history(repo, history):
    oid = repo.commit({f"d/{n}": "0" for n in range(100)})
    for number in range(1500):
        oid = repo.commit({f"e/{number % 7}": str(number)}, oid)
    started = time.process_time()
    assert history.count(1, oid) == 1501
    assert sum(1 for _ in history.log(1, oid)) == 1501
    found = last(history, oid, "d", [str(n) for n in range(100)])
    assert len(found) == 100
    assert len(set(found.values())) == 1
    assert time.process_time() - started < 5


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_agrees_with_git(real_git, objects, data):
    """On random histories with merges, `git rev-list` and `git log -1 -- path`."""
    repo = Repo(objects)
    history = History(objects)
    files = st.dictionaries(st.sampled_from(["a", "b", "d/a", "d/b"]), st.sampled_from("012"))
    commits = []
    for _ in range(data.draw(st.integers(1, 8))):
        parents = (
            data.draw(st.lists(st.sampled_from(commits), max_size=2, unique=True))
            if commits
            else []
        )
        commits.append(repo.commit(data.draw(files), *parents))
    export(objects, real_git)
    head = commits[-1]
    ours = [oid for oid, _ in history.log(1, head)]
    assert ours == real_git.line("rev-list", "--date-order", head).split()
    assert history.count(1, head) == len(ours)
    real_git.fsck(head)
    for folder, names in (("", ["a", "b", "d"]), ("d", ["a", "b"])):
        there = last(history, head, folder, names)
        for path, oid in there.items():
            assert oid == real_git.line("log", "-1", "--format=%H", head, "--", path)
        listed = real_git.line("ls-tree", "--name-only", f"{head}:{folder}" if there else head)
        if there:
            assert {path.rpartition("/")[2] for path in there} == set(listed.split()) & set(names)


def export(objects, real_git):
    for row in objects._db.all("select oid from obj where repo_id = 1"):
        kind, content = objects.read(1, row.oid.hex())
        real_git.put(row.oid.hex(), kind.word, content)


def test_histories_that_part_too_far_back(repo, history, monkeypatch):
    start = repo.commit({"x": "1", "y": "1"})
    sides = [start, start]
    for number in range(10):
        sides = [repo.commit({f"n{number}": str(side)}, oid) for side, oid in enumerate(sides)]
    theirs = repo.commit({}, sides[1], delete=["y"])
    found = Pulls(repo.objects, None, history, None)
    assert found.fork(repo, sides[0], theirs) == start
    read = []
    commit = repo.objects.commit
    monkeypatch.setattr(pulls, "MAX_STEPS", 15)
    monkeypatch.setattr(repo.objects, "commit", lambda *args: (read.append(args), commit(*args))[1])
    assert found.fork(repo, sides[0], theirs) is None
    assert len(read) <= 2 * 16
    attempt = found.attempt(repo, sides[0], theirs)
    assert not attempt.merged.is_whole, "the file that one side deleted would come back"
    with pytest.raises(Conflict):
        attempt.check()
