"""Files of weights by strangers: as large, deep, long or false as the formats let them be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fit.gguf_files import ARRAY, STRING, U8, Raw, write_gguf
from fit.weight_files import onnx_bytes, pickle_of, write_header, write_safetensors, write_torch

Write = Callable[[Path], object]


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def array(kind: int, count: int) -> bytes:
    """A GGUF file with one key, a list whose items are still to come."""
    return gguf(1) + key(b"x", kind, count)


def gguf(keys: int, tensors: int = 0) -> bytes:
    return b"GGUF\3\0\0\0" + u64(tensors) + u64(keys)


def key(name: bytes, kind: int, count: int) -> bytes:
    """A list of so many items of a type."""
    return u64(len(name)) + name + u32(ARRAY) + u32(kind) + u64(count)


def content(data: bytes, size: int = 0) -> Write:
    """`data`, and behind it a hole up to `size`."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(data)
            file.truncate(max(size, len(data)))

    return write


def lists_in_holes(count: int, size: int) -> Write:
    """Keys with lists of bytes that are passed over, each far from the next."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(gguf(count))
            for number in range(count):
                file.write(key(b"k%06d" % number, U8, size))
                file.seek(size, 1)
            file.truncate(file.tell() + 32)

    return write


def texts_in_holes(count: int, size: int) -> Write:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(array(STRING, count))
            for _ in range(count):
                file.write(u64(size))
                file.seek(size, 1)
            file.truncate(file.tell() + 32)

    return write


def vocabulary(path: Path) -> None:
    """What Gemma's files have, and no stranger's: it must be read as quickly."""
    words = [f"word{number % 7919}" for number in range(262_144)]
    merges = [f"word{number % 7907} x" for number in range(515_000)]
    keys = {"tokenizer.ggml.tokens": words, "tokenizer.ggml.merges": merges}
    tensors = [(f"blk.{number}.w", (256, 256), "Q4_K") for number in range(600)]
    write_gguf(path, {"general.architecture": "gemma3", **keys}, tensors)


def one_tensor(dims: tuple[int, ...], kind: int = 0, offset: int = 0) -> Write:
    info = u64(1) + b"w" + u32(len(dims)) + b"".join(map(u64, dims)) + u32(kind) + u64(offset)
    return content(gguf(0, tensors=1) + info, 2**20)


def described(shape: Any, begin: Any, end: Any) -> dict[str, Any]:
    return {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}


def header(value: Any, data: int = 64) -> Write:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda path: write_header(path, text, data)


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
DIGITS = b'{"w":{"dtype":"F16","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,64]}}'
TWICE = b'{"w":%b,"w":%b}' % ((json.dumps(described([32], 0, 64)).encode(),) * 2)
NESTED = (u32(ARRAY) + u64(1)) * 200_000
MANY = {f"model.layers.{number}.mlp.experts.weight": ("F16", (1,)) for number in range(60_000)}
IMPORTS = b"\x80\x02" + b"".join(b"cm%d\nn\n" % number for number in range(300_000)) + b"."

REFUSED: dict[str, tuple[str, Write]] = {
    "a list of 2**40 texts": ("m.gguf", content(array(STRING, 2**40))),
    "a list of 2**40 numbers": ("m.gguf", content(array(U8, 2**40))),
    "a text of 2**62 bytes": ("m.gguf", content(array(STRING, 1) + u64(2**62))),
    "200,000 lists within lists": ("m.gguf", content(array(ARRAY, 1) + NESTED)),
    "tensors by the billion": ("m.gguf", content(gguf(0, 2**40), 2**30)),
    "keys by the billion": ("m.gguf", content(gguf(2**40), 2**30)),
    "dims of 2**32 x 2**32": ("m.gguf", one_tensor((2**32, 2**32))),
    "dims whose product is 2**64": ("m.gguf", one_tensor((2**16,) * 4)),
    "an offset of 2**63": ("m.gguf", one_tensor((32,), offset=2**63)),
    "a planet in a type of tomorrow": ("m.gguf", one_tensor((2**62, 2**62), kind=99)),
    "1,000 lists in holes": ("m.gguf", lists_in_holes(1000, 3_000_000)),
    "2,000 texts in holes": ("m.gguf", texts_in_holes(2000, 3_000_000)),
    "a header of 25 MB": (
        "m.safetensors", content(u64(24_999_000) + b"{" + b'"a":{},' * 3_571_285, 2**25)
    ),
    "a number of 24 MB": (
        "m.safetensors", content(u64(24_000_001) + b"{" + b"9" * 24_000_000, 2**25)
    ),
    "brackets of 24 MB": (
        "m.safetensors", content(u64(24_000_001) + b"{" + b"[" * 24_000_000, 2**25)
    ),
    "a header of 2**63 bytes": ("m.safetensors", content(u64(2**63) + b"{}")),
    "100,000 levels": ("m.safetensors", header(DEEP)),
    "5,000 digits": ("m.safetensors", header(DIGITS)),
    "5,000 digits in a large header": ("m.safetensors", header(DIGITS + b" " * 2**21)),
    "half a letter in a large header": (
        "m.safetensors", header(b'{"__metadata__":{"a":"\\ud800"}}' + b" " * 2**21, 0)
    ),
    "a tensor twice": ("m.safetensors", header(TWICE)),
    "a negative shape": ("m.safetensors", header({"w": described([-8, -4], 0, 64)})),
    "a shape of 1e300": ("m.safetensors", header({"w": described([1e300], 0, 64)})),
    "a shape as large as no file": ("m.safetensors", header({"w": described([2**40], 0, 64)})),
    "64 large dimensions": ("m.safetensors", header({"w": described([2**50] * 64, 0, 64)})),
    "a hole": ("m.safetensors", header({"w": described([16], 32, 64)})),
    "an overlap": (
        "m.safetensors",
        header({"v": described([32], 0, 64), "w": described([16], 32, 64)}),
    ),
    "offsets beyond the file": ("m.safetensors", header({"w": described([64], 0, 128)})),
    "offsets turned round": ("m.safetensors", header({"w": described([32], 64, 0)})),
    "a graph of empty tensors": ("m.onnx", content(b"\x3a\x80\x80\x80\x08" + b"\x2a\x00" * 2**23)),
    "a zip that is a hole": ("m.bin", content(b"PK\3\4", 2**32)),
    "ends of zips, one upon the other": ("m.bin", content(b"PK\3\4" + b"PK\5\6" * 20_000)),
}  # fmt: skip
"""A clear BadRequest."""

ANSWERED: dict[str, tuple[str, Write, int]] = {
    "a vocabulary of 262,144 and its merges": ("m.gguf", vocabulary, 600),
    "a list of 2**31 bytes in a hole": ("m.gguf", content(array(U8, 2**31), 2**31 + 200), 0),
    "a list of empty texts": ("m.gguf", content(array(STRING, 2**21), 2**26), 0),
    "100 lists of 20 MB in holes": ("m.gguf", lists_in_holes(100, 20_000_000), 0),
    "types of tomorrow": (
        "m.gguf",
        lambda path: write_gguf(path, {}, [("w", (64,), "Q2_0"), ("v", (8,), Raw(99, 8))]),
        2,
    ),
    "60,000 tensors": ("m.safetensors", lambda path: write_safetensors(path, MANY), 60_000),
    "metadata of 24 MB": (
        "m.safetensors", header(b'{"__metadata__":{"a":"' + b"a" * 24_000_000 + b'"}}', 0), 0
    ),
    "weights between 300 headers": (
        "m.onnx",
        lambda path: path.write_bytes(
            onnx_bytes({f"w{n}": (1, (2**15,), 2**17) for n in range(300)})
        ),
        300,
    ),
    "300,000 imports": ("m.bin", lambda path: write_torch(path, {"0": 4}, IMPORTS), 1),
    "a number of 4 MB": (
        "m.bin",
        lambda path: write_torch(path, {"0": 4}, b"\x80\x02I" + b"9" * 4_000_000 + b"\n."),
        1,
    ),
    "5,000 storages": (
        "m.bin",
        lambda path: write_torch(
            path,
            {str(n): 4 for n in range(5_000)},
            pickle_of([("FloatStorage", 1)] * 5_000),
        ),
        5_000,
    ),
}  # fmt: skip
"""Absurd or large, but as the format has it: the tensors it has, as quickly."""


def nested(size: int) -> bytes:
    return b"[" + b"[]," * (size // 3) + b"[]]"


CONFIGS: dict[str, bytes] = {
    "100,000 levels": b"[" * 100_000,
    "100,000 levels of objects": b'{"a":' * 100_000,
    "4 MB of lists": nested(4_190_000),
    "5,000 digits": b'{"hidden_size": ' + b"9" * 5000 + b"}",
    "no JSON": b"{'a': 1}",
    "not UTF-8": b'{"a": "\xff"}',
    "half a surrogate": b'{"quantization_config": {"quant_method": "\\ud800"}}',
    "NaN": b'{"quantization_config": {"bits": NaN, "quant_method": Infinity}}',
    "a list": b"[1, 2]",
    "null": b"null",
    "empty": b"",
    "nothing": b"{}",
    "a key twice": b'{"quantization_config": 1, "quantization_config": []}',
}
"""What stands in a config.json."""
