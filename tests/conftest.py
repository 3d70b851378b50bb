from collections.abc import Iterator

import httpx
import pytest

from live import LiveHub, live_hub


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """One running hub for all tests of a worker; tests make repos of their own in it."""
    # Hundreds of wrong tokens of one address are what tests/access is made of.
    folder = tmp_path_factory.mktemp("hub")
    with live_hub(folder, rate_wrong_tokens=0, webhook_networks="127.0.0.1") as running:
        yield running


@pytest.fixture(scope="session")
def alice(hub: LiveHub) -> Iterator[httpx.Client]:
    """She owns what tests make."""
    with hub.client("alice") as client:
        yield client


@pytest.fixture(scope="session")
def bob(hub: LiveHub) -> Iterator[httpx.Client]:
    """May write in her organisation acme."""
    with hub.client("bob") as client:
        yield client


@pytest.fixture(scope="session")
def charlie(hub: LiveHub) -> Iterator[httpx.Client]:
    """Must be refused."""
    with hub.client("charlie") as client:
        yield client


@pytest.fixture(scope="session")
def anyone(hub: LiveHub) -> Iterator[httpx.Client]:
    """Nobody in particular: no token."""
    with hub.client() as client:
        yield client
