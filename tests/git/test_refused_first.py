"""What a refused push leaves in the store is no way in for the next one."""

import httpx
import pytest

from calls import new_repo
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
