"""A real hub in a folder, without HTTP: its parts, the cast, and its jobs run when a test says so.

root administers it. alice administers acme, bob may write in it, dora contributes, charlie is
nobody there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.shelves import add_cast
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.settings import Settings


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path)) as hub:
        add_cast(hub)
        yield hub
