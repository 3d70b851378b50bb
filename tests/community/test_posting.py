"""What stands between a stranger's address and our own network."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from community.listener import Listener, listening
from hearthub.community.posting import MAX_ANSWER, Poster
from hearthub.errors import BadRequest

LOCAL = Poster.parse("127.0.0.1")


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.mark.parametrize(
    "address",
    """127.0.0.1 127.8.8.8 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0
    255.255.255.255 224.0.0.1 240.0.0.1 ::1 :: fe80::1 fc00::1 fec0::1 ff02::1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1:: ::127.0.0.1 2001:db8::1""".split(),
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not Poster().may_reach(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(BadRequest, match="not a public address"):
        Poster().check(f"http://{host}/hook")


@pytest.mark.parametrize("address", "8.8.8.8 1.1.1.1 2606:4700:4700::1111 64:ff9b::808:808".split())
def test_public_addresses(address: str) -> None:
    assert Poster().may_reach(ipaddress.ip_address(address))


def test_networks_that_are_allowed() -> None:
    poster = Poster.parse("10.0.0.0/8, 127.0.0.1")
    allowed = ["10.9.9.9", "127.0.0.1", "::ffff:10.0.0.1", "9.9.9.9"]
    refused = ["127.0.0.2", "192.168.0.1", "169.254.169.254", "::1"]
    assert [it for it in allowed if not poster.may_reach(ipaddress.ip_address(it))] == []
    assert [it for it in refused if poster.may_reach(ipaddress.ip_address(it))] == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://name:password@example.org/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org/a b",
        "http://example.org/\r\nX-Header: 1",
        "http://exämple.org/",
        "http://[::1",
        "http://example.org/" + "x" * 2048,
    ],
)
def test_malformed_addresses(url: str) -> None:
    with pytest.raises(BadRequest):
        LOCAL.check(url)


class TestPost:
    def test_arrives(self, listener: Listener) -> None:
        url = f"http://localhost:{listener.port}/a/b?c=d"
        outcome = LOCAL.post(url, b'{"event": 1}', {"X-Webhook-Secret": "s3cret"})
        assert (outcome.status, outcome.answer, outcome.arrived) == (200, "thanks", True)
        headers, body = listener.posts[0]
        assert body == {"event": 1}
        assert headers["X-Webhook-Secret"] == "s3cret"
        assert headers["Host"] == f"localhost:{listener.port}"

    def test_a_name_of_this_machine_is_refused(self, listener: Listener) -> None:
        outcome = Poster().post(f"http://localhost:{listener.port}/", b"{}", {})
        assert outcome.status is None
        assert "not a public address" in str(outcome.error)
        assert listener.posts == []

    def test_a_name_that_changes_its_mind(
        self, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """First a public address, then ours: looked up once, and what was checked is what is
        connected to."""
        asked: list[str] = []
        connected: list[Any] = []

        def look_up(host: str, port: int, **_more: Any) -> list[Any]:
            asked.append(host)
            address = "93.184.215.14" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        def connect(address: Any, timeout: float) -> socket.socket:
            connected.append(address)
            raise ConnectionRefusedError("not today")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket, "create_connection", connect)
        outcome = Poster().post(f"http://rebinding.example:{listener.port}/", b"{}", {})
        assert outcome.status is None
        assert connected == [("93.184.215.14", listener.port)]
        assert (asked, listener.posts) == (["rebinding.example"], [])

    def test_a_redirect_is_an_answer(self, listener: Listener) -> None:
        listener.answers = [302]
        outcome = LOCAL.post(listener.url, b"{}", {})
        assert (outcome.status, outcome.arrived, outcome.may_pass) == (302, False, False)
        assert len(listener.posts) == 1

    def test_of_a_long_answer_its_beginning(self, listener: Listener) -> None:
        listener.answer = b"\xff\0" * 10**6
        outcome = LOCAL.post(listener.url, b"{}", {})
        assert (outcome.status, len(outcome.answer)) == (200, MAX_ANSWER)
        assert "\0" not in outcome.answer

    def test_an_answer_that_is_none(self) -> None:
        """Its words go into the log, which can store no NUL."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            what = b"HTTP/1.1 2\0\x1b[2J0 OK\r\n\r\n"
            thread = threading.Thread(target=_say, args=[server, what], daemon=True)
            thread.start()
            outcome = LOCAL.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
            thread.join(10)
        assert outcome.status is None
        assert outcome.error
        assert outcome.error.isprintable()

    def test_where_a_name_leads_is_not_told(self, listener: Listener) -> None:
        outcome = Poster().post(f"http://localhost:{listener.port}/", b"{}", {})
        assert "localhost" in str(outcome.error)
        assert "127.0.0.1" not in str(outcome.error)
        assert "::1" not in str(outcome.error)
        assert "127.0.0.1" in str(Poster().post(listener.url, b"{}", {}).error)

    def test_nobody_listens(self) -> None:
        with listening() as found:
            url = found.url
        outcome = LOCAL.post(url, b"{}", {})
        assert (outcome.status, outcome.may_pass) == (None, True)
        assert "Refused" in str(outcome.error)

    @pytest.mark.parametrize("what", [b"", b"HTTP/1.1 200 OK\r\nX: "])
    def test_a_server_that_never_ends(self, what: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither silence nor a byte now and then holds us for longer than the whole may take."""
        monkeypatch.setattr("hearthub.community.posting.WHOLE_S", 1.0)
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=_drip, args=[server, what], daemon=True)
            thread.start()
            began = time.monotonic()
            outcome = LOCAL.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        assert outcome.status is None
        assert "within 1 seconds" in str(outcome.error)
        assert time.monotonic() - began < 3
        thread.join(10)

    def test_tls_is_checked(self) -> None:
        """A plain server, and one whose certificate nobody vouches for, are no https."""
        with listening() as found:
            outcome = LOCAL.post(found.url.replace("http://", "https://"), b"{}", {})
        assert outcome.status is None
        assert "SSL" in str(outcome.error)


def _drip(server: socket.socket, what: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        try:
            connection.sendall(what)
            for _ in range(50):
                time.sleep(0.1)
                connection.sendall(b"x" * bool(what))
        except OSError:
            pass


def _say(server: socket.socket, what: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(what)
