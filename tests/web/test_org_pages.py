"""Organisations: made by anybody, kept by their administrators, and never without one."""

import html
from pathlib import Path

import pytest

from browsing import Browser, give_passwords, logged_in
from calls import unique
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub, live_hub

HOSTILE = '"><script>alert(1)</script>'


def settings(org: str) -> str:
    return f"/organizations/{org}/settings"


@pytest.fixture
def org(alice_browser: Browser) -> str:
    """alice's alone."""
    name = unique("guild")
    answer = alice_browser.submit("/organizations/new", name=name, fullname=HOSTILE)
    assert (answer.status_code, answer.headers["location"]) == (303, settings(name))
    return name


def roles(people: LiveHub, org: str) -> dict[str, str]:
    with open_hub(Settings(data=people.data)) as parts:
        return {it.account.name: it.role for it in parts.accounts.members(org)}


def user_id(people: LiveHub, name: str) -> int:
    with open_hub(Settings(data=people.data)) as parts:
        account = parts.accounts.account(name)
        assert account is not None
        return account.id


def add(browser: Browser, org: str, name: str, role: str) -> int:
    page, action = settings(org), f"/organizations/{org}/members"
    return browser.submit(page, action, name=name, role=role).status_code


def change(browser: Browser, org: str, user: int, do: str, role: str = "") -> int:
    page, action = settings(org), f"/organizations/{org}/members/change"
    return browser.submit(page, action, user=user, do=do, role=role).status_code


def test_the_creator_administers_it(people: LiveHub, alice_browser: Browser, org: str) -> None:
    assert roles(people, org) == {"alice": "admin"}
    for path in (f"/{org}", settings(org)):
        text = alice_browser.get(path).text
        assert "<script>alert" not in text
        assert html.escape(HOSTILE).partition(";")[2] in text
    assert f'href="{settings(org)}"' in alice_browser.get(f"/{org}").text


@pytest.mark.parametrize("name", ["acme", "Alice", "settings", HOSTILE, "", "a/b", "x" * 97])
def test_names_that_none_may_have(alice_browser: Browser, name: str) -> None:
    answer = alice_browser.submit("/organizations/new", name=name, fullname="Fine")
    assert answer.status_code in (400, 409)
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text


def test_members_come_and_go(people: LiveHub, alice_browser: Browser, org: str) -> None:
    bob = user_id(people, "bob")
    assert add(alice_browser, org, "BOB", "contributor") == 303
    assert roles(people, org) == {"alice": "admin", "bob": "contributor"}
    assert add(alice_browser, org, "bob", "read") == 409  # not by mistake another role
    assert change(alice_browser, org, bob, "role", "write") == 303
    assert roles(people, org)["bob"] == "write"
    assert change(alice_browser, org, bob, "remove") == 303
    assert change(alice_browser, org, bob, "role", "admin") == 404
    assert roles(people, org) == {"alice": "admin"}
    log = alice_browser.get(f"/organizations/{org}/audit-log").text
    assert "Member set" in log
    assert "Member removed" in log


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        ("nobody-here", "read", 404),
        ("acme", "read", 404),
        (HOSTILE, "read", 404),
        ("x" * 5000, "read", 400),
        ("bob", "owner", 400),
        ("bob", HOSTILE, 400),
    ],
)
def test_what_is_no_member(
    people: LiveHub, alice_browser: Browser, org: str, name: str, role: str, status: int
) -> None:
    page, action = settings(org), f"/organizations/{org}/members"
    answer = alice_browser.submit(page, action, name=name, role=role)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text
    assert roles(people, org) == {"alice": "admin"}


def test_the_last_administrator_stays(
    people: LiveHub, alice_browser: Browser, root_browser: Browser, org: str
) -> None:
    alice, bob = user_id(people, "alice"), user_id(people, "bob")
    leave = f"/organizations/{org}/leave"
    for browser in (alice_browser, root_browser):
        assert change(browser, org, alice, "remove") == 409
        assert change(browser, org, alice, "role", "read") == 409
    assert alice_browser.submit(f"/{org}", leave).status_code == 409
    assert roles(people, org) == {"alice": "admin"}
    assert add(alice_browser, org, "bob", "admin") == 303
    answer = alice_browser.submit(f"/{org}", leave)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{org}")
    assert roles(people, org) == {"bob": "admin"}
    assert alice_browser.get(settings(org)).status_code == 403
    assert change(root_browser, org, bob, "remove") == 409


def test_the_name_is_kept_and_its_words_looked_at(alice_browser: Browser, org: str) -> None:
    page = settings(org)
    assert alice_browser.submit(page, fullname="The Guild", private="1").status_code == 303
    text = alice_browser.get(page).text
    assert 'value="The Guild"' in text
    assert 'name="private" value="1" checked' in text
    assert alice_browser.submit(page, fullname="a\u202eb").status_code == 400
    assert alice_browser.submit(page, fullname="y" * 201).status_code == 400
    assert alice_browser.submit(page, fullname="").status_code == 303
    assert f'value="{org}"' in alice_browser.get(page).text


@pytest.mark.parametrize("role", [None, "read", "contributor", "write"])
def test_others_may_not(
    people: LiveHub, alice_browser: Browser, charlie_browser: Browser, org: str, role: str | None
) -> None:
    if role:
        assert add(alice_browser, org, "charlie", role) == 303
    before = roles(people, org)
    assert charlie_browser.get(settings(org)).status_code == 403
    assert settings(org) not in charlie_browser.get(f"/{org}").text
    # A good token, taken from a form of their own.
    hidden = charlie_browser.hidden("/", "/logout")
    alice, charlie = user_id(people, "alice"), user_id(people, "charlie")
    for action, fields in (
        ("settings", {"fullname": "Theirs"}),
        ("members", {"name": "bob", "role": "admin"}),
        ("members/change", {"user": str(alice), "do": "remove"}),
        ("members/change", {"user": str(charlie), "do": "role", "role": "admin"}),
    ):
        path = f"/organizations/{org}/{action}"
        assert charlie_browser.post(path, data=hidden | fields).status_code == 403
    assert roles(people, org) == before
    assert "Theirs" not in alice_browser.get(f"/{org}").text
    left = charlie_browser.post(f"/organizations/{org}/leave", data=hidden)
    assert left.status_code == (303 if role else 404)
    assert roles(people, org) == {"alice": "admin"}


def test_strangers_log_in_first(stranger: Browser, org: str) -> None:
    for path in ("/organizations/new", settings(org)):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")
    for act in ("settings", "members", "members/change", "leave"):
        assert stranger.post(f"/organizations/{org}/{act}", data={"name": "x"}).status_code == 401


def test_forms_of_other_sites_do_nothing(people: LiveHub, org: str) -> None:
    with logged_in(people, "alice") as browser:
        action, fields = f"/organizations/{org}/members", {"name": "bob", "role": "admin"}
        hidden = browser.hidden(settings(org), action)
        assert browser.post(action, data=fields).status_code == 403
        evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert browser.post(action, data=hidden | fields, headers=evil).status_code == 403
        name = unique("forged")
        assert browser.post("/organizations/new", data={"name": name}).status_code == 403
    assert roles(people, org) == {"alice": "admin"}
    with open_hub(Settings(data=people.data)) as parts:
        assert parts.accounts.account(name) is None


def test_what_is_no_organisation(alice_browser: Browser) -> None:
    for name in ("alice", "no-such-guild", "%3Cscript%3E"):
        answer = alice_browser.get(settings(name))
        assert answer.status_code == 404
        assert "<script" not in answer.text


def test_a_long_list_is_turned_over(people: LiveHub, alice_browser: Browser, org: str) -> None:
    with open_hub(Settings(data=people.data)) as parts:
        for number in range(101):
            parts.accounts.add_user(f"{org}-{number:03}")
            parts.accounts.set_member(org, f"{org}-{number:03}", "read")
    first = alice_browser.get(settings(org)).text
    last = f"{org}-100"
    assert f'href="/{last}"' not in first
    second = alice_browser.get(settings(org) + f"?after={org}-098").text
    assert f'href="/{last}"' in second
    assert f"?after={org}-098" in first


def test_a_user_makes_so_many_and_is_told(tmp_path: Path) -> None:
    with live_hub(tmp_path, max_orgs=1) as hub:
        give_passwords(hub.data, "charlie")
        with logged_in(hub, "charlie") as browser:
            first = browser.submit("/organizations/new", name="first", fullname="First")
            assert first.status_code == 303
            refused = browser.submit("/organizations/new", name="second", fullname="Second")
            assert refused.status_code == 403
            assert "this hub allows 1" in refused.text
            assert browser.get("/second").status_code == 404
            assert "first" in browser.get("/settings/audit-log").text
