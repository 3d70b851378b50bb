"""Single sign-on under attack: by other sites, by who shares a browser, by who has a code."""

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from browsing import PASSWORD, Browser
from hearthub.app import open_hub
from hearthub.names import RESERVED
from hearthub.settings import Settings
from hearthub.web.single_sign_on import PURPOSE
from live import LiveHub
from web.provider import OddAnswer, Provider
from web.sso.signing import at_provider, begin_connecting, connect, running, sign_in
from web.test_entering import SESSION, greeted

KEPT = "hearthub_sso"


@pytest.fixture(autouse=True)
def dana(someone: dict[str, Any]) -> dict[str, Any]:
    """Whom the provider signs in, in every test."""
    return someone


def sign_ins(hub: LiveHub, name: str) -> int:
    with open_hub(Settings(data=hub.data)) as parts:
        account = parts.accounts.account(name)
        assert account is not None
        return len(parts.accounts.sign_ins.of(account.id))


class TestOtherSites:
    def test_a_link_takes_nobody_out_of_their_session(self, browser: Browser) -> None:
        """Whoever is logged in as an administrator shall not act as somebody else unawares."""
        browser.log_in("bob")
        begun = browser.get("/login/sso?next=/models", headers={"Sec-Fetch-Site": "cross-site"})
        assert (begun.status_code, begun.headers["location"]) == (303, "/models")
        assert KEPT not in browser.cookies
        assert greeted(browser) == "bob"

    @pytest.mark.parametrize("target", [
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example",
        "/%0d%0aSet-Cookie:a=b", "javascript:alert(1)", "/\n/evil.example", " //evil.example",
        "connect",
        "/.//evil.example", "x" * 1900,
    ], ids=lambda it: ascii(it)[:20])  # fmt: skip
    def test_nobody_is_led_elsewhere(self, browser: Browser, target: str) -> None:
        answer = sign_in(browser, target)
        assert answer.status_code == 303
        there = httpx.URL(str(browser.base_url)).join(answer.headers["location"])
        assert there.host == browser.base_url.host
        assert not answer.headers["location"].startswith("//")
        assert "a" not in browser.cookies

    def test_a_page_of_another_site_frames_nothing(self, browser: Browser) -> None:
        browser.log_in("bob")
        page = browser.submit("/settings/sessions", "/settings/sign-ins", password=PASSWORD)
        assert "/authorize" in page.text
        for answer in (page, browser.get("/login/sso/callback")):
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "private, no-store"


class TestWhoSharesABrowser:
    def test_connects_nothing_to_the_next(
        self, browser: Browser, hub: LiveHub, dana: dict[str, Any]
    ) -> None:
        """Begun by one who logs out, and who has the next one open the address it ended at."""
        browser.log_in("alice")
        back = begin_connecting(browser)
        browser.submit("/", "/logout")
        browser.log_in("bob")
        assert browser.get(back).status_code == 403
        assert sign_ins(hub, "bob") == sign_ins(hub, "alice") == 0

    def test_nor_in_another_browser(self, browser: Browser, hub: LiveHub) -> None:
        browser.log_in("alice")
        back = begin_connecting(browser)
        with Browser(hub) as victim:
            victim.log_in("bob")
            victim.cookies.set(KEPT, browser.cookies[KEPT])
            assert victim.get(back).status_code == 403
        assert sign_ins(hub, "bob") == 0

    def test_nor_for_who_logged_out(self, browser: Browser, hub: LiveHub) -> None:
        browser.log_in("alice")
        back = begin_connecting(browser)
        browser.submit("/", "/logout")
        browser.get(back)
        assert SESSION not in browser.cookies
        assert sign_ins(hub, "alice") == 0

    def test_a_log_in_connects_nothing(self, browser: Browser, hub: LiveHub) -> None:
        back = at_provider(browser, browser.get("/login/sso?next=connect").headers["location"])
        browser.log_in("bob")
        browser.get(back)
        assert sign_ins(hub, "bob") == 0

    def test_an_open_browser_is_not_enough(self, browser: Browser) -> None:
        """As for another password: who finds it open shall not come back for ever."""
        browser.log_in("alice")
        for password in ("", "a wrong one", None):
            answer = browser.submit("/settings/sessions", "/settings/sign-ins", password=password)
            assert answer.status_code == 401
            assert "The current password is another one" in answer.text
            assert "/authorize" not in answer.text
            assert KEPT not in browser.cookies

    def test_what_is_disconnected_lets_nobody_stay(self, browser: Browser, hub: LiveHub) -> None:
        browser.log_in("charlie")
        connect(browser)
        with Browser(hub) as another:
            sign_in(another)
            assert greeted(another) == "charlie"
            browser.submit("/settings/sessions", "/settings/sign-ins/unlink")
            assert greeted(another) is None
        assert greeted(browser) == "charlie"

    def test_what_is_anothers_is_not_disconnected(self, browser: Browser, hub: LiveHub) -> None:
        with Browser(hub) as owner:
            sign_in(owner)
            name = greeted(owner)
            theirs = owner.hidden("/settings/sessions", "/settings/sign-ins/unlink")["sign_in"]
        browser.log_in("bob")
        hidden = browser.hidden("/settings/sessions", "/settings/sign-ins")
        answer = browser.post("/settings/sign-ins/unlink", data={**hidden, "sign_in": theirs})
        assert answer.status_code == 404
        assert sign_ins(hub, str(name)) == 1


class TestWhoHasACode:
    """Such as from a log, or of a client that a provider thinks to be ours."""

    def test_says_not_what_was_asked(
        self, browser: Browser, provider: Provider, hub: LiveHub
    ) -> None:
        """A nonce is all that keeps a code to its browser at a provider that knows no PKCE."""
        provider.ignores_pkce = True
        back = at_provider(browser, browser.get("/login/sso").headers["location"])
        state = parse_qs(urlsplit(back).query)["state"][0]
        with Browser(hub) as thief:
            thief.get("/login/sso")
            mine = thief.cookies[KEPT].partition(".")
            plain = base64.urlsafe_b64decode(mine[0] + "==").decode()
            for forged in (
                base64.urlsafe_b64encode(f"/\n{state}\n\nx".encode()).decode(),
                encoded(f'{{"target":"/","session":null,"state":"{state}","nonce":"",'
                        '"verifier":"x","exp":9999999999}') + ".",
                encoded(plain) + ".AAAAAAAAAAAAAAAAAAAAAA",
                encoded(plain.replace("null", "1")) + "." + mine[2],
            ):  # fmt: skip
                thief.cookies.set(KEPT, forged)
                assert thief.get(back).status_code == 403
                assert SESSION not in thief.cookies

    def test_is_refused_with_a_state_of_their_own(
        self, browser: Browser, provider: Provider, hub: LiveHub
    ) -> None:
        provider.ignores_pkce = True
        back = at_provider(browser, browser.get("/login/sso").headers["location"])
        code = parse_qs(urlsplit(back).query)["code"][0]
        with Browser(hub) as thief:
            mine = thief.get("/login/sso").headers["location"]
            state = parse_qs(urlsplit(mine).query)["state"][0]
            assert thief.get(f"/login/sso/callback?code={code}&state={state}").status_code == 403
            assert SESSION not in thief.cookies

    @pytest.mark.parametrize(("purpose", "lasts_s"), [(PURPOSE, 0), ("static space", 600)])
    def test_comes_too_late_or_with_another_of_our_signatures(
        self, browser: Browser, hub: LiveHub, purpose: str, lasts_s: int
    ) -> None:
        back = at_provider(browser, browser.get("/login/sso").headers["location"])
        with open_hub(Settings(data=hub.data)) as parts:
            signer = parts.storage.signer
            kept = signer.verify(PURPOSE, browser.cookies[KEPT])
            browser.cookies.set(KEPT, signer.sign(purpose, kept, lasts_s))
        assert browser.get(back).status_code == 403

    def test_finds_none_in_the_log(self, provider: Provider, tmp_path: Any) -> None:
        with running(provider, tmp_path) as hub, Browser(hub) as browser:
            url = browser.get("/login/sso").headers["location"]
            back = at_provider(browser, url)
            assert browser.get(back).status_code == 303
            query = parse_qs(urlsplit(back).query)
            log = (hub.data / "server.log").read_text()
            for secret in (
                query["code"][0],
                query["state"][0],
                "of-access",
                browser.cookies[SESSION],
            ):
                assert secret not in log


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_the_session_is_new(browser: Browser, hub: LiveHub) -> None:
    """Whoever planted a cookie knows nothing of the session that comes after."""
    with Browser(hub) as planter:
        planter.log_in("bob")
        planted = planter.cookies[SESSION]
        back = at_provider(browser, browser.get("/login/sso").headers["location"])
        browser.cookies.set(SESSION, planted, domain="127.0.0.1", path="/")
        answer = browser.get(back)
        made = next(it for it in answer.headers.get_list("set-cookie") if SESSION in it)
        assert planted not in made
        assert greeted(planter) is None, "the one it took the place of has ended"


class TestNames:
    @pytest.mark.parametrize("name", [
        "alice", "ALICE", "alice\0", "\uff41lice", "alice\u200b",
        "alice@evil.example", "-alice-", "acme", "Acme",
        "root", "api", "settings", "..", "./..", "a/b", "x" * 300, "--", "_",
        "алиса", "李", "\ud800",
        ["alice"], {"a": "alice"}, 7, True, "%2e%2e", "alice\r\nSet-Cookie: a=b", "{{ 7 * 7 }}",
        "' or 1=1 --", "<b>",
    ], ids=lambda it: ascii(it)[:20])  # fmt: skip
    def test_nobody_gets_anothers(self, browser: Browser, provider: Provider, name: Any) -> None:
        provider.odd_header = {"typ": "JWT"}
        provider.person |= {"preferred_username": name, "name": name}
        assert sign_in(browser).status_code == 303
        found = greeted(browser)
        assert found
        assert found.lower() not in {"alice", "bob", "root", "acme"} | RESERVED
        assert browser.get(f"/{found}").status_code == 200

    def test_people_whose_names_are_written_otherwise(
        self, provider: Provider, hub: LiveHub, dana: dict[str, Any]
    ) -> None:
        """There may be hundreds of them, of whom nothing is left in our letters."""
        with open_hub(Settings(data=hub.data)) as parts:
            made = {
                parts.accounts.sign_ins.sign_up(provider.url, f"s{n}", "李", "李", "李@例.cn").name
                for n in range(150)
            }
        assert len(made) == 150

    def test_an_address_names_who_has_no_other_name(
        self, browser: Browser, dana: dict[str, Any]
    ) -> None:
        name = dana["preferred_username"]
        dana["preferred_username"] = "李"
        sign_in(browser)
        assert greeted(browser) == name


class TestAtOnce:
    def test_one_person_in_many_tabs_is_one(self, hub: LiveHub, dana: dict[str, Any]) -> None:
        browsers = [Browser(hub) for _ in range(5)]
        backs = [at_provider(it, it.get("/login/sso").headers["location"]) for it in browsers]
        with ThreadPoolExecutor(5) as pool:
            answers = list(
                pool.map(lambda pair: pair[0].get(pair[1]), zip(browsers, backs, strict=True))
            )
        assert [it.status_code for it in answers] == [303] * 5
        assert {greeted(it) for it in browsers} == {dana["preferred_username"]}
        for it in browsers:
            it.close()

    def test_people_of_one_name_are_many(
        self, hub: LiveHub, provider: Provider, dana: dict[str, Any]
    ) -> None:
        browsers, backs = [Browser(hub) for _ in range(5)], []
        for number, it in enumerate(browsers):
            back = at_provider(it, it.get("/login/sso").headers["location"])
            code = parse_qs(urlsplit(back).query)["code"][0]
            provider.persons[code] = {**dana, "sub": f"{dana['sub']}-{number}"}
            backs.append(back)
        with ThreadPoolExecutor(5) as pool:
            answers = list(
                pool.map(lambda pair: pair[0].get(pair[1]), zip(browsers, backs, strict=True))
            )
        assert [it.status_code for it in answers] == [303] * 5
        assert len({greeted(it) for it in browsers}) == 5
        for it in browsers:
            it.close()


@dataclass
class Silence:
    """Nothing, for as long as somebody waits or these seconds."""

    seconds: float

    def __iter__(self) -> Iterator[bytes]:
        time.sleep(self.seconds)
        yield b"{}"


def test_a_provider_that_is_silent_stops_nobody_else(hub: LiveHub, provider: Provider) -> None:
    """Forty threads answer all pages."""
    with Browser(hub) as first:
        sign_in(first)
    browsers = [Browser(hub) for _ in range(60)]
    backs = [at_provider(it, it.get("/login/sso").headers["location"]) for it in browsers]
    provider.odd_answers["/token"] = OddAnswer(Silence(4))
    with ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(it.get, back) for it, back in zip(browsers, backs, strict=True)]
        time.sleep(0.5)
        with Browser(hub) as reader:
            began = time.monotonic()
            assert reader.get("/models").status_code == 200
            assert reader.log_in("alice").status_code == 303
            assert time.monotonic() - began < 2.5
        statuses = {it.result().status_code for it in waiting}
    assert statuses <= {403, 502, 503}
    for it in browsers:
        it.close()
