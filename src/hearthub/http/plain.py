"""Errors from outside all pages, as a page for whoever looks with a browser."""

from html import escape

from starlette.responses import HTMLResponse
from starlette.types import Scope

POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Hearthub</title><link rel="stylesheet" href="/static/hearthub.css"></head>
<body><main><h1>{title}</h1><p>{text}</p><p><a href="/">Back to the home page</a></p></main></body>
</html>
"""


def wants_page(scope: Scope) -> bool:
    """A browser goes there, to look; what programs ask for is answered as JSON."""
    headers = dict(scope["headers"])
    is_going = headers.get(b"sec-fetch-mode", b"navigate") == b"navigate"
    return is_going and b"text/html" in headers.get(b"accept", b"") and not _is_api(scope["path"])


def plain_page(status: int, title: str, text: str, **headers: str) -> HTMLResponse:
    """With no word of anybody's own, and nothing of the visitor's: it needs no database."""
    page = _PAGE.format(title=escape(title), text=escape(text))
    policy = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(page, status, {**policy, **headers})


def _is_api(path: str) -> bool:
    return path.startswith(("/api/", "/v2/", "/cas/"))
