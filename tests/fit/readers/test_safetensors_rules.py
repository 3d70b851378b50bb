"""safetensors: every dtype, shards, and all that the format forbids."""

import json
from pathlib import Path
from typing import Any

import pytest

from fit.weight_files import BITS, safetensors_header, write_header, write_safetensors
from hearthub.errors import BadRequest
from hearthub.fit.readers.safetensors import read_safetensors
from hearthub.fit.sources import local
from hearthub.fit.weights import WeightFile


def read(path: Path) -> WeightFile:
    source = local(path)
    return read_safetensors(source, source.files()[0])


@pytest.mark.parametrize("dtype", BITS)
def test_every_dtype(tmp_path: Path, dtype: str) -> None:
    path = write_safetensors(tmp_path / "m.safetensors", {"w": (dtype, (3, 8)), "s": (dtype, (8,))})
    found = read(path)
    assert [(t.name, t.dtype, t.shape, t.size, t.parameters) for t in found.tensors] == [
        ("w", dtype, (3, 8), 3 * BITS[dtype], 24),
        ("s", dtype, (8,), BITS[dtype], 8),
    ]
    assert found.warnings == ()


def test_metadata_scalars_and_empty_tensors(tmp_path: Path) -> None:
    tensors = {"scalar": ("F32", ()), "none": ("F16", (0, 5)), "w": ("BF16", (2,))}
    path = write_safetensors(tmp_path / "m.safetensors", tensors, {"format": "pt"})
    found = read(path)
    assert found.metadata == {"format": "pt"}
    assert [t.parameters for t in found.tensors] == [1, 0, 2]
    assert found.size == path.stat().st_size


def test_header_larger_than_the_first_read(tmp_path: Path) -> None:
    tensors = {f"model.layers.{n}.mlp.experts.weight": ("F16", (2, n)) for n in range(3000)}
    found = read(write_safetensors(tmp_path / "m.safetensors", tensors))
    assert len(found.tensors) == 3000


def test_spaces_behind_the_header(tmp_path: Path) -> None:
    header, size = safetensors_header({"w": ("F32", (2,))})
    path = write_header(tmp_path / "m.safetensors", json.dumps(header).encode() + b"   ", size)
    assert len(read(path).tensors) == 1


def test_a_dtype_of_the_future(tmp_path: Path) -> None:
    header = {"w": {"dtype": "F3_E1M1", "shape": [16], "data_offsets": [0, 6]}}
    found = read(write_header(tmp_path / "m.safetensors", json.dumps(header).encode(), 6))
    assert found.tensors[0].size == 6
    assert found.warnings == ("the dtype F3_E1M1 is not known",)


def described(**changes: Any) -> bytes:
    tensor = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}
    return json.dumps({"w": tensor}).encode()


A = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
MALFORMED = {
    "negative shape": (described(shape=[-2]), 8),
    "negative twice": (described(shape=[-2, -1]), 8),
    "a shape of floats": (described(shape=[2.0]), 8),
    "a shape of truths": (described(shape=[True, 2]), 8),
    "a shape of 1e300": (described().replace(b"[2]", b"[1e300]"), 8),
    "too large a shape": (described(shape=[2**53, 2**53]), 8),
    "shape and offsets differ": (described(shape=[3]), 8),
    "offsets turned round": (described(data_offsets=[8, 0]), 8),
    "three offsets": (described(data_offsets=[0, 8, 8]), 8),
    "a hole": (described(data_offsets=[8, 16]), 16),
    "data that nothing describes": (described(), 9),
    "data that is not there": (described(), 7),
    "no dtype": (described(dtype=None), 8),
    "a strange dtype": (described(dtype="<script>"), 8),
    "a key too many": (described(more=1), 8),
    "a tensor that is a list": (b'{"w":[]}', 0),
    "metadata of numbers": (b'{"__metadata__":{"a":1}}', 0),
    "a list": (b"[]", 0),
    "a space before": (b" {}", 0),
    "no JSON": (b"{nothing}", 0),
    "not UTF-8": (b'{"\xff":' + A.encode() + b"}", 8),
    "half a character": (b'{"\\ud800":' + A.encode() + b"}", 8),
    "the same twice": (f'{{"w":{A},"w":{A}}}'.encode(), 8),
    "a key of a tensor twice": (
        b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]}}',
        8,
    ),
    "5,000 digits": (described().replace(b"[2]", b"[" + b"9" * 5000 + b"]"), 8),
    "100,000 brackets": (b'{"w":' + b"[" * 100_000, 0),
    "999 brackets": (b'{"w":' + b"[" * 999 + b"]" * 999 + b"}", 0),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(tmp_path: Path, case: str) -> None:
    path = write_header(tmp_path / "m.safetensors", *MALFORMED[case])
    with pytest.raises(BadRequest, match=r"^m\.safetensors: "):
        read(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\2\0\0\0", b"\0" * 8, b"\2" + b"\0" * 7, b"\xff" * 8 + b"{}", b"\3" + bytes(7) + b"{}"],
)
def test_lengths_that_lie(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(BadRequest, match="not a safetensors file"):
        read(tmp_path / "m.safetensors")


def test_a_header_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    with path.open("wb") as file:
        file.write((2**31).to_bytes(8, "little") + b"{")
        file.truncate(2**32)
    with pytest.raises(BadRequest, match="at most 25000000"):
        read(path)


@pytest.mark.parametrize("filler", [b'"a":{},', b'"a":[],', b'"a":1,', b"[[],"])
def test_more_values_than_memory_holds(tmp_path: Path, filler: bytes) -> None:
    """Refused by counting, before anything is parsed."""
    path = write_header(tmp_path / "m.safetensors", b"{" + filler * 3_000_000 + b'"b":1}', 0)
    with pytest.raises(BadRequest, match="more than 100000 tensors"):
        read(path)


def test_a_tensor_may_have_a_strange_name(tmp_path: Path) -> None:
    found = read(write_safetensors(tmp_path / "m.safetensors", {"data_offsets": ("F32", (2,))}))
    assert found.tensors[0].name == "data_offsets"
