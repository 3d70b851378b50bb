"""Reports that are kept: their list, their files, and a feed of the weekly ones (RFC 4287)."""

import re
from base64 import b64encode
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from hearthub.api.params import Segment
from hearthub.api.pulse_answers import IN_CSV, Answering, Format, Word
from hearthub.errors import BadRequest
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.atom import Entry, Feed, tag, utc, xml
from hearthub.http.urls import base_url
from hearthub.pulse import KeptReport

router = APIRouter(prefix="/api/pulse", tags=["pulse"])

MAX_ENTRIES = 100
TYPES = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml",
}
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
Language = Literal["en", "ja"]


@router.get("/reports", summary="Reports that are kept, the newest first", responses=IN_CSV)
def reports(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    kind: Literal["weekly", "state"] | None = None,
    source: Word = None,
    lang: Language | None = None,
    format: Format = None,  # noqa: A002
) -> Response:
    """`files` of each lie below `url`. A job makes them after each ingest."""
    found = [
        _json(request, it)
        for it in hub.pulse.reports()
        if kind in (None, it.kind) and source in (None, it.source) and lang in (None, it.lang)
    ]
    makings = "\n".join(f"{it['url']} {it['made']}" for it in found)
    answering = Answering(request, makings, format)
    names = ("kind", "source", "until", "lang", "title", "synthetic", "made", "url", "files")
    return answering.unchanged() or answering.rows(found, names)


@router.get(
    "/reports/{kind:seg}/{source:seg}/{until:seg}/{lang:seg}/{file:seg}",
    summary="A file of a report",
    response_class=Response,
)
def report_file(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    kind: Segment,
    source: Segment,
    until: Segment,
    lang: Segment,
    file: Segment,
) -> Response:
    """503 while it is made again, because a repo that it tells of is not public any more."""
    report = hub.pulse.report(kind, source, _day(until), lang)
    path = report.file(file)
    answering = Answering(request, f"{report.folder} {report.made}")
    if unchanged := answering.unchanged():
        return unchanged
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # made again in this moment
        return report_file(request, hub, _actor, kind, source, until, lang, file)
    media_type = TYPES[file.rpartition(".")[2]]
    return Response(content, headers=answering.headers | _strict(content), media_type=media_type)


def _strict(content: bytes) -> dict[str, str]:
    """A report is ours, with the names that strangers gave: it has the style of its head, which
    comes before any of them, and can do nothing else."""
    found = _STYLE.search(content)
    known = f"'sha256-{b64encode(sha256(found[1]).digest()).decode()}'" if found else "'none'"
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src {known}; img-src data:; "
        "base-uri 'none'; form-action 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


@router.get(
    "/weekly.atom",
    summary="Weekly pulses as a feed",
    response_class=Response,
    responses={200: {"content": {"application/atom+xml": {"schema": {"type": "string"}}}}},
)
def weekly_feed(
    request: Request,
    hub: CurrentHub,
    _actor: CurrentActor,
    lang: Annotated[Language, Query(description="Of the entries")] = "en",
    source: Word = None,
) -> Response:
    found = [
        it
        for it in hub.pulse.reports()
        if it.kind == "weekly" and it.lang == lang and source in (None, it.source)
    ][:MAX_ENTRIES]
    makings = "\n".join(f"{base_url(request)} {it.folder} {it.made}" for it in found)
    answering = Answering(request, makings)
    content = xml(_feed(request, found, lang, source))
    return answering.unchanged() or Response(
        content,
        headers=answering.headers | {"Content-Language": lang},
        media_type="application/atom+xml; charset=utf-8",
    )


def _json(request: Request, it: KeptReport) -> dict[str, Any]:
    return {
        "kind": it.kind,
        "source": it.source,
        "until": it.until.isoformat(),
        "lang": it.lang,
        "title": it.title,
        "synthetic": it.is_synthetic,
        "made": utc(it.made),
        "url": _url(request, it),
        "files": list(it.files),
    }


def _feed(request: Request, reports: list[KeptReport], lang: str, source: str | None) -> Feed:
    base = base_url(request)
    query = "?" + urlencode({"lang": lang} | ({"source": source} if source else {}))
    return Feed(
        id=tag(request, f"pulse:weekly{query}"),
        title={"en": "Hearthub: weekly pulse", "ja": "Hearthub: 週刊パルス"}[lang],
        here=f"{base}/api/pulse/weekly.atom{query}",
        entries=[
            Entry(
                id=tag(request, f"pulse:weekly:{it.source}:{it.until}:{lang}"),
                title=f"{it.title}: {it.source}, {it.until}",
                updated=utc(it.made),
                href=f"{base}/pulse/weekly/{quote(it.source, safe='')}/{it.until}?lang={lang}",
                summary=it.headline,
                term="synthetic" if it.is_synthetic else "",
            )
            for it in reports
        ],
        lang=lang,
    )


def _url(request: Request, it: KeptReport) -> str:
    return (
        f"{base_url(request)}/api/pulse/reports/{it.kind}/{quote(it.source)}/{it.until}/{it.lang}/"
    )


def _day(text: str) -> date:
    try:
        if len(text) == len("2026-05-17"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequest("A report is named by its last day, such as 2026-05-17")
