"""Runs functions of `inside/` in the environment of the training libraries."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from live import LiveHub
from needs import client_python

INSIDE = Path(__file__).parent / "inside"
LIMIT_S = 180


class Train:
    """The train environment; every call is a process of its own with an empty home."""

    inside = INSIDE

    def __init__(self, hub: LiveHub, homes: pytest.TempPathFactory) -> None:
        self._python = client_python("train")
        self._hub, self._homes = hub, homes

    def call(self, user: str | None, function: str, *arguments: str) -> Any:
        """What the function returns to this user."""
        done = self.run(user, INSIDE / "call.py", function, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def error(self, user: str | None, function: str, *arguments: str) -> str:
        """The error the function ends with for this user."""
        done = self.run(user, INSIDE / "call.py", function, *arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr[done.stderr.rindex("Traceback") :]

    def run(
        self, user: str | None, script: Path, *arguments: str, limit: float = LIMIT_S
    ) -> subprocess.CompletedProcess[str]:
        home = self._homes.mktemp("home")
        return subprocess.run(
            [self._python, script, *arguments],
            env=self._hub.env(home, user, HF_HUB_VERBOSITY="error"),
            cwd=home,
            capture_output=True,
            text=True,
            timeout=limit,
        )


@pytest.fixture(scope="session")
def train(hub: LiveHub, tmp_path_factory: pytest.TempPathFactory) -> Train:
    return Train(hub, tmp_path_factory)
