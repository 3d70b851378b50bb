"""The home page."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.catalogue import Filter, Page, Row
from hearthub.context import Hub
from hearthub.errors import HearthubError
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import base_url, hub_of
from hearthub.pulse import Trending
from hearthub.web.pulse_reports import latest_week, report_href
from hearthub.web.rendering import day, page, shown
from hearthub.web.visitor import visitor

KINDS = ("model", "dataset", "space")
NEWEST = Page("modified", limit=8)
RISING = 8


def home(request: Request) -> Response:
    hub = hub_of(request)
    shelves = [
        (kind, _cards(hub, hub.catalogue.page(visitor(request), Filter(kind), NEWEST)[0]))
        for kind in KINDS
    ]
    week = latest_week(hub, None, "en")
    return page(
        "home.html",
        shelves=shelves,
        base=base_url(request),
        rising=_rising(hub),
        week=week,
        week_href=report_href(week, "en") if week else None,
    )


def _rising(hub: Hub) -> Trending | None:
    """None where nothing was observed, or where it takes too long just now."""
    try:
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
            "href": f"/{PREFIXES[repo.type]}{repo.full_name}",
            "task": facts[repo.id].pipeline_tag,
            "library": facts[repo.id].library,
            "likes": likes[repo.id],
            "modified": day(repo.modified),
        }
        for repo in repos
    ]


routes = [Route("/", shown(home))]
