"""Spaces of the `static` kind: a stranger's pages and scripts, which must not touch the session.

    /spaces/{namespace}/{name}/static/{path}

Every answer is sandboxed by its own header, so that the browser gives it an origin of nobody: no
cookies, no storage, nothing of this hub that anybody could not read, wherever it is opened. Nobody
is asked who he is here, so that private spaces are not served. See the Content Security Policy
specification, directive `sandbox`. Whoever opens it without the frame around it is led to the page
of the space: below nothing but the address of this hub it could pass for one of its pages.
"""

import mimetypes

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS
from hearthub.context import Hub
from hearthub.errors import EntryNotFound, GatedRepo
from hearthub.http.files import BytesResponse
from hearthub.http.urls import hub_of
from hearthub.registry import Repo, Right, read_card
from hearthub.web.file_bytes import Sent
from hearthub.web.rendering import see_other

INDEX = "index.html"
FRAME = "frame-src 'self'"
"""What the policy of a page needs that has such a space in it, by static_space.html."""
HEADERS = {
    "Content-Security-Policy": (
        "sandbox allow-scripts; default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; "
        "form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
# What the system's own table of types may lack, or have otherwise.
_TYPES = {
    "css": "text/css",
    "htm": "text/html",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "mjs": "text/javascript",
    "svg": "image/svg+xml",
    "wasm": "application/wasm",
    "woff2": "font/woff2",
}


def static_file(request: Request) -> Response:
    hub, params = hub_of(request), request.path_params
    repo = hub.registry.repo(ANONYMOUS, "space", f"{params['namespace']}/{params['name']}")
    if not is_served(hub, repo):
        raise GatedRepo("The files of this space are not served")
    if request.headers.get("sec-fetch-dest") == "document":
        return see_other(f"/spaces/{repo.full_name}")
    commit = hub.registry.head(repo)
    path = params["path"] or app_file(hub, repo, commit)
    entry = hub.registry.browse.file(repo, commit, f"{path}{INDEX}" if path[-1] == "/" else path)
    headers = {**HEADERS, "ETag": f'"{entry.etag}"'}
    content = hub.registry.content(repo, entry)
    kind = _type(entry.path)
    return Sent(BytesResponse(content, entry.size, request.headers, headers, kind))


def is_served(hub: Hub, repo: Repo) -> bool:
    """A protected space runs for everybody, though its files are its members' alone."""
    if repo.type != "space" or repo.sdk != "static" or repo.gated:
        return False
    is_open = hub.registry.right(ANONYMOUS, repo) >= Right.READ
    return is_open or repo.visibility == "protected"


def space_frame(hub: Hub, repo: Repo, commit: str) -> str | None:
    """Where the page of a space finds what to show; None where nothing is served."""
    if not is_served(hub, repo):
        return None
    try:
        hub.registry.browse.file(repo, commit, app_file(hub, repo, commit))
    except EntryNotFound:
        return None
    return f"/spaces/{repo.full_name}/static/"


def app_file(hub: Hub, repo: Repo, commit: str) -> str:
    """As the card says; a relative link in it leads from the top, as from an index."""
    card, _ = read_card(hub.registry.text(repo, commit, "README.md") or "")
    named = card.get("app_file")
    is_plain = isinstance(named, str) and "/" not in named and _type(named) == _type(INDEX)
    return str(named) if is_plain else INDEX


def _type(path: str) -> str:
    ending = path.rpartition(".")[2].lower()
    guessed = _TYPES.get(ending) or mimetypes.guess_type(f"x.{ending}")[0]
    kind = guessed or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


routes = [Route("/spaces/{namespace:seg}/{name:seg}/static/{path:rest}", static_file)]
