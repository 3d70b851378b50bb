from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.compatibility import PAGE, Compatibility, writes
from clients.runner import Runner
from live import LiveHub


@pytest.fixture(scope="session")
def compatibility() -> Iterator[Compatibility]:
    """What the clients did in this run; written as a page at the end if that was asked for."""
    outcomes = Compatibility()
    yield outcomes
    if writes():
        PAGE.write_text(outcomes.page(), encoding="utf-8")


@pytest.fixture
def run_scenario(hub: LiveHub, compatibility: Compatibility, tmp_path: Path) -> Runner:
    return Runner(hub, compatibility, tmp_path)
