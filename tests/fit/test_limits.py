"""Whatever strangers wrote: under two seconds, under 200 MB, and a clear error or an answer."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fit.gguf_files import gguf_bytes
from fit.hostile_files import ANSWERED, CONFIGS, REFUSED, Write
from fit.repos import SMALL, in_worker, write
from fit.weight_files import onnx_bytes, pickle_of, write_safetensors, write_torch
from hearthub.errors import BadRequest
from hearthub.fit.checkpoints import Contents, contents
from hearthub.fit.elsewhere import Elsewhere
from hearthub.fit.readers import FORMATS, read
from hearthub.fit.sources import Folder, local
from hearthub.fit.weight_names import format_of
from hearthub.sandbox import Sandbox

SECONDS, MEMORY = 2.0, 200 * 10**6
PATIENCE = 60.0
"""Seconds before a worker is killed here: what counts is the processor's time, whatever else this
machine does."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker that may not write more than the limit."""
    found = Sandbox(1, MEMORY)
    yield found
    found.close()


@pytest.fixture
def elsewhere(sandbox: Sandbox) -> Iterator[Elsewhere]:
    """Whatever a test reads with it takes the worker less than the limit."""
    begun = sandbox.run(time.process_time, timeout=PATIENCE)
    yield Elsewhere(sandbox, PATIENCE)
    assert sandbox.run(time.process_time, timeout=PATIENCE) - begun < SECONDS


@dataclass(frozen=True)
class Far(Folder):
    """As another hub is: no worker waits for it."""

    parallel: int = 8


SOURCES = pytest.mark.parametrize("source", [Folder, Far])


SCATTERED = {"weights between 300 headers", "1,000 lists in holes", "2,000 texts in holes"}
"""Far away only the size of these is known: nobody sends hundreds of requests for a header."""


@SOURCES
@pytest.mark.parametrize("case", REFUSED)
def test_hostile_files_are_refused_in_time(
    tmp_path: Path, elsewhere: Elsewhere, case: str, source: type[Folder]
) -> None:
    """Unavailable, which a hang or too much memory gives, is no BadRequest."""
    name, write = REFUSED[case]
    write(tmp_path / name)
    if source is Far and case in SCATTERED:
        only_its_size(contents(source(tmp_path), elsewhere))
        return
    with pytest.raises(BadRequest, match=f"^{name}: "):
        contents(source(tmp_path), elsewhere)


@SOURCES
@pytest.mark.parametrize("case", ANSWERED)
def test_absurd_files_are_answered_in_time(
    tmp_path: Path, elsewhere: Elsewhere, case: str, source: type[Folder]
) -> None:
    name, write, tensors = ANSWERED[case]
    write(tmp_path / name)
    found = contents(source(tmp_path), elsewhere)
    if source is Far and case in SCATTERED:
        only_its_size(found)
    else:
        assert len(found.checkpoints[0].tensors) == tensors


@pytest.mark.parametrize("case", CONFIGS)
def test_configs_are_read_in_time(
    tmp_path: Path, sandbox: Sandbox, elsewhere: Elsewhere, case: str
) -> None:
    """Whatever stands in all configs of a repo, its weights are found within the same limits."""
    names = ["config.json", "model_index.json", "modules.json", "tokenizer_config.json"]
    files = {"model.safetensors": SMALL, **dict.fromkeys(names, CONFIGS[case])}
    assert sandbox.run(in_worker, write(tmp_path, files), timeout=PATIENCE) == ["model"]


def only_its_size(found: Contents) -> None:
    (file,) = found.checkpoints[0].files
    assert not file.is_listed
    assert "more than 128 places" in file.warnings[0]


@pytest.mark.parametrize("case", ["m.gguf", "m.safetensors", "m.onnx", "m.bin"])
@SOURCES
def test_a_budget_ends_the_reading(
    tmp_path: Path, elsewhere: Elsewhere, case: str, source: type[Folder]
) -> None:
    """What the source refuses is told as such, and the worker goes on with the next file."""
    REFUSED_BY_BUDGET[case](tmp_path / case)
    (found,) = contents(source(tmp_path, budget=1000), elsewhere).checkpoints
    assert "more than 1000 bytes would have to be read" in found.files[0].warnings[0]
    (found,) = contents(source(tmp_path), elsewhere).checkpoints
    assert found.tensors


REFUSED_BY_BUDGET: dict[str, Write] = {
    "m.gguf": ANSWERED["a vocabulary of 262,144 and its merges"][1],
    "m.safetensors": ANSWERED["60,000 tensors"][1],
    "m.onnx": lambda path: path.write_bytes(onnx_bytes({"w": (1, (2**10,), 2**12)})),
    "m.bin": ANSWERED["5,000 storages"][1],
}


def test_a_worker_finds_what_this_process_finds(tmp_path: Path, elsewhere: Elsewhere) -> None:
    head, size = gguf_bytes({"t": ["a" * 9] * 300_000}, [("w", (4, 256), "Q4_K")])
    with (tmp_path / "m-Q4_K.gguf").open("wb") as file:
        file.write(head)
        file.truncate(size)
    write_safetensors(tmp_path / "m.safetensors", {f"w{n}": ("F16", (n,)) for n in range(4000)})
    (tmp_path / "m.onnx").write_bytes(onnx_bytes({f"w{n}": (1, (9999,), 39996) for n in range(9)}))
    expected = contents(local(tmp_path))
    assert contents(local(tmp_path), elsewhere) == contents(Far(tmp_path), elsewhere) == expected


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
