"""Discussions and pull requests, by those who may and those who may not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from calls import commit, head, new_repo, post_commit, put, tree
from hearthub.registry.gitformat import (
    FILE,
    FOLDER,
    Kind,
    TreeEntry,
    decode_tree,
    encode_tree,
    oid_of,
)
from hearthub.registry.merging import merge


@pytest.fixture
def repo(alice: httpx.Client) -> str:
    repo = new_repo(alice)
    commit(alice, repo, put("a.txt", b"one\n"), put("d/b.txt", b"b\n"))
    return repo


def talk(repo: str, path: object = "") -> str:
    return f"/api/models/{repo}/discussions" + (f"/{path}" if path else "")


def opened(client: httpx.Client, repo: str, **more: Any) -> int:
    body = {"title": "Hello", "description": "World", **more}
    answer = client.post(talk(repo), json=body)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["num"])


def proposed(client: httpx.Client, repo: str, *lines: Any, **more: Any) -> int:
    answer = post_commit(client, repo, *lines, rev="main?create_pr=1", **more)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["pullRequestUrl"].rpartition("/")[2])


class TestTalk:
    @pytest.mark.parametrize(
        "body",
        [
            {"title": ""},
            {"title": "  \n "},
            {"title": "\u200b\u3164"},
            {"title": "x" * 201},
            {"title": "x", "description": "y" * 70_000},
            {"title": 5},
            {},
        ],
    )
    def test_malformed(self, alice: httpx.Client, repo: str, body: dict[str, Any]) -> None:
        assert alice.post(talk(repo), json=body).status_code == 400
        assert alice.get(talk(repo)).json()["count"] == 0

    def test_a_hidden_comment_is_gone_for_everybody(
        self, alice: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        num = opened(charlie, repo)
        said = charlie.post(talk(repo, f"{num}/comment"), json={"comment": "s3cret"})
        url = talk(repo, f"{num}/comment/{said.json()['newMessage']['id']}")
        assert charlie.post(f"{url}/edit", json={"content": "better"}).status_code == 200
        assert "s3cret" in alice.get(talk(repo, num)).text, "what was changed is kept"
        assert alice.post(f"{url}/hide").status_code == 200
        for client in (alice, charlie):
            assert "s3cret" not in client.get(talk(repo, num)).text
            assert "better" not in client.get(talk(repo, num)).text
        assert charlie.post(f"{url}/edit", json={"content": "again"}).status_code == 409

    def test_a_reason_is_hidden_with_its_comment(self, alice: httpx.Client, repo: str) -> None:
        num = opened(alice, repo)
        closing = {"status": "closed", "comment": "s3cret"}
        assert alice.post(talk(repo, f"{num}/status"), json=closing).status_code == 200
        *_, said, closed = alice.get(talk(repo, num)).json()["events"]
        assert (said["data"]["latest"]["raw"], closed["data"]) == ("s3cret", {"status": "closed"})
        assert alice.post(talk(repo, f"{num}/comment/{said['id']}/hide")).status_code == 200
        assert "s3cret" not in alice.get(talk(repo, num)).text

    def test_when_a_comment_was_changed(self, alice: httpx.Client, repo: str) -> None:
        num = opened(alice, repo)
        said = alice.get(talk(repo, num)).json()["events"][0]
        assert said["data"]["latest"]["updatedAt"] == said["createdAt"]
        url = talk(repo, f"{num}/comment/{said['id']}/edit")
        edited = alice.post(url, json={"content": "Moon"}).json()["updatedComment"]
        assert edited["createdAt"] == said["createdAt"]
        assert edited["data"]["latest"]["updatedAt"] == edited["data"]["history"][0]["at"]
        assert alice.get(talk(repo, num)).json()["events"] == [edited]

    def test_what_is_kept_of_edits_is_bounded(
        self, alice: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        num = opened(charlie, repo)
        url = talk(repo, f"{num}/comment/{charlie.get(talk(repo, num)).json()['events'][0]['id']}")
        texts = [f"{number}{'x' * 60_000}" for number in range(7)]
        for text in [*texts, "short", "\0", "end"]:
            assert charlie.post(f"{url}/edit", json={"content": text}).status_code == 200
        event = alice.get(talk(repo, num)).json()["events"][0]["data"]
        assert event["latest"]["raw"] == "end"
        assert [it["raw"] for it in event["history"]] == [*texts[-4:], "short", "\0"]
        assert event["numEdits"] == 6
        for text in ["\N{BOOK}" * 65_536, "last"]:
            assert charlie.post(f"{url}/edit", json={"content": text}).status_code == 200
        event = alice.get(talk(repo, num)).json()["events"][0]["data"]
        assert len(event["history"][-1]["raw"]) == 65_536

    def test_histories_of_many_comments(self, charlie: httpx.Client, repo: str) -> None:
        num = opened(charlie, repo)
        for _ in range(24):
            said = charlie.post(talk(repo, f"{num}/comment"), json={"comment": "x" * 60_000})
            url = talk(repo, f"{num}/comment/{said.json()['newMessage']['id']}/edit")
            for _ in range(3):
                charlie.post(url, json={"content": "y" * 60_000})
        events = charlie.get(talk(repo, num)).json()["events"][1:]
        assert [it["data"]["numEdits"] for it in events] == [0] * 7 + [3] * 17
        assert all(it["data"]["edited"] for it in events)

    def test_others_change_nothing(
        self, alice: httpx.Client, bob: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        num = opened(charlie, repo)
        first = charlie.get(talk(repo, num)).json()["events"][0]["id"]
        for path, body in [
            ("title", {"title": "Bob's"}),
            ("status", {"status": "closed"}),
            (f"comment/{first}/edit", {"content": "Bob's"}),
            (f"comment/{first}/hide", None),
            ("merge", None),
        ]:
            answer = bob.post(talk(repo, f"{num}/{path}"), json=body)
            assert answer.status_code == 403, path
        assert alice.get(talk(repo, num)).json()["title"] == "Hello"
        owner = alice.post(talk(repo, f"{num}/comment/{first}/edit"), json={"content": "Alice's"})
        assert owner.status_code == 403, "nobody puts words into another's mouth"
        assert alice.post(talk(repo, f"{num}/status"), json={"status": "closed"}).status_code == 200

    def test_open_ones_of_one_user(
        self, alice: httpx.Client, bob: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        first = opened(charlie, repo)
        for _ in range(99):
            opened(charlie, repo, description="")
        for answer in (
            charlie.post(talk(repo), json={"title": "One more"}),
            post_commit(charlie, repo, put("c.txt"), rev="main?create_pr=1"),
        ):
            assert answer.status_code == 413
            assert "close some first" in answer.json()["error"]
        opened(bob, repo)
        status = talk(repo, f"{first}/status")
        assert charlie.post(status, json={"status": "closed"}).status_code == 200
        opened(charlie, repo)
        assert charlie.post(status, json={"status": "open"}).status_code == 413
        assert alice.post(status, json={"status": "open"}).status_code == 200
        for _ in range(101):
            opened(alice, repo, description="")

    def test_hostile_words_are_never_markup(self, alice: httpx.Client, repo: str) -> None:
        evil = "<script>alert(1)</script><img src=x onerror=y>"
        num = opened(alice, repo, title=evil, description=evil)
        found = alice.get(talk(repo, num)).json()
        assert found["events"][0]["data"]["latest"]["raw"] == evil
        assert "<script" not in found["events"][0]["data"]["latest"]["html"]

    def test_private_repos_talk_in_private(
        self, alice: httpx.Client, charlie: httpx.Client, anyone: httpx.Client
    ) -> None:
        repo = new_repo(alice, private=True)
        num = opened(alice, repo)
        assert charlie.get(talk(repo, num)).status_code == 404
        assert anyone.get(talk(repo)).status_code == 401
        assert charlie.post(talk(repo), json={"title": "x"}).status_code == 404

    def test_an_account_that_is_gone(self, alice: httpx.Client, repo: str) -> None:
        """What it said stays, without a name (the client shows "deleted")."""
        num = opened(alice, repo)
        found = alice.get(talk(repo, num)).json()
        assert found["author"] == {"name": "alice"}


class TestPulls:
    def test_nothing_is_left_of_one_that_fails(self, charlie: httpx.Client, repo: str) -> None:
        answer = post_commit(charlie, repo, put("../x"), rev="main?create_pr=1")
        assert answer.status_code == 422
        assert charlie.get(talk(repo)).json()["count"] == 0
        refs = charlie.get(f"/api/models/{repo}/refs", params={"include_prs": 1}).json()
        assert refs["pullRequests"] == []

    def test_a_base_that_is_no_branch(self, charlie: httpx.Client, repo: str) -> None:
        for rev in (head(charlie, repo), "nowhere"):
            answer = post_commit(charlie, repo, put("x"), rev=f"{rev}?create_pr=1")
            assert answer.headers["x-error-code"] == "RevisionNotFound"

    def test_outsiders_commit_to_their_own_alone(
        self, alice: httpx.Client, bob: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        num = proposed(charlie, repo, put("c.txt"))
        rev = f"refs%2Fpr%2F{num}"
        assert post_commit(charlie, repo, put("d.txt"), rev=rev).status_code == 200
        assert post_commit(bob, repo, put("e.txt"), rev=rev).status_code == 403
        assert post_commit(alice, repo, put("f.txt"), rev=rev).status_code == 200
        assert post_commit(charlie, repo, put("g.txt")).status_code == 403

    def test_merged_with_what_happened_meanwhile(
        self, alice: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        num = proposed(charlie, repo, put("a.txt", b"two\n"), put("n/new.txt"), summary="Two")
        commit(alice, repo, put("d/b.txt", b"changed\n"), put("n/other.txt"))
        before = head(alice, repo)
        answer = alice.post(talk(repo, f"{num}/merge"))
        assert answer.status_code == 200, answer.text
        assert answer.json()["mergeCommitId"] == head(alice, repo)
        assert alice.get(f"/{repo}/resolve/main/a.txt").text == "two\n"
        assert alice.get(f"/{repo}/resolve/main/d/b.txt").text == "changed\n"
        assert {"n/new.txt", "n/other.txt"} < tree(alice, repo).keys()
        log = alice.get(f"/api/models/{repo}/commits/main").json()
        assert log[0]["title"] == f"Two (#{num})"
        assert log[1]["id"] == before
        found = alice.get(talk(repo, num), params={"diff": 1}).json()
        assert found["status"] == "merged"
        assert found["filesWithConflicts"] == []
        assert "-one\n+two\n" in found["diff"]
        assert "changed" not in found["diff"], "only what the pull request changed"
        for path, body in (("merge", None), ("status", {"status": "closed"})):
            assert alice.post(talk(repo, f"{num}/{path}"), json=body).status_code == 409

    def test_conflicts_are_named_and_change_nothing(
        self, alice: httpx.Client, charlie: httpx.Client, repo: str
    ) -> None:
        num = proposed(charlie, repo, put("a.txt", b"two\n"), put("d/b.txt", b"two\n"))
        now = commit(alice, repo, put("a.txt", b"three\n"))
        assert alice.get(talk(repo, num)).json()["filesWithConflicts"] == ["a.txt"]
        answer = alice.post(talk(repo, f"{num}/merge"))
        assert answer.status_code == 409
        assert "a.txt" in answer.json()["error"]
        assert head(alice, repo) == now

    def test_of_two_who_merge_at_once_one_does(self, alice: httpx.Client, repo: str) -> None:
        num = proposed(alice, repo, put("c.txt"))
        before = len(alice.get(f"/api/models/{repo}/commits/main").json())
        with ThreadPoolExecutor(4) as threads:
            merging = [threads.submit(alice.post, talk(repo, f"{num}/merge")) for _ in range(4)]
        assert sorted(it.result().status_code for it in merging) == [200, 409, 409, 409]
        assert len(alice.get(f"/api/models/{repo}/commits/main").json()) == before + 1

    def test_what_was_said_outlives_the_branch(self, alice: httpx.Client, repo: str) -> None:
        alice.post(f"/api/models/{repo}/branch/dev", json={})
        answer = post_commit(alice, repo, put("c.txt"), rev="dev?create_pr=1", description="Why")
        num = answer.json()["pullRequestUrl"].rpartition("/")[2]
        assert alice.delete(f"/api/models/{repo}/branch/dev").status_code == 200
        found = alice.get(talk(repo, num), params={"diff": 1})
        assert found.status_code == 200
        assert [it["type"] for it in found.json()["events"]] == ["comment"]
        assert alice.post(talk(repo, f"{num}/merge")).status_code == 404

    @pytest.mark.parametrize("rev", ["main", "refs%2Fheads%2Fmain", None])
    def test_its_base_has_its_full_name(
        self, alice: httpx.Client, repo: str, rev: str | None
    ) -> None:
        """As the Hub has it, however it was opened, and from the beginning to the end."""
        if rev is None:
            num = opened(alice, repo, pullRequest=True)
            post_commit(alice, repo, put("c.txt"), rev=f"refs%2Fpr%2F{num}")
        else:
            answer = post_commit(alice, repo, put("c.txt"), rev=f"{rev}?create_pr=1")
            num = int(answer.json()["pullRequestUrl"].rpartition("/")[2])
        assert alice.get(talk(repo, num)).json()["changes"] == {"base": "refs/heads/main"}
        assert alice.post(talk(repo, f"{num}/merge")).status_code == 200
        changes = alice.get(talk(repo, num)).json()["changes"]
        assert changes == {"base": "refs/heads/main", "mergeCommitId": head(alice, repo)}

    def test_numbers_are_shared(self, alice: httpx.Client, repo: str) -> None:
        assert [opened(alice, repo), proposed(alice, repo, put("x")), opened(alice, repo)] == [
            1,
            2,
            3,
        ]

    def test_binaries_are_not_shown(self, alice: httpx.Client, repo: str) -> None:
        num = proposed(alice, repo, put("x.dat", b"\0\1"), put("y.txt", b"\xff\xfe"))
        diff = alice.get(talk(repo, num), params={"diff": 1}).json()["diff"]
        assert "Binary files /dev/null and b/x.dat differ" in diff
        assert "Binary files /dev/null and b/y.txt differ" in diff


class Trees:
    """Trees by oid, made of nested dicts of file names to contents."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, files: dict[str, Any]) -> str:
        entries = [
            TreeEntry(name, FOLDER, self.put(it))
            if isinstance(it, dict)
            else TreeEntry(name, FILE, oid_of(Kind.BLOB, it.encode()))
            for name, it in files.items()
        ]
        data = encode_tree(entries)
        oid = oid_of(Kind.TREE, data)
        self.kept[oid] = data
        return oid

    def load(self, oid: str) -> dict[str, TreeEntry]:
        return decode_tree(self.kept[oid])


def cases() -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any], Any]]:
    a, b = {"x": "1", "d": {"y": "1"}}, {"x": "1", "d": {"y": "2"}}
    yield a, a, b, b
    yield a, b, a, b
    yield a, b, b, b
    yield a, {**a, "z": "1"}, b, {**b, "z": "1"}
    yield a, {"x": "1"}, {**a, "x": "2"}, {"x": "2"}
    yield a, {"x": "2", "d": {"y": "1"}}, {"x": "3", "d": {"y": "1"}}, ["x"]
    yield a, {"x": "1"}, b, ["d"]
    yield a, {**a, "n": "1"}, {**a, "n": "2"}, ["n"]
    yield {}, {"n": {"p": "1"}}, {"n": {"q": "1"}}, {"n": {"p": "1", "q": "1"}}
    yield a, {"x": {"k": "1"}, "d": {"y": "1"}}, {"x": "2", "d": {"y": "1"}}, ["x"]


@pytest.mark.parametrize(("base", "ours", "theirs", "wanted"), list(cases()))
def test_three_trees(base: Any, ours: Any, theirs: Any, wanted: Any) -> None:
    """`wanted`: the tree, or the paths in conflict."""
    trees = Trees()
    merged = merge(trees.load, trees.put(base), trees.put(ours), trees.put(theirs))
    if isinstance(wanted, list):
        assert merged.conflicts == wanted
    else:
        assert merged.conflicts == []
        assert merged.tree == trees.put(wanted)


def bomb(trees: Trees, leaf: str, levels: int) -> str:
    """Two to the power of `levels` files in a tree for each level."""
    oid = trees.put({"x": leaf})
    for _ in range(levels):
        data = encode_tree([TreeEntry(name, FOLDER, oid) for name in ("a", "b")])
        oid = oid_of(Kind.TREE, data)
        trees.kept[oid] = data
    return oid


def test_trees_that_share_subtrees() -> None:
    trees = Trees()
    sides = [bomb(trees, leaf, 16) for leaf in "123"]
    merged = merge(trees.load, *sides)
    assert not merged.is_whole
    assert len(merged.conflicts) == 100
    sides = [trees.put({"x": "1"}), trees.put({"x": "1", "y": "1"}), trees.put({"x": "2"})]
    wanted = trees.put({"x": "2", "y": "1"})
    read: list[str] = []

    def load(oid: str) -> dict[str, TreeEntry]:
        read.append(oid)
        return trees.load(oid)

    for _ in range(16):
        pairs = [dict.fromkeys("ab", oid) for oid in [*sides, wanted]]
        made = [encode_tree([TreeEntry(n, FOLDER, o) for n, o in it.items()]) for it in pairs]
        *sides, wanted = [oid_of(Kind.TREE, data) for data in made]
        trees.kept |= {oid_of(Kind.TREE, data): data for data in made}
    merged = merge(load, *sides)
    assert (merged.tree, merged.conflicts, merged.is_whole) == (wanted, [], True)
    assert len(read) == 3 * 17


@pytest.mark.parametrize("is_deep", [True, False])
def test_more_folders_than_a_merge_walks(is_deep: bool) -> None:
    trees = Trees()
    sides = []
    for names in ("a", "ab", "c"):
        files: dict[str, Any] = dict.fromkeys(names, "1")
        for number in range(250 if is_deep else 0):
            files = {"d": files, f"f{number}": names[0]}
        if not is_deep:
            files = {f"d{number}": {**files, "n": str(number)} for number in range(5001)}
        sides.append(trees.put(files))
    merged = merge(trees.load, *sides)
    assert not merged.is_whole
    assert merged.tree == ""


def test_more_conflicts_than_are_named(
    alice: httpx.Client, charlie: httpx.Client, repo: str
) -> None:
    names = [f"n{number}.txt" for number in range(101)]
    num = proposed(charlie, repo, *(put(name, b"theirs\n") for name in names))
    now = commit(alice, repo, *(put(name, b"ours\n") for name in names))
    assert len(alice.get(talk(repo, num)).json()["filesWithConflicts"]) == 100
    assert "<p>And more.</p>" in alice.get(f"/{repo}/discussions/{num}").text
    answer = alice.post(talk(repo, f"{num}/merge"))
    assert answer.status_code == 409
    assert answer.json()["error"].endswith(" and more")
    assert head(alice, repo) == now
