"""Sixteen connections that ask the same HEAD again and again (wrk waits for bodies of a HEAD).

`python -m bench.load URL SECONDS [TOKEN]` prints requests a second, and the 99th percentile in ms.
"""

import asyncio
import sys
import time
from urllib.parse import urlsplit

import uvloop

CONNECTIONS = 16


class Caller(asyncio.Protocol):
    """One connection; notes the seconds of each answer."""

    def __init__(self, request: bytes, times: list[float]) -> None:
        self.request, self.times, self.seen = request, times, b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.seen += data
        if self.seen.endswith(b"\r\n\r\n"):
            if not self.seen.startswith(b"HTTP/1.1 200"):
                sys.exit(self.seen.decode())
            self.times.append(time.perf_counter() - self.asked)
            self.seen = b""
            self.ask()


async def load(url: str, seconds: float, token: str | None) -> list[float]:
    address, times = urlsplit(url), list[float]()
    lines = [f"HEAD {address.path} HTTP/1.1", f"Host: {address.netloc}", "Accept: */*"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    request = "\r\n".join([*lines, "", ""]).encode()
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Caller(request, times), address.hostname, address.port)
    await asyncio.sleep(seconds)
    return sorted(times)


if __name__ == "__main__":
    found = uvloop.run(load(sys.argv[1], float(sys.argv[2]), (*sys.argv[3:], None)[0]))
    print(len(found) / float(sys.argv[2]), found[int(len(found) * 0.99)] * 1000)
