"""Whatever strangers wrote: under two seconds, under 200 MB, and a clear error or an answer."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit.gguf_files import ARRAY, STRING, U8, gguf_bytes
from fit.weight_files import onnx_bytes, pickle_of, write_safetensors, write_torch
from hearthub.errors import BadRequest
from hearthub.fit.checkpoints import contents
from hearthub.fit.elsewhere import Elsewhere
from hearthub.fit.readers import FORMATS, read
from hearthub.fit.sources import local
from hearthub.fit.weight_names import format_of
from hearthub.sandbox import Sandbox

SECONDS, MEMORY = 2.0, 200 * 10**6


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def array(kind: int, count: int) -> bytes:
    """A GGUF file with one key, a list whose items are still to come."""
    head = b"GGUF\3\0\0\0" + u64(0) + u64(1) + u64(1) + b"x"
    return head + ARRAY.to_bytes(4, "little") + kind.to_bytes(4, "little") + u64(count)


NESTED = (ARRAY.to_bytes(4, "little") + u64(1)) * 200_000
HOSTILE: dict[str, tuple[str, bytes, int]] = {
    "a list of 2**40 texts": ("m.gguf", array(STRING, 2**40), 0),
    "a list of 2**31 bytes in a hole": ("m.gguf", array(U8, 2**31), 2**31 + 200),
    "a text of 2**62 bytes": ("m.gguf", array(STRING, 1) + u64(2**62), 0),
    "a list of empty texts": ("m.gguf", array(STRING, 2**21), 2**26),
    "200,000 lists within lists": ("m.gguf", array(ARRAY, 1) + NESTED, 0),
    "tensors by the billion": ("m.gguf", b"GGUF\3\0\0\0" + u64(2**40) + u64(0), 2**30),
    "keys by the billion": ("m.gguf", b"GGUF\3\0\0\0" + u64(0) + u64(2**40), 2**30),
    "a header of 25 MB": ("m.safetensors", u64(24_999_000) + b"{" + b'"a":{},' * 3_571_285, 2**25),
    "a number of 24 MB": ("m.safetensors", u64(24_000_001) + b"{" + b"9" * 24_000_000, 2**25),
    "brackets of 24 MB": ("m.safetensors", u64(24_000_001) + b"{" + b"[" * 24_000_000, 2**25),
    "a graph of empty tensors": ("m.onnx", b"\x3a\x80\x80\x80\x08" + b"\x2a\x00" * 2**23, 0),
    "a zip that is a hole": ("m.bin", b"PK\3\4", 2**32),
}
LEGAL = {"a list of 2**31 bytes in a hole", "a list of empty texts"}
"""Absurd, but as the format has it: answered, as quickly."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    """A worker that may not write more than the limit, killed when it takes too long."""
    sandbox = Sandbox(1, MEMORY)
    yield Elsewhere(sandbox, SECONDS)
    sandbox.close()


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_time(tmp_path: Path, elsewhere: Elsewhere, case: str) -> None:
    """Unavailable, which a hang or too much memory gives, is no BadRequest."""
    name, content, size = HOSTILE[case]
    with (tmp_path / name).open("wb") as file:
        file.write(content)
        file.truncate(max(size, len(content)))
    if case in LEGAL:
        assert contents(local(tmp_path), elsewhere).checkpoints[0].tensors == ()
        return
    with pytest.raises(BadRequest, match=f"^{name}: "):
        contents(local(tmp_path), elsewhere)


def test_a_worker_finds_what_this_process_finds(tmp_path: Path, elsewhere: Elsewhere) -> None:
    head, size = gguf_bytes({"t": ["a" * 9] * 300_000}, [("w", (4, 256), "Q4_K")])
    with (tmp_path / "m-Q4_K.gguf").open("wb") as file:
        file.write(head)
        file.truncate(size)
    write_safetensors(tmp_path / "m.safetensors", {f"w{n}": ("F16", (n,)) for n in range(4000)})
    (tmp_path / "m.onnx").write_bytes(onnx_bytes({f"w{n}": (1, (9999,), 39996) for n in range(9)}))
    source = local(tmp_path)
    assert contents(source, elsewhere) == contents(source)


def _valid(folder: Path) -> dict[str, bytes]:
    tensors = [("a", (4, 256), "Q4_K"), ("b", (3,), "F32")]
    metadata = {"general.architecture": "llama", "n": [1, 2], "t": ["a"] * 99, "l": [["x"]]}
    head, size = gguf_bytes(metadata, tensors)
    weights = write_safetensors(folder / "m.safetensors", {"a": ("F32", (2, 3)), "b": ("F4", (8,))})
    zipped = write_torch(folder / "m.bin", {"0": 40}, pickle_of([("FloatStorage", 10)]))
    return {
        "m.gguf": head + bytes(size - len(head)),
        "m.safetensors": weights.read_bytes(),
        "m.bin": zipped.read_bytes(),
        "m.onnx": onnx_bytes({"w": (1, (3, 4), 48)}, "data"),
    }


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return _valid(tmp_path_factory.mktemp("valid"))


@pytest.mark.parametrize("name", ["m.gguf", "m.safetensors", "m.bin", "m.onnx"])
def test_changed_files_are_read_or_refused(
    name: str, valid: dict[str, bytes], tmp_path: Path
) -> None:
    assert format_of(name) in FORMATS
    path, whole = tmp_path / name, valid[name]

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.integers(0, len(whole) - 1), st.binary(min_size=1, max_size=9)),
            min_size=1,
            max_size=4,
        ),
        st.integers(0, len(whole)),
        st.booleans(),
    )
    def check(changes: list[tuple[int, bytes]], cut: int, is_cut: bool) -> None:
        data = bytearray(whole)
        for at, new in changes:
            data[at : at + len(new)] = new
        _read_or_refuse(path, bytes(data[:cut] if is_cut else data))

    check()


def _read_or_refuse(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    source = local(path)
    try:
        found = read(source, source.files()[0], str(format_of(path.name)))
    except BadRequest:
        return
    assert all(tensor.size >= 0 and tensor.parameters >= 0 for tensor in found.tensors)
    json.dumps([tensor.name for tensor in found.tensors]).encode()
