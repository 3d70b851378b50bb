"""Profile, password, tokens, hardware, sessions: for whoever is logged in, and for nobody else."""

import html
import re

import pytest

from browsing import Browser, logged_in
from calls import unique
from live import LiveHub

HOSTILE = '"><script>alert(1)</script>'
PAGES = ("profile", "tokens", "hardware", "sessions")


@pytest.fixture
def newcomer(stranger: Browser) -> tuple[Browser, str]:
    """An account of its own for each test."""
    name = unique("settler")
    stranger.submit("/signup", name=name, password="long enough")
    return stranger, name


@pytest.mark.parametrize("page", PAGES)
def test_strangers_log_in_first(stranger: Browser, page: str) -> None:
    answer = stranger.get(f"/settings/{page}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next=%2Fsettings%2F{page}"


@pytest.mark.parametrize(
    "action",
    ["profile", "password", "tokens", "tokens/revoke", "hardware", "sessions/end"],
)
def test_forms_need_a_token(stranger: Browser, alice_browser: Browser, action: str) -> None:
    answer = alice_browser.post(f"/settings/{action}", data={"fullname": "x", "name": "x"})
    assert answer.status_code == 403
    assert stranger.post(f"/settings/{action}", data={"fullname": "x"}).status_code == 401


def test_profile(newcomer: tuple[Browser, str]) -> None:
    browser, name = newcomer
    answer = browser.submit("/settings/profile", fullname=f"Z {HOSTILE}", email="z@example.org")
    assert answer.headers["location"] == "/settings/profile?said=saved"
    page = browser.get("/settings/profile?said=saved").text
    assert "Saved." in page
    assert "z@example.org" in page
    for path in ("/settings/profile", f"/{name}"):
        text = browser.get(path).text
        assert "<script" not in text
        assert html.escape(HOSTILE, quote=False)[:6] in text or "&#34;&gt;&lt;script" in text
    assert "z@example.org" not in browser.get(f"/{name}").text
    browser.submit("/settings/profile", fullname="", email="")
    assert "z@example.org" not in browser.get("/settings/profile").text


@pytest.mark.parametrize("fields", [{"email": "nonsense"}, {"fullname": "x\u202ey"}])
def test_profile_refused(newcomer: tuple[Browser, str], fields: dict[str, str]) -> None:
    answer = newcomer[0].submit("/settings/profile", **({"fullname": "", "email": ""} | fields))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


class TestPassword:
    def change(self, browser: Browser, old: str, new: str, again: str | None = None) -> int:
        answer = browser.submit(
            "/settings/profile",
            "/settings/password",
            password=old,
            new=new,
            again=new if again is None else again,
        )
        return answer.status_code

    def test_ends_the_other_sessions(self, people: LiveHub, newcomer: tuple[Browser, str]) -> None:
        browser, name = newcomer
        with Browser(people) as other:
            assert other.log_in(name, "long enough").status_code == 303
            assert self.change(browser, "long enough", "longer yet") == 303
            assert other.get("/settings/profile").status_code == 303
            assert browser.get("/settings/profile").status_code == 200
            assert other.log_in(name, "long enough").status_code == 401
            assert other.log_in(name, "longer yet").status_code == 303

    def test_refused(self, newcomer: tuple[Browser, str]) -> None:
        browser, _ = newcomer
        assert self.change(browser, "not that one", "longer yet") == 401
        assert self.change(browser, "long enough", "short") == 400
        assert self.change(browser, "long enough", "longer yet", "different") == 400
        assert self.change(browser, "long enough", "long enough") == 303


class TestTokens:
    def create(self, browser: Browser, **fields: str) -> str:
        answer = browser.submit("/settings/tokens", **{"days": "7", "role": "read"} | fields)
        assert answer.status_code == 200, answer.text
        assert "content-encoding" not in answer.headers
        assert answer.headers["cache-control"] == "private, no-store"
        found = re.search(r'class="secret">(hf_\w+)<', answer.text)
        assert found
        return found[1]

    def test_shown_once_and_good(self, people: LiveHub, newcomer: tuple[Browser, str]) -> None:
        browser, name = newcomer
        token = self.create(browser, name="laptop", role="write")
        assert token not in browser.get("/settings/tokens").text
        with people.client(token=token) as client:
            answer = client.get("/api/whoami-v2").json()
            assert (answer["name"], answer["auth"]["accessToken"]["role"]) == (name, "write")

    def test_revoked(self, people: LiveHub, newcomer: tuple[Browser, str]) -> None:
        browser, _ = newcomer
        token = self.create(browser, name=HOSTILE)
        page = browser.get("/settings/tokens").text
        assert "<script" not in page
        number = re.search(r'name="token" value="(\d+)"', page)
        assert number
        answer = browser.submit("/settings/tokens", "/settings/tokens/revoke", token=number[1])
        assert answer.status_code == 303
        assert HOSTILE[2:10] not in browser.get("/settings/tokens").text
        with people.client(token=token) as client:
            assert client.get("/api/whoami-v2").status_code == 401

    def test_not_those_of_others(
        self, people: LiveHub, newcomer: tuple[Browser, str], alice_browser: Browser
    ) -> None:
        browser, _ = newcomer
        self.create(browser, name="mine")
        number = re.search(r'name="token" value="(\d+)"', browser.get("/settings/tokens").text)
        assert number
        answer = alice_browser.submit(
            "/settings/tokens", "/settings/tokens/revoke", token=number[1]
        )
        assert answer.status_code == 404
        assert f'value="{number[1]}"' in browser.get("/settings/tokens").text

    @pytest.mark.parametrize(
        "fields",
        [{"name": ""}, {"role": "admin"}, {"days": "9999"}, {"name": "x" * 200}, {"days": "x"}],
    )
    def test_refused(self, newcomer: tuple[Browser, str], fields: dict[str, str]) -> None:
        form = {"name": "n", "days": "7", "role": "read"} | fields
        answer = newcomer[0].submit("/settings/tokens", **form)
        assert answer.status_code == 400
        assert "hf_" not in answer.text


def test_hardware(newcomer: tuple[Browser, str]) -> None:
    browser, _ = newcomer
    page = browser.get("/settings/hardware").text
    key = re.search(r'<option value="([^"]+)">[^<]*4090', page)
    assert key
    assert browser.submit("/settings/hardware", hardware=key[1]).status_code == 303
    assert f'value="{key[1]}" selected' in browser.get("/settings/hardware").text
    assert browser.submit("/settings/hardware", hardware=HOSTILE).status_code == 400
    assert browser.submit("/settings/hardware", hardware="").status_code == 303
    assert f'value="{key[1]}" selected' not in browser.get("/settings/hardware").text


def test_sessions(people: LiveHub, newcomer: tuple[Browser, str]) -> None:
    browser, name = newcomer
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    with Browser(people) as other, Browser(people) as third:
        other.log_in(name, "long enough", headers={"User-Agent": agent})
        third.log_in(name, "long enough", headers={"User-Agent": f"<script> {agent}"})
        page = browser.get("/settings/sessions").text
        assert page.count("Firefox on Linux") >= 2
        assert page.count("this one") == 1
        numbers = re.findall(r'name="session" value="(\d+)"', page)
        assert len(numbers) == 2
        ended = browser.submit("/settings/sessions", "/settings/sessions/end", session=numbers[0])
        assert ended.status_code == 303
        alive = [it.get("/settings/profile").status_code for it in (other, third)]
        assert sorted(alive) == [200, 303]
        browser.submit("/settings/sessions", "/settings/sessions/end", all="1", session=None)
        alive = [it.get("/settings/profile").status_code for it in (other, third, browser)]
        assert alive == [303, 303, 200]


def test_sessions_of_others_do_not_end(people: LiveHub, alice_browser: Browser) -> None:
    with logged_in(people, "bob") as bob, logged_in(people, "bob") as other:
        numbers = re.findall(r'name="session" value="(\d+)"', other.get("/settings/sessions").text)
        for number in numbers:
            hidden = alice_browser.hidden("/", "/logout")
            answer = alice_browser.post("/settings/sessions/end", data=hidden | {"session": number})
            assert answer.status_code == 404
        assert bob.get("/settings/profile").status_code == 200


def test_a_new_password_is_a_new_session(people: LiveHub, newcomer: tuple[Browser, str]) -> None:
    """Whoever has a copy of the cookie is not who knows the password."""
    browser, _ = newcomer
    before = browser.cookies["hearthub_session"]
    form = {"password": "long enough", "new": "longer yet", "again": "longer yet"}
    answer = browser.submit("/settings/profile", "/settings/password", **form)
    assert answer.headers["location"] == "/settings/profile?said=password"
    assert browser.cookies["hearthub_session"] != before
    assert browser.get("/settings/profile").status_code == 200
    assert browser.get("/settings/sessions").text.count('name="session"') <= 1
    with Browser(people) as thief:
        thief.cookies.set("hearthub_session", before)
        assert thief.get("/settings/profile").status_code == 303


def test_the_profile_says_who_sees_the_address(alice_browser: Browser) -> None:
    assert "gated" in alice_browser.get("/settings/profile").text
