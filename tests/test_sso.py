"""What a provider of single sign-on may tell us, and in what shapes: none of it breaks more than
the sign-in."""

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from hearthub import sso
from hearthub.errors import Forbidden, HearthubError, Unavailable, UpstreamFailed
from hearthub.settings import Settings
from web.provider import CLIENT, SECRET, OddAnswer, Provider, running_provider

BACK = "http://127.0.0.1:7979/login/sso/callback"
JSON = {"Content-Type": "application/json"}
PATHS = ["/.well-known/openid-configuration", "/token", "/keys", "/userinfo"]


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as found:
        yield found


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.honest()
    running.person = {"sub": "of dana", "preferred_username": "dana", "email": "dana@acme.example"}
    running.told = {"sub": "of dana"}
    return running


@pytest.fixture
def ours(provider: Provider) -> sso.Provider:
    return trusting(provider.url)


def trusting(issuer: str) -> sso.Provider:
    return sso.Provider(
        Settings(
            data=Path("/nowhere"),
            oidc_issuer=issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
        )
    )


def signed_in(ours: sso.Provider) -> sso.Person:
    url, asked = ours.ask(BACK)
    with httpx.Client(verify=False) as browser:
        back = browser.get(url).headers["location"]
    return ours.answer(asked, urlsplit(back).query, BACK)


def test_it_works(ours: sso.Provider) -> None:
    assert signed_in(ours).subject == "of dana"


NUMBER = float("nan")


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": ["https://id.example"]}, {"iss": 7}, {"iss": ""}, {"iss": None},
        {"aud": {CLIENT: 1}}, {"aud": [[CLIENT]]}, {"aud": f"{CLIENT} "}, {"aud": CLIENT.upper()},
        {"aud": []}, {"aud": ""}, {"aud": True}, {"aud": [CLIENT], "azp": "another"},
        {"exp": "9999999999"}, {"exp": True}, {"exp": [9999999999]}, {"exp": NUMBER},
        {"exp": float("inf")}, {"exp": -(10**40)}, {"exp": 0},
        {"iat": None}, {"iat": "now"}, {"iat": NUMBER}, {"iat": 10**40},
        {"nbf": 9_000_000_000}, {"nbf": "now"},
        {"sub": ["of dana"]}, {"sub": {"a": 1}}, {"sub": True}, {"sub": 1.5},
        {"nonce": True}, {"nonce": []}, {"nonce": ""}, {"nonce": 0}, {"nonce": "é"},
        {"azp": ["hearthub"]}, {"azp": "another"}, {"at_hash": ["x"]}, {"at_hash": "é"},
    ],
    ids=str,
)  # fmt: skip
def test_claims_that_prove_nothing(
    ours: sso.Provider, provider: Provider, lie: dict[str, Any]
) -> None:
    provider.lie = lie
    with pytest.raises((Forbidden, UpstreamFailed)):
        signed_in(ours)


@pytest.mark.parametrize("word", [["alice"], {"a": "alice"}, 7, True, "a" * 20_000, "\ud800", "\0"],
                         ids=lambda it: repr(it)[:20])  # fmt: skip
def test_claims_of_other_types(ours: sso.Provider, provider: Provider, word: Any) -> None:
    provider.odd_header = {"typ": "JWT"}
    provider.lie = {"preferred_username": word, "name": word, "email": word, "email_verified": word}
    found = signed_in(ours)
    assert found.subject == "of dana"
    assert isinstance(found.name, str)
    assert isinstance(found.fullname, str)
    assert found.email is None or isinstance(found.email, str)
    assert found.is_email_verified is (word is True)


@pytest.mark.parametrize(
    ("signed", "told"),
    [
        ({"email": "dana@acme.example"}, {"email": "dana@evil.example", "email_verified": True}),
        ({"email": "dana@acme.example"}, {"email_verified": True}),
        ({"email_verified": True}, {"email": "dana@acme.example"}),
    ],
)
def test_an_address_is_verified_where_it_is_told(
    ours: sso.Provider, provider: Provider, signed: dict[str, Any], told: dict[str, Any]
) -> None:
    provider.person = {"sub": "of dana", **signed}
    provider.told = {"sub": "of dana", **told}
    found = signed_in(ours)
    assert (found.email == "dana@acme.example") is not found.is_email_verified


@pytest.mark.parametrize("header", [
    {"kid": ["one"]}, {"kid": {"a": 1}}, {"kid": 7}, {"kid": "two"}, {"crit": ["x"], "x": 1},
    {"crit": ["b64"], "b64": False}, {"b64": False}, {"alg": "none"}, {"alg": None},
    {"alg": ["RS256"]},
    {"alg": "RS512"}, {"alg": "EdDSA"}, {"alg": "HS256"}, {"alg": "dir", "enc": "A128GCM"},
], ids=str)  # fmt: skip
def test_headers(ours: sso.Provider, provider: Provider, header: dict[str, Any]) -> None:
    provider.odd_header = header
    with pytest.raises((Forbidden, UpstreamFailed)):
        signed_in(ours)


def test_a_key_that_the_token_brings_along(ours: sso.Provider, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    mine = provider.key.as_dict(private=False)
    for header in ({"jwk": mine}, {"jku": f"{provider.url}/mine"}, {"x5u": provider.url}):
        provider.odd_header = header
        with pytest.raises((Forbidden, UpstreamFailed)):
            signed_in(ours)
    assert "/mine" not in provider.asked


NESTED = b"[" * 200_000
BODIES = [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", NESTED, b'{"keys": 7}',
          b'{"keys": [[]]}',
          b'{"sub": null}', b'{"access_token": [], "id_token": {}}', b'{"id_token": ' + NESTED,
          b'{"expires_in": "x", "access_token": "a", "token_type": "bearer", "id_token": "a.b.c"}',
          b'{"error": ["x"]}', b'{"keys": ' + b"9" * 10_000 + b"}"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES, ids=lambda it: repr(it[:30]))
def test_answers(ours: sso.Provider, provider: Provider, path: str, body: bytes) -> None:
    provider.person = {"sub": "of dana"}  # so that it is asked for the rest
    provider.odd_answers[path] = OddAnswer([body])
    with pytest.raises((Forbidden, UpstreamFailed)):
        signed_in(ours)


def test_a_token_that_is_nested(ours: sso.Provider, provider: Provider) -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    provider.lie = {"nonce": deep}
    with pytest.raises((Forbidden, UpstreamFailed)):
        signed_in(ours)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_followed_elsewhere(
    ours: sso.Provider, provider: Provider, path: str, status: int
) -> None:
    """The client's secret would go along."""
    provider.person = {"sub": "of dana"}
    headers = {"Location": f"{provider.url}/elsewhere"}
    provider.odd_answers[path] = OddAnswer(status=status, headers=headers)
    with pytest.raises((Forbidden, UpstreamFailed)):
        signed_in(ours)
    assert "/elsewhere" not in provider.asked


@pytest.mark.parametrize("path", PATHS)
def test_huge_answers(ours: sso.Provider, provider: Provider, path: str) -> None:
    provider.person = {"sub": "of dana"}
    provider.odd_answers[path] = OddAnswer([b"x" * 100_000] * 1000)
    with pytest.raises(UpstreamFailed):
        signed_in(ours)


@pytest.mark.parametrize("path", PATHS)
def test_answers_that_are_huge_once_unpacked(
    ours: sso.Provider, provider: Provider, path: str
) -> None:
    provider.person = {"sub": "of dana"}
    packed = gzip.compress(b" " * 50_000_000)
    headers = {**JSON, "Content-Encoding": "gzip", "Content-Length": str(len(packed))}
    provider.odd_answers[path] = OddAnswer([packed], headers=headers)
    with pytest.raises(UpstreamFailed):
        signed_in(ours)


@pytest.mark.parametrize("path", PATHS)
def test_answers_that_never_end(
    ours: sso.Provider, provider: Provider, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time."""
    monkeypatch.setattr(sso, "WHOLE_S", 1)
    provider.person = {"sub": "of dana"}
    provider.odd_answers[path] = OddAnswer(Slowly(100, 0.1))
    began = time.monotonic()
    with pytest.raises(UpstreamFailed):
        signed_in(ours)
    assert time.monotonic() - began < 5


@dataclass
class Slowly:
    """As much of nothing, with so many seconds before each."""

    parts: int
    seconds: float

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.parts):
            time.sleep(self.seconds)
            yield b" "


class TestEndpoints:
    @pytest.mark.parametrize("address", [
        None, 7, [], "", "/authorize", "javascript:alert(1)", "http://id.example/a", "ftp://x/",
        "https://", "https:///a", "https://id.example/\r\nSet-Cookie: a=b", "https://id.example/\ta",
        "https://id.example/é", "https://id.example/\u202e", "https://id.example\\@evil.example/",
        "https://[::1", "https://id.example:99999/", "file:///etc/passwd", "https://a b/",
        "https://user:password@id.example/", "https://id.example/#there",
    ], ids=ascii)  # fmt: skip
    @pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
    def test_odd(self, ours: sso.Provider, provider: Provider, name: str, address: Any) -> None:
        provider.published_lie = {name: address}
        with pytest.raises(UpstreamFailed):
            signed_in(ours)

    @pytest.mark.parametrize(
        "address", ["http://127.0.0.1:6379/", "http://localhost/", "http://[::1]/"]
    )
    def test_one_elsewhere_does_not_send_us_to_this_machine(self, address: str) -> None:
        assert not sso.is_endpoint("https://id.example", address)
        assert sso.is_endpoint("http://localhost:8080", address)

    def test_another_issuer(self, provider: Provider) -> None:
        """A document of one tenant does not speak for another."""
        for issuer in (f"{provider.url}/", f"{provider.url}/realms/acme", "https://evil.example"):
            provider.published_lie = {"issuer": issuer}
            with pytest.raises(UpstreamFailed, match="to the letter"):
                trusting(provider.url).ask(BACK)


class TestHanging:
    def test_those_who_wait_are_few_and_do_not_queue(
        self, ours: sso.Provider, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who waits for what the provider publishes must not wait for all before them in turn."""
        monkeypatch.setattr(sso, "TIMEOUT_S", 1)
        provider.odd_answers[PATHS[0]] = OddAnswer(Slowly(1, 3))
        told: list[tuple[HearthubError, float]] = []

        def sign_in() -> None:
            began = time.monotonic()
            try:
                ours.ask(BACK)
            except HearthubError as error:
                told.append((error, time.monotonic() - began))

        threads = [threading.Thread(target=sign_in) for _ in range(20)]
        for it in threads:
            it.start()
        for it in threads:
            it.join()
        assert len(told) == len(threads)
        assert sum(isinstance(error, Unavailable) for error, _ in told) >= 10
        assert max(taken for _, taken in told) < 3

    def test_there_is_room_again_afterwards(self, ours: sso.Provider, provider: Provider) -> None:
        provider.is_down = True
        for _ in range(2 * sso.AT_ONCE):
            with pytest.raises(UpstreamFailed):
                ours.ask(BACK)
        provider.is_down = False
        assert signed_in(ours)


@pytest.mark.parametrize("query", [
    "", "state=", "state=x", "code=x", "state=%ff", "state=%00", "state=x&state=y", "&&&", "=",
    "state[]=x", "%", "a=b;state=x",
])  # fmt: skip
def test_queries_that_answer_nothing(ours: sso.Provider, query: str) -> None:
    _, asked = ours.ask(BACK)
    with pytest.raises(Forbidden):
        ours.answer(asked, query, BACK)


def test_a_state_twice(ours: sso.Provider) -> None:
    _, asked = ours.ask(BACK)
    with pytest.raises(Forbidden, match="begun elsewhere"):
        ours.answer(asked, f"state=x&code=y&state={asked.state}", BACK)


@pytest.mark.parametrize("blank", ["state", "nonce", "verifier"])
def test_nothing_asked_is_no_answer(ours: sso.Provider, provider: Provider, blank: str) -> None:
    """Without a nonce the code of somebody else would do, where the provider knows no PKCE."""
    provider.ignores_pkce = True
    url, asked = ours.ask(BACK)
    with httpx.Client(verify=False) as browser:
        back = urlsplit(browser.get(url).headers["location"]).query
    words = {"state": asked.state, "nonce": asked.nonce, "verifier": asked.verifier, blank: ""}
    if blank == "state":
        back = back.replace(asked.state, "")
    with pytest.raises(Forbidden):
        ours.answer(sso.Asked(**words), back, BACK)
