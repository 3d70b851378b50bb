"""The GGUF reader against files of every type and version, and against hostile ones."""

import contextlib
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit.gguf_files import TYPES, U64, Raw, Typed, gguf_bytes, write_gguf
from hearthub.errors import BadRequest
from hearthub.fit.readers.gguf import read_gguf
from hearthub.fit.sources import local
from hearthub.fit.weights import WeightFile

KEYS = {"general.architecture": "llama", "llama.block_count": 2, "general.name": "a tiny one"}


def read(path: Path) -> WeightFile:
    source = local(path)
    return read_gguf(source, next(it for it in source.files() if it.path == path.name))


def read_bytes(folder: Path, data: bytes) -> WeightFile:
    path = folder / "x.gguf"
    path.write_bytes(data)
    return read(path)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_the_bytes_of_its_file(tmp_path: Path, kind: str) -> None:
    path = write_gguf(tmp_path / "x.gguf", KEYS, [("a", (3, 512), kind), ("b", (512,), "F32")])
    first, second = read(path).tensors
    assert (first.dtype, first.shape, first.parameters) == (kind, (3, 512), 1536)
    _, block, size = TYPES[kind]
    assert (first.size, second.size) == (1536 // block * size, 2048)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("big_endian", [False, True])
def test_versions_and_byte_orders(tmp_path: Path, version: int, big_endian: bool) -> None:
    keys = {**KEYS, "llama.rope.freq_base": 0.5, "is": True, "big": Typed(U64, 2**40)}
    tensors = [("a", (4, 64), "F16")]
    path = write_gguf(tmp_path / "x.gguf", keys, tensors, version=version, big_endian=big_endian)
    found = read(path)
    assert {key: found.metadata[key] for key in keys} == {**keys, "big": 2**40}
    assert found.tensors[0].size == 512


def test_a_vocabulary_is_passed_over(tmp_path: Path) -> None:
    words = [f"▁word{n}" for n in range(50_000)]
    keys = {**KEYS, "tokenizer.ggml.tokens": words, "llama.vocab_size": 50_000}
    path = write_gguf(tmp_path / "x.gguf", keys, [("a", (4, 64), "F16")])
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.metadata["llama.vocab_size"] == 50_000
    assert words[0] not in str(found.metadata["tokenizer.ggml.tokens"])
    assert peak < 8 * 2**20


def test_a_type_of_tomorrow_is_survived(tmp_path: Path) -> None:
    tensors = [("a", (4, 64), Raw(77, 160)), ("b", (4, 64), "F16"), ("c", (64,), Raw(78, 96))]
    found = read(write_gguf(tmp_path / "x.gguf", KEYS, tensors))
    assert [it.dtype for it in found.tensors] == ["unknown type 77", "F16", "unknown type 78"]
    assert [it.size for it in found.tensors] == [160, 512, 96]
    assert len(found.warnings) == 2


HEAD = b"GGUF" + struct.pack("<I", 3)


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", kind) + value


ARRAY_OF = {
    "of 2^40 strings": struct.pack("<IQ", 8, 2**40),
    "of 2^40 bytes": struct.pack("<IQ", 0, 2**40),
    "nested 10,000 deep": struct.pack("<IQ", 9, 1) * 10_000,
    "of no known type": struct.pack("<IQ", 99, 1),
}
HOSTILE = {
    "empty": b"",
    "magic alone": b"GGUF",
    "another format": b"PK\x03\x04" + bytes(100),
    "version 9": b"GGUF" + struct.pack("<IQQ", 9, 0, 0) + bytes(32),
    "2^60 keys": HEAD + struct.pack("<QQ", 0, 2**60) + bytes(32),
    "2^60 tensors": HEAD + struct.pack("<QQ", 2**60, 0) + bytes(32),
    "a string of 2^62": HEAD + struct.pack("<QQ", 0, 1) + key(b"a", 8, struct.pack("<Q", 2**62)),
    "a key twice": HEAD + struct.pack("<QQ", 0, 2) + key(b"a", 0, b"1") * 2 + bytes(32),
    **{
        f"an array {what}": HEAD + struct.pack("<QQ", 0, 1) + key(b"a", 9, value) + bytes(64)
        for what, value in ARRAY_OF.items()
    },
    "dimensions of 2^32 times 2^32": HEAD
    + struct.pack("<QQ", 1, 0)
    + struct.pack("<Q", 1)
    + b"a"
    + struct.pack("<IQQIQ", 2, 2**32, 2**32, 0, 0)
    + bytes(64),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused(tmp_path: Path, what: str) -> None:
    with pytest.raises(BadRequest, match=r"x\.gguf"):
        read_bytes(tmp_path, HOSTILE[what])


def test_a_file_that_is_cut_off_anywhere(tmp_path: Path) -> None:
    head, size = gguf_bytes(KEYS, [("a", (4, 64), "F16")])
    for length in [*range(0, len(head), 7), size - 1]:
        with pytest.raises(BadRequest):
            read_bytes(tmp_path, (head + bytes(size - len(head)))[:length])


HEADER, SIZE = gguf_bytes(
    {**KEYS, "words": ["a", "b"], "deep": [[1, 2], [3]]}, [("a", (4, 64), "Q8_0")]
)
WHOLE = HEADER + bytes(SIZE - len(HEADER))


@settings(max_examples=300, deadline=None)
@given(
    at=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, len(WHOLE)),
)
def test_spoilt_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: list[tuple[int, int]], cut: int
) -> None:
    spoilt = bytearray(WHOLE)
    for place, byte in at:
        spoilt[place] = byte
    folder = tmp_path_factory.getbasetemp()
    with contextlib.suppress(BadRequest):
        read_bytes(folder, bytes(spoilt[: cut if cut % 3 == 0 else None]))
