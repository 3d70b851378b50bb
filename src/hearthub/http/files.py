"""Sending bytes: one response for inline content, files on disk and files rebuilt from chunks.

Ours, because the framework's own costs four times the CPU of a read loop and serves ranges
through 64 KiB thread hops (engine.md B2).
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from hearthub.http.ranges import parse_range
from hearthub.storage import Location

# Also what one slow reader can hold in memory (engine.md B4).
PIECE = 256 * 1024

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
        if _allows_range(request_headers.get("if-range"), etag):
            span = parse_range(request_headers.get("range"), size)
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
        elif etag and _matches(request_headers.get("if-none-match"), etag):
            self.status = 304
            del self.headers["Content-Length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        if scope["method"] == "HEAD" or self.status == 304 or self.start == self.end:
            await send({"type": "http.response.body", "body": b""})
        elif isinstance(self.source, bytes):
            body = self.source[self.start : self.end]
            await send({"type": "http.response.body", "body": body})
        elif self.source.path is not None:
            await _send_file(self.source.path, self.start, self.end, send)
        else:
            await _send_pieces(self.source.read(self.start, self.end), send)


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
        for head, (start, end) in zip(self.heads, self.spans, strict=True):
            await send({"type": "http.response.body", "body": head, "more_body": True})
            pieces = self.source.read(start, end)
            while (piece := await run_in_threadpool(next, pieces, None)) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"\r\n", "more_body": True})
        await send({"type": "http.response.body", "body": tail})


async def _send_file(path: Path, start: int, end: int, send: Send) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while start < end:
            length = min(PIECE, end - start)
            piece = _read_cached(descriptor, length, start)
            if piece is None:
                piece = await run_in_threadpool(os.pread, descriptor, length, start)
            if not piece:
                raise OSError(f"{path} is shorter than it should be")
            start += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": start < end})
    finally:
        os.close(descriptor)


def _read_cached(descriptor: int, length: int, offset: int) -> bytes | bytearray | None:
    """Read without waiting for the disk; None when the page cache does not have it.

    Inline reads halve the CPU a download costs, and only the waiting ones need a thread.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    buffer = bytearray(length)
    try:
        count = os.preadv(descriptor, [buffer], offset, os.RWF_NOWAIT)
    except OSError:  # EAGAIN: not cached; EOPNOTSUPP: a file system that cannot tell
        return None
    if count == length:
        return buffer
    return buffer[:count] or None


async def _send_pieces(pieces: Iterator[bytes], send: Send) -> None:
    while (piece := await run_in_threadpool(next, pieces, None)) is not None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _allows_range(if_range: str | None, etag: str | None) -> bool:
    return if_range is None or if_range == etag


def _matches(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
