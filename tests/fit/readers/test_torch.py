"""PyTorch's zip files: sizes and imports, and nothing of them is ever run."""

import pickle
import zipfile
from pathlib import Path

import pytest

from hearthub.errors import BadRequest
from hearthub.fit.readers.torch import read_torch
from hearthub.fit.sources import local
from hearthub.fit.weights import WeightFile


def read(path: Path) -> WeightFile:
    source = local(path)
    return read_torch(source, source.files()[0])


def zipped(path: Path, content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]


def test_sizes_and_imports_without_running_anything(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    content = {"m/data.pkl": pickle.dumps(Trap(sprung)), "m/data/0": bytes(64), "m/data/1": b"12"}
    found = read(zipped(tmp_path / "x.bin", content))
    assert [(it.name, it.size) for it in found.tensors] == [("data/0", 64), ("data/1", 2)]
    assert any(name.startswith("pathlib") for name in found.imports)
    assert not sprung.exists()


def test_an_old_pickle_has_a_size_only(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(pickle.dumps({"a": 1}))
    found = read(tmp_path / "x.bin")
    assert found.tensors == ()
    assert found.warnings


def test_compressed_entries_and_zips_in_zips_are_refused(tmp_path: Path) -> None:
    bomb = {"m/data.pkl": pickle.dumps({}), "m/data/0": bytes(10**6)}
    with pytest.raises(BadRequest):
        read(zipped(tmp_path / "x.bin", bomb, zipfile.ZIP_DEFLATED))
    inner = zipped(tmp_path / "inner.zip", {"a": b"a"}).read_bytes()
    (tmp_path / "inner.zip").unlink()
    with pytest.raises(BadRequest):
        read(zipped(tmp_path / "x.bin", {"m/data.pkl": pickle.dumps({}), "m/in.zip": inner}))


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.bin", {"m/data.pkl": pickle.dumps({})}).read_bytes()
    (tmp_path / "x.bin").write_bytes(whole[:-30])
    with pytest.raises(BadRequest, match=r"x\.bin"):
        read(tmp_path / "x.bin")
