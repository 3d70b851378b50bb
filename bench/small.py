"""Small requests: HEAD resolve under load, many small files, a commit of 10,000 files."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import client
from bench.figures import Figure
from bench.processes import cpu_seconds
from tests.live import LiveHub

FILES = 200


def measure(hub: LiveHub, seconds: int, repeats: int, files: int) -> Iterator[Figure]:
    make_repo(hub, "small")
    commit(hub, "small", {f"part/{n}.json": os.urandom(300) for n in range(FILES)})
    yield from heads(hub, seconds, repeats)
    yield from snapshots(hub, repeats)
    times = []
    for n in range(repeats):
        make_repo(hub, f"many{n}")
        names = {f"{i % 100:02}/{i:05}.txt": os.urandom(200).hex().encode() for i in range(files)}
        times.append(commit(hub, f"many{n}", names))
    yield Figure(f"a commit of {files:,} small files", min(times), 3, "s")


def heads(hub: LiveHub, seconds: int, repeats: int) -> Iterator[Figure]:
    targets = {
        "file in git, anonymous": ("alice/small/resolve/main/part/7.json", None),
        "Xet file, with a token": ("alice/bench/resolve/main/small.bin", hub.tokens["alice"]),
    }
    for what, (path, token) in targets.items():
        before = cpu_seconds(hub.process.pid)
        runs = [load(f"{hub.url}/{path}", token, seconds) for _ in range(repeats)]
        used = cpu_seconds(hub.process.pid) - before
        rate = max(rate for rate, _ in runs)
        p99 = min(p99 for _, p99 in runs)
        note = f"{used / sum(r * seconds for r, _ in runs) * 1e6:.0f} us of CPU each"
        yield Figure(f"HEAD resolve ({what})", rate, 3000, "req/s", at_least=True, note=note)
        yield Figure(f"HEAD resolve ({what}), p99", p99, 20, "ms")


def load(url: str, token: str | None, seconds: int) -> tuple[float, float]:
    """(requests a second, p99 in ms) of 16 connections."""
    command = [sys.executable, "-m", "bench.load", url, str(seconds), *([token] if token else [])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    rate, p99 = map(float, done.stdout.split())
    return rate, p99


def snapshots(hub: LiveHub, repeats: int) -> Iterator[Figure]:
    cold, warm = [], []
    for _ in range(repeats):
        with client.fresh_home() as home:
            cold.append(client.snapshot(hub, "alice/small", Path(home)))
            warm.append(client.snapshot(hub, "alice/small", Path(home)))
    note = f"again with a full cache {min(warm):.2f} s"
    yield Figure(f"snapshot_download of {FILES} files, empty cache", min(cold), 2, "s", note=note)


def put_by_xet(hub: LiveHub, folder: Path) -> None:
    file = folder / "small.bin"
    file.write_bytes(os.urandom(2**20))
    with client.fresh_home() as home:
        client.upload(hub, file, Path(home))


def make_repo(hub: LiveHub, name: str) -> None:
    with hub.client("alice") as caller:
        caller.post("/api/repos/create", json={"name": name}).raise_for_status()


def commit(hub: LiveHub, name: str, files: dict[str, bytes]) -> float:
    """Seconds of the request that commits these files."""
    lines = [{"key": "header", "value": {"summary": "files"}}]
    for path, data in files.items():
        content = base64.b64encode(data).decode()
        lines.append(
            {"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}}
        )
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    with hub.client("alice") as caller:
        started = time.perf_counter()
        answer = caller.post(f"/api/models/alice/{name}/commit/main", content=body)
        seconds = time.perf_counter() - started
    answer.raise_for_status()
    return seconds
