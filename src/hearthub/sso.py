"""Single sign-on: who somebody is, as an OpenID Connect provider tells it (Core 1.0, section 3.1).

    ask()     where the browser goes, and what it keeps meanwhile
    answer()  what the provider tells of whoever comes back with a code

The protocol is Authlib's: a code, PKCE, and an ID token signed with a key that the provider
publishes. Authlib is imported when somebody signs in: the server starts without it.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hmac import compare_digest
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hearthub.errors import Forbidden, Unavailable, UpstreamFailed
from hearthub.settings import LOOPBACK, Settings, is_safe_address

log = logging.getLogger(__name__)

TIMEOUT_S = 10
"""How long it may be silent."""
WHOLE_S = 20
"""How long the body of one answer may take."""
SKEW_S = 60
FRESH_S = 3600
"""How long what the provider publishes of itself is believed."""
KEYS_S = 60
"""How soon its keys are asked for again when one is not among them."""
AT_ONCE = 6
"""Who waits for a provider that hangs keeps a thread; so many, and pages go on."""
MAX_ANSWER = 2**20  # bytes
MAX_SUBJECT = 255  # characters, by the standard
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA", "Ed25519")  # fmt: skip
"""Of signatures; none of them takes a secret, or nothing, for a key."""
_ODD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What comes of an answer in another shape than the standard's."""


@dataclass(frozen=True)
class Asked:
    """What the browser keeps while it is at the provider; each is new for each sign-in."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Somebody as the provider knows them. Only `issuer` and `subject` say who it is: the rest
    is what they are called, and may be anything."""

    issuer: str
    subject: str
    name: str
    fullname: str
    email: str | None
    is_email_verified: bool


@dataclass
class _Published:
    """What the provider says of itself, and its keys; `time.monotonic` of when."""

    metadata: dict[str, Any]
    at: float
    keys: Any = None
    keys_at: float = field(default=-KEYS_S)


class Provider:
    """The one that `HEARTHUB_OIDC_ISSUER` names."""

    def __init__(self, settings: Settings) -> None:
        if not (settings.oidc_issuer and settings.oidc_client_id):
            raise ValueError("a provider has an issuer and a client id")
        self.issuer, self.name = settings.oidc_issuer, settings.oidc_name
        self._id, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self._published: _Published | None = None
        self._room = BoundedSemaphore(AT_ONCE)

    def ask(self, redirect_uri: str) -> tuple[str, Asked]:
        """Where to send a browser that shall come back to `redirect_uri`; UpstreamFailed."""
        from authlib.common.security import generate_token

        asked = Asked(generate_token(43), generate_token(43), generate_token(64))
        with self._asking() as client:
            endpoint = self._endpoint(client, "authorization_endpoint")
            url, _ = client.create_authorization_url(
                endpoint,
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
                redirect_uri=redirect_uri,
            )
        return url, asked

    def answer(self, asked: Asked, query: str, redirect_uri: str) -> Person:
        """Who came back with this query. Forbidden when it is no answer to what was asked, or the
        provider refused; UpstreamFailed when what it tells cannot be believed."""
        if not (asked.state and asked.nonce and asked.verifier):
            raise Forbidden("Nothing was asked: begin again")
        # What is there twice is as good as not there (RFC 6749, section 3.1).
        words = {name: them[0] for name, them in parse_qs(query).items() if len(them) == 1}
        if not compare_digest(words.get("state", "").encode(), asked.state.encode()):
            raise Forbidden("This sign-in was begun elsewhere, or too long ago: begin again")
        if words.get("iss", self.issuer) != self.issuer:  # RFC 9207
            raise Forbidden("This answer is of another provider: begin again")
        if "code" not in words:
            raise Forbidden(f"{self.name} did not sign you in: {_said(words)}")
        with self._asking() as client:
            token = client.fetch_token(
                self._endpoint(client, "token_endpoint"),
                code=words["code"],
                code_verifier=asked.verifier,
                redirect_uri=redirect_uri,
            )
            claims = self._claims(client, token, asked.nonce)
            told = self._told(client, claims)
        subject = str(claims["sub"])
        if not (0 < len(subject) <= MAX_SUBJECT and subject.isascii() and subject.isprintable()):
            raise UpstreamFailed(f"{self.name} tells no usable subject")
        email = told.get("email")
        return Person(
            issuer=self.issuer,
            subject=subject,
            name=str(told.get("preferred_username") or told.get("nickname") or email or ""),
            fullname=str(told.get("name") or ""),
            email=email if isinstance(email, str) else None,
            is_email_verified=told.get("email_verified") is True,
        )

    def _claims(self, client: Any, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Of the ID token, checked as section 3.1.3.7 has it."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt

        signed = jwt.decode(
            str(token.get("id_token", "")),
            lambda guest: self._key(client, guest.headers()),
            algorithms=list(ALGORITHMS),
        )
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {"iss": {"essential": True, "value": self.issuer},
             "aud": {"essential": True, "value": self._id}},
            {"nonce": nonce, "client_id": self._id, "access_token": token.get("access_token")},
        )  # fmt: skip
        claims.validate(leeway=SKEW_S)
        return dict(claims)

    def _key(self, client: Any, header: Mapping[str, Any]) -> Any:
        """The provider's key that this header names; keys may be new since we asked."""
        published = self._known(client)
        known = None if published.keys is None else _chosen(published.keys, header)
        if known is None and time.monotonic() - published.keys_at > KEYS_S:
            address = self._endpoint(client, "jwks_uri")
            published.keys = _key_set(_json(client.request("GET", address, withhold_token=True)))
            published.keys_at = time.monotonic()
            known = _chosen(published.keys, header)
        if known is None:
            raise UpstreamFailed(f"{self.name} signed with a key that it does not publish")
        return known

    def _told(self, client: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """What a person is called: from the ID token, else as the provider tells it when asked."""
        address = self._known(client).metadata.get("userinfo_endpoint")
        if ("email" in claims and "preferred_username" in claims) or not address:
            return claims
        more = _json(client.get(self._endpoint(client, "userinfo_endpoint")))
        if more.get("sub") != claims["sub"]:  # section 5.3.2
            raise UpstreamFailed(f"{self.name} tells of somebody else than it signed in")
        words = {**more, **claims}
        # Of two addresses one may be verified and the other anybody's.
        both = [it for it in (claims, more) if it.get("email") == words.get("email")]
        verified = [it["email_verified"] for it in both if "email_verified" in it]
        return {**words, "email_verified": verified[0] if verified else None}

    def _endpoint(self, client: Any, name: str) -> str:
        address = self._known(client).metadata.get(name)
        if not (isinstance(address, str) and is_endpoint(self.issuer, address)):
            raise UpstreamFailed(f"{self.name} publishes no usable {name}")
        return address

    def _known(self, client: Any) -> _Published:
        """What it publishes (OpenID Connect Discovery 1.0, section 4).

        No lock: whoever waits for a provider that hangs would wait for all before them, in turn.
        """
        known = self._published
        if known is None or time.monotonic() - known.at > FRESH_S:
            address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = _json(client.request("GET", address, withhold_token=True))
            if metadata.get("issuer") != self.issuer:
                raise UpstreamFailed(
                    f"{address} is about the issuer {_plain(str(metadata.get('issuer')))!r}: "
                    "HEARTHUB_OIDC_ISSUER must be the same to the letter"
                )
            known = self._published = _Published(metadata, time.monotonic())
        return known

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """A client of the provider; what goes wrong there is UpstreamFailed."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.httpx_client import OAuth2Client
        from httpx2 import HTTPError
        from joserfc.errors import JoseError

        if not self._room.acquire(blocking=False):
            raise Unavailable("Too many people sign in just now: try again soon", retry_s=5)
        try:
            with OAuth2Client(
                self._id,
                self._secret,
                # The standard's own, which each provider must know.
                token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
                scope="openid profile email",
                code_challenge_method="S256",
                timeout=TIMEOUT_S,
                follow_redirects=False,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [_read_bounded]},
            ) as client:
                yield client
        except (AuthlibBaseError, JoseError) as error:
            raise Forbidden(f"{self.name} did not sign you in: {_plain(str(error))}") from None
        except (HTTPError, *_ODD) as error:
            log.warning("%s was asked in vain", self.issuer, exc_info=True)
            reason = _plain(f"{type(error).__name__}: {error}")
            raise UpstreamFailed(f"{self.name} cannot be asked just now ({reason})") from None
        finally:
            self._room.release()


def is_endpoint(issuer: str, address: str) -> bool:
    """Whether a provider may send us, and browsers, there: with a secret, and no further than it
    is away itself: what listens on this machine alone is no business of one that is elsewhere."""
    try:
        there, its = urlsplit(address), urlsplit(issuer)
        there.port  # noqa: B018  # which may be none
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and not set(address) & set(' \\"<>#')
    if not is_plain or "@" in there.netloc or not is_safe_address(address):
        return False
    return there.hostname not in LOOPBACK or its.hostname in LOOPBACK


def require_open_to(person: Person, sign_up: str) -> None:
    """Whether somebody without an account gets one: `HEARTHUB_OIDC_SIGN_UP`. Forbidden."""
    if sign_up == "open":
        return
    domains = {it.strip() for it in sign_up.lower().split(",")} - {"", "off"}
    name, _, host = (person.email or "").lower().rpartition("@")
    if name and person.is_email_verified and host in domains:
        return
    raise Forbidden(
        "You have no account here yet. Ask an administrator for one, log in with its password, and "
        "connect this sign-in in your settings."
    )


def _chosen(keys: Any, header: Mapping[str, Any]) -> Any:
    """By the name of the key; without one, the only key of that kind."""
    fitting = [key for key in keys.keys if key.key_type in ("RSA", "EC", "OKP")]
    if kid := header.get("kid"):
        fitting = [key for key in fitting if key.kid == kid]
    return fitting[0] if len(fitting) == 1 else None


def _key_set(published: dict[str, Any]) -> Any:
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet, import_key

    usable = []
    for it in published["keys"]:
        try:
            if it.get("use", "sig") == "sig":
                usable.append(import_key(it))
        except (JoseError, *_ODD):
            log.info("a key that the provider publishes is of no known kind")
    return KeySet(usable)


def _json(answer: Any) -> dict[str, Any]:
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("an answer that is no object")
    return found


def _read_bounded(answer: Any) -> None:
    """Before anybody reads it whole. HTTP's client decodes afterwards what it is told here."""
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise UpstreamFailed("The provider packs its answers, which nobody asked it to")
    began, seen, parts = time.monotonic(), 0, []
    for part in answer.iter_bytes():
        seen += len(part)
        if seen > MAX_ANSWER:
            raise UpstreamFailed(f"The provider answers with more than {MAX_ANSWER} bytes")
        if time.monotonic() - began > WHOLE_S:
            raise UpstreamFailed(f"The provider takes more than {WHOLE_S} seconds for an answer")
        parts.append(part)
    answer._content = b"".join(parts)


def _said(words: Mapping[str, str]) -> str:
    return _plain(words.get("error_description") or words.get("error") or "it sent no code")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:200]
