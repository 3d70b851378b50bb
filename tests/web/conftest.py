from collections.abc import Iterator

import pytest

from browsing import Browser, give_passwords, logged_in
from live import LiveHub, live_hub
from web.fitted import fitted_hub


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub whose cast has passwords, and where strangers may sign up."""
    # No limit on organisations: alice makes one in many tests.
    with live_hub(
        tmp_path_factory.mktemp("people"),
        sign_up="open",
        rate_logins=0,
        rate_wrong_tokens=0,
        max_orgs=0,
    ) as hub:
        give_passwords(hub.data, "alice", "bob", "charlie", "root")
        yield hub


@pytest.fixture
def stranger(people: LiveHub) -> Iterator[Browser]:
    with Browser(people) as browser:
        yield browser


@pytest.fixture(scope="module")
def alice_browser(people: LiveHub) -> Iterator[Browser]:
    with logged_in(people, "alice") as browser:
        yield browser


@pytest.fixture(scope="module")
def bob_browser(people: LiveHub) -> Iterator[Browser]:
    with logged_in(people, "bob") as browser:
        yield browser


@pytest.fixture(scope="module")
def charlie_browser(people: LiveHub) -> Iterator[Browser]:
    with logged_in(people, "charlie") as browser:
        yield browser


@pytest.fixture(scope="module")
def root_browser(people: LiveHub) -> Iterator[Browser]:
    with logged_in(people, "root") as browser:
        yield browser


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub with models that fit knows something of (fitted.py)."""
    with fitted_hub(tmp_path_factory.mktemp("fitted")) as running:
        yield running
