from collections.abc import Iterator

import pytest

from live import LiveHub, live_hub


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """One running hub for all tests of a worker; tests make repos of their own in it."""
    with live_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running
