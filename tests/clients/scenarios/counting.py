"""A TCP proxy before the hub that counts what a client sends."""

import socket
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

from steps import ENDPOINT


class Counter:
    """`url`: the hub by way of the proxy; `sent`: bytes towards the hub so far."""

    def __init__(self, url):
        self.url, self.sent = url, 0

    def pass_on(self, source, target, counts):
        try:
            while piece := source.recv(65536):
                self.sent += len(piece) if counts else 0
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other end is gone, and says so to the client itself


@contextmanager
def counting():
    """The hub answers with links to the host it was asked at, so all bytes come this way."""
    hub = urlsplit(ENDPOINT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        counter = Counter(f"http://127.0.0.1:{server.getsockname()[1]}")

        def accept():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                upstream = socket.create_connection((hub.hostname, hub.port))
                for words in ((client, upstream, True), (upstream, client, False)):
                    threading.Thread(target=counter.pass_on, args=words, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield counter
