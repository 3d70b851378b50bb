"""A real hub for tests: the product's own process on a free port, with the usual cast.

alice owns, bob is a member of her organisation acme (role write), charlie must be refused;
root administers the hub.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from hearthub.app import open_hub
from hearthub.settings import Settings

START_S = 60
PENDING = """select count(*) from job where name in ('catalogue.refresh', 'catalogue.recount',
'catalogue.weigh')
and state in ('waiting', 'running') and run_at <= ?"""
NO_TLS = False  # making a TLS context costs 60 ms


class Patient(httpx.Client):
    """As a browser does, it looks again at a page that says that it is being worked out."""

    def request(self, *words: Any, **more: Any) -> httpx.Response:
        answer, until = super().request(*words, **more), time.monotonic() + 60
        while "refresh" in answer.headers and time.monotonic() < until:
            time.sleep(0.2)
            answer = super().request(*words, **more)
        return answer


@dataclass
class LiveHub:
    """A hub at `url`; `tokens` by user name, `read_tokens` likewise with the role read."""

    url: str
    data: Path
    tokens: dict[str, str] = field(default_factory=dict)
    read_tokens: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    """More of its environment: `HEARTHUB_MIN_FREE` and the like."""

    def client(self, user: str | None = None, token: str | None = None) -> "Patient":
        token = token or (self.tokens[user] if user else None)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return Patient(base_url=self.url, headers=headers, timeout=60, verify=NO_TLS)

    def env(self, home: Path, user: str | None = "alice", **extra: str) -> dict[str, str]:
        """The environment of a real client: an empty home, this hub, nobody else's settings."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "HF_HOME": str(home / "hf"),
            "HF_ENDPOINT": self.url,
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "PYTHONUNBUFFERED": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            **extra,
        }
        if user:
            env["HF_TOKEN"] = self.tokens[user]
        return env

    def start(self) -> None:
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "hearthub", "serve", "--port", port]
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--data", str(self.data)],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.settings},
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the hub ended: {(self.data / 'server.log').read_text()}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5, verify=NO_TLS).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError(f"the hub did not start: {(self.data / 'server.log').read_text()}")

    def settle(self) -> None:
        """Wait until the catalogue has heard of everything that was done so far."""
        database = sqlite3.connect(f"file:{self.data / 'hearthub.db'}?mode=ro", uri=True)
        deadline = time.monotonic() + START_S
        with closing(database):
            while database.execute(PENDING, (time.time_ns() // 10**6,)).fetchone()[0]:
                if time.monotonic() > deadline:
                    raise RuntimeError("the catalogue lags behind")
                time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(40)
            self.process = None

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def live_hub(data: Path, **settings: object) -> Iterator[LiveHub]:
    """A hub in `data` with the cast, running until the block ends; `settings` as in Settings."""
    hub = LiveHub(f"http://127.0.0.1:{free_port()}", data)
    hub.settings = {f"HEARTHUB_{name.upper()}": str(it) for name, it in settings.items()}
    with open_hub(Settings(data=data, **settings)) as parts:
        accounts = parts.accounts
        accounts.add_user("root", admin=True)
        for name in ("alice", "bob", "charlie"):
            accounts.add_user(name, email=f"{name}@example.org", fullname=name.capitalize())
        accounts.add_org("acme", fullname="Acme")
        accounts.set_member("acme", "alice", "admin")
        accounts.set_member("acme", "bob", "write")
        for name in ("root", "alice", "bob", "charlie"):
            hub.tokens[name] = accounts.add_token(name, "write")
            hub.read_tokens[name] = accounts.add_token(name, "read", role="read")
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
