"""What can be measured: a page a metric, with its definition, its rows and how they are got."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.context import Hub
from hearthub.errors import BadRequest, HearthubError, NotFound, Unavailable, UnderWay
from hearthub.http.errors import status_of
from hearthub.http.urls import hub_of
from hearthub.pulse import (
    FILTERS,
    THEMES,
    Found,
    Measured,
    Metric,
    MetricRow,
    class_text,
    known_metrics,
    names_repos,
    plot,
    speech_in,
    value_text,
)
from hearthub.web.language import language_of, other
from hearthub.web.pulse_sources import by_date, is_synthetic, source_of
from hearthub.web.rendering import HEADERS, looks_again, page, shown, with_query

MOST_ROWS = 200
MAX_WORD = 100
WINDOWS = ("7d", "30d", "90d", "365d", "all")
# By the word of language.py that names each.
FAMILIES = {
    "rises": ("trending_", "risers", "movers", "newcomers", "new_repos", "themes", "pace",
                   "adoption_"),
    "downloads": ("period_", "velocity", "few_", "watched_", "one_gpu", "unique_", "share_ci"),
    "concentration": ("downloads_",),
    "shares": ("share_",),
    "sizes": ("size_", "small_large_"),
    "lineage": ("derivatives", "licence_"),
    "attention": ("half_life", "dataset_"),
    "care": ("anomalies",),
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What a page asks of a metric."""

    metric: Metric
    kind: str
    source: str | None
    filter: str
    window: str
    by: str | None

    def universe(self, source: str) -> str:
        return f"{self.kind}@{source}/{self.filter}"


def index(request: Request) -> Response:
    t = language_of(request)
    said = speech_in(t.code)
    families: dict[str, list[Metric]] = {name: [] for name in (*FAMILIES, "others")}
    for metric in known_metrics():
        families[_family(metric)].append(said.metric(metric))
    return page(
        "pulse/metrics.html",
        language=t,
        section="pulse",
        here="metrics",
        families={name: some for name, some in families.items() if some},
        other_language=with_query(request, lang=other(t)),
    )


def metric_page(request: Request) -> Response:
    hub, t = hub_of(request), language_of(request)
    said = speech_in(t.code)
    asked = _question(request, hub)
    found, problem, status = _answer(hub, asked, is_asked=bool(request.query_params))
    rows = found.value.rows if found else []
    source = rows[0].source if rows else asked.source
    origin = hub.pulse.origins().get(source or "")
    query = _query(asked, source) | {"lang": t.code}
    synthetic = is_synthetic(hub, source)
    drawn = plot(asked.metric, rows, asked.by, synthetic=synthetic, language=t.code)
    answer = page(
        "pulse/metric.html",
        status,
        language=t,
        chosen_language=request.query_params.get("lang") == t.code,
        other_language=with_query(request, lang=other(t)),
        section="pulse",
        here="metrics",
        metric=said.metric(asked.metric),
        asked=asked,
        rows=_shown(asked, rows[:MOST_ROWS], t.code),
        first=rows[0] if rows else None,
        reason=said.reason((rows[0].reason or "") if rows else ""),
        span=_span(rows) if rows else None,
        total=len(rows),
        problem=problem,
        under_way=problem if isinstance(problem, UnderWay) else None,
        since=found.at if found else None,
        is_synthetic=synthetic,
        has_names=any(row.dimension for row in rows),
        has_series=len({row.window_end for row in rows}) > 1,
        chart=drawn,
        can_draw=hub.pulse.charts.can_draw,
        picture=f"/pulse/metrics/{asked.metric.id}/chart.svg?{urlencode(query)}",
        sql=found.value.sql if found and rows else (),
        json=f"/api/pulse/metrics/{asked.metric.id}?{_api(asked, source)}",
        feed=_feed(asked, source),
        origin=origin,
        may_be_shared=bool(origin and origin.may_be_shared)
        or not names_repos(asked.metric.id, asked.by),
        command=_command(asked, source) if source else None,
        here_source=source,
        sources=by_date(hub),
        filters=FILTERS,
        windows=list(dict.fromkeys([asked.metric.window, *WINDOWS])),
    )  # fmt: skip
    if isinstance(problem, UnderWay):
        return looks_again(answer, problem)
    if isinstance(problem, Unavailable) and problem.retry_s is not None:
        answer.headers["Retry-After"] = str(problem.retry_s)
    return answer


def picture(request: Request) -> Response:
    """The chart, on its own, light or dark. A job draws it: 503 where that takes long."""
    hub, t = hub_of(request), language_of(request)
    asked = _question(request, hub)
    found, problem, _ = _answer(hub, asked, is_asked=True)
    if problem is not None:
        raise problem
    rows = found.value.rows if found else []
    synthetic = bool(rows) and is_synthetic(hub, rows[0].source)
    drawn = plot(asked.metric, rows, asked.by, synthetic=synthetic, language=t.code)
    if drawn is None:
        raise NotFound("There is nothing to draw of this; its page has the table.")
    theme = request.query_params.get("theme", "light")
    if theme not in THEMES:
        raise BadRequest("A chart has the theme light or dark.")
    policy = "default-src 'none'; sandbox"
    return Response(
        hub.pulse.picture(drawn, theme),
        media_type="image/svg+xml",
        headers={
            **HEADERS,
            "Content-Security-Policy": policy,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        },
    )


def _question(request: Request, hub: Hub) -> Question:
    name = request.path_params["name"]
    metric = next((it for it in known_metrics() if it.id == name), None)
    if metric is None:
        raise NotFound(f"There is no metric {name[:MAX_WORD]!r}.")
    words = {key: _word(request, key) for key in ("type", "filter", "window", "by")}
    kind = words["type"] or metric.types[0]
    if kind not in metric.types:
        raise BadRequest(f"{metric.id} is about {' and '.join(metric.types)}s alone.")
    chosen = words["filter"] or metric.universe.partition(":")[0]
    return Question(
        metric=metric,
        kind=kind,
        source=source_of(request, hub),
        filter=chosen if chosen in FILTERS or words["filter"] else "all",
        window=words["window"] or metric.window,
        by=words["by"],
    )


def _word(request: Request, name: str) -> str | None:
    value = request.query_params.get(name) or None
    if value is not None and len(value) > MAX_WORD:
        raise BadRequest(f"The {name} is too long.")
    return value


def _answer(
    hub: Hub, asked: Question, *, is_asked: bool
) -> tuple[Found[Measured] | None, HearthubError | None, int]:
    """What is known; or what is wrong, and the status of the page that says so."""
    problem: HearthubError = NotFound("Nothing was observed yet.")
    only = asked.source or asked.metric.source
    for source in [only] if only else by_date(hub):
        try:
            found = hub.pulse.metric_soon(
                asked.metric.id, asked.by, asked.universe(source), asked.window
            )
        except NotFound as error:  # it has nothing of that type
            problem = error
        except UnderWay as begun:
            return None, begun, 202
        except HearthubError as error:
            return None, error, status_of(error, anonymous=False)
        else:
            return found, None, 200
    # That a metric has no data is no fault of the address.
    return None, problem, status_of(problem, anonymous=False) if is_asked and asked.source else 200


def _shown(asked: Question, rows: list[MetricRow], language: str) -> list[dict[str, Any]]:
    values = [row.value or 0.0 for row in rows]
    most = max(values, default=0.0)
    has_bars = most > 0 and min(values) >= 0 and len(rows) > 1
    metric, by = asked.metric, asked.by
    group = None if by in ("month", "year") else by

    def text(row: MetricRow, value: float | None) -> str:
        return value_text(metric, row.dimension, by, value, language)

    return [
        {
            "row": row,
            "name": class_text(metric, group, row.dimension, language) if row.dimension else "",
            "value": text(row, row.value),
            "lo": None if row.lo is None else text(row, row.lo),
            "hi": None if row.hi is None else text(row, row.hi),
            "reason": speech_in(language).reason(row.reason or ""),
            "share": (row.value or 0.0) / most if has_bars else None,
        }
        for row in rows
    ]


def _span(rows: list[MetricRow]) -> tuple[date, date]:
    return min(row.window_start for row in rows), max(row.window_end for row in rows)


def _query(asked: Question, source: str | None) -> dict[str, str]:
    words = {"type": asked.kind, "source": source, "filter": asked.filter,
             "window": asked.window, "by": asked.by}  # fmt: skip
    return {name: value for name, value in words.items() if value}


def _api(asked: Question, source: str | None) -> str:
    words = {"universe": asked.universe(source or "own"), "window": asked.window}
    return urlencode(words | ({"by": asked.by} if asked.by else {}), quote_via=quote)


def _feed(asked: Question, source: str | None) -> str | None:
    """Its address; None where there is none: of rows about single repos, or of nothing."""
    if source is None or names_repos(asked.metric.id, None):
        return None
    query = urlencode({"universe": asked.universe(source)})
    return f"/pulse/metrics/{asked.metric.id}/feed.atom?{query}"


def _command(asked: Question, source: str) -> str:
    by = f" --by {asked.by}" if asked.by else ""
    return (
        f"hearthub pulse metric {asked.metric.id}{by} --universe {asked.universe(source)} "
        f"--window {asked.window}"
    )


def _family(metric: Metric) -> str:
    return next(
        (name for name, starts in FAMILIES.items() if metric.id.startswith(starts)), "others"
    )


routes = [
    Route("/pulse/metrics", shown(index)),
    Route("/pulse/metrics/{name:seg}", shown(metric_page)),
    Route("/pulse/metrics/{name:seg}/chart.svg", shown(picture)),
]
