"""What trends, with what moved and what is new beside it."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Actor
from hearthub.context import Hub
from hearthub.errors import BadRequest, NotFound, Unavailable
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.pulse import SORTS, KeptReport, Trending
from hearthub.web.language import language_of, other
from hearthub.web.pulse_reports import latest_week, read_kept, report_href
from hearthub.web.pulse_sources import OWN, by_date, source_of
from hearthub.web.rendering import page, shown, with_query
from hearthub.web.visitor import visitor

KINDS = ("model", "dataset", "space")
SHOWN = 50
BESIDE = 8
"""Movers and newcomers, of the week's."""


def trending(request: Request) -> Response:
    hub, t = hub_of(request), language_of(request)
    kind = _one_of(request, "type", KINDS) or KINDS[0]
    sort = _one_of(request, "sort", SORTS)
    source, sources = source_of(request, hub), by_date(hub)
    if universe := request.query_params.get("universe"):
        # It says which repos, so it goes before both.
        found: Trending | None = hub.pulse.trending(kind, sort, universe, SHOWN)
        kind = found.type if found else kind
    else:
        found = _trending(hub, kind, sort, source)
    week = latest_week(hub, found.source if found else source, t.code)
    return page(
        "pulse/trending.html",
        language=t,
        section="pulse",
        here="trending",
        kind=kind,
        found=found,
        rows=_rows(hub, visitor(request), found) if found else [],
        is_synthetic=bool(found and found.is_synthetic),
        origin=hub.pulse.origins().get(found.source) if found else None,
        types=[
            (t(f"kind_{it}"), with_query(request, type=it, universe=None), it == kind)
            for it in KINDS
        ],
        sorts=[
            (t(f"sort_{it}"), with_query(request, sort=it), found is not None and it == found.sort)
            for it in SORTS
        ],
        sources=_sources(request, sources, found.source if found else source),
        week=week,
        week_href=report_href(week, t.code) if week else None,
        beside=list(_beside(hub, week)) if week and kind == "model" else [],
        other_language=with_query(request, lang=other(t)),
    )


def _trending(hub: Hub, kind: str, sort: str | None, source: str | None) -> Trending | None:
    """None where nothing of that type was observed."""
    universe = f"{kind}@{source}" if source else None
    try:
        return hub.pulse.trending(kind, sort, universe, SHOWN)
    except NotFound:
        return None


def pages_of(hub: Hub, actor: Actor, found: Trending) -> dict[str, str]:
    """Addresses by name: of this hub's repos, and of those of other hubs that have a page here."""
    if found.source == OWN:
        return {row.id: f"/{PREFIXES[found.type]}{row.id}" for row in found.rows}
    known = hub.catalogue.named(actor, found.type, [row.id for row in found.rows])
    pages = {
        name: f"/{PREFIXES[found.type]}{listing.full_name}"
        for name, rows in known.items()
        for listing in [it.observed for it in rows if it.observed]
    }
    return {row.id: pages[row.id.lower()] for row in found.rows if row.id.lower() in pages}


def _rows(hub: Hub, actor: Actor, found: Trending) -> list[dict[str, Any]]:
    pages = pages_of(hub, actor, found)
    most = max((row.value for row in found.rows), default=0.0)
    return [
        {
            "it": row,
            "href": pages.get(row.id),
            "value": f"{row.value:+.2f}" if found.sort == "surprise" else _plain(row.value),
            "share": min(1.0, max(0.0, row.value / most)) if most > 0 else 0.0,
        }
        for row in found.rows
    ]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def _sources(
    request: Request, sources: Iterable[str], here: str | None
) -> list[tuple[str, str, bool]]:
    return [
        (name, with_query(request, source=name, universe=None), name == here) for name in sources
    ]


def _beside(hub: Hub, week: KeptReport) -> Iterable[Any]:
    """The tables of movers and newcomers of the week, cut."""
    try:
        rendering = read_kept(hub, week)
    except Unavailable:
        return
    for section, block in rendering.tables("movers", "newcomers"):
        yield {"section": section, "block": block, "rows": block.rows[:BESIDE]}


def _one_of(request: Request, name: str, known: tuple[str, ...]) -> str | None:
    value = request.query_params.get(name)
    if value is not None and value not in known:
        raise BadRequest(f"{value[:60]!r} is no {name}: choose {', '.join(known)}.")
    return value


routes = [Route("/pulse", shown(trending))]
