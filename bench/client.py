"""The real client, in its own environment: `hf upload` and `snapshot_download`."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live import LiveHub

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venvs" / "hub-2.4.0" / "bin"
BIN = ENVIRONMENT if (ENVIRONMENT / "hf").exists() else Path(sys.executable).parent

SNAPSHOT = """
import sys, time
from huggingface_hub import snapshot_download
started = time.perf_counter()
snapshot_download(sys.argv[1])
print(time.perf_counter() - started)
"""


def upload(
    hub: LiveHub, file: Path, home: Path, url: str | None = None, program: Path = BIN / "hf"
) -> float:
    """`hf upload` of one file to alice/bench, in seconds, the client's own start included."""
    environment = hub.env(home, HF_ENDPOINT=url or hub.url)
    command = [str(program), "upload", "alice/bench", str(file), file.name]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"hf upload failed: {done.stdout}{done.stderr}")
    return seconds


def snapshot(hub: LiveHub, repo: str, home: Path) -> float:
    """`snapshot_download` in seconds, without the client's start."""
    command = [str(BIN / "python"), "-c", SNAPSHOT, repo]
    done = subprocess.run(command, env=hub.env(home), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"snapshot_download failed: {done.stdout}{done.stderr}")
    return float(done.stdout.split()[-1])


def fresh_home() -> TemporaryDirectory[str]:
    """A client that remembers nothing."""
    return TemporaryDirectory(prefix="hearthub-bench-home-")
