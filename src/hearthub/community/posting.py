"""Posting to an address that a stranger chose: not into our own network, not for long, not much.

The name is looked up here and the connection goes to the very address that was checked, so that a
name which changes its mind in between gains nothing. No proxy, no redirect.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from hearthub.errors import BadRequest

MAX_URL, MAX_ANSWER = 2048, 4096
"""Characters of an address, and bytes of an answer that are read."""
SILENCE_S, WHOLE_S = 5.0, 10.0
"""How long a server may be silent, and how long all of it may take once it is connected."""
MAX_ADDRESSES = 4
PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64, _SITE_LOCAL = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("fec0::/10")


@dataclass(frozen=True)
class Outcome:
    """`status` is None where no answer came, and `error` says why; `answer` is how it began."""

    status: int | None
    answer: str = ""
    error: str | None = None

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def may_pass(self) -> bool:
        """Whether it may help to try again."""
        return self.status is None or self.status >= 500 or self.status in (408, 425, 429)


@dataclass(frozen=True)
class Poster:
    """`allowed`: networks that are no secret of ours, whatever kind of address they have."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, networks: str) -> "Poster":
        """From addresses and networks with commas between, or `none`."""
        words = networks.split(",") if networks != "none" else []
        return cls(tuple(ipaddress.ip_network(word.strip(), strict=False) for word in words))

    def check(self, url: str) -> str:
        """The address, if one may post to it; raises BadRequest. Names are looked up later."""
        parts = _parts(url)
        with suppress(ValueError):
            literal = ipaddress.ip_address(str(parts[1]))
            if not self.may_reach(literal):
                raise BadRequest(_refusal(str(literal)))
        return url

    def may_reach(self, address: Address) -> bool:
        if any(address in network for network in self.allowed):
            return True
        inner = _inside(address)
        if inner is not None:
            return self.may_reach(inner)
        odd = address.is_multicast or address.is_reserved or address in _SITE_LOCAL
        return address.is_global and not odd

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Never raises: what went wrong is the outcome."""
        try:
            scheme, host, port, path = _parts(url)
            addresses = self._look_up(host, port)
            return _send(addresses, scheme, host, port, path, body, headers)
        except BadRequest as error:
            return Outcome(None, error=str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Outcome(None, error=_printable(f"{type(error).__name__}: {error}"[:300]))

    def _look_up(self, host: str, port: int) -> list[str]:
        """The addresses of a name that may be reached; raises BadRequest where none may."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        texts = list(dict.fromkeys(str(item[4][0]) for item in found))
        # A link-local address has its interface behind a `%`.
        allowed = [it for it in texts if self.may_reach(ipaddress.ip_address(it.split("%")[0]))]
        if not allowed:
            raise BadRequest(_refusal(host))  # not where it leads, which is a secret of ours
        return allowed[:MAX_ADDRESSES]


def _inside(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address is another way to write."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _printable(text: str) -> str:
    """A server's own words may be in it: PostgreSQL stores no NUL, and terminals obey others."""
    return "".join(it if it.isprintable() else "?" for it in text.strip())


def _refusal(address: str) -> str:
    return (
        f"Webhooks may not be sent to {address}, which is not a public address "
        "(HEARTHUB_WEBHOOK_NETWORKS)"
    )


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port, and path with query; raises BadRequest."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadRequest(f"A webhook's url has at most {MAX_URL} characters of ASCII, no spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRequest(f"A webhook's url is malformed: {error}") from None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or port == 0:
        raise BadRequest("A webhook's url is http(s)://HOST/..., without a name and password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], path


def _send(
    addresses: Sequence[str], scheme: str, host: str, port: int, path: str, body: bytes,
    headers: Mapping[str, str],
) -> Outcome:  # fmt: skip
    held = [_connected(addresses, port)]
    # A server that sends a byte now and then is never silent: this ends it all the same.
    watch = threading.Timer(WHOLE_S, _cut, [held])
    watch.daemon = True
    ends = time.monotonic() + WHOLE_S  # no later than the watch
    watch.start()
    connection = http.client.HTTPConnection(host, port)
    try:
        if scheme == "https":
            tls = _tls().wrap_socket(held[0], server_hostname=host, do_handshake_on_connect=False)
            held[0] = tls
            tls.do_handshake()
        connection.sock = held[0]
        name = f"[{host}]" if ":" in host else host
        full = name if port == PORTS[scheme] else f"{name}:{port}"
        connection.request("POST", path, body, {**headers, "Host": full, "Connection": "close"})
        response = connection.getresponse()
        answer = response.read(MAX_ANSWER)
        if time.monotonic() >= ends:
            raise TimeoutError  # what was cut short looks whole
        return Outcome(response.status, answer.decode("utf-8", "replace").replace("\0", "?"))
    except (OSError, http.client.HTTPException):
        if time.monotonic() >= ends:
            return Outcome(None, error=f"No whole answer came within {WHOLE_S:.0f} seconds")
        raise
    finally:
        watch.cancel()
        held[0].close()


def _connected(addresses: Sequence[str], port: int) -> socket.socket:
    for last, address in enumerate(addresses, 1 - len(addresses)):
        try:
            return socket.create_connection((address, port), SILENCE_S)
        except OSError:
            if last == 0:
                raise
    raise OSError("The name has no address")


def _cut(held: list[socket.socket]) -> None:
    with suppress(OSError):
        held[0].shutdown(socket.SHUT_RDWR)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
