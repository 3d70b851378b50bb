"""The observatory: history of hubs, metrics over it, trending, reports and claims.

What is named here is imported when it is first asked for: DuckDB takes a while.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.pulse.ingest import Ingested
    from hearthub.pulse.pulse import Pulse
    from hearthub.pulse.schema import TABLES

__all__ = ["TABLES", "Ingested", "Pulse"]

_HOMES = {"Ingested": "ingest", "Pulse": "pulse", "TABLES": "schema"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"hearthub.pulse has no {name}")
    return getattr(import_module(f"hearthub.pulse.{_HOMES[name]}"), name)
