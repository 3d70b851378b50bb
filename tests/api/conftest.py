from collections.abc import Iterator

import httpx
import pytest

from calls import new_repo
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.settings import Settings
from live import LiveHub


@pytest.fixture(scope="session")
def parts(hub: LiveHub) -> Iterator[Hub]:
    """The same hub from a second process, as the command line opens it."""
    with open_hub(Settings(data=hub.data)) as parts:
        yield parts


@pytest.fixture
def repo(alice: httpx.Client) -> str:
    """A new repo of alice."""
    return new_repo(alice)
