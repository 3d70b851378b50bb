"""The home page: what is one's own, what is liked, and of neither what another may not see."""

import re
from pathlib import Path

import httpx
import pytest

from browsing import Browser
from calls import new_repo, unique
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub, live_hub
from pulse.lakes import DAYS, history, panel


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


def rising(browser: httpx.Client, span: str) -> str:
    text = browser.get(f"/?rising={span}").text
    found = re.search(r'<section class="panel" id="rising">.*?</section>', text, re.DOTALL)
    assert found
    assert f'href="/?rising={span}" aria-current="true"' in found[0]
    return found[0]


def test_rising_by_day_here_alone(stranger: Browser, repos: dict[str, str]) -> None:
    """Nothing was observed yet, so the likes of this hub stand for it, and it is said."""
    panel = rising(stranger, "day")
    assert f'<a href="/{repos["open"]}">' in panel
    assert "Public repos of this hub, by the likes they got in the last 24 hours." in panel
    assert repos["hidden"] not in panel
    assert stranger.get("/?rising=day").text.count("Likes, 24 hours") == 1
    assert repos["open"] not in rising(stranger, "week")


def test_rising_has_two_spans(stranger: Browser) -> None:
    assert '"/?rising=week" aria-current="true"' in stranger.get("/").text
    for wrong in ("month", "", "<script>", "x" * 3000):
        answer = stranger.get("/", params={"rising": wrong})
        assert answer.status_code == 400
        assert "<script>" not in answer.text


def test_rising_of_what_was_observed(tmp_path: Path) -> None:
    evil = "<b>x</b>/<script>alert(1)</script>"
    with live_hub(tmp_path) as hub, hub.client() as client:
        with open_hub(Settings(data=hub.data)) as parts:
            rows = history({"a/fast": 3, evil: 2}, license="mit")
            rows += history({"a/now": 40}, DAYS - 1, DAYS)
            panel(parts.pulse.lake, tmp_path, rows, origin="hub.example")
            parts.pulse.rank({})
            parts.pulse.show({})
        day, week = (rising(client, span) for span in ("day", "week"))
        for text in (day, week):
            assert "model@test/all" in text
            assert "<b>x" not in text
            assert "<script" not in text
            assert "&lt;b&gt;x" in text
        assert "The last day that was observed: 2026-04-19" in day
        assert liked_in(day)[0] == ("a/fast", 3)
        assert "Seven days to 2026-04-19" in week
        assert ("a/fast", 21) in liked_in(week)
        for text in (day, week, client.get("/pulse").text):
            assert re.search(r'<a [^>]*href="/a/fast"', text), "it has a page"
            assert len(re.findall(r'href="/[^"]*script', text)) == 0, "this one has none"
        own_page, listed = client.get("/a/fast").text, client.get("/models?origin=all").text
        assert "hub.example" in own_page
        assert 'href="/a/fast' in listed
        for text in (own_page, listed):
            assert "1970" not in text, "nobody told when it was made or changed"


def liked_in(text: str) -> list[tuple[str, int]]:
    found = re.findall(r'<bdi>([^<]*)</bdi>(?:</a>)?</td><td class="number">(\d+)', text)
    return [(name, int(likes)) for name, likes in found]
