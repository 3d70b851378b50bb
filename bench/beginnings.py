"""From nothing: an installation, a start, an idle server, a first upload."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import client
from bench.figures import Figure, Skipped
from bench.processes import resident, wait_for
from tests.live import LiveHub, free_port

ROOT = Path(__file__).parents[1]


def measure(hub: LiveHub, repeats: int) -> Iterator[Figure]:
    times = []
    for _ in range(repeats):
        hub.stop()
        started = time.perf_counter()
        hub.start()
        times.append(time.perf_counter() - started)
    time.sleep(5)
    memory = resident(hub.process.pid) / 1e6
    yield Figure("ready after", min(times), 2, "s")
    yield Figure("memory of the idle server", memory, 150, "MB")


def first_upload() -> Iterator[Figure | Skipped]:
    """A new environment, the hub installed into it from the checkout, a user, an upload."""
    started = time.perf_counter()
    with TemporaryDirectory(prefix="hearthub-bench-first-") as name:
        folder = Path(name)
        python = folder / "venv" / "bin" / "python"
        try:
            run(sys.executable, "-m", "venv", folder / "venv")
            for file in ("base", "clients/hub-2.4.0"):
                requirements = ROOT / "requirements" / f"{file}.txt"
                run(python, "-m", "pip", "install", "-qq", "--require-hashes", "-r", requirements)
        except subprocess.CalledProcessError as error:
            yield Skipped("from an empty folder to the first upload", error.stderr[-200:])
            return
        installed = time.perf_counter() - started
        upload_into(folder, python)
        seconds = time.perf_counter() - started
        note = f"of which {installed:.0f} s installing"
        yield Figure("from an empty folder to the first upload", seconds, 120, "s", note=note)


def upload_into(folder: Path, python: Path) -> None:
    """What the README tells a newcomer to do, in a hub of their own."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "HEARTHUB_DATA": str(folder / "data")}
    run(python, "-m", "hearthub", "user", "add", "alice", env=environment)
    token = run(python, "-m", "hearthub", "token", "add", "alice", env=environment).strip()
    hub = LiveHub(f"http://127.0.0.1:{free_port()}", folder / "data", {"alice": token})
    command = [str(python), "-m", "hearthub", "serve", "--port", hub.url.rpartition(":")[2]]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"{hub.url}/readyz")
        file = folder / "first.bin"
        file.write_bytes(os.urandom(2**20))
        client.upload(hub, file, folder / "home", program=python.with_name("hf"))
    finally:
        server.terminate()
        server.wait(40)


def run(*command: object, **rest: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True, **rest).stdout
