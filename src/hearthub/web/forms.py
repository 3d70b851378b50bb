"""Forms: what a browser sends is acted on only when a page of ours asked for it.

Three things are looked at, each of which would do in most browsers: the cookie is `SameSite=Lax`,
`Origin` and `Sec-Fetch-Site` name this hub, and the form has a token that only its page knows.

    from hearthub.web.forms import Form, acted, see_other

    def rename(request: Request, form: Form) -> Response:
        hub_of(request).registry.move(member(request), ..., form.text("name"))
        return see_other("/...")

    routes = [Route("/x", shown(page_with_the_form)), Route("/x", acted(rename), methods=["POST"])]

In its template: `<form method="post" action="/x">{{ csrf() }} ... </form>`.
"""

import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hearthub.errors import BadRequest, Forbidden, HearthubError, LoginRequired, TooLarge
from hearthub.http.body import declared_length
from hearthub.http.rates import rates_of
from hearthub.http.threads import run_heavy
from hearthub.http.urls import is_same_origin
from hearthub.web.rendering import guarded, see_other
from hearthub.web.visitor import is_csrf_token, visit_of

__all__ = ["Form", "acted", "local_path", "require_ours", "see_other"]

MAX_FORM = 4 * 2**20  # bytes, of a form without files
MAX_STRANGERS = 64 * 2**10  # the same of who is not logged in: a name, a password, where to
MAX_FIELDS = 500
MAX_FILES = 1000
MAX_NEXT = 2000  # characters
STALE = (
    "This form is no longer good: it was made before you logged in or out, or by another site. "
    "Go back, load the page again, and send it once more."
)
ELSEWHERE = "This form was sent by a page of another site, so nothing was done."
# Nothing that a browser drops or takes for a slash: what starts with two of those is a host.
_PLAIN = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


@dataclass
class Form:
    """What was sent. A field that was not is an empty text; of several of a name the last counts.

    No text holds what no database can: NUL and broken Unicode are refused before.
    """

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, UploadFile]] = field(default_factory=list)

    def text(self, name: str) -> str:
        """As typed, with the blanks around it taken away."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """As typed, line ends as `\\n`."""
        values = [value for key, value in self.fields if key == name]
        return values[-1].replace("\r\n", "\n") if values else ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def has(self, name: str) -> bool:
        """Whether a box was ticked, or the button of this name pressed."""
        return any(key == name for key, _ in self.fields)

    def number(self, name: str) -> int:
        """BadRequest when it is none."""
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadRequest(f"{name} must be a whole number")
        return int(text)


Act = Callable[[Request, Form], Response]


def acted(
    view: Act, *, anybody: bool = False, heavy: bool = False, limit: int | None = None
) -> Callable[[Request], Any]:
    """The endpoint of a POST: `view` runs in a thread, its errors are pages.

    `anybody`: also who is not logged in. `heavy`: it may take long (http/threads.py).
    `limit`: bytes of the body, if more than usual; files count, and lie on the disk while the
    view runs.
    """
    most = limit or (MAX_STRANGERS if anybody else MAX_FORM)

    async def endpoint(request: Request) -> Response:
        run = run_heavy if heavy else run_in_threadpool
        try:
            # Before the body: a stranger shall not make us read it.
            await run_in_threadpool(require_ours, request, anybody=anybody)
            form = await _parse(request, most)
        except (HearthubError, OSError) as error:  # its files lie on the disk, which may be full
            return await run_in_threadpool(guarded, _raising(error), request)
        try:
            return await run(guarded, _checked(view, form), request)
        finally:
            for _, file in form.files:
                await file.close()

    return endpoint


def require_ours(request: Request, *, anybody: bool = False) -> None:
    """Whether a page of this hub sent it, and somebody logged in; Forbidden, LoginRequired."""
    if not is_same_origin(request):
        raise Forbidden(ELSEWHERE)
    if not anybody and visit_of(request).actor.is_anonymous:
        raise LoginRequired(
            "You are not logged in, or not any more, so nothing was done. Log in in another tab, "
            "then go back and send the form again."
        )


def require_csrf(request: Request, token: str) -> None:
    if not is_csrf_token(visit_of(request).secret, token):
        raise Forbidden(STALE)


def try_password(request: Request, name: str | None) -> None:
    """Count a password before it is looked at; TooManyRequests. In the thread of a view.

    `name`: the account's; None where there is none yet.
    """
    error = from_thread.run_sync(rates_of(request.scope).try_login, request.scope, name)
    if error:
        raise error


def accept_password(request: Request, name: str | None) -> None:
    """It was right, and does not count."""
    from_thread.run_sync(rates_of(request.scope).accept_login, request.scope, name)


def local_path(text: str, default: str = "/") -> str:
    """Where a form leads when that is an address of this hub, else `default`."""
    if len(text) > MAX_NEXT or not _PLAIN.fullmatch(text):
        return default
    parts = urlsplit(text)
    if parts.scheme or parts.netloc:
        return default
    return quote(text, safe="/?&=%:@+,;~!$'()*-._")


def _raising(error: Exception) -> Callable[[Request], Response]:
    def view(_request: Request) -> Response:
        raise error

    return view


def _checked(view: Act, form: Form) -> Callable[[Request], Response]:
    def checked(request: Request) -> Response:
        require_csrf(request, form.raw("csrf"))
        return view(request, form)

    return checked


async def _parse(request: Request, limit: int) -> Form:
    """BadRequest, TooLarge."""
    if declared_length(request) > limit:
        raise TooLarge(f"A form has at most {limit} bytes here")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            form = await _multipart(request, limit)
        elif kind == "application/x-www-form-urlencoded":
            form = await _urlencoded(request, limit)
        else:
            raise BadRequest("A form is sent as application/x-www-form-urlencoded or multipart")
    except ClientDisconnect:
        raise BadRequest("The connection was closed before the form was complete") from None
    for name, value in form.fields:
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise BadRequest(f"{name[:100]!r} is not valid text")
    return form


async def _urlencoded(request: Request, limit: int) -> Form:
    body = b"".join([chunk async for chunk in _bounded(request, limit)])
    try:
        pairs = await run_in_threadpool(_pairs, body)  # half a second of the largest
    except ValueError:  # UnicodeDecodeError is one
        raise BadRequest("This form cannot be read, or it has too many fields") from None
    return Form(pairs)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("ascii")
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)


async def _multipart(request: Request, limit: int) -> Form:
    parser = MultiPartParser(
        request.headers,
        _bounded(request, limit),
        max_files=MAX_FILES,
        max_fields=MAX_FIELDS,
        max_part_size=min(limit, MAX_FORM),  # of a field; files have `limit` alone
    )
    try:
        data = await parser.parse()
    except (MultiPartException, KeyError) as error:
        message = getattr(error, "message", "it has no boundary")
        raise BadRequest(f"This form cannot be read: {message}") from None
    form = Form()
    for name, value in data.multi_items():
        if isinstance(value, str):
            form.fields.append((name, value))
        else:
            form.files.append((name, value))
    return form


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > limit:
            raise TooLarge(f"A form has at most {limit} bytes here")
        yield chunk
