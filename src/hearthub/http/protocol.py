"""uvicorn's HTTP protocol, and the word ASGI does not have: send from a file without a copy."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Span = tuple[int, int]
SendFile = Callable[[int, Sequence[Span]], int]
"""(descriptor, spans of offset and length) -> how many of these bytes were sent, in order."""

SEND_FILE = "hearthub.send_file"
"""The key of a `SendFile` in `scope["extensions"]`."""

# The reader waits for the socket while we send: in small steps it takes turns with us. On two idle
# cores steps of 32 KiB reach 1.4 of nginx's speed, of 64 KiB 0.6 (docs/decisions/0004).
STEP = 32 * 1024


class Protocol(HttpToolsProtocol):
    """Offers `SEND_FILE` to every request. A server without it only costs more."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Writing goes on once everything is out: nothing else may be on its way when we send.
        transport.set_write_buffer_limits(high=64 * 1024, low=0)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if self.scheme == "http" and hasattr(os, "sendfile"):
            cycle.scope["extensions"] = {SEND_FILE: partial(_send_file, cycle)}
        super()._start_asgi_task(cycle, app)


def _send_file(cycle: Any, descriptor: int, spans: Sequence[Span]) -> int:
    """Straight from the page cache to the socket, as much as that takes now.

    0 when earlier bytes still wait, when the socket is full or the client is gone: then `send`
    some bytes the usual way, which waits.
    """
    transport, total = cycle.transport, 0
    if cycle.disconnected or transport.is_closing() or transport.get_write_buffer_size():
        return 0
    socket = transport.get_extra_info("socket").fileno()
    try:
        for offset, length in _steps(spans):
            sent = os.sendfile(socket, descriptor, offset, length)
            total += sent
            if sent < length:
                break
    except OSError:  # EAGAIN; or a broken connection, which the transport notices by itself
        pass
    cycle.expected_content_length -= total
    return total


def _steps(spans: Sequence[Span]) -> Iterator[Span]:
    for offset, length in spans:
        for at in range(0, length, STEP):
            yield offset + at, min(STEP, length - at)
