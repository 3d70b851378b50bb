"""Sources on this machine and in this hub: what is listed, what is read, what is refused."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from calls import commit, new_repo, put, put_lfs, upload_lfs
from fit.gguf_files import write_gguf
from fit.weight_files import write_safetensors
from hearthub.accounts import Actor
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import BadRequest, EntryNotFound, HearthubError, TooLarge
from hearthub.fit.checkpoints import contents
from hearthub.fit.hosted import HostedModel
from hearthub.fit.sources import Folder, Metered, SourceFile, local
from hearthub.registry import Right
from hearthub.settings import Settings
from live import LiveHub


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.bin").write_bytes(b"0123456789")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "y.bin").write_bytes(b"y")
    (tmp_path / ".z").write_bytes(b"z")
    (tmp_path / "link.bin").symlink_to(tmp_path / "a" / "x.bin")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.bin")
    source = local(tmp_path)
    assert source.files() == [SourceFile("a/x.bin", 10), SourceFile("link.bin", 10)]
    assert source.read(SourceFile("link.bin", 10), 2, 5) == b"234"


def test_file_that_shrank(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"0123")
    with pytest.raises(BadRequest, match="shorter than its size says"):
        local(tmp_path).read(SourceFile("x.bin", 10), 2, 8)


def test_file_that_became_a_pipe(tmp_path: Path) -> None:
    """Opening it does not wait for a writer."""
    os.mkfifo(tmp_path / "x.bin")
    with pytest.raises(BadRequest):
        local(tmp_path).read(SourceFile("x.bin", 10), 0, 8)


def test_what_is_neither_file_nor_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadRequest, match="neither"):
        local(tmp_path / "pipe")
    for path in (tmp_path / "none", tmp_path / ("x" * 999), Path("a\0b")):
        with pytest.raises(EntryNotFound):
            local(path)


def test_budget(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(100))
    source = Metered(Folder(tmp_path, budget=60))
    (file,) = source.files()
    source.read(file, 0, 50)
    with pytest.raises(TooLarge, match="more than 60 bytes"):
        source.read(file, 50, 61)
    assert source.used == 50


@pytest.fixture
def here(hub: LiveHub) -> Iterator[Hub]:
    """The parts of the running hub, in this process."""
    with open_hub(Settings(data=hub.data)) as found:
        yield found


def test_repo_of_this_hub(alice: httpx.Client, here: Hub, tmp_path: Path) -> None:
    """A regular file and one in LFS; the key of each is its content's."""
    weights = write_safetensors(tmp_path / "m.safetensors", {"w": ("BF16", (512, 512))})
    gguf = write_gguf(tmp_path / "m-Q8_0.gguf", {}, [("w", (4, 256), "Q8_0")])
    data = weights.read_bytes()
    repo = new_repo(alice)
    oid = upload_lfs(alice, repo, data)
    commit(
        alice,
        repo,
        put_lfs("model.safetensors", oid, len(data)),
        put("m-Q8_0.gguf", gguf.read_bytes()),
        put("config.json", b'{"quantization_config": {"quant_method": "fp8"}}'),
    )
    found = here.registry.repo(Actor(), "model", repo, Right.READ)
    source = HostedModel(here.registry, found, here.registry.commit_of(found, "main"))
    assert {file.path: file.key for file in source.files()}["model.safetensors"] == oid
    listed = contents(source).checkpoints
    assert [(each.name, each.label, each.weights_bytes) for each in listed] == [
        ("model", "FP8", 512 * 512 * 2),
        ("m-Q8_0", "Q8_0", 4 * 8 * 34),
    ]
    with pytest.raises(HearthubError):
        source.read(SourceFile("m-Q8_0.gguf", 2**20), 0, 2**20)
