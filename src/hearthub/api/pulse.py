"""The observatory: what rises, numbers, claims, and where they come from."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from hearthub.api.params import Segment
from hearthub.api.pulse_answers import IN_CSV, Answering, Format, Word
from hearthub.context import Hub
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.pulse import (
    METRIC_COLUMNS,
    TRENDING_COLUMNS,
    Verdict,
    known_metrics,
    names_repos,
    require_shareable,
)

router = APIRouter(prefix="/api/pulse", tags=["pulse"])

MAX_RISERS = 200


@router.get("/trending", summary="What rises", responses=IN_CSV)
def trending(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    type: Literal["model", "dataset", "space"] = "model",  # noqa: A002
    sort: Literal["hub", "pulse", "surprise"] | None = None,
    universe: Word = None,
    limit: Annotated[int, Query(ge=1, le=MAX_RISERS)] = 20,
    format: Format = None,  # noqa: A002
) -> Response:
    """`sort`: as the Hub ranks, by our decayed score, or by surprise; the default is the one that
    foretold best."""
    answering = Answering(request, hub.pulse.stamp, format)
    if unchanged := answering.unchanged():
        return unchanged
    found = trending_json(hub, type, sort, universe, limit)
    shared = {key: found[key] for key in ABOUT}
    return answering.table(found, [row | shared for row in found["rows"]], TRENDING_COLUMNS)


@router.get("/metrics", summary="What can be measured", responses=IN_CSV)
def metrics(request: Request, _actor: CurrentActor, format: Format = None) -> Response:  # noqa: A002
    answering = Answering(request, "metrics", format)
    return answering.unchanged() or answering.rows([each.to_json() for each in known_metrics()])


@router.get("/metrics/{name:seg}", summary="The rows of a metric", responses=IN_CSV)
def metric(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    name: Segment,
    by: Word = None,
    universe: Word = None,
    window: Word = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """Each row with its universe, window, denominator, interval and coverage.

    `universe` is TYPE[@SOURCE][/FILTER]; `window` Nd, YYYY, YYYY-Qn, YYYY-MM, YYYY-Wnn,
    FIRST..LAST or all. 503 with `Retry-After` when it takes too long, or too many ask.
    """
    answering = Answering(request, hub.pulse.stamp, format)
    if unchanged := answering.unchanged():
        return unchanged
    return answering.rows(metric_json(hub, name, by, universe, window), METRIC_COLUMNS)


@router.get("/claims", summary="What others published, and what is known of it", responses=IN_CSV)
def claims(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    source: Word = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """Each against the data of `source` (by default the one observed last)."""
    answering = Answering(request, hub.pulse.stamp, format)
    if unchanged := answering.unchanged():
        return unchanged
    found = claims_json(hub, hub.pulse.claims(source))
    flat = [it | {"found": it["found"]["value"] if it["found"] else None} for it in found]
    return answering.table(found, flat)


@router.get("/sources", summary="Where the numbers come from", responses=IN_CSV)
def sources(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    format: Format = None,  # noqa: A002
) -> Response:
    """Each source with its licence and attribution; `synthetic` ones are made up."""
    answering = Answering(request, hub.pulse.stamp, format)
    names = ("source", "licence", "attribution", "synthetic", "redistributable")
    return answering.unchanged() or answering.rows(
        [origin.to_json() for origin in hub.pulse.origins().values()], names
    )


ABOUT = ("type", "sort", "universe", "source", "synthetic", "at")
"""What each line of a CSV says of all."""
RISER = (
    "rank id author value likes_gained downloads_gained likes pipeline_tag size is_new"
).split()


def trending_json(
    hub: Hub, kind: str, sort: str | None, universe: str | None, limit: int
) -> dict[str, Any]:
    """Raises Forbidden for a source whose repos may not be passed on one by one."""
    found = hub.pulse.trending(kind, sort, universe, limit)
    require_shareable(hub.pulse.origins(), [found.source])
    return {
        "type": found.type,
        "sort": found.sort,
        "universe": found.universe,
        "source": found.source,
        "synthetic": found.is_synthetic,
        "at": f"{found.at:%Y-%m-%dT%H:%M:%SZ}",
        "rows": [{name: getattr(row, name) for name in RISER} for row in found.rows],
    }


def metric_json(
    hub: Hub, name: str, by: str | None, universe: str | None, window: str | None
) -> list[dict[str, Any]]:
    """No synthetic figure goes without saying so.

    Raises Forbidden for rows about single repos of a source that may not be passed on.
    """
    rows = hub.pulse.metric(name, by, universe, window)
    if names_repos(name, by):
        require_shareable(hub.pulse.origins(), {row.source for row in rows})
    return [row.to_json() | {"synthetic": _is_synthetic(hub, row.source)} for row in rows]


def claims_json(hub: Hub, verdicts: list[Verdict]) -> list[dict[str, Any]]:
    return [
        it.to_json() | {"synthetic": bool(it.row and _is_synthetic(hub, it.row.source))}
        for it in verdicts
    ]


def _is_synthetic(hub: Hub, source: str) -> bool:
    origin = hub.pulse.origins().get(source)
    return bool(origin and origin.is_synthetic)
