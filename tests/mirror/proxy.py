"""What lies between two hubs on a bad day: an HTTP proxy that does what a test tells it to."""

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PIECE = 16 * 1024


@dataclass
class Answer:
    """What the hub behind said, before a fault has its way with it."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut_after: int | None = None
    stall_after: int | None = None


Fault = Callable[[Answer], Answer]


def cut(after: int) -> Fault:
    """The connection ends after so many bytes of the body."""

    def fault(answer: Answer) -> Answer:
        answer.cut_after = after
        return answer

    return fault


def stall(after: int) -> Fault:
    """After so many bytes nothing comes, until `release`."""

    def fault(answer: Answer) -> Answer:
        answer.stall_after = after
        return answer

    return fault


def flip(at: int) -> Fault:
    """One byte of the body is another."""

    def fault(answer: Answer) -> Answer:
        body = bytearray(answer.body)
        body[at] ^= 1
        answer.body = bytes(body)
        return answer

    return fault


def also(action: Callable[[], object]) -> Fault:
    """Something happens before the answer goes back."""

    def fault(answer: Answer) -> Answer:
        action()
        return answer

    return fault


def with_header(name: str, value: str) -> Fault:
    def fault(answer: Answer) -> Answer:
        answer.headers[name] = value
        return answer

    return fault


def with_body(body: bytes) -> Fault:
    def fault(answer: Answer) -> Answer:
        answer.body = body
        return answer

    return fault


def refuse(status: int, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _answer: Answer(status, named, b'{"error": "not now"}')


def redirect(location: str) -> Fault:
    return lambda _answer: Answer(302, {"Location": location}, b"")


def rewrite(change: Callable[[Any], Any]) -> Fault:
    """The JSON of the answer is what `change` makes of it."""

    def fault(answer: Answer) -> Answer:
        answer.body = json.dumps(change(json.loads(answer.body))).encode()
        return answer

    return fault


@dataclass
class Seen:
    """One request; `sent`: bytes of the body that went back."""

    path: str
    headers: dict[str, str]
    sent: int = 0

    @property
    def is_file(self) -> bool:
        return "/resolve/" in self.path


@dataclass
class Proxy:
    behind: str
    url: str = ""
    knows_ranges: bool = True
    seen: list[Seen] = field(default_factory=list)
    rules: list[list[Any]] = field(default_factory=list)
    _released: threading.Event = field(default_factory=threading.Event)

    def on(self, pattern: str, fault: Fault, times: int = 1) -> None:
        """The next `times` answers to paths that `pattern` is found in suffer `fault`."""
        self.rules.append([re.compile(pattern), fault, times])

    def release(self) -> None:
        self._released.set()

    def files(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.is_file]

    def sent(self) -> int:
        """Bytes of files."""
        return sum(seen.sent for seen in self.files())

    def fault_for(self, path: str) -> Fault | None:
        for rule in self.rules:
            if rule[2] > 0 and rule[0].search(path):
                rule[2] -= 1
                return rule[1]  # type: ignore[no-any-return]
        return None

    def ask(self, path: str, headers: dict[str, str]) -> Answer:
        if not self.knows_ranges:
            headers = {name: value for name, value in headers.items() if name.lower() != "range"}
        parts = urlsplit(self.behind)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def give(self, handler: BaseHTTPRequestHandler, answer: Answer, seen: Seen) -> None:
        handler.send_response_only(answer.status)
        skipped = {"content-length", "transfer-encoding", "connection"}
        for name, value in answer.headers.items():
            if name.lower() not in skipped:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        end = len(answer.body) if answer.cut_after is None else answer.cut_after
        stall_after = answer.stall_after
        while seen.sent < end:
            if stall_after is not None and seen.sent >= stall_after:
                self._released.wait(60)
                stall_after = None
            limit = min(end, stall_after if stall_after is not None else end)
            piece = answer.body[seen.sent : min(seen.sent + PIECE, limit)]
            handler.wfile.write(piece)
            seen.sent += len(piece)


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            seen = Seen(self.path, {k.lower(): v for k, v in self.headers.items()})
            proxy.seen.append(seen)
            fault = proxy.fault_for(self.path)
            answer = proxy.ask(self.path, dict(self.headers.items()))
            if fault:
                answer = fault(answer)
            with suppress(OSError):  # the other side was killed
                proxy.give(self, answer, seen)

        def log_message(self, *args: object) -> None: ...

    return Handler


@contextmanager
def proxy_to(url: str) -> Iterator[Proxy]:
    proxy = Proxy(url)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.release()
        server.shutdown()
        server.server_close()


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
