"""Which source a page of the observatory is about, where the visitor named none."""

from datetime import datetime

from starlette.requests import Request

from hearthub.context import Hub
from hearthub.errors import NotFound

OWN = "own"


def source_of(request: Request, hub: Hub) -> str | None:
    """As `?source=` says. Raises NotFound for one that is not known."""
    source = request.query_params.get("source") or None
    if source is not None and source not in hub.pulse.origins():
        raise NotFound(f"Nothing was observed of a source {source[:60]!r}.")
    return source


def by_date(hub: Hub) -> list[str]:
    """All of them: others before this hub, the one that was observed last first."""
    origins = hub.pulse.origins()
    newest = sorted(
        origins, key=lambda name: origins[name].observed_at or datetime.min, reverse=True
    )
    return sorted(newest, key=lambda name: name == OWN)


def is_synthetic(hub: Hub, source: str | None) -> bool:
    origin = hub.pulse.origins().get(source or "")
    return bool(origin and origin.is_synthetic)
