"""Readers in Chromium: what they look for is found, can be taken away, and followed."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.observatory import observing_hub
from browser.looking import run
from browsing import give_passwords
from calls import commit, new_repo, put
from live import LiveHub
from web.fitted import fill

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with observing_hub(tmp_path_factory.mktemp("reading")) as running:
        fill(running)
        give_passwords(running.data, "alice", "bob", "charlie")
        with running.client("alice") as alice:
            new_repo(alice, "guarded")
            commit(alice, "alice/guarded", put("secret.txt", b"behind the gate\n"))
            alice.put("/api/models/alice/guarded/settings", json={"gated": "manual"})
        running.settle()
        yield running


def journey(name: str, hub: LiveHub) -> dict[str, Any]:
    seen: dict[str, Any] = run("reading.py", {"url": hub.url}, name)
    return seen


def test_a_command_for_a_card_of_8_gib(hub: LiveHub) -> None:
    seen = journey("chooser", hub)
    assert seen["page"].startswith(f"{hub.url}/")
    assert "alice/base" in seen["copied"]


def test_the_weekly_pulse_its_numbers_and_its_japanese(hub: LiveHub) -> None:
    seen = journey("reader", hub)
    assert seen["title"] != seen["ja"]
    assert seen["csv"].startswith("number,metric,version,")
    assert ",true\n" in seen["csv"]  # it says of each number that it is made up


def test_with_keys_alone(hub: LiveHub) -> None:
    assert journey("keyboard", hub)["page"] == f"{hub.url}/alice/base-GGUF"


def test_side_by_side(hub: LiveHub) -> None:
    seen = journey("comparer", hub)
    assert seen["heads"] == ["alice/base", "far/base-7b"]
    assert [line.split(",")[0] for line in seen["csv"].splitlines()[1:]] == [
        '"alice/base"',
        '"far/base-7b"',
    ]


def test_a_feed_of_ones_own(hub: LiveHub) -> None:
    seen = journey("follower", hub)
    assert "alice/base" in seen["feed"]
    assert seen["after"] == 404


def test_a_gate(hub: LiveHub) -> None:
    seen = journey("asker", hub)
    assert "behind the gate" not in seen["before"]
    assert "behind the gate" in seen["after"]
