"""What every page shares: templates, headers, and errors that are pages."""

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hearthub.db import DatabaseError
from hearthub.errors import (
    BadRequest,
    EntryNotFound,
    Forbidden,
    HearthubError,
    LoginRequired,
    Moved,
    NotFound,
    RepoNotFound,
    RevisionNotFound,
    TooManyRequests,
    Unavailable,
    UnderWay,
)
from hearthub.http.errors import refused, status_of
from hearthub.http.paths import PREFIXES
from hearthub.http.threads import run_making
from hearthub.http.urls import is_led_by_another_site, redirect_target
from hearthub.web.language import Language
from hearthub.web.visitor import Visit, csrf_field, see_visit, visit, visit_of

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
MAX_QUERY = 4000  # characters; nobody types more, and each may come back in many links
PRIVATE = (
    "There is no such page, or it is private: log in as somebody who may see it, or see the list "
    "of public ones on the home page."
)
LED = (
    "Another site led here, and shall not learn from what is saved that you may have it. If it is "
    "you who wants it, save it from here."
)
WORTH_IT = 1000  # bytes; less is no shorter once compressed
_GZIP = re.compile(r"(^|[ ,])(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
_KINDS_OF_TAGS = frozenset(
    "format language library modality size_categories task_categories task_ids".split()
)
_TITLES: dict[type[HearthubError], str] = {
    NotFound: "Nothing here",
    Forbidden: "You may not do this",
    LoginRequired: "Log in first",
    TooManyRequests: "Too many tries",
    Unavailable: "Not just now",
    HearthubError: "That did not work",
}
View = Callable[[Request], Response]


def page(
    template: str,
    status: int = 200,
    *,
    language: Language | None = None,
    section: str = "",
    policy: str = "",
    **values: Any,
) -> HTMLResponse:
    """`section` is the entry of the main menu that the page belongs to; `policy` what its content
    security policy has besides, such as `script-src 'self'`."""
    language = language or Language("en")
    text = _templates.get_template(template).render(
        t=language, lang=language.code, section=section, visit=visit(), **values
    )
    headers = {
        **HEADERS,
        "Content-Security-Policy": f"{POLICY}; {policy}" if policy else POLICY,
        "Content-Language": language.code,
        "Vary": "Accept-Language, Accept-Encoding, Cookie",
    }
    return HTMLResponse(text, status, headers)


def fragment(template: str, language: Language, **values: Any) -> Markup:
    """A part of a page, to be kept: it depends on `values` alone."""
    return Markup(_templates.get_template(template).render(t=language, **values))  # noqa: S704


def shown(view: View, *, slow: bool = False) -> Callable[[Request], Any]:
    """The endpoint of a page: it runs in a thread, and its errors are pages. `slow`: it may wait
    for the sandbox, so in one of those that nothing else waits for.

    What an outsider may not see looks like what does not exist.
    """

    async def endpoint(request: Request) -> Response:
        run = run_making if slow else run_in_threadpool
        return await run(guarded, view, request)

    return endpoint


def guarded(view: View, request: Request) -> Response:
    """What a view answers, with its errors as pages and the headers of who looks."""
    seen = visit_of(request)
    with see_visit(seen):
        try:
            if len(request.url.query) > MAX_QUERY:
                raise BadRequest("This address is too long.")
            answer = view(request)
        except Moved as moved:
            answer = Response(
                status_code=307, headers={"Location": redirect_target(request, moved)}
            )
        except HearthubError as error:
            answer = error_page(request, error)
        except (DatabaseError, OSError) as error:  # busy, or its disk is full
            answer = error_page(request, refused(request, error))
        if seen.session and _is_saved(answer) and is_led_by_another_site(request):
            answer = error_page(request, Forbidden(LED), instead=(_here(request), "Save it"))
    answer = _compressed(request, answer) if request.method in ("GET", "HEAD") else answer
    return _for_whom(seen, answer)


def _is_saved(answer: Response) -> bool:
    """As a file: the window that was opened for it stays empty, and whoever opened it sees that."""
    return answer.headers.get("content-disposition", "").startswith("attachment")


def _for_whom(seen: Visit, answer: Response) -> Response:
    """What one visitor sees is kept by nobody; cookies that were made on the way are sent.

    A site that opened the window loses it: it would count the frames of what it cannot read.
    """
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if seen.session or seen.cookies:
        answer.headers["Cache-Control"] = "private, no-store"
    if "cookie" not in answer.headers.get("vary", "").lower():
        answer.headers.append("Vary", "Cookie")
    for cookie in seen.cookies:
        answer.headers.append("Set-Cookie", cookie)
    return answer


def error_page(
    request: Request, error: HearthubError, instead: tuple[str, str] | None = None
) -> Response:
    """Whoever is asked to log in goes there at once, where going back repeats nothing.

    `instead`: the address of what helps, and its name.
    """
    if isinstance(error, LoginRequired) and request.method in ("GET", "HEAD"):
        return see_other(login_href(request))
    title = next(words for kind, words in _TITLES.items() if isinstance(error, kind))
    is_pulse = request.scope["path"].startswith("/pulse")
    answer = page(
        "error.html",
        status_of(error, anonymous=False),
        section="pulse" if is_pulse else "",
        title=title,
        text=PRIVATE if isinstance(error, RepoNotFound) else str(error),
        instead=instead or _instead(request, error),
        back=("/pulse", "Pulse") if is_pulse else ("/", "the home page"),
    )
    if isinstance(error, Unavailable | TooManyRequests) and error.retry_s is not None:
        answer.headers["Retry-After"] = str(error.retry_s)
    return answer


def _instead(request: Request, error: HearthubError) -> tuple[str, str] | None:
    """Where in the same repo to look, with its address: whoever learns that a revision or a path
    is not there may see the repo."""
    words = request.path_params
    if not isinstance(error, RevisionNotFound | EntryNotFound) or "namespace" not in words:
        return None
    kind = PREFIXES[words.get("kind", "model")]
    repo = f"/{kind}{quote(words['namespace'])}/{quote(words['name'])}"
    if isinstance(error, RevisionNotFound):
        return f"{repo}/branches", "See its branches and tags"
    return f"{repo}/tree/main", "See its files"


def looks_again(answer: Response, under_way: UnderWay) -> Response:
    """A page of what is being worked out: the browser asks again by itself, without a script."""
    answer.headers["Refresh"] = answer.headers["Retry-After"] = str(under_way.retry_s)
    return answer


def see_other(path: str) -> Response:
    """After a form: the browser goes to `path`, of this hub and quoted already, by GET."""
    return Response(status_code=303, headers={"Location": path})


def login_href(request: Request) -> str:
    """The log-in page, which leads back to this one."""
    return f"/login?{urlencode({'next': _here(request)})}"


def _here(request: Request) -> str:
    query = request.url.query
    return str(request.scope["path"]) + (f"?{query}" if query else "")


def _compressed(request: Request, answer: Response) -> Response:
    """The length of a compressed page tells whether a stranger's words are also elsewhere in it.

    So what is secret in a page, the token of its forms, is masked anew each time; other secrets
    stand in answers to forms alone, and those are not compressed.
    """
    if not isinstance(answer, HTMLResponse) or len(answer.body) < WORTH_IT:
        return answer
    if not _GZIP.search(request.headers.get("accept-encoding", "")):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    headers["content-encoding"] = "gzip"
    return Response(gzip.compress(bytes(answer.body), 5, mtime=0), answer.status_code, headers)


def with_query(request: Request, **changed: str | None) -> str:
    """The page's own address with some words of its query changed; None takes one away."""
    words: dict[str, str] = dict(request.query_params.items())
    for name, value in changed.items():
        if value is None:
            words.pop(name, None)
        else:
            words[name] = value
    # Text that is no Unicode cannot be shown anyway.
    plain = {name: value.encode(errors="replace").decode() for name, value in words.items()}
    path = str(request.scope["path"])
    return f"{path}?{urlencode(plain)}" if plain else path


def day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def moment(ms: int) -> str:
    """To the minute, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def size(count: int) -> str:
    """Bytes for people, in powers of 1000: 1.2 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def gib(count: float) -> str:
    """Memory for people: 3.42 GiB, as hardware is told of."""
    if count >= 2**40:
        return f"{count / 2**40:.2f} TiB"
    for unit, one in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= one:
            return f"{count / one:.{2 if count < 100 * one else 0}f} {unit}"
    return f"{count / 2**10:.0f} KiB"


def short(count: float) -> str:
    """A count for people: 1.2 M."""
    value = float(count)
    for unit in ("", "k", "M"):
        if abs(value) < 999.5:
            digits = 1 if unit and abs(value) < 99.95 else 0
            return f"{value:.{digits}f}{f' {unit}' if unit else ''}"
        value /= 1000
    return f"{value:.1f} G"


def parameters(count: float) -> str:
    """Of a model: 7.2 B."""
    value = float(count)
    for unit, one in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if value >= one:
            return f"{value / one:.3g} {unit}"
    return f"{value:.0f}"


def exactly(value: float) -> str:
    """Up to six digits, and all of a whole number."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1e5 else f"{value:,.6g}"


def rate(value: float) -> str:
    """Of a speed: three digits, which is more than is known."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def visible(text: str) -> str:
    """Of strangers: what cannot be seen, or turns the direction of text, is a blank."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text)


def visible_lines(text: str) -> str:
    """The same of a text of several lines, which stay lines, with their tabs."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def tag_name(tag: str) -> str:
    """How a tag is shown: `task_categories:translation` is known by its second half."""
    kind, colon, name = tag.partition(":")
    return name if colon and name and kind in _KINDS_OF_TAGS else tag


_templates = Environment(
    loader=PackageLoader("hearthub.web"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,  # else each page asks the disk for the age of each of its templates
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["csrf"] = csrf_field
_templates.filters |= {
    "gib": gib,
    "size": size,
    "short": short,
    "parameters": parameters,
    "exactly": exactly,
    "rate": rate,
    "tag_name": tag_name,
    "visible": visible,
    "visible_lines": visible_lines,
    "day": day,
    "moment": moment,
}
