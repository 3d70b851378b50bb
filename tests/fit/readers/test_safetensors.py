"""The safetensors reader: every dtype, and headers that no library should take."""

import contextlib
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.fit.readers.safetensors import BITS, read_safetensors
from hearthub.fit.sources import local
from hearthub.fit.weights import WeightFile


def described(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def written(header: object, data: int) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(data)


def read(folder: Path, content: bytes) -> WeightFile:
    path = folder / "x.safetensors"
    path.write_bytes(content)
    source = local(path)
    return read_safetensors(source, source.files()[0])


@pytest.mark.parametrize("dtype", BITS)
def test_every_dtype(tmp_path: Path, dtype: str) -> None:
    size = 32 * BITS[dtype] // 8
    (tensor,) = read(tmp_path, written({"a": described(dtype, [4, 8], 0, size)}, size)).tensors
    assert (tensor.dtype, tensor.shape, tensor.size) == (dtype, (4, 8), size)
    assert tensor.parameters == 32


def test_a_header_longer_than_the_first_read(tmp_path: Path) -> None:
    header = {f"layer.{n}.weight": described("F16", [1], 2 * n, 2 * n + 2) for n in range(3000)}
    found = read(tmp_path, written({"__metadata__": {"format": "pt"}, **header}, 6000))
    assert len(found.tensors) == 3000
    assert found.metadata == {"format": "pt"}


ONE = described("F32", [2], 0, 8)
HOSTILE = {
    "empty": b"",
    "a length of 2^63": struct.pack("<Q", 2**63) + b"{}",
    "a length beyond the file": struct.pack("<Q", 100) + b"{}",
    "no JSON": written(b"{nonsense", 0),
    "a list": written(b"[]", 0),
    "a hole": written({"a": described("F32", [2], 8, 16)}, 16),
    "an overlap": written({"a": ONE, "b": described("F32", [2], 4, 12)}, 12),
    "bytes left over": written({"a": ONE}, 9),
    "bytes missing": written({"a": ONE}, 7),
    "a negative shape": written({"a": described("F32", [-2, -1], 0, 8)}, 8),
    "a shape of 1e300": written(b'{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,8]}}', 8),
    "a number of 5,000 digits": written(
        b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,8]}}', 8
    ),
    "a shape that is not its bytes": written({"a": described("F32", [3], 0, 8)}, 8),
    "a key twice": written(
        b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},'
        b'"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
        0,
    ),
    "nested 100,000 deep": written(b'{"a":' + b"[" * 100_000, 0),
    "metadata that is no text": written({"__metadata__": {"a": 1}}, 0),
    "no dtype": written({"a": {"shape": [2], "data_offsets": [0, 8]}}, 8),
    "True as a number": written(b'{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', 1),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_headers_are_refused(tmp_path: Path, what: str) -> None:
    with pytest.raises(BadRequest, match=r"x\.safetensors"):
        read(tmp_path, HOSTILE[what])


WHOLE = written({"__metadata__": {"x": "y"}, "a": ONE, "b": described("F4", [4], 8, 10)}, 10)


@settings(max_examples=300, deadline=None)
@given(at=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=5))
def test_spoilt_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: list[tuple[int, int]]
) -> None:
    spoilt = bytearray(WHOLE)
    for place, byte in at:
        spoilt[place] = byte
    with contextlib.suppress(BadRequest):
        read(tmp_path_factory.getbasetemp(), bytes(spoilt))
