"""The outermost layer of every request: raw-path routing, a request id, metrics and the log."""

import logging
import re
import secrets
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearthub.errors import HearthubError, TooLarge
from hearthub.events import came_with
from hearthub.http.callers import address_reader
from hearthub.http.errors import error_response, render_crash
from hearthub.http.paths import routing_path
from hearthub.http.plain import plain_page, wants_page
from hearthub.http.rates import Rates
from hearthub.settings import Settings

log = logging.getLogger("hearthub.access")

_REQUEST_ID = re.compile(rb"[\w.:;=-]{1,128}", re.ASCII)
# Bodies of these go to disk as they come, each under a limit of its own.
_STREAMED = re.compile(
    r"/api/[^/]+/[^/]+/[^/]+/commit/|/cas/|/lfs/objects/|(?:/[^/]+){2,3}/git-receive-pack$"
)
_STRICT = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)
_QUIET = frozenset({"GET", "HEAD", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What `/metrics` shows of requests, by endpoint name: names are few, paths are not."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hearthub_requests_total",
            "Requests answered",
            ["endpoint", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "hearthub_request_seconds",
            "Time from the request's headers to the start of its answer",
            ["endpoint"],
            buckets=_BUCKETS,
            registry=self.registry,
        )


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, settings: Settings) -> None:
        self.app, self.metrics = app, metrics
        self.max_body = settings.max_request_body
        self.rates = Rates(settings)
        self.address = address_reader(settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # One that was sent before the last was answered begins in that one's context.
        came_with(None)
        # Routes match the undecoded path; see paths.py.
        scope["path"] = routing_path(scope.get("raw_path") or scope["path"].encode())
        app: ASGIApp = self.app
        scope["hearthub.address"] = self.address(scope)
        scope["hearthub.rates"] = self.rates
        if too_many := self.rates.check(scope):
            app = _refusal(scope, too_many, 429, "Too many requests")
        elif not _STREAMED.match(scope["path"]):
            receive = _bounded(receive, self.max_body)
            if _declared_length(scope) > self.max_body:
                app = _refusal(scope, _too_large(self.max_body), 413, "Too large")
        started, status = time.perf_counter(), 0
        first_byte = started
        scope["request_id"] = request_id = _request_id(scope)

        async def answer(message: Message) -> None:
            nonlocal status, first_byte
            if message["type"] == "http.response.start":
                status, first_byte = message["status"], time.perf_counter()
                message["headers"] = [
                    *message["headers"],
                    *_missing(message["headers"]),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await app(scope, receive, answer)
        except Exception as error:  # the outermost handler: what no part foresaw  # noqa: BLE001
            crash = render_crash(scope, error)
            if not status:
                await crash(scope, receive, answer)
        finally:
            endpoint = getattr(scope.get("endpoint"), "__name__", "none")
            self.metrics.requests.labels(endpoint, scope["method"], status).inc()
            self.metrics.seconds.labels(endpoint).observe(first_byte - started)
            _log(scope, status, time.perf_counter() - started)


def _refusal(scope: Scope, error: HearthubError, status: int, title: str) -> Response:
    answer = error_response(error, status)
    if not wants_page(scope):
        return answer
    names = ("retry-after", "ratelimit", "ratelimit-policy")
    kept = {name: value for name, value in answer.headers.items() if name in names}
    return plain_page(status, title, f"{error}.", **kept)


def _missing(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    """An answer that says nothing of it, such as JSON with a stranger's words, is no page."""
    names = {name.lower() for name, _ in headers}
    return [it for it in _STRICT if it[0] not in names]


def _bounded(receive: Receive, limit: int) -> Receive:
    """The same body, refused past `limit`: what is not spooled to disk is held in memory."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return bounded


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])  # of thousands of digits Python makes no number
    return 0


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body has more than {limit} bytes")


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Writes and failures at info, plain reads at debug; never the query: it signs."""
    quiet = scope["method"] in _QUIET and status < 500
    level = logging.DEBUG if quiet else logging.INFO
    if log.isEnabledFor(level):
        log.log(
            level,
            "%s %s %d",
            scope["method"],
            scope["path"],
            status,
            extra={"request_id": scope["request_id"], "ms": round(seconds * 1000, 1)},
        )


def _request_id(scope: Scope) -> str:
    """The caller's own id, which clients print in errors, or a new one."""
    for name, value in scope["headers"]:
        if name in (b"x-request-id", b"x-amzn-trace-id") and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return secrets.token_hex(8)
