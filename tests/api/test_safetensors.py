"""The headers of a sharded model in one answer, checked before they are passed on."""

import json
from typing import Any

import httpx
import pytest

from calls import commit, new_repo, put, put_lfs, upload_lfs
from fit.weight_files import safetensors_header

INDEX = "model.safetensors.index.json"
SHARDS = {
    "model-00001-of-00002.safetensors": {"embed": ("BF16", (8, 4)), "a": ("F32", (2,))},
    "model-00002-of-00002.safetensors": {"head": ("F8_E4M3", (3, 3))},
}


def file_of(header: Any, size: int) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def shard(name: str) -> bytes:
    return file_of(*safetensors_header(SHARDS[name], {"format": "pt"}))


def index_of(*names: str, **metadata: Any) -> bytes:
    weight_map = {tensor: name for name in names for tensor in SHARDS.get(name, [name])}
    return json.dumps({"metadata": metadata, "weight_map": weight_map}).encode()


def ask(client: httpx.Client, repo: str, path: str = INDEX) -> httpx.Response:
    return client.get(f"/api/models/{repo}/safetensors-metadata/{path}")


@pytest.mark.parametrize("folder", ["", "text_encoder/"])
def test_all_headers(alice: httpx.Client, anyone: httpx.Client, repo: str, folder: str) -> None:
    first, second = SHARDS
    big = shard(second)
    commit(
        alice,
        repo,
        put(folder + INDEX, index_of(first, second, total_size=81)),
        put(folder + first, shard(first)),
        put_lfs(folder + second, upload_lfs(alice, repo, big), len(big)),
    )
    answer = ask(anyone, repo, folder + INDEX)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    expected = {name: safetensors_header(SHARDS[name], {"format": "pt"})[0] for name in SHARDS}
    assert answer.json() == {"index": {"metadata": {"total_size": 81}}, "headers": expected}


def test_only_main(alice: httpx.Client, repo: str) -> None:
    assert alice.post(f"/api/models/{repo}/branch/old", json={}).status_code == 200
    first = next(iter(SHARDS))
    commit(alice, repo, put(INDEX, index_of(first)), put(first, shard(first)), rev="old")
    assert ask(alice, repo).headers["x-error-code"] == "EntryNotFound"


GOOD = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
TWICE = b'{"w": {"dtype":"F32","shape":[2],"data_offsets":[0,8]}, "w": {"dtype":"F32","shape":[2],'
TWICE += b'"data_offsets":[0,8]}}'


@pytest.mark.parametrize(
    ("index", "data", "status"),
    [
        (b"", None, 400),
        (b"[" * 100_000, None, 400),
        (b"[1]", None, 400),
        (b'{"weight_map": []}', None, 400),
        (b'{"weight_map": {"w": 5}}', None, 400),
        (b'{"weight_map": {"w": "../x/a.safetensors"}}', None, 404),
        (b'{"weight_map": {"w": "a.safetensors"}}', None, 404),
        (b'{"weight_map": {"w": "a.safetensors"}}', b"", 400),
        (b'{"weight_map": {"w": "a.safetensors"}}', b"\xff" * 64, 400),
        (b'{"weight_map": {"w": "a.safetensors"}}', file_of(GOOD, 7), 400),
        (b'{"weight_map": {"w": "a.safetensors"}}', file_of(TWICE, 8), 400),
        (b'{"weight_map": {"w": "a.safetensors"}}', file_of(b"[" * 9_000, 8), 400),
        (b'{"weight_map": {"w": "a.safetensors"}, "metadata": 3}', file_of(GOOD, 8), 200),
    ],
)
def test_what_strangers_write(
    alice: httpx.Client, index: bytes, data: bytes | None, status: int
) -> None:
    repo = new_repo(alice)
    shards = [put("a.safetensors", data)] if data is not None else []
    commit(alice, repo, put(INDEX, index), *shards)
    answer = ask(alice, repo)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json() == {"index": {"metadata": {}}, "headers": {"a.safetensors": GOOD}}


def test_more_shards_than_any_model_has(alice: httpx.Client, repo: str) -> None:
    names = {f"w{n}": f"a{n}.safetensors" for n in range(1001)}
    commit(alice, repo, put(INDEX, json.dumps({"weight_map": names}).encode()))
    assert ask(alice, repo).status_code == 413


def test_headers_larger_than_is_read(alice: httpx.Client, repo: str) -> None:
    """Twice 20 MB: each would do alone."""
    pad = {"__metadata__": {"x": "y" * 20_000_000}}
    data = file_of(pad, 0)
    oid = upload_lfs(alice, repo, data)
    names = {"w": "a.safetensors", "v": "b.safetensors"}
    lines = [put_lfs(name, oid, len(data)) for name in names.values()]
    commit(alice, repo, *lines, put(INDEX, json.dumps({"weight_map": names}).encode()))
    assert ask(alice, repo).status_code == 413
