"""PyTorch's zip: storages, imports by opcode, and what is refused; nothing is ever unpickled."""

import pickle
import zipfile
from pathlib import Path

import pytest

from fit.weight_files import pickle_of, write_torch
from hearthub.errors import BadRequest
from hearthub.fit.readers.pickles import HIDDEN, read_pickle
from hearthub.fit.readers.torch import read_torch
from hearthub.fit.sources import local
from hearthub.fit.weights import WeightFile


def read(path: Path) -> WeightFile:
    source = local(path)
    return read_torch(source, source.files()[0])


class Trap:
    """Whoever unpickles this leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


def test_storages(tmp_path: Path) -> None:
    described = pickle_of([("FloatStorage", 10), ("BFloat16Storage", 7), ("NewStorage", 3)])
    path = write_torch(tmp_path / "m.bin", {"0": 40, "1": 14, "2": 9}, described)
    found = read(path)
    assert [(t.name, t.dtype, t.size, t.parameters) for t in found.tensors] == [
        ("data/0", "F32", 40, 10),
        ("data/1", "BF16", 14, 7),
        ("data/2", "U8", 9, 9),
    ]
    assert found.imports == (
        "collections.OrderedDict",
        "torch.BFloat16Storage",
        "torch.FloatStorage",
        "torch.NewStorage",
        "torch._utils._rebuild_tensor_v2",
    )
    assert found.warnings == ()


@pytest.mark.parametrize("protocol", range(6))
def test_imports_are_listed_and_not_made(tmp_path: Path, protocol: int) -> None:
    trap = tmp_path / "sprung"
    path = write_torch(tmp_path / "m.pt", {}, pickle.dumps(Trap(trap), protocol))
    assert any(name.startswith("pathlib.") for name in read(path).imports)
    assert not trap.exists()


def test_imports_whose_names_are_hidden() -> None:
    """STACK_GLOBAL with names that were put together, not written down."""
    found = read_pickle(b"\x80\x04(\x8c\x02os1\x8c\x06system\x94h\x09h\x08\x93.")
    assert found.imports == ()
    assert found.warnings == (HIDDEN,)


def test_imports_of_a_second_pickle() -> None:
    assert read_pickle(b"N.cos\nsystem\n.").imports == ("os.system",)
    assert read_pickle(b"(ios\nsystem\n.").imports == ("os.system",)
    assert read_pickle(b"\x82\x07.").imports == ("copyreg extension 7",)


@pytest.mark.parametrize("data", [b"\xff", b"(", b"X\xff\xff\xff\xff", b"cos\nsys", b"\x95" * 9])
def test_damaged_pickles(data: bytes) -> None:
    assert read_pickle(data).warnings == ("a damaged pickle",)


def test_pickles_of_many_opcodes_end() -> None:
    (warning,) = read_pickle(b"N" * 2_000_000).warnings
    assert "opcodes" in warning


def test_old_pickles_tell_their_size_only(tmp_path: Path) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(pickle.dumps({"magic": 0x1950A86A20F9469CFC6C}, 2))
    found = read(path)
    assert (found.tensors, found.size) == ((), path.stat().st_size)
    assert "only its size" in found.warnings[0]


def test_compressed_entries_are_refused(tmp_path: Path) -> None:
    path = write_torch(tmp_path / "m.bin", {"0": 2**16}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(BadRequest, match="compressed"):
        read(path)


@pytest.mark.parametrize("name", ["archive/inner.zip", "archive/data/model.pt", "x.tar.gz"])
def test_archives_within_are_refused(tmp_path: Path, name: str) -> None:
    path = write_torch(tmp_path / "m.bin", {"0": 8})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(name, b"PK")
    with pytest.raises(BadRequest, match="archive"):
        read(path)


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    """The list of entries says twice where one lies."""
    path = write_torch(tmp_path / "m.bin", {"0": 64, "1": 64})
    content = bytearray(path.read_bytes())
    second = content.rfind(b"PK\1\2")
    first = content.rfind(b"PK\1\2", 0, second)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    path.write_bytes(content)
    with pytest.raises(BadRequest, match="overlap"):
        read(path)


def test_zip_that_torch_did_not_write(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.bin", "w") as file:
        file.writestr("readme.txt", b"hello")
    with pytest.raises(BadRequest, match="did not write"):
        read(tmp_path / "m.bin")


def test_every_cut_is_refused(tmp_path: Path) -> None:
    path = write_torch(tmp_path / "m.bin", {"0": 100}, pickle_of([("FloatStorage", 25)]))
    whole = path.read_bytes()
    for size in range(4, len(whole), 23):
        path.write_bytes(whole[:size])
        with pytest.raises(BadRequest):
            read(path)
