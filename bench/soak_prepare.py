"""What a soak starts from: large files for those who read slowly, and caches that are full.

The largest caches hold trees (48 MiB, `registry/objects.py`) and facts of blobs (29 MiB,
`registry/files.py`). Left to fill by themselves they would do so for longer than a soak takes, and
look like memory that is lost.
"""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench import client
from bench.uploads import write_random
from tests.live import LiveHub

BY_LFS = {"HF_HUB_DISABLE_XET": "1"}
FOLDERS, SUBFOLDERS, FILES = 20, 100, 100  # 200,000 entries of trees, of about 320 bytes each
DISTINCT = 7  # of these folders each file is a blob of its own: 70,000


def put_large_files(hub: LiveHub, folder: Path) -> None:
    large = folder / "large.bin"
    write_random(large, 8 * 2**20)
    make(hub, "soak-data")
    for name, words in {"large-by-xet.bin": {}, "large.bin": BY_LFS}.items():
        with client.fresh_home() as home:
            command = [str(client.BIN / "hf"), "upload", "alice/soak-data", str(large), name]
            env = hub.env(Path(home), **words)
            subprocess.run(command, env=env, capture_output=True, check=True)


def fill_caches(hub: LiveHub) -> None:
    make(hub, "soak-trees")
    with hub.client("alice") as alice:
        for folder in range(FOLDERS):
            body = b"".join(lines_of(folder))
            address = "/api/models/alice/soak-trees/commit/main"
            alice.post(address, content=body, timeout=300).raise_for_status()
            read_tree(alice, f"/api/models/alice/soak-trees/tree/main/{folder:02}?recursive=true")


def read_tree(alice: httpx.Client, address: str | None) -> None:
    while address:
        answer = alice.get(address)
        answer.raise_for_status()
        address = answer.links.get("next", {}).get("url")


def lines_of(folder: int) -> Iterator[bytes]:
    yield json.dumps({"key": "header", "value": {"summary": "many"}}).encode() + b"\n"
    for sub in range(SUBFOLDERS):
        for file in range(FILES):
            number = (sub, file) if folder < DISTINCT else ()
            content = base64.b64encode(repr((folder, *number)).encode()).decode()
            path = f"{folder:02}/{sub:02}/{file:02}-of-{folder}-{sub}.txt"
            value = {"path": path, "content": content, "encoding": "base64"}
            yield json.dumps({"key": "file", "value": value}).encode() + b"\n"


def make(hub: LiveHub, name: str) -> None:
    with hub.client("alice") as alice:
        alice.post("/api/repos/create", json={"name": name}).raise_for_status()
