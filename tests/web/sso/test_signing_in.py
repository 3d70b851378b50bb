"""Single sign-on, with a provider that the tests run and that can be told to lie."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from browsing import PASSWORD, Browser, give_passwords
from hearthub.app import open_hub
from hearthub.errors import Forbidden
from hearthub.settings import Settings
from hearthub.sso import Person, require_open_to
from live import LiveHub, live_hub
from web.provider import CLIENT, SECRET, Provider
from web.sso.signing import at_provider, connect, running, sign_in
from web.test_entering import SESSION, greeted


class TestSignIn:
    def test_somebody_new_gets_an_account_and_finds_it_again(
        self, browser: Browser, hub: LiveHub, someone: dict[str, Any]
    ) -> None:
        answer = sign_in(browser, "/models?sort=likes")
        assert (answer.status_code, answer.headers["location"]) == (303, "/models?sort=likes")
        name = someone["preferred_username"]
        assert greeted(browser) == name
        someone |= {"preferred_username": "another-name", "email": "new@acme.example"}
        with Browser(hub) as another:
            sign_in(another)
            assert greeted(another) == name
        with open_hub(Settings(data=hub.data)) as parts:
            account = parts.accounts.account(name)
            assert account is not None
            assert account.fullname == "Dana D."
            assert not parts.accounts.sign_ins.has_password(account.id)

    def test_the_log_in_page_offers_it(self, browser: Browser) -> None:
        page = browser.get("/login?next=/pulse").text
        assert '<a class="button" href="/login/sso?next=/pulse"' in page
        assert "Log in with Acme" in page

    def test_what_the_id_token_lacks_is_asked_for(
        self, browser: Browser, provider: Provider, someone: dict[str, Any]
    ) -> None:
        provider.told = dict(someone)
        provider.person = {"sub": someone["sub"]}
        assert sign_in(browser).status_code == 303
        assert greeted(browser) == someone["preferred_username"]

    def test_another_place_is_not_led_to(self, browser: Browser, someone: dict[str, Any]) -> None:
        assert sign_in(browser, "//evil.example/").headers["location"] == "/"

    def test_a_taken_name_gets_a_number(self, browser: Browser, someone: dict[str, Any]) -> None:
        someone["preferred_username"] = "Alice"
        assert sign_in(browser).status_code == 303
        assert (greeted(browser) or "").startswith("Alice-")

    @pytest.mark.parametrize("name", ["<script>alert(1)</script>", "admin", "../..", "", "é"])
    def test_odd_names(self, browser: Browser, someone: dict[str, Any], name: str) -> None:
        someone |= {"preferred_username": name, "name": "\u202eevil\0" * 99}
        assert sign_in(browser).status_code == 303
        found = greeted(browser)
        assert found
        assert found not in {"admin", "..", name}

    def test_a_key_that_is_new_since(
        self, browser: Browser, provider: Provider, someone: dict[str, Any]
    ) -> None:
        """Keys are asked for again only after a while, so that nobody makes us ask by lying."""
        sign_in(browser)
        browser.cookies.clear()
        before = provider.asked.count("/keys")
        provider.key = RSAKey.generate_key(2048)
        for _ in range(3):
            assert sign_in(browser).status_code == 403
        assert provider.asked.count("/keys") == before


class TestLies:
    @pytest.mark.parametrize("subject", ["a\0", "s" * 256, "\u202e", ""], ids=ascii)
    def test_subjects(self, browser: Browser, someone: dict[str, Any], subject: str) -> None:
        someone["sub"] = subject
        assert sign_in(browser).status_code == 502

    def test_odd_keys_beside_the_good_one(
        self, hub: LiveHub, provider: Provider, someone: dict[str, Any]
    ) -> None:
        odd: list[Any] = [{"kty": "lattice", "kid": "x"}, {"kid": "y"}, None, 7, {"kty": "RSA"}]
        provider.odd_keys = odd
        with running(provider, hub.data.parent / "odd") as another, Browser(another) as browser:
            assert sign_in(browser).status_code == 303
        provider.odd_keys = []

    @pytest.mark.parametrize("email", ["a\ud800@acme.example", "a\0@acme.example"], ids=ascii)
    def test_odd_addresses(
        self, browser: Browser, provider: Provider, someone: dict[str, Any], email: str
    ) -> None:
        """As the userinfo endpoint tells them."""
        del someone["preferred_username"], someone["email"], someone["email_verified"]
        words = {"preferred_username": "odd", "email": email, "email_verified": True}
        provider.told = {"sub": someone["sub"], **words}
        assert sign_in(browser).status_code == 303
        assert (greeted(browser) or "").startswith("odd")

    @pytest.mark.parametrize(
        "lie",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"aud": "another client"},
            {"aud": [CLIENT, "another client"], "azp": "another client"},
            {"aud": [CLIENT, "another client"]},
            {"iss": "https://evil.example"},
            {"exp": 1_000_000_000},
            {"exp": None},
            {"iat": 9_000_000_000},
            {"sub": None},
            {"sub": 7},
            {"at_hash": "wrong"},
        ],
        ids=str,
    )
    def test_claims(
        self, browser: Browser, provider: Provider, someone: dict[str, Any], lie: dict[str, Any]
    ) -> None:
        provider.lie = lie
        answer = sign_in(browser)
        assert answer.status_code in {403, 502}
        assert "did not sign you in" in answer.text
        assert SESSION not in browser.cookies

    def test_keys(self, browser: Browser, provider: Provider, someone: dict[str, Any]) -> None:
        for key, algorithm in [
            (RSAKey.generate_key(2048, {"kid": "one"}), "RS256"),
            (ECKey.generate_key("P-256", {"kid": "one"}), "ES256"),
            (OctKey.import_key(SECRET), "HS256"),
            (None, "HS256"),
            (OctKey.import_key(SECRET), "none"),
        ]:
            provider.key, provider.algorithm = key, algorithm
            answer = sign_in(browser)
            assert answer.status_code == 403, algorithm
            assert SESSION not in browser.cookies

    def test_a_code_is_good_once_and_in_one_browser(
        self, browser: Browser, hub: LiveHub, someone: dict[str, Any]
    ) -> None:
        begun = browser.get("/login/sso")
        back = at_provider(browser, begun.headers["location"])
        with Browser(hub) as victim:
            assert victim.get(back).status_code == 403
            victim.get("/login/sso")
            assert victim.get(back).status_code == 403
            assert SESSION not in victim.cookies
        kept = browser.cookies["hearthub_sso"]
        assert browser.get(back).status_code == 303
        browser.submit("/", "/logout")
        assert browser.get(back).status_code == 403
        browser.cookies.set("hearthub_sso", kept)
        assert browser.get(back).status_code == 403
        assert greeted(browser) is None

    @pytest.mark.parametrize("kept", ["", "x", "AAAA", "L2EKYgpjCmQ=", "\u00e9".encode().hex()])
    def test_broken_cookies(self, browser: Browser, kept: str, someone: dict[str, Any]) -> None:
        browser.cookies.set("hearthub_sso", kept)
        assert browser.get("/login/sso/callback?code=x&state=y").status_code == 403

    def test_it_says_no(
        self, browser: Browser, provider: Provider, someone: dict[str, Any]
    ) -> None:
        provider.says_no = True
        answer = sign_in(browser)
        assert answer.status_code == 403
        assert "&lt;b&gt;Not&lt;/b&gt; you" in answer.text

    def test_userinfo_of_somebody_else(
        self, browser: Browser, provider: Provider, someone: dict[str, Any]
    ) -> None:
        provider.told = {**someone, "sub": "another"}
        provider.person = {"sub": someone["sub"]}
        assert sign_in(browser).status_code == 502

    def test_another_issuer_in_the_answer(self, browser: Browser, someone: dict[str, Any]) -> None:
        back = at_provider(browser, browser.get("/login/sso").headers["location"])
        assert browser.get(f"{back}&iss=https://evil.example").status_code == 403


class TestWhoMay:
    @pytest.mark.parametrize(
        "words",
        [{"email": "dana@evil.example"}, {"email_verified": False}, {"email": None},
         {"email": "dana@sub.acme.example"}, {"email_verified": "true"}],
        ids=str,
    )  # fmt: skip
    def test_strangers_are_told_what_to_do(
        self,
        browser: Browser,
        hub: LiveHub,
        provider: Provider,
        someone: dict[str, Any],
        words: dict[str, Any],
    ) -> None:
        someone |= words
        provider.told = {"sub": someone["sub"]}
        answer = sign_in(browser)
        assert answer.status_code == 403
        assert "Ask an administrator" in answer.text
        with open_hub(Settings(data=hub.data)) as parts:
            assert parts.accounts.account(someone["preferred_username"]) is None

    @pytest.mark.parametrize("rule", ["off", "", ",", "off,", "acme.example"])
    @pytest.mark.parametrize("email", [None, "", "@", "dana", "@acme.example", "dana@off", "dana@"])
    def test_an_address_that_is_none(self, rule: str, email: str | None) -> None:
        with pytest.raises(Forbidden):
            require_open_to(Person("i", "s", "dana", "", email, is_email_verified=True), rule)

    @pytest.mark.parametrize("rule", ["open", "acme.example", "x.example, ACME.example ,"])
    def test_an_address_that_is_one(self, rule: str) -> None:
        email = "dana@Acme.example"
        require_open_to(Person("i", "s", "dana", "", email, is_email_verified=True), rule)

    def test_an_address_opens_nobodys_account(
        self, browser: Browser, hub: LiveHub, someone: dict[str, Any]
    ) -> None:
        with open_hub(Settings(data=hub.data)) as parts:
            parts.accounts.change_user("alice", email="alice@acme.example")
        someone |= {"preferred_username": "alice", "email": "alice@acme.example"}
        sign_in(browser)
        assert greeted(browser) not in {"alice", None}

    def test_disabled(self, browser: Browser, hub: LiveHub, someone: dict[str, Any]) -> None:
        sign_in(browser)
        with open_hub(Settings(data=hub.data)) as parts:
            parts.accounts.set_disabled(someone["preferred_username"], True)
        answer = sign_in(browser)
        assert answer.status_code == 403
        assert "is disabled" in answer.text


class TestConnect:
    def test_and_disconnect(self, browser: Browser, hub: LiveHub, someone: dict[str, Any]) -> None:
        browser.log_in("bob")
        assert connect(browser).headers["location"] == "/settings/sessions?said=linked"
        assert someone["email"] in browser.get("/settings/sessions").text
        with Browser(hub) as another:
            sign_in(another)
            assert greeted(another) == "bob"
        log = browser.get("/settings/audit-log").text
        assert "Sign in linked" in log
        done = browser.submit("/settings/sessions", "/settings/sign-ins/unlink")
        assert done.headers["location"] == "/settings/sessions?said=unlinked"
        with Browser(hub) as another:
            sign_in(another)
            assert greeted(another) != "bob"

    def test_what_is_anothers(
        self, browser: Browser, hub: LiveHub, someone: dict[str, Any]
    ) -> None:
        with Browser(hub) as first:
            sign_in(first)
        browser.log_in("bob")
        answer = connect(browser)
        assert answer.status_code == 409
        assert "connected to another account" in answer.text

    def test_the_last_way_in_stays(self, browser: Browser, someone: dict[str, Any]) -> None:
        sign_in(browser)
        answer = browser.submit("/settings/sessions", "/settings/sign-ins/unlink")
        assert answer.status_code == 409
        assert "only way into your account" in answer.text

    def test_begun_by_a_link_of_another_site(
        self, browser: Browser, someone: dict[str, Any]
    ) -> None:
        """Nothing is connected without the form, and nobody is made somebody else."""
        browser.log_in("bob")
        begun = browser.get("/login/sso?next=connect")
        assert (begun.status_code, begun.headers["location"]) == (303, "/")
        assert greeted(browser) == "bob"
        answer = browser.post("/settings/sign-ins", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403


def test_a_provider_that_is_down(
    tmp_path_factory: pytest.TempPathFactory, someone: dict[str, Any], provider: Provider
) -> None:
    provider.is_down = True
    with live_hub(
        tmp_path_factory.mktemp("down"), oidc_issuer=provider.url, oidc_client_id=CLIENT
    ) as hub, Browser(hub) as browser:  # fmt: skip
        answer = browser.get("/login/sso?next=/pulse")
        assert answer.status_code == 502
        assert "cannot be asked just now" in answer.text
        give_passwords(hub.data, "alice")
        assert browser.log_in("alice", PASSWORD).status_code == 303


def test_none_is_set(people: LiveHub, stranger: Browser) -> None:
    assert stranger.get("/login/sso").status_code == 404
    assert "sso" not in stranger.get("/login").text


def test_the_secret_goes_to_the_provider_alone(browser: Browser, someone: dict[str, Any]) -> None:
    address = browser.get("/login/sso").headers["location"]
    assert SECRET not in address
    asked = parse_qs(urlsplit(address).query)
    assert asked["scope"] == ["openid profile email"]
    assert len(asked["nonce"][0]) == len(asked["state"][0]) == 43
