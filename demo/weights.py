"""Weights as safetensors and GGUF, written from the formats' public descriptions.

A tensor here is a shape and its values in row-major order, stored as 32-bit floats.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from random import Random


@dataclass(frozen=True)
class Tensor:
    shape: tuple[int, ...]
    values: list[float]

    def __post_init__(self) -> None:
        if len(self.values) != prod(self.shape):
            raise ValueError(f"{len(self.values)} values do not fill the shape {self.shape}")


Tensors = Mapping[str, Tensor]


def noise(random: Random, *shape: int, scale: float = 0.02) -> Tensor:
    return Tensor(shape, [random.gauss(0, scale) for _ in range(prod(shape))])


def ones(*shape: int) -> Tensor:
    return Tensor(shape, [1.0] * prod(shape))


def safetensors(tensors: Tensors) -> bytes:
    """8 bytes of header length, a JSON header padded to 8 bytes, then the tensors end to end.

    Source: the safetensors README, "Format". Values are stored as F32, little endian.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, tensor in tensors.items():
        start = len(data)
        data += little_endian(tensor.values)
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [start, len(data)],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(data)


def little_endian(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


# -- GGUF --------------------------------------------------------------------------------------
# Version 3, as ggml's docs/gguf.md has it: magic, version, counts, metadata, tensor infos,
# padding, tensors, each of them aligned.

ALIGNMENT = 32
UINT32, FLOAT32, STRING, ARRAY = 4, 6, 8, 9  # types of metadata values
F32, Q8_0 = 0, 8  # types of tensors
BLOCK = 32  # weights that share one scale in Q8_0

Value = int | float | str | list[str]


def gguf(metadata: Mapping[str, Value], tensors: Tensors) -> bytes:
    """Matrices become Q8_0 (8.5 bits a weight), vectors stay F32."""
    infos, data = bytearray(), bytearray()
    for name, tensor in tensors.items():
        kind, content = _encode(tensor)
        data += bytes(-len(data) % ALIGNMENT)
        dimensions = tensor.shape[::-1]  # the fastest varying first
        infos += _text(name) + struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        infos += struct.pack("<IQ", kind, len(data))
        data += content
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    for key, value in metadata.items():
        head += _text(key) + _typed(value)
    head += infos
    return bytes(head) + bytes(-len(head) % ALIGNMENT) + bytes(data)


def _encode(tensor: Tensor) -> tuple[int, bytes]:
    if len(tensor.shape) == 1:
        return F32, little_endian(tensor.values)
    return Q8_0, quantize(tensor.values)


def quantize(values: list[float]) -> bytes:
    """Q8_0: for each 32 values a 16-bit float scale, then 32 signed bytes (value / scale)."""
    if len(values) % BLOCK:
        raise ValueError(f"Q8_0 packs values by {BLOCK}, not {len(values)}")
    packed = bytearray()
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        scale = max(abs(value) for value in block) / 127
        codes = [round(value / scale) if scale else 0 for value in block]
        packed += struct.pack(f"<e{BLOCK}b", scale, *codes)
    return bytes(packed)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _typed(value: Value) -> bytes:
    match value:
        case int():
            return struct.pack("<II", UINT32, value)
        case float():
            return struct.pack("<If", FLOAT32, value)
        case str():
            return struct.pack("<I", STRING) + _text(value)
        case list():
            head = struct.pack("<IIQ", ARRAY, STRING, len(value))
            return head + b"".join(_text(item) for item in value)
