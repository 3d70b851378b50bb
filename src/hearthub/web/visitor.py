"""Who looks at a page, by a cookie; and the secret that the page's forms are known by.

    hearthub_session   of whoever is logged in: a session's token (accounts/sessions.py)
    hearthub_form      of everybody else, from the first form they see: makes a log-in ours

Where the public URL is https both are `Secure` and called `__Host-...`, which no other host of
the same domain can set.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from markupsafe import Markup
from starlette.requests import Request

from hearthub.accounts import ANONYMOUS, Actor, Session
from hearthub.errors import LoginRequired
from hearthub.http.urls import hub_of

SESSION, FORM = "hearthub_session", "hearthub_form"
LASTS_S = 90 * 86_400  # no longer than any session; the hub ends it earlier
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_LENGTH = 32  # bytes of a form's token, and of its mask


@dataclass
class Visit:
    """One request by one visitor. `cookies` are Set-Cookie headers of the answer."""

    actor: Actor = ANONYMOUS
    session: Session | None = None
    secret: str | None = None
    is_secure: bool = False
    cookies: list[str] = field(default_factory=list)

    def form_secret(self) -> str:
        """What tokens of forms are made from; a new one comes with a cookie."""
        if self.secret is None:
            self.secret = secrets.token_urlsafe(32)
            self.set_cookie(FORM, self.secret)
        return self.secret

    def set_cookie(self, name: str, value: str, lasts_s: int | None = None) -> None:
        """With an empty value it is taken back; without `lasts_s` it ends with the browser."""
        full, secure = (f"__Host-{name}", "; Secure") if self.is_secure else (name, "")
        age = "" if lasts_s is None else f"; Max-Age={lasts_s}"
        self.cookies.append(f"{full}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")

    def log_in(self, token: str) -> None:
        """The answer's cookie is that of a session just opened."""
        self.set_cookie(SESSION, token, LASTS_S)
        self.set_cookie(FORM, "", 0)

    def log_out(self) -> None:
        self.set_cookie(SESSION, "", 0)


_current: ContextVar[Visit | None] = ContextVar("visit", default=None)


def visitor(request: Request) -> Actor:
    """The one place that pages learn it from; the API's tokens say nothing here."""
    return visit_of(request).actor


def member(request: Request) -> Actor:
    """The visitor, who is logged in; LoginRequired, which asks them to log in."""
    actor = visitor(request)
    if actor.user_id is None:
        raise LoginRequired("Log in first: you were not logged in, or not any more")
    return actor


def visit_of(request: Request) -> Visit:
    """Looked up once in a request."""
    found: Visit | None = request.scope.get("hearthub.visit")
    if found is None:
        found = request.scope["hearthub.visit"] = _read(request)
    return found


def cookie_of(request: Request, name: str) -> str:
    """The value of one of our cookies as the browser sent it, or an empty text."""
    return request.cookies.get(f"__Host-{name}" if _is_secure(request) else name, "")


def _read(request: Request) -> Visit:
    is_secure = _is_secure(request)
    token = cookie_of(request, SESSION)
    if token and (found := hub_of(request).accounts.by_session(token)):
        actor, session = found
        return Visit(actor, session, token, is_secure)
    secret = cookie_of(request, FORM)
    return Visit(secret=secret if _SECRET.fullmatch(secret) else None, is_secure=is_secure)


def _is_secure(request: Request) -> bool:
    return (hub_of(request).settings.public_url or "").startswith("https://")


@contextmanager
def see_visit(seen: Visit) -> Iterator[None]:
    """Pages made in the block are for this visitor."""
    before = _current.set(seen)
    try:
        yield
    finally:
        _current.reset(before)


def visit() -> Visit:
    """Of the page that is being made."""
    return _current.get() or Visit()


def csrf_token() -> str:
    """Another text for each page, because pages are compressed (breachattack.com)."""
    mask = secrets.token_bytes(_LENGTH)
    return base64.urlsafe_b64encode(mask + _xor(mask, _digest(visit().form_secret()))).decode()


def csrf_field() -> Markup:
    """For templates: the hidden field that each form has."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf_token())


def is_csrf_token(secret: str | None, text: str) -> bool:
    """Whether a page made this for the visitor with that secret."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii"))
    except (binascii.Error, ValueError):
        return False
    if secret is None or len(raw) != 2 * _LENGTH:
        return False
    return hmac.compare_digest(_xor(raw[:_LENGTH], raw[_LENGTH:]), _digest(secret))


def _digest(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"forms", hashlib.sha256)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
