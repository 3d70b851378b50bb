"""Our packs and the real git's, each read by the other; random bytes in between."""

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git.packing import commit, delta, entry, oid, pack, sealed, tree
from git.real import Git
from hearthub.errors import BadRequest, TooLarge
from hearthub.registry.git.unpacking import Pack, apply_delta, unpack
from hearthub.registry.gitformat import Kind, oid_of
from live import LiveHub
from needs import needs

MOST = 10 * 2**20


def nothing(_oid: bytes) -> None:
    return None


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[str, int]]]:
    """A pack that git made as small as it can, and what is in it: oid to type and size."""
    needs("git")
    folder = tmp_path_factory.mktemp("packed")
    git, random = Git(LiveHub("", folder), folder), Random(5)
    git(folder, "init", "--quiet", "--initial-branch", "main", ".")
    lines = [f"{random.random()}\n" for _ in range(3000)]
    for number in range(60):
        for _ in range(5):
            lines[random.randrange(3000)] = f"{random.random()}\n"
        git.commit(folder, f"c{number}", a_txt="".join(lines), d__e_txt=str(number) * 50)
    git(folder, "tag", "--annotate", "v1", "--message", "m")
    git(folder, "gc", "--quiet", "--aggressive")
    listed = git(folder, "cat-file", "--batch-check", "--batch-all-objects").splitlines()
    known = {it.split()[0]: (it.split()[1], int(it.split()[2])) for it in listed}
    return next((folder / ".git/objects/pack").glob("*.pack")), known


def test_what_git_packs_is_what_we_unpack(
    packed: tuple[Path, dict[str, tuple[str, int]]],
) -> None:
    path, known = packed
    found = {}
    for kind, name, content, size in unpack(Pack(path), MOST, nothing):
        assert content is not None
        assert oid_of(kind, content) == name.hex()
        found[name.hex()] = (kind.word, size)
    assert found == known
    assert any(it[0] == "tag" for it in found.values())


def test_a_pack_may_stand_behind_something(
    tmp_path: Path, packed: tuple[Path, dict[str, tuple[str, int]]]
) -> None:
    path = tmp_path / "behind"
    path.write_bytes(b"0000" + packed[0].read_bytes())
    assert len(list(unpack(Pack(path, 4), MOST, nothing))) == len(packed[1])


def test_what_is_too_large_is_named_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(pack((Kind.BLOB, b"x" * 5000), (Kind.BLOB, b"y")))
    found = {it.oid.hex(): it for it in unpack(Pack(path), 1000, nothing)}
    large = found[oid_of(Kind.BLOB, b"x" * 5000)]
    assert (large.content, large.size) == (None, 5000)


BLOB = (Kind.BLOB, b"content\n")
GOOD = tree(("100644", b"a.txt", oid(BLOB)))
SMALL = pack(
    BLOB, entry(7, delta(8, 16, b"\x90\x08\x90\x08"), bytes.fromhex(oid(BLOB))), GOOD,
    commit(oid(GOOD)),
)  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_any_bytes_are_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Some bytes of a pack are others, and its checksum is right again."""
    body = bytearray(SMALL[:-20])
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(4, len(body) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(sealed(bytes(body)))
    with suppress(BadRequest, TooLarge):
        for kind, name, content, _ in unpack(Pack(path), MOST, nothing):
            assert content is not None
            assert oid_of(kind, content) == name.hex()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=40), st.binary(max_size=60), st.integers(0, 100))
def test_any_instructions(base: bytes, instructions: bytes, size: int) -> None:
    with suppress(BadRequest):
        assert len(apply_delta(base, instructions, 0, size)) == size
