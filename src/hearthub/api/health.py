"""Is it alive, is it ready, how is it doing."""

import ipaddress

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hearthub.errors import Forbidden, Unavailable
from hearthub.http.actor import CurrentActor, CurrentHub

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
    """Called from this machine, and not by a proxy for somebody else."""
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
