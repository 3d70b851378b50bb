"""1 GiB of random bytes by `hf upload`, against a server that only reads; the same file again."""

import os
from collections.abc import Iterator
from pathlib import Path

from bench import client
from bench.figures import Figure
from bench.processes import cpu_seconds, null_hub
from bench.relay import relay
from tests.live import LiveHub


def measure(hub: LiveHub, folder: Path, size: int, repeats: int) -> Iterator[Figure]:
    """Leaves the last file in alice/bench as `random.bin`."""
    file = folder / "random.bin"
    ours, null, used = [], [], []
    with null_hub() as null_url:
        for _ in range(repeats):
            write_random(file, size)
            with client.fresh_home() as home:
                null.append(client.upload(hub, file, Path(home), null_url))
            before = cpu_seconds(hub.process.pid)
            with client.fresh_home() as home:
                ours.append(client.upload(hub, file, Path(home)))
            used.append(cpu_seconds(hub.process.pid) - before)
    note = f"{min(ours):.1f} s, null {min(null):.1f} s, server CPU {min(used):.1f} s"
    yield Figure("upload by Xet / the same to a null server", min(ours) / min(null), 2.5, note=note)
    with relay(hub.url) as door, client.fresh_home() as home:
        seconds = client.upload(hub, file, Path(home), door.url)
        note = f"{door.sent:,} bytes in {seconds:.1f} s, by a client that remembers nothing"
        yield Figure("the same file again: bytes sent", door.sent / size * 100, 0.1, "%", note=note)
    file.unlink()


def write_random(file: Path, size: int) -> None:
    with file.open("wb") as out:
        for at in range(0, size, 2**24):
            out.write(os.urandom(min(2**24, size - at)))
