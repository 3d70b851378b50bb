"""What headers of weights said is kept as it was, by content."""

from pathlib import Path

import pytest

from fit import small_models as small
from fit.weight_files import onnx_bytes, write_torch
from hearthub.catalogue.headers import Headers
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.fit.kept import Header, KeptReader, NotRead, packed, unpacked
from hearthub.fit.readers import read
from hearthub.fit.sources import Folder, SourceFile
from hearthub.fit.weights import Skipped, WeightFile

KEY = "a" * 64


@pytest.fixture
def headers(own_hub: Hub) -> Headers:
    return Headers(own_hub.catalogue_db)


@pytest.mark.parametrize("form", ["safetensors", "gguf", "torch", "onnx"])
def test_as_it_was_read(tmp_path: Path, form: str) -> None:
    path = tmp_path / "m"
    long = ["word"] * 5000
    if form == "torch":
        write_torch(path, {"0": 40})
    else:
        path.write_bytes(
            {
                "safetensors": small.safetensors(),
                "gguf": small.gguf(
                    **{"tokenizer.ggml.tokens": long, "x.f": 0.5, "x.b": True, "x.l": [1, 2]}
                ),
                "onnx": onnx_bytes({"w": (1, (2, 3), 24)}),
            }[form]
        )
    found = read(Folder(tmp_path), SourceFile("m", path.stat().st_size), form)
    assert found.tensors
    kept = packed(found)
    assert kept is not None
    again = unpacked(kept)
    assert isinstance(again, WeightFile)
    assert {**vars(again), "path": "m"} == vars(found)
    if form == "gguf":
        assert again.metadata["tokenizer.ggml.tokens"] == Skipped(5000)


def test_read_once_whatever_its_path(tmp_path: Path, headers: Headers) -> None:
    folder = Folder(small.folder(tmp_path, {"a.gguf": small.gguf(), "b.gguf": b""}))
    first = SourceFile("a.gguf", (tmp_path / "a.gguf").stat().st_size, KEY)
    reader = KeptReader(headers, read)
    found = reader(folder, first, "gguf")
    headers.put(reader.new)
    again = KeptReader(headers, read, forms=())
    other = SourceFile("b.gguf", first.size, KEY)  # the file itself is empty
    assert again(folder, other, "gguf").path == "b.gguf"
    assert again(folder, first, "gguf") == found
    with pytest.raises(NotRead):  # as another format it is another matter
        again(folder, first, "torch")
    assert again.new == []


def test_malformed_ones_are_not_tried_again(tmp_path: Path, headers: Headers) -> None:
    folder = Folder(small.folder(tmp_path, {"secret.gguf": b"GGUF, or not"}))
    reader = KeptReader(headers, read)
    with pytest.raises(BadRequest) as first:
        reader(folder, SourceFile("secret.gguf", 12, KEY), "gguf")
    headers.put(reader.new)
    with pytest.raises(BadRequest) as again:
        KeptReader(headers, read, forms=())(folder, SourceFile("mine.gguf", 12, KEY), "gguf")
    reason = str(first.value).removeprefix("secret.gguf: ")
    assert str(again.value) == f"mine.gguf: {reason}"  # names of another repo's files stay there


def test_of_older_readers(headers: Headers) -> None:
    headers.put([Header(KEY, "gguf", b"packed")])
    assert headers.get(KEY, "gguf") == b"packed"
    headers.db.execute("update weight_header set version = 0")
    assert headers.get(KEY, "gguf") is None


def test_what_cannot_be_written_is_not_kept() -> None:
    odd = WeightFile("a", "gguf", 1, (), metadata={"x": "\ud800"})
    assert packed(odd) is None
    assert packed(WeightFile("a", "gguf", 1, (), metadata={"x": 2**70})) is None
    assert unpacked(packed("\ud800") or b"") == "?"
