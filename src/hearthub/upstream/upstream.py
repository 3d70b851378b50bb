"""Another hub over HTTP: redirects, retries, limits, and a token that goes to that hub alone.

Protocol: the plain routes that every Hub has (`/api/.../revision`, `/api/.../tree`, `/resolve`).
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import orjson

from hearthub import __version__
from hearthub.errors import BadRequest, UpstreamFailed
from hearthub.upstream.addresses import LOOPBACK, Endpoint, follow, short
from hearthub.upstream.answers import (
    File,
    State,
    parse_entries,
    parse_ids,
    parse_page,
    parse_state,
)
from hearthub.upstream.pacing import (
    MAX_WAIT_S,
    Fault,
    Pace,
    Patience,
    TooMuch,
    asked_wait,
    left_wait,
)
from hearthub.upstream.texts import printable

MAX_JSON = 16 * 2**20  # bytes of one answer: an object for each 2 bytes would take 500 MB
MAX_ENTRIES = 500_000  # files and folders of a repo
MAX_ERROR = 64 * 1024
MAX_REDIRECTS = 5
MIN_RATE = 1024  # bytes a second, over the time an upstream may be silent
CONNECT_S = 10.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})
TOO_MUCH = frozenset({400, 413, 422})
"""How hubs say that a page has too many rows, among other things."""

_NEXT = re.compile(r'<([^<>]{1,8192})>\s*;\s*rel="?next"?')
_LIST = re.compile(r"/api/(?:model|dataset|space)s$")
_TOKEN = re.compile(r"[!-~]{1,4096}")
_FACTS = "sha gated private cardData tags disabled".split()


class Upstream:
    """Any thread may call; `close` ends what is under way. Raises UpstreamFailed for what cannot
    be helped, Fault for what may pass where the caller retries."""

    def __init__(self, endpoint: Endpoint, token: str | None, pace: Pace, timeout_s: float) -> None:
        if token is not None and not _TOKEN.fullmatch(token):
            raise BadRequest("The upstream token has characters that no token has")
        self.endpoint, self.pace, self.timeout_s = endpoint, pace, timeout_s
        self._token = token
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            headers={"User-Agent": f"hearthub/{__version__}", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            # Whatever HTTP_PROXY says: a token for this machine is not a proxy's to read.
            mounts={f"all://{host}": None for host in LOOPBACK},
        )

    def close(self) -> None:
        self._client.close()

    # -- what an import asks --

    def state(self, repo_type: str, name: str, revision: str) -> State:
        url = self.endpoint.info(repo_type, name, revision)
        # Spaces are asked for all facts: who may see them has no name to ask by.
        facts = "&".join(f"expand={fact}" for fact in _FACTS)
        answer, _ = self._json(url if repo_type == "space" else f"{url}?{facts}")
        return parse_state(answer, name, repo_type)

    def tree(self, repo_type: str, name: str, commit: str, max_file: int) -> list[File]:
        """All files at a commit."""
        files: dict[str, File] = {}
        entries = 0
        url: str | None = self.endpoint.tree(repo_type, name, commit)
        while url:
            answer, url = self._json(url)
            page = parse_entries(answer, max_file)
            entries += len(page)
            if entries > MAX_ENTRIES:
                raise UpstreamFailed(f"{name} has more than {MAX_ENTRIES} files and folders")
            if url and not page:
                raise UpstreamFailed("Upstream's list of files has an empty page before its end")
            for file in page:
                if file is None:
                    continue
                if files.setdefault(file.path, file) is not file:
                    raise UpstreamFailed(f"Upstream lists {printable(file.path)} twice")
        return list(files.values())

    def models(self, tag: str, limit: int) -> list[str]:
        """The ids of models that have a tag, the most downloaded first."""
        answer, _ = self._json(self.endpoint.models(tag, limit))
        return parse_ids(answer)[:limit]

    def page(self, url: str) -> tuple[list[Any], str | None]:
        """A page of a list as it came, and the address of the next one.

        Raises TooMuch where a page with fewer rows may be had.
        """
        patience = Patience(self.pace)
        while True:
            try:
                return self._page(url)
            except Fault as fault:
                try:
                    patience.failed(fault)
                except UpstreamFailed as error:
                    if fault.is_refusal:
                        raise
                    raise TooMuch(str(error)) from fault

    @contextmanager
    def file(self, url: str, start: int, size: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """A file of `size` bytes from the byte `start` on: where the answer starts (at 0 when
        upstream knows no ranges), and its pieces. Raises Fault, also from the pieces."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._open(url, headers, elsewhere=True) as response:
            if response.status_code == 206 and not _starts_at(response, start):
                raise Fault(f"{short(url)}: the answer is another range than the one asked for")
            begin = start if response.status_code == 206 else 0
            yield begin, self._pieces(response, size - begin)

    def read(self, url: str, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`, all at once in memory."""
        patience = Patience(self.pace)
        headers = {"Range": f"bytes={start}-{end - 1}"}
        while True:
            try:
                with self._open(url, headers, elsewhere=True) as response:
                    return self._range(response, start, end)
            except Fault as fault:
                patience.failed(fault)

    # -- how --

    def _range(self, response: httpx.Response, start: int, end: int) -> bytes:
        where = short(str(response.url))
        is_part = response.status_code == 206
        if is_part and not _starts_at(response, start):
            raise Fault(f"{where}: the answer is another range than the one asked for")
        if not is_part and start > MAX_JSON:
            raise UpstreamFailed(f"{where}: upstream gives whole files only, and no ranges")
        found = self._begin(response, end - start if is_part else end)
        if not is_part:
            found = found[start:]
        if len(found) < end - start:
            raise Fault(f"{where}: the answer ended early")
        return found

    def _begin(self, response: httpx.Response, size: int) -> bytes:
        """The first `size` bytes of an answer; what comes behind them is not waited for."""
        body = bytearray()
        for piece in self._pieces(response, sys.maxsize):
            body += piece
            if len(body) >= size:
                break
        return bytes(body[:size])

    def _pieces(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        where = short(str(response.url))
        since, received, total = time.monotonic(), 0, 0
        try:
            for piece in response.iter_raw():
                self.pace.check()
                total += len(piece)
                received += len(piece)
                if total > limit:
                    raise UpstreamFailed(f"{where}: more bytes came than upstream said there are")
                yield piece
                if (now := time.monotonic()) - since > self.timeout_s:
                    if received < MIN_RATE * (now - since):
                        raise Fault(f"{where}: hardly any bytes came in {now - since:.0f} seconds")
                    since, received = now, 0
        except httpx.TransportError as error:
            raise Fault(f"{where}: {_reason(error)}") from error

    def _page(self, url: str) -> tuple[list[Any], str | None]:
        with self._open(url, {"Accept": "application/json"}, elsewhere=False) as response:
            body = self._body(response, MAX_JSON)
            headers = response.headers
        try:
            found = parse_page(body), self._next(url, headers.get("link", ""))
        except ValueError:
            # Also what a proxy says in a hub's place while that one starts.
            raise Fault(f"{short(url)}: the answer is no list of repos") from None
        self.pace.hold(min(left_wait(headers), MAX_WAIT_S))
        return found

    def _json(self, url: str) -> tuple[Any, str | None]:
        """An answer, and the address of its next page."""
        patience = Patience(self.pace)
        while True:
            try:
                with self._open(url, {"Accept": "application/json"}, elsewhere=False) as response:
                    body = self._body(response, MAX_JSON)
                    link = response.headers.get("link", "")
            except Fault as fault:
                patience.failed(fault)
                continue
            try:
                return orjson.loads(body), self._next(url, link)
            except orjson.JSONDecodeError:
                message = f"{short(url)}: the answer is not JSON. Is this the address of a Hub?"
                raise UpstreamFailed(message) from None

    def _body(self, response: httpx.Response, limit: int) -> bytes:
        body = bytearray()
        deadline = time.monotonic() + 5 * self.timeout_s
        try:
            for piece in response.iter_raw():
                self.pace.check()
                body += piece
                if len(body) > limit:
                    message = f"{short(str(response.url))}: the answer has more than {limit} bytes"
                    raise TooMuch(message)
                if time.monotonic() > deadline:
                    raise Fault(f"{short(str(response.url))}: the answer takes too long")
        except httpx.TransportError as error:
            raise Fault(f"{short(str(response.url))}: {_reason(error)}") from error
        return bytes(body)

    def _next(self, url: str, link: str) -> str | None:
        found = _NEXT.search(link)
        if not found:
            return None
        target = follow(url, found[1])
        if not self.endpoint.owns(target):
            raise UpstreamFailed(
                f"The pages of {short(url)} lead to {short(target)}: use that hub's address"
            )
        return target

    @contextmanager
    def _open(
        self, url: str, headers: dict[str, str], *, elsewhere: bool
    ) -> Iterator[httpx.Response]:
        """A good answer to GET. `elsewhere`: whether a redirect may leave the hub."""
        first, is_home = url, True
        for _ in range(MAX_REDIRECTS + 1):
            self.pace.wait()
            is_home = is_home and self.endpoint.owns(url)  # who has left gets no token any more
            auth = {"Authorization": f"Bearer {self._token}"} if self._token and is_home else {}
            response = self._send(url, headers | auth)
            try:
                if not response.is_redirect:
                    self._check(first, response)
                    yield response
                    return
                target = follow(url, response.headers.get("location", ""))
            finally:
                response.close()
            if not elsewhere and not self.endpoint.owns(target):
                raise UpstreamFailed(
                    f"{short(url)} redirects to {short(target)}: use that hub's address"
                )
            url = target
        raise UpstreamFailed(f"{short(first)} redirects more than {MAX_REDIRECTS} times")

    def _send(self, url: str, headers: dict[str, str]) -> httpx.Response:
        try:
            request = self._client.build_request("GET", url, headers=headers)
            return self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise Fault(f"{short(url)}: {_reason(error)}") from error
        except httpx.InvalidURL:
            raise UpstreamFailed(f"{short(url)} is not an address") from None

    def _check(self, url: str, response: httpx.Response) -> None:
        status = response.status_code
        if status in (200, 206):
            if response.headers.get("content-encoding", "identity") != "identity":
                raise UpstreamFailed(f"{short(url)}: the answer is compressed, unasked")
            return
        if status in PASSING:
            message, wait = f"{short(url)}: upstream answers {status}", asked_wait(response.headers)
            raise Fault(message, wait, is_refusal=status == 429)
        refused = TooMuch if status in TOO_MUCH else UpstreamFailed
        raise refused(_refusal(url, response, self._error_text(response), self._token))

    def _error_text(self, response: httpx.Response) -> str:
        """What upstream says, without the token, which some repeat when they refuse it."""
        said: object = response.headers.get("x-error-message")
        if not said:
            try:
                answer = orjson.loads(self._body(response, MAX_ERROR))
            except (Fault, UpstreamFailed, orjson.JSONDecodeError):
                return ""
            said = answer.get("error", "") if isinstance(answer, dict) else ""
        text = str(said)
        return printable(text.replace(self._token, "[token]") if self._token else text)


def _refusal(url: str, response: httpx.Response, text: str, token: str | None) -> str:
    """What to tell the person, and what to do next."""
    status, code = response.status_code, response.headers.get("x-error-code", "")
    said = f" ({text})" if text else ""
    with_token = "another token" if token else "a token of that hub in HEARTHUB_UPSTREAM_TOKEN"
    if code == "GatedRepo":
        return f"Upstream's files are gated{said}. Ask for access there, then give {with_token}"
    if code == "RevisionNotFound":
        return f"Upstream has no such revision{said}"
    if code == "EntryNotFound":
        return f"{short(url)} is not there any more{said}. Run the command again"
    if _LIST.search(short(url)):
        return f"Upstream refuses the list{said}: {short(url)} answers {status}"
    if code == "RepoNotFound" or status in (401, 403, 404):
        return (
            f"Upstream shows no such repo{said}: {short(url)}. "
            f"Check its id and --type; if it is private, give {with_token}"
        )
    return f"{short(url)}: upstream answers {status}{said}"


def _starts_at(response: httpx.Response, start: int) -> bool:
    found = re.match(r"bytes (\d{1,18})-", response.headers.get("content-range", ""))
    return found is not None and int(found[1]) == start


def _reason(error: httpx.TransportError) -> str:
    return printable(error) or type(error).__name__
