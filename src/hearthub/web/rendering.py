"""What every page shares: templates, headers, and errors that are pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hearthub.errors import HearthubError, Moved, NotFound, RepoNotFound, Unavailable
from hearthub.http.errors import status_of
from hearthub.http.urls import redirect_target
from hearthub.web.language import Language, language_of

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
    "There is no such page, or it is private. A private repository opens with a token "
    "through the API; see the list of public ones on the home page."
)
View = Callable[[Request], Response]


def page(
    template: str,
    status: int = 200,
    *,
    language: Language | None = None,
    section: str = "",
    **values: Any,
) -> HTMLResponse:
    """`section` is the entry of the main menu that the page belongs to."""
    language = language or Language("en")
    text = _templates.get_template(template).render(
        t=language, lang=language.code, section=section, **values
    )
    headers = {**HEADERS, "Content-Language": language.code, "Vary": "Accept-Language"}
    return HTMLResponse(text, status, headers)


def shown(view: View) -> Callable[[Request], Any]:
    """The endpoint of a page: it runs in a thread, and its errors are pages.

    What an outsider may not see looks like what does not exist.
    """

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_guarded, view, request)

    return endpoint


def _guarded(view: View, request: Request) -> Response:
    try:
        if len(request.url.query) > MAX_QUERY:
            return _error(request, 414, "That did not work", "This address is too long.")
        return view(request)
    except Moved as moved:
        return Response(status_code=307, headers={"Location": redirect_target(request, moved)})
    except RepoNotFound:
        return _error(request, 404, "Nothing here", PRIVATE)
    except NotFound as error:
        return _error(request, 404, "Nothing here", str(error))
    except Unavailable as error:
        found = _error(request, status_of(error, anonymous=False), "Not just now", str(error))
        if error.retry_s is not None:
            found.headers["Retry-After"] = str(error.retry_s)
        return found
    except HearthubError as error:
        return _error(request, status_of(error, anonymous=False), "That did not work", str(error))


def _error(request: Request, status: int, title: str, text: str) -> Response:
    is_pulse = request.scope["path"].startswith("/pulse")
    return page(
        "error.html",
        status,
        language=language_of(request),
        section="pulse" if is_pulse else "",
        title=title,
        text=text,
        back=("/pulse", "Pulse") if is_pulse else ("/", "the home page"),
    )


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


def size(count: int) -> str:
    """Bytes for people, in powers of 1000: 1.2 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


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


def visible(text: str) -> str:
    """Of strangers: what cannot be seen, or turns the direction of text, is a blank."""
    return "".join(c if c.isprintable() else " " for c in text)


_templates = Environment(
    loader=PackageLoader("hearthub.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {
    "size": size,
    "short": short,
    "parameters": parameters,
    "visible": visible,
    "day": day,
}
