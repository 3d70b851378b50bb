"""ONNX: initialisers within and beside the file, and what is no graph."""

from pathlib import Path

import pytest

from fit.weight_files import field, onnx_bytes, varint
from hearthub.errors import BadRequest
from hearthub.fit.readers.onnx import read_onnx
from hearthub.fit.sources import Metered, local
from hearthub.fit.weights import WeightFile

TENSORS = {"w": (1, (3, 4), 48), "h": (10, (5,), 10), "q": (22, (3,), 2), "new": (99, (7,), 7)}


def read(path: Path) -> WeightFile:
    source = local(path)
    return read_onnx(source, source.files()[0])


@pytest.mark.parametrize("external", [None, "model.onnx_data"])
def test_initialisers(tmp_path: Path, external: str | None) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes(TENSORS, external))
    found = read(path)
    assert [(t.name, t.dtype, t.shape, t.size, t.parameters) for t in found.tensors] == [
        ("w", "F32", (3, 4), 48, 12),
        ("h", "F16", (5,), 10, 5),
        ("q", "I4", (3,), 2, 3),
        ("new", "unknown type 99", (7,), 0, 7),
    ]
    assert found.metadata.get("external") == ((external,) if external else None)


def test_dims_one_by_one(tmp_path: Path) -> None:
    """As proto2 writers have them: not packed."""
    tensor = varint(1 << 3) + varint(300) + varint(1 << 3) + varint(2) + varint(2 << 3) + varint(1)
    tensor += field(13, field(1, b"location") + field(2, b"data"))
    (tmp_path / "m.onnx").write_bytes(field(7, field(5, tensor)))
    assert read(tmp_path / "m.onnx").tensors[0].shape == (300, 2)


def test_weights_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_bytes({f"w{n}": (1, (2**20,), 2**22) for n in range(10)}))
    source = Metered(local(path))
    found = read_onnx(source, source.files()[0])
    assert sum(tensor.size for tensor in found.tensors) == 10 * 2**22
    assert source.used < 2**19


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not an ONNX"),
        (b"\x08\x09", "not an ONNX"),
        (b"\xff" * 20, "not an ONNX"),
        (b"\x3a\xff\xff\xff\xff\x0f", "cut off"),
        (field(7, b"\x2a\x05"), "cut off|longer than"),
        (field(7, field(5, b"\x0a\x05\x01")) + b"\0" * 9, "longer than"),
        (field(7, field(5, field(8, b"n" * 5000))), "name of 5000"),
        (onnx_bytes({"w": (1, (2**40, 2**40), 4)}), "larger than any"),
        (onnx_bytes({"w": (1, (2**30,), 4)}), "larger than the file"),
        (field(7, b"\x08\x01" * 400_000), "more fields"),
        (field(7, field(5, b"") * 150_000), "more than 100000 tensors|more fields"),
        (b"\x3b", "not an ONNX"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(BadRequest, match=why):
        read(tmp_path / "m.onnx")
