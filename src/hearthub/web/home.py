"""The home page."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.catalogue import Filter, Page, Row
from hearthub.clock import now_ms
from hearthub.context import Hub
from hearthub.errors import BadRequest, HearthubError
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import base_url, hub_of
from hearthub.pulse import Trending
from hearthub.registry import REPO_TYPES
from hearthub.web.pulse_reports import latest_week, report_href
from hearthub.web.pulse_trending import pages_of
from hearthub.web.rendering import day, page, shown, with_query
from hearthub.web.visitor import visitor

KINDS = ("model", "dataset", "space")
NEWEST = Page("modified", limit=8)
RISING = 8
OWN = 9  # repos of one's own
MOST_ORGS = 30  # whose repos are among them
SPANS = ("day", "week")
DAY_MS = 86_400_000


def home(request: Request) -> Response:
    hub, actor = hub_of(request), visitor(request)
    shelves = [
        # What is private stands among one's own, and an administrator did not ask for others'.
        (kind, _cards(hub, hub.catalogue.page(ANONYMOUS, Filter(kind), NEWEST)[0]))
        for kind in KINDS
    ]
    week = latest_week(hub, None, "en")
    span = _span(request)
    rising = _rising(hub, span)
    liked = _liked(hub)
    return page(
        "home.html",
        own=None if actor.is_anonymous else _own(hub, actor),
        shelves=shelves,
        liked=liked,
        base=base_url(request),
        span=span,
        spans=[(name.capitalize(), with_query(request, rising=name), name == span)
               for name in SPANS],
        rising=rising,
        rising_pages=pages_of(hub, actor, rising) if rising else {},
        week=week,
        week_href=report_href(week, "en") if week else None,
    )  # fmt: skip


def _span(request: Request) -> str:
    asked = request.query_params.get("rising", SPANS[-1])
    if asked not in SPANS:
        raise BadRequest(f"{asked[:60]!r} is no span: choose {' or '.join(SPANS)}.")
    return asked


def _own(hub: Hub, actor: Actor) -> list[dict[str, Any]]:
    """What changed last of the visitor's own repos and of those of their organisations."""
    orgs = hub.accounts.orgs_of(actor.user_id or 0)[:MOST_ORGS]
    authors = [("author", name) for name in (actor.name or "", *(it.account.name for it in orgs))]
    rows: list[Row] = []
    for kind in REPO_TYPES:
        rows += hub.catalogue.page(actor, Filter(kind, [authors]), Page("modified", limit=OWN))[0]
    rows.sort(key=lambda row: row.repo.modified if row.repo else 0, reverse=True)
    return _cards(hub, rows[:OWN])


def _liked(hub: Hub) -> list[tuple[str, str, int]]:
    """Name, address and likes of what this hub's users liked most within a day."""
    found = hub.community.most_liked(now_ms() - DAY_MS, RISING)
    return [(it.full_name, f"/{PREFIXES[it.type]}{it.full_name}", likes) for it, likes in found]


def _rising(hub: Hub, span: str) -> Trending | None:
    """None where nothing was observed, or not day by day, or where it takes too long just now."""
    try:
        if span == "day":
            return hub.pulse.last_day("model", limit=RISING)
        return hub.pulse.trending("model", limit=RISING)
    except HearthubError:
        return None


def _cards(hub: Hub, rows: list[Row]) -> list[dict[str, Any]]:
    likes = {row.repo.id: row.counters.likes for row in rows if row.repo}
    repos = [row.repo for row in rows if row.repo]
    facts = hub.catalogue.facts_of(repos)
    return [
        {
            "name": repo.full_name,
            "kind": repo.type,
            "visibility": repo.visibility,
            "href": f"/{PREFIXES[repo.type]}{repo.full_name}",
            "task": facts[repo.id].pipeline_tag,
            "library": facts[repo.id].library,
            "likes": likes[repo.id],
            "modified": day(repo.modified),
        }
        for repo in repos
    ]


routes = [Route("/", shown(home))]
