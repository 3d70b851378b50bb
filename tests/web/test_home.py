"""The home page: what is one's own, what is liked, and of neither what another may not see."""

import re

import pytest

from browsing import Browser
from calls import new_repo, unique
from live import LiveHub


@pytest.fixture(scope="module")
def repos(people: LiveHub) -> dict[str, str]:
    with people.client("alice") as alice, people.client("bob") as bob:
        made = {
            "open": new_repo(alice, unique("open")),
            "hidden": new_repo(alice, unique("hidden"), private=True),
            "data": new_repo(alice, unique("data"), type="dataset", private=True),
            "team": new_repo(alice, unique("team"), organization="acme", private=True),
            "bobs": new_repo(bob, unique("bobs"), private=True),
        }
        for name in ("open", "hidden"):
            assert alice.post(f"/api/models/{made[name]}/like").is_success
    people.settle()
    return made


def own(browser: Browser) -> str:
    found = re.search(r'<section id="own".*?</section>', browser.get("/").text, re.DOTALL)
    assert found
    return found[0]


def test_your_repos(
    alice_browser: Browser, bob_browser: Browser, charlie_browser: Browser, repos: dict[str, str]
) -> None:
    for browser, sees in (
        (alice_browser, {"open", "hidden", "data", "team"}),
        (bob_browser, {"team", "bobs"}),
        (charlie_browser, set()),
    ):
        section = own(browser)
        assert {key for key, name in repos.items() if name in section} == sees
        for href in ("/new", "/new-dataset", "/new-space", "/organizations/new"):
            assert f'href="{href}"' in section
    assert f'href="/datasets/{repos["data"]}"' in own(alice_browser)
    assert '<span class="tag">private</span>' in own(alice_browser)


def test_an_administrator_sees_only_their_own_there(
    root_browser: Browser, repos: dict[str, str]
) -> None:
    assert not [name for name in repos.values() if name in own(root_browser)]
    text = root_browser.get("/").text
    assert not [key for key in ("hidden", "data", "team", "bobs") if repos[key] in text]


def test_a_stranger_has_none(
    stranger: Browser, charlie_browser: Browser, repos: dict[str, str]
) -> None:
    text = stranger.get("/").text
    assert 'id="own"' not in text
    assert repos["open"] in text
    for seen in (text, charlie_browser.get("/").text):
        assert not [key for key in ("hidden", "data", "team", "bobs") if repos[key] in seen]


def test_newest_first(people: LiveHub, alice_browser: Browser, repos: dict[str, str]) -> None:
    with people.client("alice") as alice:
        newest = new_repo(alice, unique("newest"), type="space", sdk="static")
    people.settle()
    section = own(alice_browser)
    assert section.index(newest) < section.index(repos["team"]) < section.index(repos["open"])


def test_liked_today(stranger: Browser, alice_browser: Browser, repos: dict[str, str]) -> None:
    for browser in (stranger, alice_browser):
        text = browser.get("/").text
        panel = text[text.index("Liked most today") :]
        assert f'<a href="/{repos["open"]}">' in panel
        assert repos["hidden"] not in panel
