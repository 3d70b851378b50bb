import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import calls
from crash.writers import lfs_line
from live import LiveHub, free_port, live_hub
from storage.xet_writer import pack_file, whole_file

Run = Callable[..., subprocess.CompletedProcess[str]]


def hearthub(*words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """`hearthub WORDS...` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "hearthub", *map(str, words)],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def back_up(hub: "Filled", folder: Path, *words: str) -> dict:
    """A backup that works; what `--json` says of it."""
    done = hearthub("backup", folder, "--data", hub.data, "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def restore(folder: Path, data: Path, *words: str) -> dict:
    done = hearthub("restore", folder, "--data", data, "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The last line, which says why."""
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@dataclass
class Filled:
    """A hub with a file of each form; `files` are the bytes by path of the repo `acme/all`."""

    hub: LiveHub
    repo: str
    files: dict[str, bytes]

    @property
    def data(self) -> Path:
        return self.hub.data


def commit_of_each_form(client: httpx.Client, repo: str, seed: int = 0) -> dict[str, bytes]:
    """A commit with a small file, a large git object, an LFS and a Xet file; bytes by path."""
    content = {
        "small.txt": b"small %d\n" % seed,
        "large.txt": b"%d line\n" % seed * 40_000,
        "whole.bin": hashlib.shake_128(b"lfs %d" % seed).digest(150_000),
        "chunks.bin": hashlib.shake_128(b"xet %d" % seed).digest(300_000),
    }
    files = {f"{seed}/{path}": data for path, data in content.items()}
    calls.upload_lfs(client, repo, content["whole.bin"])
    send_xet(client, repo, content["chunks.bin"])
    lines = [
        lfs_line(path, data) if path.endswith(".bin") else calls.put(path, data)
        for path, data in files.items()
    ]
    calls.commit(client, repo, *lines)
    return files


def send_xet(client: httpx.Client, repo: str, data: bytes) -> None:
    xorbs, token = pack_file(data, 50_000), calls.xet_token(client, repo)
    bodies = [(f"v1/xorbs/default/{xorb.hash}", xorb.body) for xorb in xorbs]
    for path, body in (*bodies, ("v1/shards", whole_file(xorbs).encode())):
        sent = client.post(f"{token['url']}/{path}", content=body, headers=token["headers"])
        assert sent.status_code == 200, sent.text


def check_files(client: httpx.Client, repo: str, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        answer = client.get(f"/{repo}/resolve/main/{path}", follow_redirects=True)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.content == data, path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Made once for all tests of a worker, and stopped."""
    with live_hub(tmp_path_factory.mktemp("template")) as hub, hub.client("alice") as alice:
        repo = calls.new_repo(alice, "all", organization="acme", private=True)
        return Filled(hub, repo, commit_of_each_form(alice, repo))


@pytest.fixture
def filled(template: Filled, tmp_path: Path) -> Iterator[Filled]:
    """A copy of the test's own, not running: `filled.hub.start()`."""
    data, old = tmp_path / "data", template.hub
    shutil.copytree(old.data, data)
    hub = LiveHub(f"http://127.0.0.1:{free_port()}", data, old.tokens, old.read_tokens)
    yield Filled(hub, template.repo, dict(template.files))
    hub.stop()
