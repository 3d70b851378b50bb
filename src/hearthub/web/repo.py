"""A page per repo."""

from threading import Lock

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.context import Hub
from hearthub.errors import Unavailable
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import base_url, hub_of, repo_url
from hearthub.registry import Repo, Right, read_card
from hearthub.web.markdown import MAX_CARD, render_card
from hearthub.web.rendering import day, page, shown
from hearthub.web.visitor import visitor

SHOWN_FILES = 200
CARD_TIMEOUT_S = 2
CARD_KEPT_S = 600  # a card that failed on a busy day is tried again

_rendered: TTLCache[tuple[int, str, str], str] = TTLCache(2**24, CARD_KEPT_S, getsizeof=len)
_cards_lock = Lock()


def repo_page(request: Request) -> Response:
    hub, params = hub_of(request), request.path_params
    kind = params.get("kind", "model")
    full_name = f"{params['namespace']}/{params['name']}"
    actor = visitor(request)
    repo = hub.registry.repo(actor, kind, full_name)
    commit = hub.registry.head(repo)
    entries = hub.registry.tree(repo, commit, limit=SHOWN_FILES)
    readable = hub.registry.right(actor, repo) >= Right.READ
    return page(
        "repo.html",
        section=f"{repo.type}s",
        repo=repo,
        readable=readable,
        facts=hub.catalogue.facts(repo, commit),
        counters=hub.catalogue.counters([repo])[repo.id],
        entries=entries,
        card=_card(hub, repo, commit) if readable else "",
        commit=commit,
        modified=day(repo.modified),
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


routes = [
    Route("/{kind:kind}/{namespace:seg}/{name:seg}", shown(repo_page)),
    Route("/{namespace:seg}/{name:seg}", shown(repo_page)),
]
