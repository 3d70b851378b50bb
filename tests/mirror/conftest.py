import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from typer.testing import CliRunner

from calls import commit, new_repo, put, put_lfs, upload_lfs, xet_token
from hearthub.cli import root
from hearthub.errors import HearthubError
from hearthub.upstream import pacing
from live import LiveHub, live_hub
from mirror.proxy import Proxy, proxy_to
from storage.xet_writer import pack_file, whole_file

LFS_SIZE, XET_SIZE = 3 * 2**20, 400_000


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """The hub that imports; it serves meanwhile. `hub` is the one upstream."""
    with live_hub(tmp_path_factory.mktemp("here")) as running:
        yield running


@pytest.fixture
def upstream(hub: LiveHub) -> Iterator[Proxy]:
    with proxy_to(hub.url) as proxy:
        yield proxy


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that waits hardly between its attempts."""
    monkeypatch.setattr(pacing, "FIRST_WAIT_S", 0.01)


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


def run_import(home: LiveHub, *words: str, stdin: str = "", **env: str) -> Ran:
    """The command, without the second that a new interpreter takes to load it."""
    env = {"HEARTHUB_DATA": str(home.data), "NO_PROXY": "127.0.0.1", **env}
    done = CliRunner().invoke(root.app, ["import", *words], input=stdin, env=env)
    err = done.stderr
    if isinstance(done.exception, HearthubError):
        err += f"hearthub: {done.exception}\n"
    elif not isinstance(done.exception, SystemExit | None):
        raise done.exception
    return Ran(done.exit_code, done.stdout, err)


def start_import(home: LiveHub, *words: str, **env: str) -> subprocess.Popen[str]:
    """The command as a process of its own, to be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "hearthub", "import", *words],
        env={"PATH": os.environ["PATH"], "HEARTHUB_DATA": str(home.data), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who runs the tests in the background may have had it ignored, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


Importer = Callable[..., Ran]


@pytest.fixture
def importer(here: LiveHub, upstream: Proxy) -> Importer:
    """`hearthub import WORDS --from the proxy --json`."""

    def run(*words: str, **env: str) -> Ran:
        return run_import(here, *words, "--from", upstream.url, "--json", **env)

    return run


@dataclass
class Model:
    """A repo upstream; `files` by path."""

    name: str
    files: dict[str, bytes]
    head: str

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values()))


def noise(size: int, seed: str) -> bytes:
    return random.Random(seed).randbytes(size)


def upload_xet(client: httpx.Client, repo: str, data: bytes) -> str:
    """Bring bytes into a repo by Xet; their sha256."""
    token = xet_token(client, repo)
    xorbs = pack_file(data)
    with httpx.Client(base_url=token["url"] + "/", headers=token["headers"], timeout=60) as http:
        for xorb in xorbs:
            http.post(f"v1/xorbs/default/{xorb.hash}", content=xorb.body).raise_for_status()
        http.post("v1/shards", content=whole_file(xorbs).encode()).raise_for_status()
    return hashlib.sha256(data).hexdigest()


def new_model(client: httpx.Client, **body: Any) -> Model:
    """A model with a card, text, an empty file, an LFS file and a Xet file."""
    repo = new_repo(client, **body)
    lfs, xet = noise(LFS_SIZE, f"{repo} lfs"), noise(XET_SIZE, f"{repo} xet")
    files = {
        "README.md": b"---\nlicense: mit\n---\n# A model\n",
        "config.json": json.dumps({"repo": repo}).encode(),
        "sub dir/\u00fcber #1?.txt": b"an awful name\n",
        "empty.txt": b"",
    }
    oid, xet_oid = upload_lfs(client, repo, lfs), upload_xet(client, repo, xet)
    head = commit(
        client,
        repo,
        *(put(path, content) for path, content in files.items()),
        put_lfs("model.safetensors", oid, len(lfs)),
        put_lfs("xet/weights.bin", xet_oid, len(xet)),
    )
    files |= {"model.safetensors": lfs, "xet/weights.bin": xet}
    files[".gitattributes"] = client.get(f"/{repo}/resolve/main/.gitattributes").content
    return Model(repo, files, head)


def files_at(home: LiveHub, name: str, kind: str = "models") -> dict[str, bytes]:
    """All files of a repo by path, as an administrator gets them."""
    prefix = "" if kind == "models" else f"{kind}/"
    with home.client("root") as client:
        listed = client.get(f"/api/{kind}/{name}/tree/main", params={"recursive": "true"})
        assert listed.status_code == 200, listed.text
        paths = [item["path"] for item in listed.json() if item["type"] == "file"]
        place = f"/{prefix}{name}/resolve/main/"
        answers = {path: client.get(place + quote(path)) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.content for path, answer in answers.items()}


def info_at(home: LiveHub, name: str, user: str | None = "root") -> httpx.Response:
    with home.client(user) as client:
        return client.get(f"/api/models/{name}")


def parts_of(home: LiveHub, name: str) -> list[Path]:
    """Files of a model on their way in."""
    folder = hashlib.sha256(f"model {name}".encode()).hexdigest()[:32]
    found = (home.data / "tmp" / "imports" / folder).glob("*")
    return [path for path in found if path.name != "lock"]
