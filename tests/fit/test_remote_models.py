"""A model of another hub: what it costs to know it, where the token goes, what may be believed."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import httpx
import pytest

from calls import commit, new_repo, put, put_lfs, upload_lfs
from fit.gguf_files import gguf_bytes
from fit.weight_files import safetensors_header
from hearthub.errors import EntryNotFound, UpstreamFailed
from hearthub.fit.checkpoints import contents
from hearthub.fit.remote import RemoteModel
from live import LiveHub

SHA = "5" * 40


@dataclass
class World:
    """A hub and, at another port, where it keeps its files: each a beginning and a size."""

    files: dict[str, tuple[bytes, int]]
    knows_ranges: bool = True
    sent: int = 0
    requests: int = 0
    tokens: list[tuple[str, str | None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    elsewhere: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        world, path = self.server.world, unquote(self.path).partition("?")[0]
        with world.lock:
            world.requests += 1
            world.tokens.append((self.server.role, self.headers.get("authorization")))
        if path.startswith("/api/models/big/model/revision/"):
            self.answer(json.dumps({"id": "big/model", "sha": SHA, "private": False}).encode())
        elif path.startswith("/api/models/big/model/tree/"):
            listed = [
                {"type": "file", "path": name, "size": size, "oid": "1" * 40}
                | {"lfs": {"oid": "a" * 64, "size": size}}
                for name, (_, size) in world.files.items()
            ]
            self.answer(json.dumps(listed).encode())
        elif self.server.role == "hub":
            self.send_response(302)
            self.send_header("Location", f"{world.elsewhere}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.range(path.partition(f"/resolve/{SHA}/")[2])

    def range(self, name: str) -> None:
        head, size = self.server.world.files[name]
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        if not self.server.world.knows_ranges or not found:
            self.answer(head[:size] + bytes(min(size - len(head), 2**16)))
            return
        start, end = int(found[1]), min(int(found[2]) + 1, size)
        data = head[start:end]
        self.answer(data + bytes(end - start - len(data)), f"bytes {start}-{end - 1}/{size}")

    def answer(self, body: bytes, part: str = "") -> None:
        with self.server.world.lock:
            self.server.world.sent += len(body) + 500  # and its headers
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", part)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    def __init__(self, world: World, role: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.world, self.role = world, role
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def world() -> World:
    return World({})


@pytest.fixture
def endpoint(world: World) -> Iterator[str]:
    with Server(world, "hub") as hub, Server(world, "elsewhere") as elsewhere:
        world.elsewhere = elsewhere.url
        yield hub.url
        hub.shutdown()
        elsewhere.shutdown()


def shard(tensors: int, rows: int) -> tuple[bytes, int]:
    """The beginning and the size of a file of safetensors."""
    described = {
        f"model.layers.7.mlp.experts.{n}.weight": ("BF16", (rows, 7168)) for n in range(tensors)
    }
    header, size = safetensors_header(described)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text, 8 + len(text) + size


def test_100_gb_cost_less_than_20_mb(world: World, endpoint: str) -> None:
    for number in range(1, 41):
        world.files[f"model-{number:05}-of-00040.safetensors"] = shard(400, 440)
    with RemoteModel.open(endpoint, "big/model") as source:
        (found,) = contents(source).checkpoints
    assert found.weights_bytes == 40 * 400 * 440 * 7168 * 2 > 100e9
    assert found.parameters == 40 * 400 * 440 * 7168
    assert world.sent < 20e6
    assert world.requests < 2 + 40 * 2 * 3


def test_many_quantisations_stay_within_the_budget(world: World, endpoint: str) -> None:
    """25 files with a vocabulary of 13 MB each: the preferred is read, the last known by size."""
    head, size = gguf_bytes({"t": ["x" * 9] * 780_000}, [("w", (2**10, 2**20), "Q4_K")])
    for number in range(25):
        label = "Q4_K_M" if number == 24 else f"IQ{1 + number // 10}_{number % 10}"
        world.files[f"m-{label}.gguf"] = (head, size + number)
    with RemoteModel.open(endpoint, "big/model") as source:
        found = contents(source).checkpoints
    assert world.sent < 20e6
    assert len(found) == 25
    assert (found[0].label, found[0].parameters) == ("Q4_K_M", 2**30)
    unread = [each for each in found if not each.tensors]
    assert len(unread) == 24
    assert all("would have to be read" in each.files[0].warnings[0] for each in unread)
    assert unread[0].weights_bytes == unread[0].files[0].size


def test_the_token_goes_to_the_hub_alone(world: World, endpoint: str) -> None:
    world.files["model.safetensors"] = shard(3, 4)
    with RemoteModel.open(endpoint, "big/model", token="hf_secret") as source:
        contents(source)
    assert {token for role, token in world.tokens if role == "hub"} == {"Bearer hf_secret"}
    assert {token for role, token in world.tokens if role == "elsewhere"} == {None}


def test_a_server_without_ranges(world: World, endpoint: str) -> None:
    """What it sends from the beginning is enough for a small header."""
    world.files["model.safetensors"] = shard(3, 2**20)
    world.knows_ranges = False
    with RemoteModel.open(endpoint, "big/model") as source:
        (found,) = contents(source).checkpoints
    assert found.parameters == 3 * 2**20 * 7168


def test_weights_of_a_real_hub(hub: LiveHub, alice: httpx.Client) -> None:
    head, size = shard(2, 4)
    data = head + bytes(size - len(head))
    repo = new_repo(alice, private=True)
    oid = upload_lfs(alice, repo, data)
    commit(alice, repo, put_lfs("model.safetensors", oid, size), put("config.json", b"{}"))
    token = alice.headers["authorization"].removeprefix("Bearer ")
    with RemoteModel.open(hub.url, repo, token=token) as source:
        (found,) = contents(source).checkpoints
        assert {file.path: file.key for file in source.files()}["model.safetensors"] == oid
    assert found.parameters == 2 * 4 * 7168
    with pytest.raises(UpstreamFailed, match="no such repo"):
        RemoteModel.open(hub.url, repo)


def test_a_repo_without_weights(hub: LiveHub, alice: httpx.Client) -> None:
    repo = new_repo(alice)
    with RemoteModel.open(hub.url, repo) as source, pytest.raises(EntryNotFound):
        contents(source)
