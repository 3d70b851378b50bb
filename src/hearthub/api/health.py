"""Is it alive, is it ready, how is it doing."""

import ipaddress

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hearthub.errors import Forbidden, Unavailable
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import is_own_host

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process answers", response_class=PlainTextResponse)
async def healthz() -> str:
    return "ok"


@router.get("/readyz", summary="Databases and disk answer", response_class=PlainTextResponse)
def readyz(hub: CurrentHub) -> str:
    hub.db.value("select 1")
    hub.objects_db.value("select 1")
    if not hub.settings.data.is_dir():
        raise Unavailable("The data folder is gone")
    return "ok"


@router.get("/metrics", summary="Prometheus; for this machine or an administrator's token")
def metrics(request: Request, hub: CurrentHub, actor: CurrentActor) -> Response:
    if not (_is_local(request) or actor.is_admin):
        raise Forbidden("Metrics are for this machine or an administrator's token")
    lines = generate_latest(request.app.state.metrics.registry)
    jobs = GaugeMetricFamily("hearthub_jobs", "Jobs by state", labels=["state"])
    for state, count in hub.jobs.counts().items():
        jobs.add_metric([state], count)
    return Response(lines + generate_latest(_Collected(jobs)), media_type=CONTENT_TYPE_LATEST)


class _Collected:
    """A registry of one ready-made metric."""

    def __init__(self, metric: GaugeMetricFamily) -> None:
        self.metric = metric

    def collect(self) -> list[GaugeMetricFamily]:
        return [self.metric]


def _is_local(request: Request) -> bool:
    """Asked by a program on this machine, for itself.

    Not by a proxy for somebody else, and not by a web page in somebody's browser, which would
    bring an Origin or, after a trick with DNS, the name of its own host.
    """
    headers = request.headers
    if request.client is None or "x-forwarded-for" in headers or "origin" in headers:
        return False
    return is_own_host(headers.get("host", "")) and _is_loopback(request.client.host)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
