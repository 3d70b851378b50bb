from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(1)
    yield sandbox
    sandbox.close()


@pytest.fixture
def lake(tmp_path: Path, sandbox: Sandbox) -> Lake:
    return Lake(tmp_path / "lake", TABLES, sandbox)
