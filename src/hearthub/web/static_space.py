"""Spaces of the `static` kind: a stranger's pages and scripts, which must not touch the session.

    /spaces/{namespace}/{name}/static/{path}         of spaces that everybody may read
    /spaces/{namespace}/{name}/pass/{pass}/{path}    of others, by the pass their page made

Every answer is sandboxed by its own header, so that the browser gives it an origin of nobody: no
cookies, no storage, nothing of this hub that anybody could not read, wherever it is opened. No
cookie is read here; space_pass.py says who reads a private or gated one. See the Content Security
Policy specification, directive `sandbox`. Whoever opens it without the frame around it is led to
the page of the space: below nothing but the address of this hub it could pass for one of its pages.
"""

import mimetypes

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS
from hearthub.context import Hub
from hearthub.errors import EntryNotFound, Forbidden, GatedRepo, RepoNotFound
from hearthub.http.files import BytesResponse
from hearthub.http.urls import hub_of
from hearthub.registry import Repo, Right, read_card
from hearthub.web.file_bytes import Sent
from hearthub.web.rendering import see_other
from hearthub.web.space_pass import make_pass, repo_by_pass
from hearthub.web.visitor import Visit

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
# What a browser would run or apply within whatever page has it.
_PARTS = frozenset("script style worker sharedworker serviceworker".split())


def static_file(request: Request) -> Response:
    hub = hub_of(request)
    repo = hub.registry.repo(ANONYMOUS, "space", _full_name(request))
    if not is_served(hub, repo):
        raise GatedRepo("The files of this space are not served")
    return _answer(request, hub, repo, HEADERS)


def passed_file(request: Request) -> Response:
    """Whoever has no good pass learns no more than that there is no such space."""
    hub = hub_of(request)
    repo = repo_by_pass(hub, request.path_params["pass"], _full_name(request))
    if not _is_static(repo):
        raise RepoNotFound
    headers = {**HEADERS, "Cache-Control": "private, no-cache"}
    return _answer(request, hub, repo, headers)


def _full_name(request: Request) -> str:
    return f"{request.path_params['namespace']}/{request.path_params['name']}"


def _answer(request: Request, hub: Hub, repo: Repo, headers: dict[str, str]) -> Response:
    if request.headers.get("sec-fetch-dest") == "document":
        return see_other(f"/spaces/{repo.full_name}")
    if _is_part_of_ours(request):
        raise Forbidden("The files of a space are for the space alone")
    commit = hub.registry.head(repo)
    path = request.path_params["path"] or app_file(hub, repo, commit)
    entry = hub.registry.browse.file(repo, commit, f"{path}{INDEX}" if path[-1] == "/" else path)
    headers = {**headers, "ETag": f'"{entry.etag}"'}
    content = hub.registry.content(repo, entry)
    kind = _type(entry.path)
    return Sent(BytesResponse(content, entry.size, request.headers, headers, kind))


def _is_part_of_ours(request: Request) -> bool:
    """Whether a page of this hub would run it. The space's own are of no origin, so never of ours;
    and the policy of our pages, `'self'`, knows no paths."""
    dest, site = (request.headers.get(f"sec-fetch-{it}") for it in ("dest", "site"))
    return dest in _PARTS and site == "same-origin"


def is_served(hub: Hub, repo: Repo) -> bool:
    """A protected space runs for everybody, though its files are its members' alone."""
    if not _is_static(repo) or repo.gated:
        return False
    is_open = hub.registry.right(ANONYMOUS, repo) >= Right.READ
    return is_open or repo.visibility == "protected"


def _is_static(repo: Repo) -> bool:
    return repo.type == "space" and repo.sdk == "static"


def space_frame(hub: Hub, repo: Repo, commit: str, seen: Visit) -> str | None:
    """Where the page of a space finds what to show; None where it is served to nobody, or not to
    this visitor."""
    if not _is_static(repo):
        return None
    below = "static" if is_served(hub, repo) else ""
    if not below:
        held = make_pass(hub, seen, repo)
        if held is None:
            return None
        below = f"pass/{held}"
    try:
        hub.registry.browse.file(repo, commit, app_file(hub, repo, commit))
    except EntryNotFound:
        return None
    return f"/spaces/{repo.full_name}/{below}/"


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


_SPACE = "/spaces/{namespace:seg}/{name:seg}"
routes = [
    Route(f"{_SPACE}/static/{{path:rest}}", static_file),
    Route(f"{_SPACE}/pass/{{pass:seg}}/{{path:rest}}", passed_file),
]
