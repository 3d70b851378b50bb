"""A hub that a provider of the tests' own signs people in to."""

from collections.abc import Iterator
from typing import Any

import pytest

from browsing import Browser, give_passwords
from calls import unique
from live import LiveHub
from web.provider import Provider, running_provider
from web.sso.signing import running


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def hub(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with running(provider, tmp_path_factory.mktemp("sso")) as found:
        give_passwords(found.data, "alice", "bob", "charlie")
        yield found


@pytest.fixture
def someone(provider: Provider) -> dict[str, Any]:
    """Whom the provider signs in; nobody here knows them yet."""
    name = unique("dana")
    provider.person = {
        "sub": unique("subject"),
        "preferred_username": name,
        "name": "Dana D.",
        "email": f"{name}@acme.example",
        "email_verified": True,
    }
    provider.honest()
    return provider.person


@pytest.fixture
def browser(hub: LiveHub) -> Iterator[Browser]:
    with Browser(hub) as opened:
        yield opened
