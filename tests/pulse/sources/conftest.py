"""A hub that is asked (`hub`, through a proxy that can fail), and one that observes it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from calls import commit, new_repo, put
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.pulse import Ingested
from hearthub.settings import Settings
from hearthub.upstream import pacing
from live import LiveHub, live_hub
from mirror.proxy import Proxy, proxy_to

MODELS, DATASETS = 25, 3
CARD = b"""---
license: mit
language: [en, ja]
pipeline_tag: text-generation
base_model: acme/base
tags: [tiny]
---
# A model
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub with models, data sets, a space, and what must not be seen."""
    with live_hub(tmp_path_factory.mktemp("full")) as running:
        with running.client("alice") as alice:
            for number in range(MODELS):
                commit(alice, new_repo(alice, f"m{number:02}"), put("README.md", CARD))
            for number in range(DATASETS):
                new_repo(alice, f"d{number}", type="dataset")
            new_repo(alice, "s", type="space", sdk="static")
            new_repo(alice, "hidden", private=True)
            for name in ("m00", "m01"):
                assert alice.post(f"/api/models/alice/{name}/like").status_code == 200
        running.settle()
        yield running


@pytest.fixture
def upstream(full: LiveHub) -> Iterator[Proxy]:
    with proxy_to(full.url) as proxy:
        yield proxy


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl that waits hardly between its attempts."""
    monkeypatch.setattr(pacing, "FIRST_WAIT_S", 0.01)


@dataclass
class Observer:
    parts: Hub

    def ingest(self, source: str | None = None, **more: Any) -> Ingested:
        return self.parts.pulse.ingest(source, **more)

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        with self.parts.pulse.lake.reading() as session:
            return session.rows(sql, **params)

    def ids(self, kind: str = "model") -> list[str]:
        """Those that are there."""
        found = self.rows(
            "select id from repo where type = $kind and removed_at is null", kind=kind
        )
        return sorted(row["id"] for row in found)

    @property
    def spool(self) -> list[str]:
        folder = self.parts.settings.data / "tmp" / "pulse"
        return sorted(path.name for path in folder.glob("crawl-*/*") if path.name != "lock")


@pytest.fixture
def observer(tmp_path: Path) -> Iterator[Observer]:
    with open_hub(Settings(data=tmp_path / "observer", min_free=0)) as parts:
        yield Observer(parts)


Command = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def command(observer: Observer) -> Command:
    """`hearthub pulse ...` as a process of its own."""

    def start(*words: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "hearthub", "pulse", *words],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "HEARTHUB_DATA": str(observer.parts.settings.data),
                "HEARTHUB_MIN_FREE": "0",
                **env,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def summary(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found
