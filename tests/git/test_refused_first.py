"""What a refused push leaves in the store is no way in for the next one."""

import os

import httpx
import pytest

from calls import new_repo, post_commit, put
from git.packing import Made, commit, oid, pack, request, tree
from git.test_hostile import push
from hearthub.registry.gitformat import Kind

ZERO = "0" * 40
LIST: Made = Kind.BLOB, b'[submodule "x"]\n\turl = -u./payload\n'
POINTER: Made = (
    Kind.BLOB,
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"e" * 64 + b"\nsize 12\n",
)
MISSING = "d" * 40
FILLING = 200


def send(client: httpx.Client, repo: str, new: str, *objects: Made) -> str:
    return push(client, repo, request("refs/heads/evil", ZERO, new, pack(*objects))).text


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([LIST, tree(("100644", b".gitmodules", oid(LIST)))], "submodule"),
        ([POINTER, tree(("100644", b"a.bin", oid(POINTER)))], "not uploaded"),
        ([tree(("100644", b"a.bin", MISSING))], "missing"),
    ],
    ids=["submodules", "lfs", "connectivity"],
)
def test_the_second_push(alice: httpx.Client, objects: list[Made], reason: str) -> None:
    repo = new_repo(alice)
    head = commit(oid(objects[-1]))
    above = commit(oid(objects[-1]), oid(head))
    assert reason in send(alice, repo, oid(head), *objects, head)
    for sent in ((), (above,), (head,)):
        told = send(alice, repo, oid(sent[-1] if sent else head), *sent)
        assert "ok refs/heads/evil" not in told, told
    assert reason in send(alice, repo, oid(above), *objects, head, above)


def test_what_a_refused_commit_left(alice: httpx.Client) -> None:
    """A pointer written by hand, to an object that nobody sent, in a commit large enough to be
    stored in several steps."""
    repo = new_repo(alice)
    rest = [put(f"{number}.bin", os.urandom(100_000)) for number in range(FILLING)]
    answer = post_commit(alice, repo, put("a.bin", POINTER[1]), *rest)
    assert answer.status_code == 400, answer.text
    named = tree(("100644", b"a.bin", oid(POINTER)))
    top = commit(oid(named))
    told = send(alice, repo, oid(top), named, top)
    assert "ok refs/heads/evil" not in told, told
