"""Pages of users and organisations: what they have, and no more than the visitor may see."""

import pytest

from browsing import Browser
from calls import new_repo, unique
from live import LiveHub


@pytest.fixture(scope="module")
def repos(people: LiveHub) -> dict[str, str]:
    with people.client("alice") as alice:
        made = {
            "open": new_repo(alice, unique("open")),
            "hidden": new_repo(alice, unique("hidden"), private=True),
            "data": new_repo(alice, unique("data"), type="dataset"),
            "team": new_repo(alice, unique("team"), organization="acme", private=True),
        }
    people.settle()
    return made


def test_of_a_user(stranger: Browser, alice_browser: Browser, repos: dict[str, str]) -> None:
    seen, own = stranger.get("/alice").text, alice_browser.get("/alice").text
    assert "<bdi>Alice</bdi>" in seen
    assert f'href="/{repos["open"]}"' in seen
    assert f'href="/datasets/{repos["data"]}"' in seen
    assert repos["hidden"] not in seen
    assert repos["hidden"] in own
    assert 'href="/acme"' in seen
    assert "alice@example.org" not in seen
    assert "Edit your profile" in own
    assert "Edit your profile" not in seen


def test_of_an_organisation(
    stranger: Browser, bob_browser: Browser, charlie_browser: Browser, repos: dict[str, str]
) -> None:
    seen = stranger.get("/acme").text
    assert 'href="/bob"' in seen
    for browser, sees in ((stranger, False), (charlie_browser, False), (bob_browser, True)):
        assert (repos["team"] in browser.get("/acme").text) is sees


def test_names_in_any_case(stranger: Browser) -> None:
    answer = stranger.get("/AliCe")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alice")


@pytest.mark.parametrize("path", ["/nobody", "/%3Cscript%3E", "/..%2f", "/a%0d%0ab"])
def test_missing(stranger: Browser, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text


def test_bytes_that_are_no_text(stranger: Browser) -> None:
    for path in ("/%ff", "/%00"):
        answer = stranger.get(path)
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/models", "/pulse", "/login", "/settings", "/admin", "/api"])
def test_fixed_pages_are_nobodys(stranger: Browser, path: str) -> None:
    """Sign-up refuses their names, and their addresses come first."""
    refused = stranger.submit("/signup", name=path[1:], password="long enough")
    assert refused.status_code == 400
