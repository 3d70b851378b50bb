"""Sending bytes: one response for inline content, files on disk and files rebuilt from chunks.

Ours, because the framework's own costs four times the CPU of a read loop and serves ranges
through 64 KiB thread hops (engine.md B2).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from hearthub.http.protocol import SEND_FILE, SendFile
from hearthub.http.ranges import parse_range
from hearthub.storage import Location, read_cached

# Also what one slow reader can hold in memory (engine.md B4).
PIECE = 256 * 1024
# What a full socket is given to wait with; the file's next bytes go without a copy again.
WAITING = 64 * 1024
# How much of one download goes out at most before others have their turn.
TURN = 2**20
# How many pieces of downloads may be in the making at once. All that is read in one turn of the
# event loop delays every other request by about 0.2 ms a piece.
LANES = 8

# What a stranger uploaded must never run as a page of ours.
STRANGER = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class BytesResponse:
    """An ASGI response: 200, 206 or 304, with the true Content-Length, also on HEAD.

    `source` is the content itself or where it lies; `size` in bytes. Never compressed: clients
    compare lengths. Raises RangeNotSatisfiable from the constructor.
    """

    def __init__(
        self,
        source: bytes | Location,
        size: int,
        request_headers: Mapping[str, str],
        headers: Mapping[str, str],
        media_type: str = "application/octet-stream",
    ) -> None:
        etag = headers.get("ETag")
        span = None
        wanted = request_headers.get("range")
        is_known = bool(etag and is_fresh(request_headers.get("if-none-match"), etag))
        is_probe_of_empty = not size and wanted == "bytes=0-0"
        if not (is_probe_of_empty or is_known) and _allows_range(
            request_headers.get("if-range"), etag
        ):
            span = parse_range(wanted, size)
        self.source = source
        self.start, self.end = span or (0, size)
        self.status = 206 if span else 200
        self.headers = {
            **headers,
            "Accept-Ranges": "bytes",
            "Content-Type": media_type,
            "Content-Length": str(self.end - self.start),
        }
        if span:
            self.headers["Content-Range"] = f"bytes {self.start}-{self.end - 1}/{size}"
        elif is_known:
            self.status = 304
            del self.headers["Content-Length"]
        elif is_probe_of_empty:
            # huggingface.js and Rust's hf-hub ask for the first byte to learn the size from here;
            # 416 would make them give up on every repo with an empty file in it.
            self.headers["Content-Range"] = "bytes */0"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        if scope["method"] == "HEAD" or self.status == 304 or self.start == self.end:
            await send({"type": "http.response.body", "body": b""})
        elif isinstance(self.source, bytes):
            body = self.source[self.start : self.end]
            await send({"type": "http.response.body", "body": body})
        else:
            async with _listening(receive) as is_gone:
                await _send_span(self.source, self.start, self.end, scope, send, is_gone)
            await send({"type": "http.response.body", "body": b""})


class MultiRangeResponse:
    """Several ranges of one source as `multipart/byteranges`."""

    BOUNDARY = b"hearthub-byteranges"

    def __init__(self, source: Location, size: int, spans: list[tuple[int, int]]) -> None:
        self.source, self.spans = source, spans
        self.heads = [
            b"--%s\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Range: bytes %d-%d/%d\r\n\r\n" % (self.BOUNDARY, start, end - 1, size)
            for start, end in spans
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tail = b"--%s--\r\n" % self.BOUNDARY
        length = sum(
            len(head) + end - start + 2
            for head, (start, end) in zip(self.heads, self.spans, strict=True)
        )
        headers = [
            (b"content-type", b"multipart/byteranges; boundary=" + self.BOUNDARY),
            (b"content-length", b"%d" % (length + len(tail))),
        ]
        await send({"type": "http.response.start", "status": 206, "headers": headers})
        async with _listening(receive) as is_gone:
            for head, (start, end) in zip(self.heads, self.spans, strict=True):
                await send(_part(head))
                await _send_span(self.source, start, end, scope, send, is_gone)
                await send(_part(b"\r\n"))
        await send({"type": "http.response.body", "body": tail})


async def _send_span(
    source: Location, start: int, end: int, scope: Scope, send: Send, is_gone: Callable[[], bool]
) -> None:
    lanes = _lanes(asyncio.get_running_loop())
    send_file: SendFile = scope.get("extensions", {}).get(SEND_FILE, lambda *_: 0)
    with _Opened() as opened:
        while start < end and not is_gone():
            # Returns once the client has taken what was sent before, so that a slow one waits
            # with nothing read for it.
            await send(_part(b""))
            async with lanes:
                await asyncio.sleep(0)  # other requests, and the news that this client has left
                sent, piece = opened.send(source, start, min(end, start + TURN), send_file)
                if not (sent or piece):
                    piece = await run_in_threadpool(_first, source, start, end)
                if piece:
                    await send(_part(piece))
                start += sent + len(piece)


class _Opened:
    """The file that the last bytes came from: the next ones mostly lie in it, too."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._descriptor = -1

    def send(
        self, source: Location, start: int, end: int, send_file: SendFile
    ) -> tuple[int, bytes | bytearray]:
        """How many bytes were sent without a copy, and, once the socket is full, some to wait with.

        Does not wait for the disk: when nothing comes, read in a thread.
        """
        extent = source.extent(start, end)
        if extent is None:
            return 0, b""
        descriptor, spans = self._open(extent.path), extent.spans
        if not all(read_cached(descriptor, [bytearray(1)], at) for at in _ends(spans)):
            return 0, b""
        sent = send_file(descriptor, spans)
        at, length = _after(spans, sent)
        buffer = bytearray(min(WAITING, length))
        return sent, buffer[: read_cached(descriptor, [buffer], at)] if length else b""

    def _open(self, path: Path) -> int:
        if path != self._path:
            self.__exit__()
            self._path, self._descriptor = path, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return self._descriptor

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            os.close(self._descriptor)
            self._path = None


def _ends(spans: Sequence[tuple[int, int]]) -> Iterator[int]:
    """The first and the last byte: what is cached is mostly cached from end to end."""
    yield spans[0][0]
    yield sum(spans[-1]) - 1


def _after(spans: Sequence[tuple[int, int]], count: int) -> tuple[int, int]:
    """The rest of the span that holds the byte `count`; nothing past the last one."""
    for offset, length in spans:
        if count < length:
            return offset + count, length - count
        count -= length
    return 0, 0


def _first(source: Location, start: int, end: int) -> bytes:
    return next(source.read(start, min(end, start + PIECE)))


def _part(body: bytes | bytearray) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


@lru_cache(maxsize=1)
def _lanes(_loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    return asyncio.Semaphore(LANES)


@asynccontextmanager
async def _listening(receive: Receive) -> AsyncIterator[Callable[[], bool]]:
    """Tells whether the client has left: the server takes bytes for nobody without a word."""

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    task = asyncio.ensure_future(listen())
    try:
        yield task.done
    finally:
        task.cancel()


def _allows_range(if_range: str | None, etag: str | None) -> bool:
    return if_range is None or if_range == etag


def is_fresh(if_none_match: str | None, etag: str) -> bool:
    """Whether the caller has what is called so."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
