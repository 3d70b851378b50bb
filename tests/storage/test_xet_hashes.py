import os
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.storage.xet import hashes
from hearthub.storage.xet.hashes import NODE_KEY, ZERO, chunk_hash, file_hash, merkle_root, to_text


def fold_all(nodes: list[tuple[bytes, int]]) -> bytes:
    """The tree as its description reads: fold the whole list, level by level."""
    while len(nodes) > 1:
        parents, at = [], 0
        while at < len(nodes):
            group = nodes[at : at + 9]
            for index in range(2, len(group)):
                if int.from_bytes(group[index][0][24:32], "little") % 4 == 0:
                    group = group[: index + 1]
                    break
            text = "".join(f"{to_text(raw)} : {size}\n" for raw, size in group)
            parents.append((blake3(text.encode(), key=NODE_KEY).digest(), sum(s for _, s in group)))
            at += len(group)
        nodes = parents
    return nodes[0][0] if nodes else ZERO


@given(st.integers(0, 400), st.integers())
def test_the_tree_is_the_same_as_folding_whole_levels(count: int, seed: int) -> None:
    nodes = [(blake3(f"{seed}/{i}".encode()).digest(), i + 1) for i in range(count)]
    assert merkle_root(nodes) == fold_all(nodes)


def test_one_leaf_is_its_own_root() -> None:
    leaf = chunk_hash(b"hello")
    assert merkle_root([(leaf, 5)]) == leaf


def test_text_reverses_each_word() -> None:
    raw = bytes(range(32))
    assert to_text(raw).startswith("0706050403020100" + "0f0e0d0c0b0a0908")
    assert hashes.from_text(to_text(raw)) == raw


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n"])
def test_malformed_text_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        hashes.from_text(text)


@given(st.binary(min_size=32, max_size=32))
def test_eligible_means_divisible_by_1024(raw: bytes) -> None:
    word = int.from_bytes(raw[24:], "little")
    assert hashes.is_dedup_eligible(raw) == (word % 1024 == 0)


def test_known_answers_of_the_real_client(tmp_path: Path) -> None:
    """hf_xet cuts at 128 KiB at the latest. Runs of one byte (of those bytes whose rolling hash
    never asks for a cut) are cut there exactly, which makes its file hash predictable."""
    hf_xet = pytest.importorskip("hf_xet")

    def real(data: bytes) -> str:
        path = tmp_path / "file"
        path.write_bytes(data)
        return str(hf_xet.hash_files([str(path)])[0].hash)

    def ours(chunks: list[bytes]) -> str:
        return to_text(file_hash(merkle_root([(chunk_hash(c), len(c)) for c in chunks])))

    small = os.urandom(5000)
    assert real(small) == ours([small])
    runs = [bytes([(i * 7) % 256]) * 2**17 for i in range(100)]
    for count in (1, 2, 3, 9, 10, 37, 100):
        assert real(b"".join(runs[:count])) == ours(runs[:count])
    assert to_text(ZERO) == "0" * 64
