"""One file's header for people: counted and cut, whatever strangers wrote into it."""

from pathlib import Path

import httpx
import pytest

from calls import commit, new_repo, put_lfs, upload_lfs
from fit.gguf_files import gguf_bytes
from fit.weight_files import write_safetensors
from hearthub.app import open_hub
from hearthub.errors import BadRequest
from hearthub.fit import HeaderPage, has_header, header_page
from hearthub.settings import Settings
from live import LiveHub


@pytest.fixture
def page(hub: LiveHub, alice: httpx.Client):
    """The header page of a file of these bytes."""

    def of(path: str, data: bytes, **more: object) -> HeaderPage:
        name = new_repo(alice)
        commit(alice, name, put_lfs(path, upload_lfs(alice, name, data), len(data)))
        with open_hub(Settings(data=hub.data)) as parts:
            repo = parts.registry.repo(parts.accounts.actor("alice"), "model", name)
            entry = parts.registry.browse.file(repo, parts.registry.head(repo), path)
            return header_page(parts.registry, repo, entry, parts.sandbox, **more)

    return of


def test_safetensors(page, tmp_path: Path) -> None:
    tensors = {f"layer.{n}": ("BF16", (4, 2)) for n in range(30)} | {"Head": ("F32", (5,))}
    data = write_safetensors(tmp_path / "m.safetensors", tensors, {"k": "v"}).read_bytes()
    found = page("m.safetensors", data, start=28, limit=2)
    assert (found.format, found.count, found.total, found.start) == ("safetensors", 31, 31, 28)
    assert (found.parameters, found.tensor_bytes) == (245, 500)
    assert found.dtypes == (("BF16", 30, 240, 480), ("F32", 1, 5, 20))
    assert [(it.name, it.shape) for it in found.tensors] == [
        ("layer.28", (4, 2)), ("layer.29", (4, 2))
    ]  # fmt: skip
    assert found.metadata == (("k", "v"),)
    named = page("m.safetensors", data, search="HEAD")
    assert [it.name for it in named.tensors] == ["Head"]
    assert named.total == 1


def test_gguf(page) -> None:
    keys = {"general.architecture": "llama", "ids": list(range(100)), "words": ["w"] * 200,
            "long": "x" * 9000, "tags": ["a", "b"]}  # fmt: skip
    head, size = gguf_bytes(keys, [("w", (4, 32), "F32")])
    found = page("m.gguf", head + bytes(size - len(head)))
    metadata = dict(found.metadata)
    assert metadata["general.architecture"] == "llama"
    assert metadata["words"] == "(200 items, not shown)"
    assert metadata["ids"].endswith("14, 15, … (100 in all)]")
    assert metadata["tags"] == "[a, b]"
    assert metadata["long"].endswith("(9,000 characters)")
    assert found.tensors[0].shape == (4, 32)


def test_malformed(page) -> None:
    with pytest.raises(BadRequest):
        page("m.safetensors", b"not a header at all")


def test_names() -> None:
    names = ("a.safetensors", "a.GGUF", "a.onnx", "pytorch_model.bin", "a.txt", "optimizer.bin", "")
    assert [has_header(name) for name in names] == [True] * 4 + [False] * 3
