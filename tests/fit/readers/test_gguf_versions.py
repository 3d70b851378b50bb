"""GGUF: every version, byte order and type; what is passed over; what is refused."""

from pathlib import Path
from typing import Any

import pytest

from fit.gguf_files import F32, TYPES, U8, U64, Raw, Typed, gguf_bytes, write_gguf
from hearthub.errors import BadRequest
from hearthub.fit.readers.gguf import read_gguf
from hearthub.fit.sources import local
from hearthub.fit.weights import Skipped, WeightFile

METADATA: dict[str, Any] = {
    "general.architecture": "llama",
    "general.alignment": 64,
    "llama.context_length": 8192,
    "llama.rope.freq_base": 10000.0,
    "llama.attention.head_count_kv": [8, 4, 8],
    "llama.attention.recurrent_layers": [True, False, True],
    "general.tags": ["text", "\u00fcber"],
    "general.size": Typed(U64, 2**40),
    "some.negative": [-1, 2],
}
TENSORS = [("a.weight", (4, 256), "Q4_K"), ("b.bias", (3,), "F32"), ("c", (2, 3, 32), "Q8_0")]


def read(path: Path) -> WeightFile:
    source = local(path)
    return read_gguf(source, source.files()[0])


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_versions(tmp_path: Path, version: int, big_endian: bool) -> None:
    path = write_gguf(
        tmp_path / "m.gguf", METADATA, TENSORS, version=version, big_endian=big_endian
    )
    found = read(path)
    assert found.metadata == {
        **METADATA,
        "llama.attention.head_count_kv": (8, 4, 8),
        "llama.attention.recurrent_layers": (True, False, True),
        "general.tags": ("text", "\u00fcber"),
        "general.size": 2**40,
        "some.negative": (-1, 2),
    }
    assert [(t.name, t.dtype, t.shape, t.size, t.parameters) for t in found.tensors] == [
        ("a.weight", "Q4_K", (4, 256), 576, 1024),
        ("b.bias", "F32", (3,), 12, 3),
        ("c", "Q8_0", (2, 3, 32), 204, 192),
    ]
    assert (found.format, found.size, found.warnings) == ("gguf", path.stat().st_size, ())


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_exact(tmp_path: Path, name: str) -> None:
    """The hole behind a header is as long as the writer's own table says."""
    head, size = gguf_bytes({}, [("w", (7, 512), name)])
    (tensor,) = read(write_gguf(tmp_path / "m.gguf", {}, [("w", (7, 512), name)])).tensors
    assert (tensor.dtype, tensor.parameters) == (name, 7 * 512)
    assert -(-tensor.size // 32) * 32 == size - len(head)
    _, block, block_size = TYPES[name]
    assert tensor.size == 7 * 512 // block * block_size


def test_unknown_types_are_sized_by_their_places(tmp_path: Path) -> None:
    tensors = [("a", (64,), Raw(77, 96)), ("b", (8,), "F32"), ("c", (64,), Raw(99, 40))]
    found = read(write_gguf(tmp_path / "m.gguf", {}, tensors))
    assert [(t.dtype, t.size) for t in found.tensors] == [
        ("unknown type 77", 96),
        ("F32", 32),
        ("unknown type 99", 64),  # with its padding: nothing tells where it ends
    ]
    assert len(found.warnings) == 2


def test_vocabulary_is_passed_over(tmp_path: Path) -> None:
    """Short texts, long ones, empty ones, and more than fit into one piece of reading."""
    texts = ["x" * (n % 61) for n in range(60_000)] + ["y" * 5000, "", "z" * 300] * 40
    metadata = {
        "general.architecture": "llama",
        "tokenizer.ggml.tokens": texts,
        "tokenizer.ggml.scores": Typed(F32, [0.5] * len(texts)),
        "nested": [["a", "b"], ["c"]],
        "tokenizer.chat_template": "{{ messages }}",
        "huge": "h" * 2**20,
    }
    for version in (1, 3):
        path = write_gguf(tmp_path / "m.gguf", metadata, TENSORS, version=version)
        found = read(path)
        assert found.metadata == {
            "general.architecture": "llama",
            "tokenizer.ggml.tokens": Skipped(len(texts)),
            "tokenizer.ggml.scores": Skipped(len(texts)),
            "nested": Skipped(2),
            "tokenizer.chat_template": "{{ messages }}",
            "huge": Skipped(2**20),
        }
        assert len(found.tensors) == 3


def test_headers_of_splits_have_no_tensors_or_no_keys(tmp_path: Path) -> None:
    assert read(write_gguf(tmp_path / "m.gguf", METADATA)).tensors == ()
    assert read(write_gguf(tmp_path / "m.gguf", {}, TENSORS)).metadata == {}


@pytest.mark.parametrize(
    ("metadata", "tensors", "why"),
    [
        ({"general.alignment": 48}, [], "alignment"),
        ({}, [("a", (1,), "F32"), ("a", (1,), "F32")], "two tensors of one name"),
        ({}, [("a", (1,) * 9, "F32")], "9 dimensions"),
        ({}, [("n" * 2000, (1,), "F32")], "name of 2000 bytes"),
        ({"x": [[[[["deep"]]]]]}, [], "lists within lists"),
        ({"x": [["a"]] * 5000}, [], "lists within lists"),
        ({}, [("a", (2**40,), Raw(77, 32))], "larger than the file"),
    ],
)
def test_refused(tmp_path: Path, metadata: Any, tensors: Any, why: str) -> None:
    write_gguf(tmp_path / "m.gguf", metadata, tensors)
    with pytest.raises(BadRequest, match=why):
        read(tmp_path / "m.gguf")


def test_every_cut_is_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", {**METADATA, "t": ["a"] * 99}, TENSORS)
    whole, head = path.read_bytes(), gguf_bytes({**METADATA, "t": ["a"] * 99}, TENSORS)[0]
    for size in [*range(0, len(head), 7), len(head), len(whole) - 64]:
        path.write_bytes(whole[:size])
        with pytest.raises(BadRequest):
            read(path)


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        (0x2E2E00, 0x2E2E01, "rows of 3026433 weights cannot be Q4_K"),
        (0x1A0000, 0x19E000, "overlap"),
        (0x1A0000, 0x1A0001, "overlap"),
        (0x1A0000, 2**62, "cut off"),
        (0x2E2E00, 2**62, "cut off"),
        (0x2000, 0, "alignment"),
        (0x2000, 0x2001, "alignment"),
    ],
)
def test_numbers_that_lie_are_refused(tmp_path: Path, was: int, becomes: int, why: str) -> None:
    """`was`: the row of the first tensor, the place of the second, the alignment."""
    tensors = [("a", (0x2E2E00,), "Q4_K"), ("b", (64,), "F32")]
    path = write_gguf(tmp_path / "m.gguf", {"general.alignment": Typed(U64, 0x2000)}, tensors)
    before, after = (number.to_bytes(8, "little") for number in (was, becomes))
    content = path.read_bytes()
    assert content.count(before) == 1
    path.write_bytes(content.replace(before, after))
    with pytest.raises(BadRequest, match=why):
        read(path)


def test_a_list_of_bytes_is_kept_when_short(tmp_path: Path) -> None:
    metadata = {"short": Typed(U8, [1, 2]), "long": Typed(U8, [0] * 5000)}
    found = read(write_gguf(tmp_path / "m.gguf", metadata))
    assert found.metadata == {"short": (1, 2), "long": Skipped(5000)}
