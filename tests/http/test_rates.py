"""How many requests a caller may send, and who a caller is."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Scope

from calls import commit, new_repo, put
from hearthub.errors import TooManyRequests
from hearthub.http import rates
from hearthub.http.callers import address_reader, block_of
from hearthub.http.rates import Rates, kind_of
from hearthub.settings import Settings
from live import LiveHub, live_hub

WINDOW_S = 300


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/models/a/b", "api"),
        ("/api/models/a/b/tree/main/resolve/x", "api"),
        ("/a/b.git/info/lfs/objects/batch", "api"),
        ("/a/b/info/refs", "api"),
        ("/datasets/a/b/git-upload-pack", "api"),
        ("/a/b/git-receive-pack", "api"),
        ("/datasets/a/b/resolve/main/x", "resolve"),
        ("/a/b/raw/main/x", "resolve"),
        ("/v2/a/b/manifests/latest", "resolve"),
        ("/oauth/token", "api"),
        ("/", "pages"),
        ("/alice/repo", "pages"),
        ("/cas/1/v1/shards", None),
        ("/lfs/objects/x", None),
        ("/healthz", None),
        ("/readyz", None),
        ("/mcp", "api"),
        ("/metrics", None),
        ("/static/page.css", None),
    ],
)
def test_kinds(path: str, kind: str | None) -> None:
    assert kind_of(path) == kind


def scope(
    host: str = "127.0.0.1", *forwarded: str, path: str = "/api/models", token: str | None = None
) -> Scope:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return {"client": (host, 1), "headers": headers, "path": path}


@pytest.mark.parametrize(
    ("trusted", "host", "forwarded", "address"),
    [
        ("127.0.0.1,::1", "127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1,::1", "127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", "127.0.0.1", ["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", "127.0.0.1", ["203.0.113.1", "198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1,198.51.100.0/24", "127.0.0.1", ["1.1.1.1, 8.8.8.8, 198.51.100.7"], "8.8.8.8"),
        ("127.0.0.1", "127.0.0.1", ["8.8.8.8, unknown"], "127.0.0.1"),
        ("127.0.0.1", "198.51.100.9", ["8.8.8.8"], "198.51.100.9"),
        ("none", "127.0.0.1", ["8.8.8.8"], "127.0.0.1"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
    ],
)
def test_addresses(trusted: str, host: str, forwarded: list[str], address: str) -> None:
    assert address_reader(trusted)(scope(host, *forwarded)) == address


def test_an_ipv6_caller_is_its_network() -> None:
    assert block_of("2001:db8::1") == block_of("2001:db8::ffff:1") != block_of("2001:db8:0:1::1")
    assert block_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert block_of("testclient") == "testclient"


class Caller:
    """Sends requests to `Rates` as the edge does, at a time we choose."""

    def __init__(self, **limits: int) -> None:
        self.now = 1_000 * WINDOW_S
        self.rates = Rates(Settings(data=Path(), **limits), clock=lambda: self.now)

    def call(
        self, address: str = "192.0.2.1", token: str | None = None, path: str = "/api/models"
    ) -> TooManyRequests | None:
        return self.rates.check(self.scope(address, token, path))

    def login(self, token: str, number: int, address: str = "192.0.2.1") -> None:
        assert self.call(address, token) is None
        self.rates.accept(token, number, self.scope(address, token))

    def scope(self, address: str, token: str | None, path: str = "/api/models") -> Scope:
        made = scope(address, path=path, token=token)
        return {**made, "hearthub.address": address}


def test_a_window_is_used_up_and_comes_again() -> None:
    caller = Caller(rate_api=3, rate_resolve=1)
    assert [bool(caller.call()) for _ in range(5)] == [False] * 3 + [True] * 2
    assert caller.call("192.0.2.2") is None
    assert caller.call(path="/a/b/resolve/main/x") is None
    assert caller.call(path="/") is None, "no limit"
    caller.now += WINDOW_S - 20
    error = caller.call()
    assert error
    assert (error.policy, error.quota, error.retry_s) == ("api", 3, 20)
    assert "3 of one address in 300 seconds. Try again in 20 seconds" in str(error)
    caller.now += 20
    assert caller.call() is None


def test_a_token_has_a_count_of_its_own() -> None:
    caller = Caller(rate_api=3)
    for number, token in enumerate(("one", "two")):
        caller.login(token, number)
        assert [bool(caller.call(token=token)) for _ in range(5)] == [False] * 3 + [True] * 2
    assert caller.call("192.0.2.2", "one"), "wherever it is used"
    assert caller.call() is None


def test_made_up_tokens_buy_nothing() -> None:
    caller = Caller(rate_api=2, rate_wrong_tokens=5)
    tries = [caller.call(token=f"made up {number}") for number in range(8)]
    assert [bool(error) for error in tries] == [False] * 5 + [True] * 3
    assert tries[-1]
    assert tries[-1].policy == "tokens"
    assert caller.call("192.0.2.2", "made up") is None
    assert caller.call() is None, "without a token"
    caller.now += WINDOW_S
    caller.login("good", 1)
    assert all(caller.call(token=f"made up {number}") is None for number in range(5)), (
        "a good token was no wrong one"
    )
    assert caller.call(token="one more")
    assert caller.call(token="good") is None, "it works on beside the guesses"
    caller.rates.reject("good")
    assert caller.call(token="good"), "it was revoked"


def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_COUNTS", 10)
    monkeypatch.setattr(rates, "MAX_TOKENS", 10)
    caller = Caller(rate_api=3)
    for number in range(100):
        caller.call(str(number))
        caller.login(f"token {number}", number, str(number))
    assert len(caller.rates._counts) <= 10
    assert len(caller.rates._tokens) == 10


class TestServed:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
        limits = {"rate_api": 20, "rate_resolve": 5, "rate_pages": 4, "rate_wrong_tokens": 6}
        with live_hub(tmp_path_factory.mktemp("rates"), **limits) as hub:
            yield hub

    def until_refused(self, client: httpx.Client, path: str, most: int, **headers: str) -> int:
        for count in range(most + 1):
            answer = client.get(path, headers=headers)
            if answer.status_code == 429:
                assert answer.json()["error"] == answer.headers["x-error-message"]
                assert re.fullmatch(r'"\w+";r=0;t=\d+', answer.headers["ratelimit"])
                policy = answer.headers["ratelimit-policy"]
                assert re.fullmatch(r'"fixed window";"\w+";q=\d+;w=300', policy)
                assert 1 <= int(answer.headers["retry-after"]) <= 300
                return count
        return -1

    def test_each_kind_has_its_limit(self, server: LiveHub) -> None:
        fresh_window()
        with server.client("alice") as alice:
            repo = new_repo(alice)
            commit(alice, repo, put("a"))
        with server.client() as anyone:
            come = {"X-Forwarded-For": "198.51.100.1"}
            assert self.until_refused(anyone, "/api/models", 20, **come) == 20
            assert self.until_refused(anyone, f"/{repo}/resolve/main/a", 5, **come) == 5
            assert self.until_refused(anyone, "/", 4, **come) == 4
            for path in ("/healthz", "/readyz", "/metrics"):
                assert self.until_refused(anyone, path, 30) == -1
            assert anyone.get("/api/models").status_code == 200
        with server.client("bob") as bob, server.client("charlie") as charlie:
            most = 21  # the first is a try of his address, and given back
            assert self.until_refused(bob, "/api/whoami-v2", most) == most
            assert charlie.get("/api/whoami-v2").status_code == 200

    def test_guesses(self, server: LiveHub) -> None:
        fresh_window()
        come = {"X-Forwarded-For": "198.51.100.2"}
        with server.client(token="hf_wrong") as guesser, server.client("root") as root:
            assert root.get("/api/whoami-v2", headers=come).status_code == 200
            assert self.until_refused(guesser, "/api/whoami-v2", 6, **come) == 6
            assert root.get("/api/whoami-v2", headers=come).status_code == 200

    @pytest.mark.parametrize(
        ("user", "path"),
        [("bob", "/api/models-tags-by-type"), ("charlie", "/api/organizations/acme/members")],
    )
    def test_a_good_token_is_no_guess_wherever_it_is_sent(
        self, server: LiveHub, user: str, path: str
    ) -> None:
        """Also where nobody asks who is asking."""
        fresh_window()
        come = {"X-Forwarded-For": f"198.51.100.{len(user)}"}
        with server.client(token=server.read_tokens[user]) as client:
            assert self.until_refused(client, path, 8, **come) == -1


def fresh_window() -> None:
    """Wait for the next five minutes when these end in the middle of the test."""
    left = WINDOW_S - time.time() % WINDOW_S
    if left < 20:
        time.sleep(left + 0.1)
