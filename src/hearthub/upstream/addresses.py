"""Addresses of another hub: what a token may be sent to, and which redirects are followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from hearthub.errors import BadRequest, UpstreamFailed
from hearthub.upstream.texts import printable

MAX_URL = 8192
_PORTS = {"http": 80, "https": 443}
_PREFIXES = {"model": "", "dataset": "datasets/", "space": "spaces/"}
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")

Origin = tuple[str, str, int]
"""Scheme, host and port: a token belongs to one."""


def origin_of(url: str) -> Origin:
    """Raises ValueError for what is no plain http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("no http(s) address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a password in it")
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return parts.scheme, parts.hostname.lower(), port


@dataclass(frozen=True)
class Endpoint:
    """A hub's `url`, without a trailing slash; everything of it lies below."""

    url: str

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        text = text.strip()
        try:
            origin_of(text)
            parts = urlsplit(text)
        except ValueError as error:
            # Not the text itself: people paste passwords into addresses.
            raise BadRequest(f"The upstream hub's address is {error}: write https://HOST") from None
        if parts.query or parts.fragment or not text.isascii() or " " in text:
            raise BadRequest("The upstream hub's address ends after its host and path")
        scheme, name, port = origin_of(text)
        host = f"[{name}]" if ":" in name else name
        if port != _PORTS[scheme]:
            host += f":{port}"
        return cls(f"{scheme}://{host}{parts.path.rstrip('/')}")

    @property
    def origin(self) -> Origin:
        return origin_of(self.url)

    @property
    def is_readable_by_others(self) -> bool:
        """Whether what is sent there travels the network as it is."""
        scheme, host, _ = self.origin
        return scheme == "http" and host not in {name.strip("[]") for name in LOOPBACK}

    def owns(self, url: str) -> bool:
        return origin_of(url) == self.origin

    def info(self, repo_type: str, name: str, revision: str) -> str:
        return f"{self._api(repo_type, name)}/revision/{quote(revision, safe='')}"

    def tree(self, repo_type: str, name: str, commit: str) -> str:
        return f"{self._api(repo_type, name)}/tree/{commit}?recursive=true&limit=1000"

    def file(self, repo_type: str, name: str, commit: str, path: str) -> str:
        place = f"{_PREFIXES[repo_type]}{quote(name)}/resolve/{commit}/{quote(path)}"
        return f"{self.url}/{place}"

    def models(self, tag: str, limit: int) -> str:
        wanted = urlencode({"filter": tag, "sort": "downloads", "limit": limit})
        return f"{self.url}/api/models?{wanted}"

    def listing(self, repo_type: str, facts: Sequence[str], limit: int) -> str:
        """All repos of a type, the newest first: an order in which none moves while it is read."""
        wanted = [("sort", "createdAt"), ("direction", "-1"), ("limit", limit)]
        wanted += [("expand", fact) for fact in facts]
        return f"{self.url}/api/{repo_type}s?{urlencode(wanted)}"

    def page(self, repo_type: str, name: str) -> str:
        return f"{self.url}/{_PREFIXES[repo_type]}{quote(name)}"

    def _api(self, repo_type: str, name: str) -> str:
        return f"{self.url}/api/{repo_type}s/{quote(name)}"


def with_limit(url: str, limit: int) -> str:
    """The same page of a list, with so many rows at most."""
    parts = urlsplit(url)
    words = [it for it in parse_qsl(parts.query, keep_blank_values=True) if it[0] != "limit"]
    return urlunsplit(parts._replace(query=urlencode([*words, ("limit", limit)])))


def follow(url: str, location: str) -> str:
    """Where a redirect leads; raises UpstreamFailed for one that is not safe to follow."""
    if len(location) > MAX_URL:
        raise UpstreamFailed(f"{short(url)} redirects to an address that is too long")
    try:
        target = urljoin(url, location)
        scheme, _, _ = origin_of(target)
    except ValueError as error:
        raise UpstreamFailed(f"{short(url)} redirects to {error}") from None
    if not target.isascii() or not target.isprintable() or " " in target:
        raise UpstreamFailed(f"{short(url)} redirects to an address that is none")
    if urlsplit(url).scheme == "https" and scheme != "https":
        raise UpstreamFailed(f"{short(url)} redirects from https to http, which is not followed")
    return target


def short(url: str) -> str:
    """An address for people: without the query, where signatures stand."""
    parts = urlsplit(url)
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
