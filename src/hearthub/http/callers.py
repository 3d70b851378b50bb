"""Who sends a request: its token, and its address, seen through the proxies that are trusted."""

import base64
import binascii
import ipaddress
from collections.abc import Callable
from functools import lru_cache

from starlette.types import Scope

from hearthub.errors import InvalidCredentials

MAX_HOPS = 10

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def token_in(authorization: str) -> str:
    """The Bearer token, or the password of Basic (git, git-lfs). Raises InvalidCredentials."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise InvalidCredentials from None
    raise InvalidCredentials


def address_of(scope: Scope) -> str:
    """The caller of a request that came through the Edge; IPv6 as its /64, which one caller has."""
    address: str = scope["hearthub.address"]
    return address


def address_reader(trusted_proxies: str) -> Callable[[Scope], str]:
    """A function that finds the address of a scope.

    `trusted_proxies`: addresses and networks, separated by commas. What `X-Forwarded-For` says is
    believed as far as a trusted machine wrote it: from its end, up to the first that is not one.
    """
    networks = parse_networks(trusted_proxies)

    def is_trusted(host: str) -> bool:
        address = _parse(host)
        return address is not None and any(address in network for network in networks)

    def find(host: str, forwarded: bytes) -> str:
        if forwarded and is_trusted(host):
            for hop in _hops(forwarded):
                host = hop
                if not is_trusted(hop):
                    break
        return block_of(host)

    remembered = lru_cache(maxsize=16_384)(find)

    def read(scope: Scope) -> str:
        client, forwarded = scope.get("client"), b""
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                forwarded = forwarded + b"," + value if forwarded else value
        # A long one is a stranger's: it shall not fill the memory.
        search = remembered if len(forwarded) < 200 else find
        return search(client[0] if client else "", forwarded)

    return read


def parse_networks(text: str) -> list[Network]:
    """As the settings have it: addresses and networks with commas between, or `none`."""
    words = text.split(",") if text != "none" else []
    return [ipaddress.ip_network(word.strip(), strict=False) for word in words]


def block_of(host: str) -> str:
    """What is one caller: an IPv4 address, the /64 of an IPv6 one."""
    address = _parse(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return host if address is None else str(address)


def _hops(forwarded: bytes) -> list[str]:
    """The last hops of X-Forwarded-For, newest first; up to the first that is no address."""
    newest = []
    for hop in reversed(forwarded.decode("latin-1").rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
        text = hop.strip()
        if _parse(text) is None:
            break
        newest.append(text)
    return newest


def _parse(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
