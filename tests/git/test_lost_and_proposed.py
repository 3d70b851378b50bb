"""Whoever may only propose cannot bring back, by its id, what no ref reaches any more."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from calls import commit, delete, new_repo, post_commit, put
from git.packing import Made, delta, entry, oid, pack, request, tree
from git.packing import commit as made_commit
from hearthub.registry.gitformat import EMPTY_TREE, Kind, oid_of

NEVER = "0123456789abcdef0123456789abcdef01234567"
SECRET = b"nobody is to read this\n"
PR = "refs/pr/1"


@dataclass
class Ids:
    """Of what is in one commit; and where the pull request is."""

    commit: str
    tree: str
    blob: str
    head: str


def blob_in(ids: Ids) -> tuple[str, bytes]:
    named = tree(("100644", b"a.txt", ids.blob))
    return with_commit(named, made_commit(oid(named), ids.head))


def folder_in(ids: Ids) -> tuple[str, bytes]:
    named = tree(("40000", b"d", ids.tree))
    return with_commit(named, made_commit(oid(named), ids.head))


def root_of(ids: Ids) -> tuple[str, bytes]:
    return with_commit(made_commit(ids.tree, ids.head))


def parent_of(ids: Ids) -> tuple[str, bytes]:
    return with_commit((Kind.TREE, b""), made_commit(EMPTY_TREE, ids.commit, ids.head))


def itself(ids: Ids) -> tuple[str, bytes]:
    return ids.commit, pack()


def base_of(ids: Ids) -> tuple[str, bytes]:
    """All of it, and a line more: what is new is theirs, and the delta is short."""
    more = b"more\n"
    copied = bytes([0x90, len(SECRET)])
    patch = delta(len(SECRET), len(SECRET) + len(more), copied, bytes([len(more)]) + more)
    named = tree(("100644", b"a.txt", oid_of(Kind.BLOB, SECRET + more)))
    last = made_commit(oid(named), ids.head)
    return oid(last), pack(entry(7, patch, bytes.fromhex(ids.blob)), named, last)


def with_commit(*objects: Made) -> tuple[str, bytes]:
    return oid(objects[-1]), pack(*objects)


WAYS = (blob_in, folder_in, root_of, parent_of, itself, base_of)
Way = Callable[[Ids], tuple[str, bytes]]


def push(client: httpx.Client, repo: str, way: Way, ids: Ids) -> str:
    new, body = way(ids)
    answer = client.post(
        f"/{repo}/git-receive-pack", content=request(PR, ids.head, new, body),
        headers={"Content-Type": "application/x-git-receive-pack-request"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture
def ids(alice: httpx.Client, charlie: httpx.Client) -> tuple[str, Ids]:
    """A repo with a pull request of charlie, and a commit with the secret, on main's history."""
    repo = new_repo(alice)
    there = commit(alice, repo, put("a.txt", SECRET))
    blob = oid_of(Kind.BLOB, SECRET)
    attributes = alice.get(f"/api/models/{repo}/tree/main").json()[0]["oid"]
    root = oid(tree(("100644", b".gitattributes", attributes), ("100644", b"a.txt", blob)))
    commit(alice, repo, put("a.txt", b"other\n"))
    proposed = post_commit(charlie, repo, put("b.txt"), rev="main?create_pr=1").json()
    return repo, Ids(there, root, blob, proposed["commitOid"])


@pytest.mark.parametrize("way", WAYS, ids=lambda it: it.__name__)
def test_what_is_reached_may_be_used(way: Way, ids: tuple[str, Ids], charlie: httpx.Client) -> None:
    """An older file taken back, a proposal from an older commit: none is in the newest trees."""
    repo, found = ids
    assert f"ok {PR}" in push(charlie, repo, way, found)
    assert charlie.get(f"/api/models/{repo}/revision/refs%2Fpr%2F1").json()["sha"] == way(found)[0]


@pytest.mark.parametrize("way", WAYS, ids=lambda it: it.__name__)
def test_what_is_lost_is_missing(
    way: Way, ids: tuple[str, Ids], alice: httpx.Client, charlie: httpx.Client
) -> None:
    repo, found = ids
    for rev in ("main", "refs%2Fpr%2F1"):
        answer = alice.post(f"/api/models/{repo}/super-squash/{rev}", json={"message": "x"})
        assert answer.status_code == 200, answer.text
    found.head = answer.json()["commitOid"]
    squashed = alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "y"})
    assert squashed.status_code == 200
    lost = push(charlie, repo, way, found)
    assert f"ok {PR}" not in lost
    never = push(charlie, repo, way, Ids(NEVER, NEVER, NEVER, found.head))
    for it in (found.commit, found.tree, found.blob, NEVER):
        lost, never = lost.replace(it, "ID"), never.replace(it, "ID")
    assert lost == never
    assert f"ok {PR}" in push(alice, repo, way, found)


def second_lines(ids: Ids) -> str:
    """Git reads a tree at the top and parents below it; what follows is for others."""
    who = "Eve <eve@example.org> 1700000000 +0000"
    return (
        f"tree {EMPTY_TREE}\nparent {ids.head}\nauthor {who}\ncommitter {who}\n"
        f"tree {ids.tree}\nparent {ids.commit}\n\nx\n"
    )


def encoded_lines(ids: Ids) -> str:
    """In UTF-7 a name has line ends that are none in bytes."""
    who = "<eve@example.org> 1700000000 -0000"
    return (
        f"tree {EMPTY_TREE}\nparent {ids.head}\n"
        f"author Eve+AAo-tree {ids.tree}+AAo-parent {ids.commit}+AAo-author {who}\n"
        f"committer Eve {who}\nencoding utf-7\n\nx\n"
    )


@pytest.mark.parametrize("made", [second_lines, encoded_lines], ids=lambda it: it.__name__)
def test_a_commit_is_read_as_it_was_judged(
    made: Callable[[Ids], str], ids: tuple[str, Ids], alice: httpx.Client, charlie: httpx.Client
) -> None:
    """What else it seems to name was not looked for, and must not be shown for it."""
    repo, found = ids
    for rev in ("main", "refs%2Fpr%2F1", "main"):
        answer = alice.post(f"/api/models/{repo}/super-squash/{rev}", json={"message": rev})
        assert answer.status_code == 200, answer.text
    found.head = charlie.get(f"/api/models/{repo}/revision/refs%2Fpr%2F1").json()["sha"]
    text = (Kind.COMMIT, made(found).encode())
    answer = push(charlie, repo, lambda _: with_commit((Kind.TREE, b""), text), found)
    assert f"ok {PR}" in answer
    for rev in ("refs%2Fpr%2F1", found.commit):
        assert charlie.get(f"/{repo}/resolve/{rev}/a.txt").status_code == 404
    assert charlie.get(f"/api/models/{repo}/tree/refs%2Fpr%2F1").json() == []
    assert charlie.get(f"/api/models/{repo}/revision/{found.commit}").status_code == 404
    history = charlie.get(f"/api/models/{repo}/commits/refs%2Fpr%2F1").json()
    assert [it["id"] for it in history] == [oid(text), found.head]


def test_a_submodule_shows_nothing_of_ours(
    ids: tuple[str, Ids], alice: httpx.Client, charlie: httpx.Client
) -> None:
    """Its id is that of a commit elsewhere: nobody asks whether it is here. So it may be that of a
    file that is lost, and pages keep what they made of a file by its id."""
    repo, found = ids
    text = SECRET.decode().strip()
    rev = "refs%2Fpr%2F1"
    commit(charlie, repo, put("d/README.md", SECRET), rev=rev)
    kept = [f"/{repo}/blob/{rev}/d/README.md", f"/{repo}/tree/{rev}/d"]
    for page in (f"/{repo}/blob/{found.commit}/a.txt", f"/{repo}/commit/{found.commit}", *kept):
        assert text in charlie.get(page).text
    commit(charlie, repo, delete("d/README.md"), rev=rev)
    for name in ("main", rev, "main"):
        answer = alice.post(f"/api/models/{repo}/super-squash/{name}", json={"message": name})
        assert answer.status_code == 200, answer.text
    base = alice.get(f"/api/models/{repo}/revision/{rev}").json()["sha"]
    inner = tree(*(("160000", name, found.blob) for name in (b"README.md", b"b.csv")))
    outer = tree(
        *(("160000", name, found.blob) for name in (b"README.md", b"a.txt")),
        ("40000", b"d", oid(inner)),
    )
    last = made_commit(oid(outer), base)
    answer = charlie.post(
        f"/{repo}/git-receive-pack",
        content=request(PR, base, oid(last), pack(inner, outer, last)),
        headers={"Content-Type": "application/x-git-receive-pack-request"},
    )
    assert f"ok {PR}" in answer.text
    pages = [f"/{repo}/blob/{oid(last)}/{it}" for it in ("README.md", "a.txt", "d/b.csv")]
    pages += [f"/{repo}/tree/{oid(last)}{it}" for it in ("", "/d")]
    pages += [f"/{repo}/compare/main{dots}{oid(last)}" for dots in ("..", "...")]
    pages += [f"/{repo}/commit/{oid(last)}", f"/{repo}/discussions/1/files"]
    pages += [f"/api/models/{repo}/discussions/1?diff=1"]
    for page in (*pages, *kept):
        answer = charlie.get(page)
        assert answer.status_code == 200, page
        assert text not in answer.text, page
    for verb in ("resolve", "raw", "content"):
        assert charlie.get(f"/{repo}/{verb}/{oid(last)}/a.txt").status_code == 404
