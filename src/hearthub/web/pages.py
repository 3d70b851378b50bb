"""The home page and a page per repo; both work without JavaScript."""

from datetime import UTC, datetime
from importlib.resources import files
from threading import Lock
from typing import Any

from cachetools import TTLCache
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Filter, Page, Row
from hearthub.context import Hub
from hearthub.errors import EntryNotFound, HearthubError, Moved, NotFound, Unavailable
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import base_url, hub_of, redirect_target, repo_url
from hearthub.registry import Repo, Right, read_card
from hearthub.web.markdown import MAX_CARD, render_card

STATIC = {"hearthub.css": "text/css", "icon.svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
KINDS = ("model", "dataset", "space")
NEWEST = Page("modified", limit=12)
SHOWN_FILES = 200
CARD_TIMEOUT_S = 2
CARD_KEPT_S = 600  # a card that failed on a busy day is tried again

_rendered: TTLCache[tuple[int, str, str], str] = TTLCache(2**24, CARD_KEPT_S, getsizeof=len)
_cards_lock = Lock()


async def home(request: Request) -> Response:
    return await run_in_threadpool(_home, request)


async def repo_page(request: Request) -> Response:
    return await run_in_threadpool(_guarded, request, _repo)


async def static(request: Request) -> Response:
    name = request.path_params["asset"]
    if name not in STATIC:
        raise EntryNotFound
    content = (files("hearthub.web") / "static" / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=STATIC[name], headers=headers)


def _home(request: Request) -> Response:
    hub = hub_of(request)
    shelves = [
        (kind, _cards(hub, hub.catalogue.page(ANONYMOUS, Filter(kind), NEWEST)[0]))
        for kind in KINDS
    ]
    return _page("home.html", 200, shelves=shelves, base=base_url(request))


def _cards(hub: Hub, rows: list[Row]) -> list[dict[str, Any]]:
    likes = {row.repo.id: row.counters.likes for row in rows if row.repo}
    repos = [row.repo for row in rows if row.repo]
    facts = hub.catalogue.facts_of(repos)
    return [
        {
            "name": repo.full_name,
            "href": f"/{PREFIXES[repo.type]}{repo.full_name}",
            "task": facts[repo.id].pipeline_tag,
            "library": facts[repo.id].library,
            "likes": likes[repo.id],
            "modified": _day(repo.modified),
        }
        for repo in repos
    ]


def _repo(request: Request) -> Response:
    hub, params = hub_of(request), request.path_params
    kind = params.get("kind", "model")
    full_name = f"{params['namespace']}/{params['name']}"
    repo = hub.registry.repo(ANONYMOUS, kind, full_name)
    commit = hub.registry.head(repo)
    entries = hub.registry.tree(repo, commit, limit=SHOWN_FILES)
    readable = hub.registry.right(ANONYMOUS, repo) >= Right.READ
    card = _card(hub, repo, commit) if readable else ""
    return _page(
        "repo.html",
        200,
        repo=repo,
        readable=readable,
        facts=hub.catalogue.facts(repo, commit),
        likes=hub.catalogue.counters([repo])[repo.id].likes,
        entries=entries,
        card=card,
        commit=commit,
        modified=_day(repo.modified),
        url=repo_url(request, repo.type, repo.full_name),
        base=base_url(request),
    )


def _card(hub: Hub, repo: Repo, commit: str) -> str:
    """The card of a commit as safe HTML, rendered once, in a process that can be stopped."""
    key = (repo.id, repo.full_name, commit)
    with _cards_lock:
        html = _rendered.get(key)
    if html is None:
        _, body = read_card(hub.registry.text(repo, commit, "README.md") or "")
        root = f"/{PREFIXES[repo.type]}{repo.full_name}/resolve/main/"
        source = f'<a href="{root}README.md">Read its source</a>.'
        try:
            html = hub.sandbox.run(render_card, body[:MAX_CARD], root, timeout=CARD_TIMEOUT_S)
        except Unavailable:
            html = f"<p>This card cannot be shown. {source}</p>"
        else:
            html += f"<p>The card is longer. {source}</p>" if len(body) > MAX_CARD else ""
        with _cards_lock:
            _rendered[key] = html
    return html


def _guarded(request: Request, page: Any) -> Response:
    """Errors as pages; what an outsider may not see looks like what does not exist."""
    try:
        answer: Response = page(request)
    except Moved as moved:
        return Response(status_code=307, headers={"Location": redirect_target(request, moved)})
    except NotFound:
        return _page("error.html", 404, title="Nothing here", text=(
            "There is no such page, or it is private. A private repository opens with a token "
            "through the API; see the list of public ones on the home page."
        ))  # fmt: skip
    except HearthubError as error:
        return _page("error.html", 400, title="That did not work", text=str(error))
    return answer


def _page(template: str, status: int, **values: Any) -> Response:
    text = _templates.get_template(template).render(**values)
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
    return HTMLResponse(text, status, headers)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def _size(count: int) -> str:
    """Bytes for people, in powers of 1000: 1.2 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


_templates = Environment(
    loader=PackageLoader("hearthub.web"), autoescape=True, undefined=StrictUndefined
)
_templates.filters["size"] = _size

routes = [
    Route("/", home),
    Route("/static/{asset:seg}", static),
    Route("/{kind:kind}/{namespace:seg}/{name:seg}", repo_page),
    Route("/{namespace:seg}/{name:seg}", repo_page),
]
