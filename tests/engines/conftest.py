"""A hub with two models made on the spot, what fit says of them, and the engines themselves."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from live import LiveHub
from needs import client_python

INSIDE = Path(__file__).parent / "inside"
LIMIT_S = 600
CHECKPOINT, TWIN = "alice/tiny-llama", "alice/tinier-llama"
GGUF = "alice/tiny-llama-GGUF"
KINDS = ("F16", "Q8_0", "Q4_0")


@dataclass
class Bench:
    """Programs of the client environments, each a process of its own with an empty home."""

    hub: LiveHub
    homes: pytest.TempPathFactory
    pushed: set[str] = field(default_factory=set)

    def run(self, environment: str, script: str, *words: object, user: str | None = None) -> str:
        """What a script of `inside/` prints, run in an environment such as `train`."""
        home = self.homes.mktemp("home")
        done = subprocess.run(
            [client_python(environment), INSIDE / script, *map(str, words)],
            env=self.hub.env(home, user, **self.settings(environment)),
            cwd=home,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def measure(self, environment: str, script: str, *words: object) -> dict[str, Any]:
        """What its last line says, as JSON."""
        return json.loads(self.run(environment, script, *words).splitlines()[-1])

    def settings(self, environment: str) -> dict[str, str]:
        """One thread: how many there are says something of speed alone."""
        if environment != "engines":
            return {"OMP_NUM_THREADS": "1"}
        return {"LLAMA_CPP_LIB_PATH": str(self.llama_cpp()), "OMP_NUM_THREADS": "1"}

    def llama_cpp(self) -> Path:
        """The folder of llama.cpp's programs and libraries."""
        return client_python("engines").parents[1] / "llama.cpp"

    def push(self, environment: str, script: str, repo: str, *words: object) -> str:
        """Once a session."""
        if repo not in self.pushed:
            self.run(environment, script, repo, *words, user="alice")
            self.pushed.add(repo)
        return repo

    def show(self, target: str, *options: object) -> dict[str, Any]:
        """`hearthub fit show --json`, asked of this hub."""
        return json.loads(self.fit("show", target, *options, "--json"))

    def fit(self, *words: object) -> str:
        env = self.hub.env(self.homes.mktemp("home"), None)
        done = subprocess.run(
            [sys.executable, "-m", "hearthub", "fit", *map(str, words)],
            env=env | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def bench(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    if sys.platform != "linux":
        pytest.skip("memory is measured by Linux's own count")
    return Bench(hub, tmp_path_factory)


@pytest.fixture(scope="session")
def checkpoint(bench: Bench) -> str:
    """76 M parameters in bfloat16, and the same family with nearly none."""
    bench.push("train", "make_checkpoint.py", TWIN, 1, 192, "bfloat16")
    return bench.push("train", "make_checkpoint.py", CHECKPOINT, 8, 768, "bfloat16")


@pytest.fixture(scope="session")
def gguf(bench: Bench) -> str:
    """76 M parameters in three types."""
    return bench.push("engines", "make_gguf.py", GGUF, *KINDS)


def near(predicted: int, measured: int) -> bool:
    """Within 10 % or 30 MiB of the prediction, and says both."""
    print(f"predicted {predicted / 2**20:.1f} MiB, measured {measured / 2**20:.1f} MiB")
    return abs(measured - predicted) <= max(0.1 * predicted, 30 * 2**20)
