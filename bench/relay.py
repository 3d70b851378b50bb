"""A door in front of a server that counts what passes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Relay:
    """`sent` counts the bytes from clients to the server, headers included."""

    url: str = ""
    sent: int = 0


@contextmanager
def relay(target: str) -> Iterator[Relay]:
    """Listens on a port of its own; the hub's answers name it, because they follow the Host."""
    door, loop, ready = Relay(), asyncio.new_event_loop(), threading.Event()
    port = urlsplit(target).port

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, up: bool) -> None:
        try:
            while data := await source.read(2**18):
                door.sent += len(data) if up else 0
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, outer, True), pump(inner, writer, False))

    async def listen() -> None:
        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        door.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()

    def run() -> None:
        loop.create_task(listen())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield door
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
