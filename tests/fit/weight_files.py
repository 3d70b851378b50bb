"""Files of weights without their weights: safetensors, PyTorch's zip, ONNX. The data is a hole."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

BITS = {
    **dict.fromkeys("BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ".split(), 8),
    **dict.fromkeys("I16 U16 F16 BF16".split(), 16),
    **dict.fromkeys("I32 U32 F32".split(), 32),
    **dict.fromkeys("C64 F64 I64 U64".split(), 64),
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}
"""Of an element of each dtype of safetensors, from the crate's table."""


def safetensors_header(
    tensors: Mapping[str, tuple[str, Sequence[int]]], metadata: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], int]:
    """The header as an object, and the bytes of data that it describes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, (dtype, shape) in tensors.items():
        end = at + prod(shape) * BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    return header, at


def write_safetensors(
    path: Path,
    tensors: Mapping[str, tuple[str, Sequence[int]]],
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """`tensors`: dtype and shape by name."""
    header, size = safetensors_header(tensors, metadata)
    return write_header(path, json.dumps(header).encode(), size)


def write_header(path: Path, header: bytes, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    return path


def pickle_of(storages: Sequence[tuple[str, int]]) -> bytes:
    """A state dict as torch writes it (protocol 2): a tensor `w<n>` for each storage, which is
    a kind such as FloatStorage and its elements."""
    out = b"\x80\x02ccollections\nOrderedDict\nq\0)Rq\x01("
    for number, (kind, elements) in enumerate(storages):
        key, size = str(number).encode(), elements.to_bytes(4, "little")
        out += _text(b"w" + key) + b"ctorch._utils\n_rebuild_tensor_v2\n(("
        out += _text(b"storage") + b"ctorch\n" + kind.encode() + b"\n" + _text(key)
        out += _text(b"cpu") + b"J" + size + b"tQK\0" + b"J" + size + b"\x85K\x01\x85\x89"
        out += b"h\x01tR"
    return out + b"u."


def write_torch(
    path: Path,
    storages: Mapping[str, int],
    pickle: bytes = b"\x80\x02}.",
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """`storages`: bytes by number, written out in full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("archive/data.pkl", pickle)
        file.writestr("archive/version", b"3\n")
        for number, size in storages.items():
            file.writestr(f"archive/data/{number}", bytes(size))
    return path


def onnx_bytes(
    tensors: Mapping[str, tuple[int, Sequence[int], int]], external: str | None = None
) -> bytes:
    """A graph with one node and these initialisers: data type, dims and bytes of data by name;
    `external` is the file that holds the data instead."""
    parts = [field(1, field(4, b"MatMul"))]
    for name, (kind, dims, size) in tensors.items():
        tensor = field(1, b"".join(map(varint, dims))) + varint(2 << 3) + varint(kind)
        tensor += field(8, name.encode())
        if external:
            tensor += field(13, field(1, b"location") + field(2, external.encode()))
            tensor += field(13, field(1, b"length") + field(2, str(size).encode()))
            tensor += varint(14 << 3) + varint(1)
        else:
            tensor += field(9, bytes(size))
        parts.append(field(5, tensor))
    return varint(1 << 3) + varint(9) + field(2, b"pytorch") + field(7, b"".join(parts))


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _text(text: bytes) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text
