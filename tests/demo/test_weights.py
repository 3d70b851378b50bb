"""The demo's files, read back by readers written here from the formats' descriptions."""

import json
import struct
from random import Random

import pytest

from demo.models import base_weights, gguf_name
from demo.weights import Tensor, gguf, noise, quantize, safetensors


def read_safetensors(data: bytes) -> dict[str, tuple[list[int], tuple[float, ...]]]:
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__")
    body = data[8 + length :]
    tensors = {}
    end = 0
    for name, info in header.items():
        start, stop = info["data_offsets"]
        assert start == end, "tensors follow one another without gaps"
        assert info["dtype"] == "F32"
        end = stop
        tensors[name] = (info["shape"], struct.unpack(f"<{(stop - start) // 4}f", body[start:stop]))
    assert end == len(body)
    return tensors


class Gguf:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        assert data[:4] == b"GGUF"
        self.at = 4
        version, tensors, values = self.take("<IQQ")
        assert version == 3
        self.metadata = {self.text(): self.value() for _ in range(values)}
        self.infos = {self.text(): self.info() for _ in range(tensors)}
        self.start = self.at + -self.at % 32

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def text(self) -> str:
        (length,) = self.take("<Q")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def value(self) -> object:
        (kind,) = self.take("<I")
        if kind == 9:
            kind, count = self.take("<IQ")
            assert kind == 8
            return [self.text() for _ in range(count)]
        return self.text() if kind == 8 else self.take({4: "<I", 6: "<f"}[kind])[0]

    def info(self) -> tuple[tuple[int, ...], int, int]:
        (dimensions,) = self.take("<I")
        shape = self.take(f"<{dimensions}Q")
        kind, offset = self.take("<IQ")
        return shape, kind, offset


def test_safetensors_read_back() -> None:
    written = {"a": Tensor((2, 3), [0.5, 1, 2, 3, 4, -5]), "b": Tensor((1,), [0.25])}
    assert read_safetensors(safetensors(written)) == {
        "a": ([2, 3], (0.5, 1, 2, 3, 4, -5)),
        "b": ([1], (0.25,)),
    }


def test_safetensors_header_is_aligned() -> None:
    (length,) = struct.unpack_from("<Q", safetensors({"odd": Tensor((1,), [1.0])}))
    assert length % 8 == 0


def test_gguf_reads_back() -> None:
    tensors = {"m": Tensor((2, 32), [i / 8 for i in range(64)]), "v": Tensor((3,), [1.0, 2.0, 3.0])}
    data = gguf({"name": "x", "count": 7, "eps": 0.5, "words": ["a", "é"]}, tensors)
    read = Gguf(data)
    assert read.metadata == {"name": "x", "count": 7, "eps": 0.5, "words": ["a", "é"]}
    assert read.infos == {"m": ((32, 2), 8, 0), "v": ((3,), 0, 96)}
    assert data[read.start + 96 :] == struct.pack("<3f", 1, 2, 3)


def test_quantized_values_are_close() -> None:
    values = [((i * 37) % 64 - 32) / 100 for i in range(64)]
    packed = quantize(values)
    for block in range(2):
        scale, *codes = struct.unpack_from("<e32b", packed, block * 34)
        for value, code in zip(values[block * 32 : block * 32 + 32], codes, strict=True):
            assert abs(code * scale - value) <= scale


def test_quantize_refuses_part_of_a_block() -> None:
    with pytest.raises(ValueError, match="by 32"):
        quantize([1.0] * 33)


def test_tensor_must_be_full() -> None:
    with pytest.raises(ValueError, match="fill the shape"):
        Tensor((2, 2), [1.0])


def test_weights_are_the_same_every_time() -> None:
    assert safetensors(base_weights()) == safetensors(base_weights())


def test_llama_cpp_names() -> None:
    names = {gguf_name(name) for name in base_weights()}
    assert {"token_embd.weight", "output_norm.weight", "blk.1.attn_output.weight"} <= names
    assert {"blk.0.ffn_down.weight", "blk.0.ffn_norm.weight", "blk.0.attn_q.weight"} <= names
    assert not [name for name in names if "proj" in name or "layer" in name]


def test_noise_has_its_scale() -> None:
    values = noise(Random(0), 50, 50, scale=0.1).values
    spread = (sum(value * value for value in values) / len(values)) ** 0.5
    assert 0.09 < spread < 0.11
