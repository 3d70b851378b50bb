"""Packs that no git would make. Whatever they hold, nothing moves and nothing is lost."""

import httpx
import pytest

from calls import head, new_repo
from git.packing import WHO, Made, commit, delta, entry, oid, pack, request, sealed, tree
from hearthub.registry.git.pushes import MAX_MODULES
from hearthub.registry.gitformat import Kind
from hearthub.registry.submodules import MAX_SIZE

BLOB: Made = (Kind.BLOB, b"content\n")
FILE = oid(BLOB)
GOOD = tree(("100644", b"a.txt", FILE))
MISSING = "1" * 40


def push(client: httpx.Client, repo: str, body: bytes) -> httpx.Response:
    return client.post(
        f"/{repo}/git-receive-pack",
        content=body,
        headers={"Content-Type": "application/x-git-receive-pack-request"},
    )


def refused(client: httpx.Client, *objects: Made | bytes, body: bytes | None = None) -> str:
    """Push a commit of these (the last is it, or what names nothing); what the hub says."""
    repo = new_repo(client)
    before = head(client, repo)
    last = objects[-1] if objects else BLOB
    new = MISSING if isinstance(last, bytes) else oid(last)
    content = pack(*objects) if body is None else body
    answer = push(client, repo, request("refs/heads/main", before, new, content))
    assert answer.status_code == 200, answer.text
    assert head(client, repo) == before
    assert "ok refs/heads/main" not in answer.text
    return answer.text


def accepted(client: httpx.Client, *objects: Made | bytes) -> None:
    repo = new_repo(client)
    before, last = head(client, repo), objects[-1]
    assert not isinstance(last, bytes)
    answer = push(client, repo, request("refs/heads/main", before, oid(last), pack(*objects)))
    assert "ok refs/heads/main" in answer.text, answer.text
    assert head(client, repo) == oid(last)


def test_a_good_one_is_accepted(alice: httpx.Client) -> None:
    accepted(alice, BLOB, GOOD, commit(oid(GOOD)))


@pytest.mark.parametrize(
    ("entries", "word"),
    [
        ([("100644", b".git", FILE)], ".git"),
        ([("100644", b".GIT", FILE)], ".git"),
        ([("100644", b"git~1", FILE)], ".git"),
        ([("100644", b"..", FILE)], "'..'"),
        ([("100644", b"a/b", FILE)], "slash"),
        ([("100644", b"a\\b", FILE)], "backslash"),
        ([("100644", b"a\x1b[2J", FILE)], "control"),
        ([("100644", b"\xff\xfe", FILE)], "UTF-8"),
        ([("100644", b"b", FILE), ("100644", b"a", FILE)], "order"),
        ([("100644", b"a", FILE), ("100644", b"a", FILE)], "twice"),
        ([("100644", b"a", FILE), ("40000", b"a", FILE)], "twice"),
        ([("040000", b"a", FILE)], "mode"),
        ([("100640", b"a", FILE)], "mode"),
        ([("120000", b".gitmodules", FILE)], "symbolic link"),
        ([("120000", b".GitAttributes", FILE)], "symbolic link"),
        *[
            ([("120000", name, FILE)], "symbolic link")
            for name in (
                b".gitmodules ",
                b".gitmodules.",
                b"GITMOD~1",
                b"gi7eba~1",
                b"gi7e~123",
                b".gitmodules::$INDEX_ALLOCATION",
                ".g\u200citmodules".encode(),
            )
        ],
        ([("40000", b".gitmodules", FILE)], "must be a file"),
        ([("160000", b".GitModules ", FILE)], "must be a file"),
        ([("40000", b"a", FILE)], "is a blob, not a tree"),
        ([("100644", b"a", MISSING)], "is missing"),
    ],
)
def test_trees(alice: httpx.Client, entries: list[tuple[str, bytes, str]], word: str) -> None:
    bad = tree(*entries)
    assert word in refused(alice, BLOB, bad, commit(oid(bad)))


@pytest.mark.parametrize("name", [b".gitmodules", b"GITMOD~1", ".g\u200citmodules".encode()])
def test_lists_of_submodules(alice: httpx.Client, name: bytes) -> None:
    """Wherever they lie, and whenever their bytes came."""
    bad: Made = (Kind.BLOB, b'[submodule "x"]\nurl = -u./payload\n')
    good: Made = (Kind.BLOB, b'[submodule "x"]\npath = x\nurl = https://example.org/x\n')
    named, elsewhere = tree(("100644", name, oid(bad))), tree(("100644", b"x.txt", oid(bad)))
    below = tree(("40000", b"d", oid(named)))
    fine = tree(("100644", name, oid(good)))
    accepted(alice, good, fine, commit(oid(fine)))
    told = refused(alice, bad, named, commit(oid(named)))
    assert ".gitmodules: the submodule 'x' cannot have the url '-u./payload'" in told
    refused(alice, bad, named, below, commit(oid(below)))
    repo = new_repo(alice)
    first, then = commit(oid(elsewhere)), commit(oid(named))
    answer = push(
        alice, repo, request("refs/heads/a", "0" * 40, oid(first), pack(bad, elsewhere, first))
    )
    assert "ok refs/heads/a" in answer.text, answer.text
    answer = push(alice, repo, request("refs/heads/b", "0" * 40, oid(then), pack(named, then)))
    assert "refuses as an attack on clones" in answer.text


def test_many_lists_of_submodules(alice: httpx.Client) -> None:
    """How much is judged for one push has an end."""
    lists: list[Made] = [
        (Kind.BLOB, (b"# %03d\n" % number).ljust(MAX_SIZE)) for number in range(17)
    ]
    trees = [tree(("100644", b".gitmodules", oid(it))) for it in lists]
    top = tree(*(("40000", b"d%03d" % number, oid(it)) for number, it in enumerate(trees)))
    told = refused(alice, *lists, *trees, top, commit(oid(top)))
    assert f"more than {MAX_MODULES} bytes of .gitmodules" in told
    large: Made = (Kind.BLOB, b" " * (MAX_SIZE + 1))
    one = tree(("100644", b".gitmodules", oid(large)))
    assert "name fewer submodules" in refused(alice, large, one, commit(oid(one)))


def test_a_tree_that_is_cut_off(alice: httpx.Client) -> None:
    bad = (Kind.TREE, GOOD[1][:-1])
    assert "malformed" in refused(alice, BLOB, bad, commit(oid(bad)))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"tree " + b"z" * 40,
        f"tree {oid(GOOD)}\nauthor nobody\ncommitter {WHO}\n\nx".encode(),
        f"tree {oid(GOOD)}\nauthor {WHO}\n\nx".encode(),
        f"tree {oid(GOOD)}\nauthor {WHO}\ncommitter {WHO}\n\nx\0y".encode(),
        f"tree {oid(GOOD)}\nparent {'A' * 40}\nauthor {WHO}\ncommitter {WHO}\n\nx".encode(),
    ],
)
def test_commits(alice: httpx.Client, text: bytes) -> None:
    assert "malformed" in refused(alice, BLOB, GOOD, (Kind.COMMIT, text))


def test_links_to_what_is_not_there(alice: httpx.Client) -> None:
    assert "is missing" in refused(alice, BLOB, GOOD, commit(oid(GOOD), MISSING))
    assert "is missing" in refused(alice, commit(MISSING))
    assert "not a tree" in refused(alice, BLOB, commit(FILE))
    assert "must name a commit" in refused(alice, BLOB, GOOD)
    assert "must name a commit" in refused(alice, body=pack(BLOB))


@pytest.mark.parametrize("is_last", [False, True])
def test_one_object_named_as_two_kinds(alice: httpx.Client, is_last: bool) -> None:
    """Whichever comes last: the other would be in the repo, and stop whoever walks it."""
    folder = tree(("40000", b"d", FILE))
    root = tree(("100644", b"a.txt", FILE), ("40000", b"d", oid(folder)))
    trees = (root, folder) if is_last else (folder, root)
    assert "cannot be a" in refused(alice, BLOB, *trees, commit(oid(root)))
    assert "cannot be a" in refused(alice, BLOB, GOOD, commit(oid(GOOD), FILE))


def test_packs_that_are_none(alice: httpx.Client) -> None:
    whole = pack(BLOB, GOOD, commit(oid(GOOD)))
    assert "cut off" in refused(alice, body=b"PACK")
    assert "no pack" in refused(alice, body=sealed(b"KCAP" + whole[4:-20]))
    assert "checksum" in refused(alice, body=whole[:-1] + b"!")
    assert "cut off" in refused(alice, body=sealed(whole[:-40]))
    assert "after its last" in refused(alice, body=sealed(whole[:-20] + b"more"))
    assert "at most" in refused(alice, body=sealed(b"PACK\0\0\0\2\xff\xff\xff\xff" + whole[12:-20]))
    assert "unknown type 5" in refused(alice, entry(5, b"x"))
    assert "longer" in refused(alice, entry(3, b"x" * 100, size=50))
    assert "shorter" in refused(alice, entry(3, b"x" * 100, size=500))
    assert "damaged" in refused(alice, entry(3, b"x")[:1] + b"nonsense" * 9)


def test_deltas(alice: httpx.Client) -> None:
    base = bytes.fromhex(FILE)
    copy_all = delta(8, 8, b"\x90\x08")
    accepted(alice, entry(7, copy_all, base), BLOB, GOOD, commit(oid(GOOD)))
    for bad, word in [
        (delta(9, 8, b"\x90\x08"), "another base"),
        (delta(8, 9, b"\x90\x08"), "another size"),
        (delta(8, 7, b"\x90\x08"), "another size"),
        (delta(8, 8, b"\x91\xff\x08"), "not there"),
        (delta(8, 8, b"\x90"), "cut off"),
        (delta(8, 8, b"\x05ab"), "cut off"),
        (delta(8, 8, b"\0"), "cut off"),
        (b"\xff" * 30, "cut off"),
        (b"", "cut off"),
    ]:
        assert word in refused(alice, BLOB, entry(7, bad, base))
    assert "neither" in refused(alice, entry(7, copy_all, bytes(20)))
    assert "before its beginning" in refused(alice, entry(6, copy_all, b"\xff" * 8 + b"\x7f"))


def test_deltas_in_a_circle(alice: httpx.Client) -> None:
    """Each names the other: neither can ever be made."""
    circle = [entry(7, delta(8, 8, b"\x90\x08"), bytes([n] * 20)) for n in (1, 2)]
    assert "neither" in refused(alice, *circle)


def test_a_delta_on_what_the_repo_has(alice: httpx.Client) -> None:
    """Clients are told not to send such; some do, and it is harmless."""
    repo = new_repo(alice)
    first = head(alice, repo)
    one = commit(oid(GOOD), first)
    answer = push(alice, repo, request("refs/heads/main", first, oid(one), pack(BLOB, GOOD, one)))
    assert "ok refs/heads/main" in answer.text
    longer: Made = (Kind.BLOB, b"content\ncontent\n")
    made = entry(7, delta(8, 16, b"\x90\x08\x90\x08"), bytes.fromhex(FILE))
    root = tree(("100644", b"a.txt", oid(longer)))
    two = commit(oid(root), oid(one))
    answer = push(
        alice, repo, request("refs/heads/main", oid(one), oid(two), pack(made, root, two))
    )
    assert "ok refs/heads/main" in answer.text, answer.text
    assert alice.get(f"/{repo}/resolve/main/a.txt").content == longer[1]


def test_a_bomb(alice: httpx.Client) -> None:
    """Four hundred copies of a megabyte each, in a pack of a few kilobytes."""
    megabyte: Made = (Kind.BLOB, bytes(2**20))
    base = bytes.fromhex(oid(megabyte))
    many = [
        entry(7, delta(2**20, 2**20 + 2, b"\xb0\xff\xff" * 16, tail(n)), base) for n in range(400)
    ]
    assert "far more than it weighs" in refused(alice, megabyte, *many)


def tail(number: int) -> bytes:
    """Sixteen copies of 65,535 bytes make a megabyte less sixteen; these are the other eighteen."""
    return b"\x12" + number.to_bytes(18, "big")


def test_a_large_delta(alice: httpx.Client) -> None:
    base = bytes.fromhex(FILE)
    assert "keep large files in LFS" in refused(
        alice, BLOB, entry(7, delta(8, 2**40, b"\x90\x08"), base)
    )


def test_commands(alice: httpx.Client) -> None:
    repo = new_repo(alice)
    before = head(alice, repo)
    assert push(alice, repo, b"0000").content == b""
    for body in (b"", b"0009nope!", b"junk", b"000ahello\n0000"):
        assert push(alice, repo, body).status_code == 400
    whole = pack(BLOB, GOOD, commit(oid(GOOD)))
    new = oid(commit(oid(GOOD)))
    for ref in ("refs/heads/../x", "refs/heads/a..b", "refs/heads/.git/x", "HEAD", "main"):
        answer = push(alice, repo, request(ref, "0" * 40, new, whole))
        assert answer.status_code == 200
        assert f"ng {ref}" in answer.text
    answer = push(alice, repo, request("refs/heads/main", MISSING, new, whole))
    assert "somebody else moved it" in answer.text
    assert head(alice, repo) == before
    answer = push(alice, repo, request("refs/heads/a b", "0" * 40, new, whole))
    assert answer.status_code == 400
