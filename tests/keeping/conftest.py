from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.sandbox import Sandbox
from keeping.world import World, close_world, open_world


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


@pytest.fixture
def world(tmp_path: Path, sandbox: Sandbox) -> Iterator[World]:
    """A hub with the repo alice/ink, in which time passes only when a test says so."""
    world = open_world(tmp_path, sandbox)
    world.clock.install()
    world.make_repo("ink")
    yield world
    world.clock.remove()
    close_world(world)
