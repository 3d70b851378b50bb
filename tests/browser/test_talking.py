"""People with one another in Chromium; a device that one of them lets in; a menu on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest

from browser.looking import run
from browsing import give_passwords
from calls import commit, new_repo, post_commit, put
from live import LiveHub, live_hub

pytestmark = pytest.mark.browser
CARD = b"---\ntags: [a]\n---\n# Talked\n\nText.\n"
BAR = ["Models", "Datasets", "Spaces", "Fit", "Pulse", "API"]
MENU = ["Profile", "New model", "New dataset", "New space", "Settings", "Log out"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(tmp_path_factory.mktemp("talking")) as running:
        give_passwords(running.data, "alice", "charlie")
        with running.client("alice") as alice, running.client("charlie") as charlie:
            commit(alice, new_repo(alice, "talked"), put("README.md", CARD))
            proposed = put("README.md", CARD + b"\nIts licence is MIT.\n")
            words = {"rev": "main?create_pr=1", "summary": "Say the licence"}
            post_commit(charlie, "alice/talked", proposed, **words).raise_for_status()
        running.settle()
        yield running


def journey(name: str, hub: LiveHub, **more: str) -> dict[str, Any]:
    seen: dict[str, Any] = run("talking.py", {"url": hub.url, **more}, name)
    return seen


def test_a_question_and_a_proposal(hub: LiveHub) -> None:
    seen = journey("talker", hub)
    assert seen["state"] == "closed"
    assert [it.split()[-1] for it in seen["ins"] if "licence" in it] == ["MIT."]
    assert "Its licence is MIT." in seen["card"]
    with hub.client() as anyone:
        assert "is MIT." in anyone.get("/alice/talked/resolve/main/README.md").text


def test_a_device(hub: LiveHub) -> None:
    with hub.client() as program:
        asked = program.post("/oauth/device", data={"client_id": "x"}).json()
        seen = journey("device", hub, code=asked["user_code"])
        assert asked["user_code"] in seen["told"]
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        words = {"grant_type": grant, "device_code": asked["device_code"], "client_id": "x"}
        token = program.post("/oauth/token", data=words).json()["access_token"]
    with hub.client(token=token) as alice:
        assert alice.get("/api/whoami-v2").json()["name"] == "alice"


def test_the_menu_of_a_phone(hub: LiveHub) -> None:
    """Each is reached in turn by the Tab key, within the window and under nothing else."""
    steps = journey("phone", hub)["steps"]
    names = [it["name"] for it in steps]
    assert [it for it in names if it in BAR] == BAR
    assert names[-len(MENU) :] == MENU
    assert [it["name"] for it in steps if not it["seen"]] == []
