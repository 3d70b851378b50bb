"""A metric as an Atom feed: its value as of the last days that were observed.

The newest is the one its page shows, in the metric's own window, which is kept ready. Those before
were gathered by a job (pulse/gathered.py): each is a question of its own that may take seconds.
"""

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.errors import BadRequest, NotFound
from hearthub.http.atom import Entry, Feed, feed_answer, tag
from hearthub.http.urls import base_url, hub_of
from hearthub.pulse import (
    Metric,
    MetricRow,
    class_text,
    known_metrics,
    names_repos,
    value_text,
)
from hearthub.web.pulse_sources import is_synthetic
from hearthub.web.rendering import shown

MOST = 50
MAX_WORD = 100
MOST_CLASSES = 20


def metric_feed(request: Request) -> Response:
    """`?universe=` as the API has it; rows about single repos are no feed."""
    name, universe = request.path_params["name"], request.query_params.get("universe") or None
    metric = next((it for it in known_metrics() if it.id == name), None)
    if metric is None or names_repos(metric.id, None):
        raise NotFound(f"There is no feed of a metric {name[:MAX_WORD]!r}.")
    if universe is not None and len(universe) > MAX_WORD:
        raise BadRequest("The universe is too long.")
    rows = hub_of(request).pulse.metric_days(metric.id, universe)
    page = f"{base_url(request)}/pulse/metrics/{metric.id}"
    query = f"?{urlencode({'universe': universe})}" if universe else ""
    days: dict[date, list[MetricRow]] = {}
    for row in rows:
        days.setdefault(row.window_end, []).append(row)
    feed = Feed(
        id=tag(request, f"pulse:metric:{metric.id}{query}"),
        title=f"{metric.id}: {metric.definition}",
        here=f"{page}/feed.atom{query}",
        page=page,
        entries=[
            _entry(request, metric, page, days[day]) for day in sorted(days, reverse=True)[:MOST]
        ],
    )
    return feed_answer(request, feed)


def _entry(request: Request, metric: Metric, page: str, rows: Sequence[MetricRow]) -> Entry:
    """Of one last day: the value, or those of its classes."""
    first = rows[0]
    synthetic = is_synthetic(hub_of(request), first.source)
    said = ", ".join(_value(metric, row) for row in rows[:MOST_CLASSES])
    about = f"{first.universe}, {first.window_start} to {first.window_end}"
    title = said if len(rows) == 1 else f"{len(rows)} values"
    return Entry(
        id=tag(request, f"pulse:metric:{metric.id}:{quote(first.universe)}:{first.window_end}"),
        title=f"{'[synthetic] ' if synthetic else ''}{metric.id}: {title} ({about})",
        updated=f"{first.window_end}T00:00:00Z",
        href=f"{page}?{urlencode(_page_query(first))}",
        summary=said,
        term="synthetic" if synthetic else "",
    )


def _value(metric: Metric, row: MetricRow) -> str:
    value = value_text(metric, row.dimension, None, row.value)
    if row.value is None and row.reason:
        value = f"{value} ({row.reason})"
    return f"{class_text(metric, None, row.dimension)}: {value}" if row.dimension else value


def _page_query(row: MetricRow) -> dict[str, str]:
    kind, _, rest = row.universe.partition("@")
    return {"type": kind.partition("/")[0], "source": row.source} | (
        {"filter": chosen} if (chosen := rest.partition("/")[2]) else {}
    )


routes = [Route("/pulse/metrics/{name:seg}/feed.atom", shown(metric_feed))]
