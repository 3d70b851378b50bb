"""Log in, log out, sign up: whose form it was, where it leads, and what the API makes of it."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident

import anyio
import httpx
import pytest
from starlette.requests import Request

from browsing import PASSWORD, Browser, give_passwords, logged_in
from calls import new_repo, unique
from hearthub.web import forms
from live import LiveHub, live_hub

SESSION = "hearthub_session"


def greeted(browser: Browser) -> str | None:
    """Whom the home page takes us for."""
    found = re.search(r'<summary aria-label="Account of ([^"]+)"', browser.get("/").text)
    return found and found[1]


class TestLogIn:
    def test_works_and_ends(self, stranger: Browser) -> None:
        assert greeted(stranger) is None
        answer = stranger.log_in("Alice")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = next(it for it in answer.headers.get_list("set-cookie") if SESSION in it)
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert greeted(stranger) == "alice"
        out = stranger.submit("/", "/logout")
        assert out.status_code == 303
        assert greeted(stranger) is None

    def test_a_cookie_from_before_the_logout_is_worth_nothing(self, people: LiveHub) -> None:
        with logged_in(people, "alice") as browser:
            kept = browser.cookies[SESSION]
            browser.submit("/", "/logout")
            browser.cookies.set(SESSION, kept)
            assert greeted(browser) is None

    @pytest.mark.parametrize(("name", "password"), [("alice", "a wrong one"), ("nobody", PASSWORD)])
    def test_wrong(self, stranger: Browser, name: str, password: str) -> None:
        answer = stranger.log_in(name, password)
        assert answer.status_code == 401
        assert "Wrong name or password" in answer.text
        assert SESSION not in stranger.cookies
        assert password not in answer.text

    def test_what_was_typed_is_text(self, stranger: Browser) -> None:
        answer = stranger.log_in('"><script>alert(1)</script>', "x")
        assert answer.status_code == 401
        assert "<script" not in answer.text

    def test_no_fixation(self, people: LiveHub) -> None:
        """Whoever planted a cookie knows nothing of the session that comes after."""
        with logged_in(people, "charlie") as browser:
            planted = browser.cookies[SESSION]
        with Browser(people) as victim:
            victim.cookies.set(SESSION, planted)
            victim.get("/logout-nothing")
            victim.cookies.clear()
            hidden = victim.hidden("/login", "/login")
            headers = {"Cookie": f"{SESSION}={planted}; " + cookies_of(victim)}
            answer = victim.post(
                "/login", data=hidden | {"name": "alice", "password": PASSWORD}, headers=headers
            )
            # A session that is open makes the form another one's; made for it, it works anew.
            assert answer.status_code == 403
            victim.cookies.clear()
            assert victim.log_in("alice").status_code == 303
            assert victim.cookies[SESSION] != planted

    def test_logging_in_again_ends_the_session_before(self, people: LiveHub) -> None:
        with logged_in(people, "bob") as browser:
            first = browser.cookies[SESSION]
            hidden = browser.hidden("/", "/logout")
            browser.post("/login", data=hidden | {"name": "alice", "password": PASSWORD})
            assert greeted(browser) == "alice"
            browser.cookies.clear()
            browser.cookies.set(SESSION, first)
            assert greeted(browser) is None


def cookies_of(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


class TestWhoseForm:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_of_another_site(self, people: LiveHub, headers: dict[str, str]) -> None:
        with logged_in(people, "alice") as browser:
            answer = browser.submit("/", "/logout", headers=headers)
            assert answer.status_code == 403
            assert "another site" in answer.text
            assert greeted(browser) == "alice"

    @pytest.mark.parametrize("token", [None, "", "A" * 86 + "==", "äöü", "x" * 5000])
    def test_token(self, people: LiveHub, token: str | None) -> None:
        with logged_in(people, "alice") as browser:
            answer = browser.submit("/", "/logout", csrf=token, more="1")
            assert answer.status_code == 403
            assert "no longer good" in answer.text
            assert greeted(browser) == "alice"

    def test_token_of_somebody_else(self, people: LiveHub, bob_browser: Browser) -> None:
        with logged_in(people, "alice") as browser:
            token = bob_browser.hidden("/", "/logout")["csrf"]
            assert browser.submit("/", "/logout", csrf=token).status_code == 403

    def test_log_in_needs_its_own_page(self, people: LiveHub, stranger: Browser) -> None:
        """Nobody is logged in unawares: the token is that of a cookie which the page set."""
        with Browser(people) as other:
            hidden = other.hidden("/login", "/login")
        form = hidden | {"name": "alice", "password": PASSWORD}
        assert stranger.post("/login", data=form).status_code == 403
        assert stranger.log_in("alice").status_code == 303

    def test_tokens_differ_from_page_to_page(self, alice_browser: Browser) -> None:
        tokens = {alice_browser.hidden("/", "/logout")["csrf"] for _ in range(3)}
        assert len(tokens) == 3
        assert alice_browser.cookies[SESSION] not in alice_browser.get("/").text

    @pytest.mark.parametrize(
        ("kind", "body", "status"),
        [
            ("application/json", b"{}", 400),
            ("multipart/form-data", b"", 400),
            ("multipart/form-data; boundary=x", b"nonsense", 400),
            ("application/x-www-form-urlencoded", b"a=%ff", 400),
            ("application/x-www-form-urlencoded", b"a=" + b"\xff", 400),
            ("application/x-www-form-urlencoded", b"a=%00", 400),
            ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 600), 400),
            ("application/x-www-form-urlencoded", b"a=" + b"1" * 5_000_000, 413),
            # Nobody needs a name for this one, and the largest form takes half a second to read.
            ("application/x-www-form-urlencoded", b"a=" + b"%41" * 25_000, 413),
        ],
    )
    def test_malformed(self, stranger: Browser, kind: str, body: bytes, status: int) -> None:
        answer = stranger.post("/login", content=body, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")


def test_a_large_form_is_read_where_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on the event loop, which answers everybody."""
    readers = set[int]()

    def parse_qsl(text: str, **_: object) -> list[tuple[str, str]]:
        readers.add(get_ident())
        return [("a", text)]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"x", "more_body": False}

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    request = Request({"type": "http", "method": "POST", "headers": [kind]}, receive)
    monkeypatch.setattr(forms, "parse_qsl", parse_qsl)
    assert anyio.run(forms._urlencoded, request, 10).fields == [("a", "x")]
    assert readers
    assert get_ident() not in readers


class TestWhereItLeads:
    def test_back_to_the_page(self, stranger: Browser) -> None:
        asked = stranger.get("/settings/profile?a=b c")
        assert asked.status_code == 303
        login = asked.headers["location"]
        assert login.startswith("/login?next=%2Fsettings%2Fprofile")
        answer = stranger.submit(login, "/login", name="alice", password=PASSWORD)
        assert answer.headers["location"].startswith("/settings/profile?a=")

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "/x\r\nSet-Cookie: a=b",
            "evil",
            "/" * 1000,
        ],
    )
    def test_nowhere_else(self, stranger: Browser, target: str) -> None:
        answer = stranger.submit("/login", name="alice", password=PASSWORD, next=target)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert stranger.get("/login", params={"next": target}).headers["location"] == "/"


class TestKept:
    def test_by_nobody(self, alice_browser: Browser, stranger: Browser) -> None:
        answer = alice_browser.get("/")
        assert answer.headers["cache-control"] == "private, no-store"
        for seen in (answer, stranger.get("/"), stranger.get("/pulse/metrics")):
            assert "Cookie" in seen.headers["vary"]
        assert "set-cookie" not in answer.headers
        assert "set-cookie" not in stranger.get("/").headers

    def test_private_pages_are_seen_by_their_owner(
        self, people: LiveHub, alice_browser: Browser, charlie_browser: Browser
    ) -> None:
        with people.client("alice") as client:
            repo = new_repo(client, private=True)
        assert alice_browser.get(f"/{repo}").status_code == 200
        seen, missing = (charlie_browser.get(f"/{name}") for name in (repo, "alice/nothing"))
        assert seen.status_code == missing.status_code == 404

    def test_only_a_hash_is_stored(self, people: LiveHub, alice_browser: Browser) -> None:
        stored = (people.data / "hearthub.db").read_bytes()
        assert alice_browser.cookies[SESSION].encode() not in stored


class TestTheApi:
    """Pages of other sites can make a browser send its cookies: the API does not look at them."""

    def test_ignores_cookies(self, people: LiveHub, alice_browser: Browser) -> None:
        with people.client("alice") as client:
            repo = new_repo(client, private=True)
        for path in ("/api/whoami-v2", f"/api/models/{repo}", f"/{repo}/resolve/main/README.md"):
            assert alice_browser.get(path).status_code == 401, path
        name = unique("made")
        asked = alice_browser.post("/api/repos/create", json={"name": name})
        assert asked.status_code == 401
        assert alice_browser.get(f"/alice/{name}").status_code == 404
        batch = alice_browser.post(f"/{repo}.git/info/lfs/objects/batch", json={})
        assert batch.status_code in (400, 401)
        assert (
            alice_browser.get(f"/{repo}.git/info/refs?service=git-upload-pack").status_code == 401
        )

    def test_pages_ignore_tokens(self, people: LiveHub) -> None:
        with people.client("alice") as client:
            repo = new_repo(client, private=True)
            assert client.get(f"/{repo}").status_code == 404
            assert client.get("/settings/tokens").status_code == 303


class TestSignUp:
    def test_works(self, stranger: Browser) -> None:
        name = unique("newcomer")
        answer = stranger.submit("/signup", name=name, password="long enough", fullname="A <b>")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/{name}")
        assert greeted(stranger) == name
        assert stranger.get("/signup").headers["location"] == "/"

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": "alice"},
            {"name": "ACME"},
            {"name": "settings"},
            {"name": "new-dataset"},
            {"name": "../x"},
            {"name": "<script>"},
            {"name": ""},
            {"password": "short"},
            {"email": "nonsense"},
            {"fullname": "x" * 300},
        ],
    )
    def test_refused(self, stranger: Browser, fields: dict[str, str]) -> None:
        typed = {"name": unique("refused"), "password": "long enough", "fullname": "", "email": ""}
        answer = stranger.submit("/signup", **(typed | fields))
        assert answer.status_code in (400, 409)
        assert 'role="alert"' in answer.text
        assert "<script" not in answer.text
        assert greeted(stranger) is None

    def test_no_administrator_is_made(self, stranger: Browser) -> None:
        name = unique("climber")
        stranger.submit("/signup", name=name, password="long enough", admin="1", is_admin="1")
        assert stranger.get("/admin").status_code == 404


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """The default: nobody signs up. Its public URL is https, and few passwords are tried."""
    with live_hub(
        tmp_path_factory.mktemp("closed"), public_url="https://hub.example", rate_logins=4
    ) as hub:
        give_passwords(hub.data, "alice", "bob")
        yield hub


class TestClosedHub:
    def test_nobody_signs_up(self, closed: LiveHub) -> None:
        with Browser(closed) as browser:
            assert browser.get("/signup").status_code == 404
            hidden = browser.hidden("/login", "/login")
            cookie = "__Host-hearthub_form=" + form_cookie(browser)
            form = hidden | {"name": "zoe", "password": PASSWORD}
            answer = browser.post("/signup", data=form, headers={"Cookie": cookie})
            assert answer.status_code in (403, 404)
            assert browser.get("/api/users/zoe/overview").status_code == 404

    def test_cookies_are_for_https_alone(self, closed: LiveHub) -> None:
        with Browser(closed) as browser:
            cookie = browser.get("/login").headers["set-cookie"]
        assert cookie.startswith("__Host-hearthub_form=")
        assert {"Secure", "Path=/", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    def test_origin_is_the_public_url(self, closed: LiveHub) -> None:
        for origin, status in (
            ("https://hub.example", 303),
            ("https://evil.example", 403),
            ("http://hub.example", 403),
        ):
            with Browser(closed) as browser:
                answer = enter(browser, "bob", PASSWORD, origin=origin, host="hub.example")
            assert answer.status_code == status, origin
            if status == 303:
                cookie = next(it for it in answer.headers.get_list("set-cookie") if SESSION in it)
                assert cookie.startswith("__Host-hearthub_session=")
                assert "; Secure" in cookie

    def test_passwords_are_not_guessed_for_long(self, closed: LiveHub) -> None:
        """By address: others go on, and so does who is logged in."""
        with Browser(closed) as browser:
            for _ in range(4):
                assert enter(browser, "alice", "wrong", ip="203.0.113.7").status_code == 401
            stopped = enter(browser, "alice", PASSWORD, ip="203.0.113.7")
            assert stopped.status_code == 429
            assert "wrong passwords" in stopped.text
            assert enter(browser, "bob", PASSWORD, ip="203.0.113.7").status_code == 429
            for _ in range(6):  # right ones do not count
                assert enter(browser, "alice", PASSWORD, ip="203.0.113.8").status_code == 303

    def test_nor_from_many_addresses(self, closed: LiveHub) -> None:
        with Browser(closed) as browser:
            answers = [
                enter(browser, "bob", "wrong", ip=f"198.51.100.{number}").status_code
                for number in range(22)
            ]
            assert answers == [401] * 20 + [429] * 2
            assert enter(browser, "alice", PASSWORD, ip="198.51.100.99").status_code == 303


def form_cookie(browser: Browser) -> str:
    """No cookie jar keeps a Secure cookie that came by http."""
    found = re.search("hearthub_form=([^;]+)", browser.get("/login").headers["set-cookie"])
    assert found
    return found[1]


def enter(
    browser: Browser,
    name: str,
    password: str,
    *,
    origin: str = "https://hub.example",
    host: str = "hub.example",
    ip: str = "192.0.2.1",
) -> httpx.Response:
    """As a proxy that speaks TLS would hand it on."""
    page = browser.get("/login")
    cookie = re.search(r"__Host-hearthub_form=[^;]+", page.headers["set-cookie"])
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert cookie
    assert token
    headers = {"Cookie": cookie[0], "Origin": origin, "Host": host, "X-Forwarded-For": ip}
    form = {"csrf": token[1], "name": name, "password": password, "next": "/"}
    return browser.post("/login", data=form, headers=headers)


def test_idle_sessions_end(people: LiveHub) -> None:
    with logged_in(people, "charlie") as browser:
        assert greeted(browser) == "charlie"
        age(people.data, browser.cookies[SESSION], "expires = 1")
        assert greeted(browser) is None
        form = {"csrf": "x"}
        assert browser.post("/logout", data=form).status_code == 403


def age(data: Path, token: str, change: str) -> None:
    import hashlib

    with sqlite3.connect(data / "hearthub.db", timeout=30) as database:
        done = database.execute(
            f"update session set {change} where hash = ?",
            (hashlib.sha256(token.encode()).hexdigest(),),
        )
        assert done.rowcount == 1


def test_disabled_users_are_logged_out(people: LiveHub, stranger: Browser) -> None:
    name = unique("leaver")
    stranger.submit("/signup", name=name, password="long enough")
    assert greeted(stranger) == name
    with sqlite3.connect(people.data / "hearthub.db", timeout=30) as database:
        database.execute("update account set disabled = 1 where name = ?", (name,))
    assert greeted(stranger) is None
    assert stranger.log_in(name, "long enough").status_code == 401


def test_sign_ups_of_others_do_not_count(tmp_path: Path) -> None:
    """One count for everybody who signs up was used up by anybody."""
    limits = {"rate_logins": 1, "trusted_proxies": "127.0.0.1"}
    with live_hub(tmp_path, sign_up="open", **limits) as hub:
        for number in range(8):
            with Browser(hub) as browser:
                browser.headers["X-Forwarded-For"] = f"192.0.2.{number}"
                sent = {"name": unique("n"), "password": "long enough"}
                assert browser.submit("/signup", **sent).status_code == 303
        with Browser(hub) as browser:
            browser.headers["X-Forwarded-For"] = "192.0.2.0"
            assert browser.submit("/signup", **sent).status_code == 429
