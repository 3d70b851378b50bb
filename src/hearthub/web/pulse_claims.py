"""What others published about the field, and what the data at hand say of it."""

from collections import Counter
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.context import Hub
from hearthub.errors import BadRequest, NotFound, UnderWay
from hearthub.http.urls import hub_of
from hearthub.pulse import Speech, Verdict, known_metrics, speech_in, value_text
from hearthub.web.language import language_of, other
from hearthub.web.pulse_sources import by_date, is_synthetic, source_of
from hearthub.web.rendering import looks_again, page, shown, with_query

VERDICTS = ("reproduced", "differs", "undecidable", "ill-defined")


def claims(request: Request) -> Response:
    hub, t = hub_of(request), language_of(request)
    said = speech_in(t.code)
    sources = by_date(hub)
    source = source_of(request, hub) or next(iter(sources), None)
    wanted = request.query_params.get("verdict") or None
    if wanted is not None and wanted not in VERDICTS:
        raise BadRequest(f"{wanted[:60]!r} is no verdict: choose {', '.join(VERDICTS)}.")
    found, since, under_way = _judged(hub, source)
    counts = Counter[str](it.says for it in found)
    chosen: list[tuple[str, int, str | None]] = [(t("all"), len(found), None)]
    chosen += [(said.verdict(name).capitalize(), counts[name], name) for name in VERDICTS]
    answer = page(
        "pulse/claims.html",
        202 if under_way else 200,
        language=t,
        since=since,
        under_way=under_way,
        other_language=with_query(request, lang=other(t)),
        speech=said,
        section="pulse",
        here="claims",
        verdicts=VERDICTS,
        claims=[_shown(it, said) for it in found if wanted in (None, it.says)],
        choices=[(f"{label} {count}", with_query(request, verdict=name),
                  name == wanted) for label, count, name in chosen],
        source=source,
        sources=[(name, with_query(request, source=name), name == source) for name in sources],
        is_synthetic=is_synthetic(hub, source),
    )  # fmt: skip
    return looks_again(answer, under_way) if under_way else answer


def _judged(hub: Hub, source: str | None) -> tuple[list[Verdict], datetime | None, UnderWay | None]:
    """The verdicts, and of when they are where newer ones are being worked out; or that."""
    try:
        found = hub.pulse.claims_soon(source)
    except UnderWay as begun:
        return [], None, begun
    return found.value, found.at, None


def _shown(it: Verdict, speech: Speech) -> dict[str, Any]:
    metric = next((each for each in known_metrics() if each.id == it.claim.metric), None)
    said = it.claim.expected

    def text(value: float | None) -> str | None:
        if value is None:
            return None
        if metric is None:
            return f"{value:,.4g}"
        return value_text(metric, it.claim.dimension, it.claim.by, value, speech.language)

    return {
        "it": it,
        "claim": speech.claim(it.claim),
        "said": text(said),
        "found": text(it.row.value) if it.row else None,
        "interval": (text(it.row.lo), text(it.row.hi))
        if it.row and it.row.lo is not None and it.row.hi is not None else None,
    }  # fmt: skip


def nothing(request: Request) -> Response:
    """Below /pulse all is pages, also what is not there."""
    raise NotFound("There is no such page of the observatory.")


# The last of them: it fits every address below.
routes = [Route("/pulse/claims", shown(claims)), Route("/pulse/{rest:path}", shown(nothing))]
