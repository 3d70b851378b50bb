"""A real hub in a folder, without HTTP: its parts, the cast, and its jobs run when a test says so.

root administers it. alice administers acme, bob may write in it, dora contributes, charlie is
nobody there.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.shelves import add_cast
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.settings import Settings


@pytest.fixture(scope="session")
def empty_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hub with the cast alone: copying it is quicker than making the schema."""
    folder = tmp_path_factory.mktemp("empty")
    with open_hub(Settings(data=folder)) as hub:
        add_cast(hub)
    return folder


@pytest.fixture
def own_hub(empty_hub: Path, tmp_path: Path) -> Iterator[Hub]:
    shutil.copytree(empty_hub, tmp_path, dirs_exist_ok=True)
    with open_hub(Settings(data=tmp_path)) as hub:
        yield hub


@pytest.fixture(scope="module")
def shared(empty_hub: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """One hub for the tests of a file that only read, or that keep to names of their own."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(empty_hub, folder, dirs_exist_ok=True)
    with open_hub(Settings(data=folder)) as hub:
        yield hub
