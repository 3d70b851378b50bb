"""Large files by curl against nginx on the same bytes; many slow readers at once."""

import asyncio
import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.figures import Figure, Skipped
from bench.processes import cpu_seconds, nginx, resident
from bench.uploads import write_random
from tests.live import LiveHub


@dataclass(frozen=True)
class Speed:
    bytes_a_second: float
    cpu: float


def measure(
    hub: LiveHub, folder: Path, size: int, repeats: int, slow: int
) -> Iterator[Figure | Skipped]:
    """Expects `random.bin` in alice/bench, stored by Xet."""
    source = folder / "large.bin"
    write_random(source, size)
    oid = send_by_lfs(hub, source)
    source.unlink()
    # The very same file: where in memory a copy lies makes a difference of its own.
    blob = f"lfs/{oid[:2]}/{oid[2:4]}/{oid}"
    try:
        with nginx(hub.data) as (url, pid):
            for kind, name in (("LFS", "large.bin"), ("Xet, bridge", "random.bin")):
                yield from compare(hub, kind, name, f"{url}/{blob}", pid, repeats)
    except FileNotFoundError as error:
        yield Skipped("4 GiB download / nginx", str(error))
    for kind, name in (("LFS", "large.bin"), ("Xet", "random.bin")):
        yield crowd(hub, kind, f"/alice/bench/resolve/main/{name}", slow)


def crowd(hub: LiveHub, kind: str, path: str, slow: int) -> Figure:
    before = resident(hub.process.pid)
    times, after = asyncio.run(answers_beside(hub, path, slow))
    worst, median = max(times) * 1000, sorted(times)[len(times) // 2] * 1000
    grown = (after - before) / 2**20
    note = f"the worst of {len(times)}; median {median:.1f} ms, +{grown:.0f} MiB"
    return Figure(f"HEAD beside {slow} slow downloads ({kind})", worst, 50, "ms", note=note)


def compare(
    hub: LiveHub, kind: str, name: str, theirs: str, pid: int, repeats: int
) -> Iterator[Figure]:
    ours = f"{hub.url}/alice/bench/resolve/main/{name}"
    fetch(ours, hub.process.pid)  # both files into the page cache
    pairs = [(fetch(ours, hub.process.pid), fetch(theirs, pid)) for _ in range(repeats)]
    best = max(speed.bytes_a_second for speed, _ in pairs)
    its_best = max(speed.bytes_a_second for _, speed in pairs)
    cpu, its_cpu = min(speed.cpu for speed, _ in pairs), min(speed.cpu for _, speed in pairs)
    what = f"download ({kind}) / nginx"
    note = f"{best / 1e6:,.0f} and {its_best / 1e6:,.0f} MB/s"
    yield Figure(f"{what}: speed", best / its_best, 0.9, at_least=True, note=note)
    note = f"{cpu:.3f} and {its_cpu:.3f} s a GB"
    yield Figure(f"{what}: CPU", cpu / its_cpu, 4, note=note)


def fetch(url: str, pid: int) -> Speed:
    """One curl; CPU in seconds a GB."""
    before = cpu_seconds(pid)
    form = "%{http_code} %{size_download} %{speed_download}"
    command = ["curl", "-s", "-o", "/dev/null", "-w", form, url]
    words = subprocess.run(command, capture_output=True, text=True).stdout.split()
    if words[0] != "200":
        raise RuntimeError(f"{url} answered {words[0]}")
    return Speed(float(words[2]), (cpu_seconds(pid) - before) / float(words[1]) * 1e9)


def send_by_lfs(hub: LiveHub, file: Path) -> str:
    """Commits the file to alice/bench; returns its sha256."""
    with file.open("rb") as source:
        oid = hashlib.file_digest(source, "sha256").hexdigest()
    size = file.stat().st_size
    with hub.client("alice") as client:
        body = {"operation": "upload", "objects": [{"oid": oid, "size": size}]}
        answer = client.post("/alice/bench.git/info/lfs/objects/batch", json=body).json()
        if actions := answer["objects"][0].get("actions"):
            url = actions["upload"]["href"]
            subprocess.run(["curl", "-sf", "-o", "/dev/null", "-T", file, url], check=True)
        pointer = {"path": file.name, "algo": "sha256", "oid": oid, "size": size}
        header = {"key": "header", "value": {"summary": "large"}}
        lines = (header, {"key": "lfsFile", "value": pointer})
        content = "\n".join(map(json.dumps, lines))
        client.post("/api/models/alice/bench/commit/main", content=content).raise_for_status()
    return oid


async def answers_beside(hub: LiveHub, path: str, slow: int) -> tuple[list[float], int]:
    """Seconds of 100 requests one after the other while `slow` readers sip; the hub's memory."""
    stop = asyncio.Event()
    readers = [asyncio.create_task(sip(hub.url, path, stop)) for _ in range(slow)]
    await asyncio.sleep(3)
    times = []
    for _ in range(100):
        started = time.perf_counter()
        await head(hub.url, path)
        times.append(time.perf_counter() - started)
        await asyncio.sleep(0.02)
    memory = resident(hub.process.pid)
    stop.set()
    await asyncio.gather(*readers)
    return times, memory


async def sip(url: str, path: str, stop: asyncio.Event) -> None:
    """Read a download at about 100 KB/s."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**14)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    while not stop.is_set() and await reader.read(20_000):
        await asyncio.sleep(0.2)
    writer.close()


async def head(url: str, path: str) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"HEAD {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    if b" 200 " not in answer[:20]:
        raise RuntimeError(answer.decode())
