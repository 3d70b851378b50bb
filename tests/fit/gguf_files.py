"""Virtual GGUF files: a correct header and a sparse hole where the weights would be.

Layout: ggml's docs/gguf.md. The table of types is written from ggml-common.h and is no copy of the
product's, so that each checks the other.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

TYPES = {
    # name: (id, weights in a block, bytes of a block)
    "F32": (0, 1, 4),
    "F16": (1, 1, 2),
    "Q4_0": (2, 32, 18),
    "Q4_1": (3, 32, 20),
    "Q5_0": (6, 32, 22),
    "Q5_1": (7, 32, 24),
    "Q8_0": (8, 32, 34),
    "Q8_1": (9, 32, 36),
    "Q2_K": (10, 256, 84),
    "Q3_K": (11, 256, 110),
    "Q4_K": (12, 256, 144),
    "Q5_K": (13, 256, 176),
    "Q6_K": (14, 256, 210),
    "Q8_K": (15, 256, 292),
    "IQ2_XXS": (16, 256, 66),
    "IQ2_XS": (17, 256, 74),
    "IQ3_XXS": (18, 256, 98),
    "IQ1_S": (19, 256, 50),
    "IQ4_NL": (20, 32, 18),
    "IQ3_S": (21, 256, 110),
    "IQ2_S": (22, 256, 82),
    "IQ4_XS": (23, 256, 136),
    "I8": (24, 1, 1),
    "I16": (25, 1, 2),
    "I32": (26, 1, 4),
    "I64": (27, 1, 8),
    "F64": (28, 1, 8),
    "IQ1_M": (29, 256, 56),
    "BF16": (30, 1, 2),
    "TQ1_0": (34, 256, 54),
    "TQ2_0": (35, 256, 66),
    "MXFP4": (39, 32, 17),
    "NVFP4": (40, 64, 36),
    "Q1_0": (41, 128, 18),
    "Q2_0": (42, 64, 18),
}
U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
_SCALARS = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))


@dataclass(frozen=True)
class Typed:
    """A value, or the items of a list, in a type that is not the one its Python type suggests."""

    type: int
    value: Any


@dataclass(frozen=True)
class Raw:
    """A tensor of a type that only newer writers know."""

    type: int
    size: int


def write_gguf(
    path: Path,
    metadata: Mapping[str, Any],
    tensors: Sequence[tuple[str, Sequence[int], str | Raw]] = (),
    *,
    version: int = 3,
    big_endian: bool = False,
) -> Path:
    """A file of full length; `tensors` are (name, shape, type), the shape as NumPy has it
    (rows first), the type a key of TYPES.

    Of the metadata, `int` becomes uint32 (or what else it fits), `float` float32, a list an array;
    `Typed` says another type. `general.alignment` is respected.
    """
    head, size = gguf_bytes(metadata, tensors, version=version, big_endian=big_endian)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


def gguf_bytes(
    metadata: Mapping[str, Any],
    tensors: Sequence[tuple[str, Sequence[int], str | Raw]] = (),
    *,
    version: int = 3,
    big_endian: bool = False,
) -> tuple[bytes, int]:
    """The header with its padding, and the size of the whole file."""
    write = _Writer(">" if big_endian else "<", version)
    alignment = int(_plain(metadata.get("general.alignment", 32)))
    out = [b"GGUF", write.pack("I", version), write.count(len(tensors)), write.count(len(metadata))]
    for key, value in metadata.items():
        out += [write.string(key), *write.value(value)]
    offset = 0
    for name, shape, kind in tensors:
        number, size = _size(shape, kind)
        dimensions = [write.count(n) for n in reversed(shape)]
        place = write.pack("Q", offset)
        out += [write.string(name), write.pack("I", len(shape)), *dimensions]
        out += [write.pack("I", number), place]
        offset += -(-size // alignment) * alignment
    head = b"".join(out)
    head += bytes(-len(head) % alignment)
    return head, len(head) + offset


class _Writer:
    def __init__(self, order: str, version: int) -> None:
        self.order, self.version = order, version

    def pack(self, code: str, value: Any) -> bytes:
        return struct.pack(self.order + code, value)

    def count(self, value: int) -> bytes:
        return self.pack("I" if self.version == 1 else "Q", value)

    def string(self, text: str | bytes) -> bytes:
        data = text.encode() if isinstance(text, str) else text
        return self.count(len(data)) + data

    def value(self, value: Any) -> list[bytes]:
        if isinstance(value, Typed) and not isinstance(value.value, list):
            return [self.pack("I", value.type), self._item(value.type, value.value)]
        if not isinstance(_plain(value), list):
            return self.value(Typed(_type(value), value))
        return [self.pack("I", ARRAY), self._array(value)]

    def _array(self, value: Any) -> bytes:
        items = _plain(value)
        kind = value.type if isinstance(value, Typed) else _type_of_all(items)
        head = self.pack("I", kind) + self.count(len(items))
        if kind in _SCALARS:
            return head + struct.pack(f"{self.order}{len(items)}{_SCALARS[kind]}", *items)
        return head + b"".join(self._item(kind, item) for item in items)

    def _item(self, kind: int, value: Any) -> bytes:
        if kind == STRING:
            return self.string(value)
        if kind == ARRAY:
            return self._array(value)
        return self.pack(_SCALARS[kind], value)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Typed) else value


def _type(value: Any) -> int:
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return U32 if 0 <= value < 2**32 else I32 if -(2**31) <= value < 0 else U64
    return {float: F32, str: STRING, bytes: STRING, list: ARRAY}[type(value)]


def _type_of_all(items: Sequence[Any]) -> int:
    kinds = {_type(item) for item in items}
    return kinds.pop() if len(kinds) == 1 else I32 if kinds <= {U32, I32} else U32


def _size(shape: Sequence[int], kind: str | Raw) -> tuple[int, int]:
    """The id of a type, and the bytes of a tensor of it."""
    if isinstance(kind, Raw):
        return kind.type, kind.size
    number, block, size = TYPES[kind]
    row = shape[-1] if shape else 1
    assert row % block == 0, f"rows of {row} are not made of blocks of {block} ({kind})"
    return number, prod(shape) // block * size
