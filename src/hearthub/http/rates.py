"""How many requests a token or an address may send in a window of time, by kind.

Kept in memory by the serving process: a count a caller and kind, forgotten when the next window
begins. A token has a count of its own once it was found good; until then its requests are
tries of its address, of which there are few, so that made-up tokens buy nothing.
"""

import time
from collections.abc import Callable

from starlette.types import Scope

from hearthub.errors import InvalidCredentials, TooManyRequests
from hearthub.http.callers import address_of, token_in
from hearthub.settings import Settings

MAX_COUNTS = 200_000
MAX_TOKENS = 50_000
API, RESOLVE, PAGES, TOKENS = "api", "resolve", "pages", "tokens"
LOGINS = "logins"
PER_ACCOUNT = 5
"""How many times as many wrong passwords an account may get as an address may send: whoever knows
a name shall not lock its owner out so easily, and many addresses shall not guess for ever."""
_WORDS = {
    API: "API requests",
    RESOLVE: "downloads",
    PAGES: "pages",
    TOKENS: "wrong tokens",
    LOGINS: "wrong passwords",
}
# Each address of these was given out, signed, by a request that was counted. Or they are asked by
# machines that watch the hub.
_UNCOUNTED = ("/cas/", "/lfs/objects/", "/healthz", "/readyz", "/metrics", "/static/")


_GIT = ("/info/refs", "/git-upload-pack", "/git-receive-pack")


class Rates:
    """`check` and `accept` are called on the event loop only."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._limits = {
            API: settings.rate_api,
            RESOLVE: settings.rate_resolve,
            PAGES: settings.rate_pages,
            TOKENS: settings.rate_wrong_tokens,
            LOGINS: settings.rate_logins,
        }
        self._clock = clock
        self._window_s, self._window = settings.rate_window, 0
        self._counts: dict[tuple[str, int | str], int] = {}
        self._tokens: dict[int, int] = {}  # hash of a token: its id; least lately used first

    def check(self, scope: Scope) -> TooManyRequests | None:
        """Count a request; the error to answer when its caller has had enough."""
        kind = kind_of(scope["path"])
        if kind is None:
            return None
        if kind != PAGES and (token := _token(scope)) is not None:
            token_id = self._tokens.get(hash(token))
            if token_id is None:
                return self._count(TOKENS, address_of(scope))
            return self._count(kind, token_id)
        return self._count(kind, address_of(scope))

    def accept(self, token: str, token_id: int, scope: Scope) -> None:
        """A token was found good: it has a count of its own from now on."""
        key = hash(token)
        known = self._tokens.pop(key, None)
        self._tokens[key] = token_id
        if known is None:
            tries = TOKENS, address_of(scope)
            self._counts[tries] = max(0, self._counts.get(tries, 0) - 1)
            if len(self._tokens) > MAX_TOKENS:
                del self._tokens[next(iter(self._tokens))]

    def reject(self, token: str) -> None:
        """A token was found wrong, expired or revoked."""
        self._tokens.pop(hash(token), None)

    def try_login(self, scope: Scope, name: str | None) -> TooManyRequests | None:
        """Count a password, before it is looked at, by its address and by its account, if any."""
        limit = self._limits[LOGINS]
        # Whoever is refused by address counts no more against the account.
        refused = self._count(LOGINS, address_of(scope), limit)
        if refused or name is None:
            return refused
        return self._count(LOGINS, _account(name), limit * PER_ACCOUNT)

    def accept_login(self, scope: Scope, name: str | None) -> None:
        """The password was right: it does not count."""
        for caller in (address_of(scope), *([] if name is None else [_account(name)])):
            if count := self._counts.get((LOGINS, caller)):
                self._counts[LOGINS, caller] = count - 1

    def _count(
        self, kind: str, caller: int | str, limit: int | None = None
    ) -> TooManyRequests | None:
        limit = self._limits[kind] if limit is None else limit
        if not limit:
            return None
        now = self._clock()
        if now // self._window_s != self._window:
            self._window = int(now // self._window_s)
            self._counts.clear()
        key = kind, caller
        count = self._counts.get(key, 0)
        if count >= limit:
            return _too_many(kind, limit, caller, self._window_s, now)
        self._counts[key] = count + 1
        if len(self._counts) > MAX_COUNTS:
            del self._counts[next(iter(self._counts))]
        return None


def _account(name: str) -> str:
    return f"account {name.lower()[:100]}"  # no address has a blank in it


def rates_of(scope: Scope) -> Rates:
    """The counts of the Edge that a request came through."""
    rates: Rates = scope["hearthub.rates"]
    return rates


def kind_of(path: str) -> str | None:
    """What a request to this (undecoded) path counts as; None: it is not counted."""
    if path.startswith(("/api/", "/oauth/")) or path == "/mcp":
        return API
    if "/resolve/" in path or "/raw/" in path or path.startswith("/v2/"):
        return RESOLVE
    if path.startswith(_UNCOUNTED):
        return None
    return API if ".git/" in path or path.endswith(_GIT) else PAGES


def _token(scope: Scope) -> str | None:
    """The token of a request; "" for a header that cannot hold one, and is refused."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            if value.startswith(b"Bearer "):  # what nearly everybody writes
                return str(value[7:].decode("latin-1")).strip()
            try:
                return token_in(value.decode("latin-1"))
            except InvalidCredentials:
                return ""
    return None


def _too_many(
    kind: str, limit: int, caller: int | str, window_s: int, now: float
) -> TooManyRequests:
    retry_s = window_s - int(now % window_s)
    whose = "one token" if isinstance(caller, int) else "one address"
    if isinstance(caller, str) and caller.startswith("account "):
        whose = "one account"
    return TooManyRequests(
        f"Too many {_WORDS[kind]}: this hub takes {limit} of {whose} in {window_s} seconds. "
        f"Try again in {retry_s} seconds",
        policy=kind,
        quota=limit,
        window_s=window_s,
        retry_s=retry_s,
    )
