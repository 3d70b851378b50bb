"""The weekly pulse and the state report, as they are kept; every number leads to its row."""

from datetime import date
from functools import partial
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from cachetools import LRUCache
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hearthub.context import Hub
from hearthub.errors import NotFound, Unavailable
from hearthub.http.urls import hub_of
from hearthub.pulse import KeptReport, Rendering, exact, rendering_of
from hearthub.web.language import Language, language_of
from hearthub.web.rendering import fragment, page, shown, with_query

FILES = {"report.html": "as_html", "report.md": "as_markdown", "report.json": "as_json"}
PER_PAGE = 26  # weeks
MOST_KEPT = 32 * 2**20  # bytes of the files that they were read from

_read: LRUCache[tuple[str, str], tuple[int, Rendering]] = LRUCache(
    MOST_KEPT, getsizeof=lambda it: it[0]
)
_bodies: LRUCache[tuple[str, str], Markup] = LRUCache(MOST_KEPT, getsizeof=len)
_lock = Lock()


def weekly(request: Request) -> Response:
    """The archive."""
    hub, t = hub_of(request), language_of(request)
    source = request.query_params.get("source")
    weeks = [it for it in hub.pulse.reports() if (it.kind, it.lang) == ("weekly", t.code)]
    sources = sorted({it.source for it in weeks})
    if source is not None and source not in sources:
        raise NotFound(f"There is no weekly pulse of a source {source[:60]!r}.")
    some = [it for it in weeks if source in (None, it.source)]
    number = _page_number(request)
    here = some[number * PER_PAGE : (number + 1) * PER_PAGE]
    return page(
        "pulse/weekly.html",
        language=t,
        section="pulse",
        here="weekly",
        weeks=[(it, report_href(it, t.code)) for it in here],
        sources=[(name, with_query(request, source=name, page=None), name == source)
                 for name in sources],
        older=with_query(request, page=str(number + 1))
        if len(some) > (number + 1) * PER_PAGE else None,
        newer=with_query(request, page=str(number - 1)) if number else None,
        other_language=_other_language(request, t.code),
    )  # fmt: skip


def state(request: Request) -> Response:
    """The newest state report of a source."""
    hub, t = hub_of(request), language_of(request)
    found = [it for it in hub.pulse.reports() if (it.kind, it.lang) == ("state", t.code)]
    if not found:
        return page(
            "pulse/no_state.html",
            language=t,
            section="pulse",
            here="state",
            other_language=_other_language(request, t.code),
        )
    # Those of other hubs first: there is more to tell of them.
    return _report_page(request, min(found, key=lambda it: it.source == "own"), found)


def of_source(kind: str, request: Request) -> Response:
    """What there is of a source: its weeks, or the newest state report."""
    hub, source = hub_of(request), request.path_params["source"]
    found = [it for it in hub.pulse.reports() if (it.kind, it.source) == (kind, source)]
    if not found:
        raise NotFound(f"There is no report of a source {source[:60]!r}.")
    words = dict(request.query_params.items())
    if kind == "weekly":
        return RedirectResponse(f"/pulse/weekly?{urlencode({**words, 'source': source})}")
    query = f"?{urlencode(words)}" if words else ""
    return RedirectResponse(f"/pulse/state/{source}/{found[0].until}{query}")


def report(kind: str, request: Request) -> Response:
    hub, t = hub_of(request), language_of(request)
    source, until = request.path_params["source"], _day(request.path_params["until"])
    kept = hub.pulse.report(kind, source, until, t.code)
    others = [it for it in hub.pulse.reports() if (it.kind, it.lang) == (kind, t.code)]
    return _report_page(request, kept, others if kind == "state" else [])


def read_kept(hub: Hub, kept: KeptReport) -> Rendering:
    """What is in it. Raises Unavailable for one that was made by another version of ours."""
    key = (str(kept.folder), kept.made.isoformat())
    with _lock:
        found = _read.get(key)
    if found is None:
        try:
            content = kept.content()
        except FileNotFoundError:  # made again in this moment
            raise Unavailable("This report is made again: try again in a moment.") from None
        found = len(content), rendering_of(content, kept.lang)
        if found[0] <= MOST_KEPT:
            with _lock:
                _read[key] = found
    return found[1]


def latest_week(hub: Hub, source: str | None, lang: str) -> KeptReport | None:
    """Of a source, or of any."""
    weeks = [it for it in hub.pulse.reports() if (it.kind, it.lang) == ("weekly", lang)]
    of_source = [it for it in weeks if it.source == source]
    return next(iter(of_source if source else weeks), None)


def report_href(kept: KeptReport, lang: str) -> str:
    words = f"?lang={lang}" if lang != "en" else ""
    return f"/pulse/{kept.kind}/{kept.source}/{kept.until}{words}"


def _report_page(request: Request, kept: KeptReport, others: list[KeptReport]) -> Response:
    hub, t = hub_of(request), language_of(request)
    rendering = read_kept(hub, kept)
    files = f"/api/pulse/reports/{kept.kind}/{kept.source}/{kept.until}/{kept.lang}/"
    return page(
        "pulse/report.html",
        language=t,
        section="pulse",
        here=kept.kind,
        it=rendering,
        kept=kept,
        sections=[section.id for section in rendering.report.sections],
        word=rendering.words.word,
        body=_body(kept, rendering, files, t),
        files=[(t(word), f"{files}{name}") for name, word in FILES.items() if name in kept.files],
        sources=[(it.source, report_href(it, t.code), it == kept) for it in others],
        neighbours=_neighbours(hub, kept),
        other_language=_other_language(request, t.code),
    )


def _body(kept: KeptReport, rendering: Rendering, folder: str, t: Language) -> Markup:
    """All that does not depend on other reports; a report is thousands of numbers long."""
    key = (str(kept.folder), kept.made.isoformat())
    with _lock:
        found = _bodies.get(key)
    if found is None:
        found = fragment(
            "pulse/report_body.html",
            t,
            it=rendering,
            kept=kept,
            sections=list(rendering.sections()),
            word=rendering.words.word,
            exact=exact,
            folder=folder,
        )
        if len(found) <= MOST_KEPT:
            with _lock:
                _bodies[key] = found
    return found


def _neighbours(hub: Hub, kept: KeptReport) -> dict[str, Any]:
    """The week before and the week after."""
    same = [
        it
        for it in hub.pulse.reports()
        if (it.kind, it.source, it.lang) == (kept.kind, kept.source, kept.lang)
    ]
    at = next((n for n, it in enumerate(same) if it.until == kept.until), 0)
    found = {
        "newer": same[at - 1] if at else None,
        "older": same[at + 1] if at + 1 < len(same) else None,
    }
    return {name: it and (it, report_href(it, kept.lang)) for name, it in found.items()}


def _other_language(request: Request, code: str) -> str:
    return with_query(request, lang="en" if code == "ja" else "ja")


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise NotFound("There is no such page of this list.")
    return int(text)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # It knows weeks too, and one report has one address.
    if found is None or found.isoformat() != text:
        raise NotFound("A report is named by its last day, such as 2026-05-17.")
    return found


routes = [
    Route("/pulse/weekly", shown(weekly)),
    Route("/pulse/weekly/{source:seg}", shown(partial(of_source, "weekly"))),
    Route("/pulse/weekly/{source:seg}/{until:seg}", shown(partial(report, "weekly"))),
    Route("/pulse/state", shown(state)),
    Route("/pulse/state/{source:seg}", shown(partial(of_source, "state"))),
    Route("/pulse/state/{source:seg}/{until:seg}", shown(partial(report, "state"))),
]
