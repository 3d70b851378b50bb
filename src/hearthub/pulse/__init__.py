"""The observatory: history of hubs, metrics over it, trending, reports and claims."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hearthub.pulse.measures import Measures, known_metrics, measure, measure_all
    from hearthub.pulse.metric import Metric, MetricRow
    from hearthub.pulse.schema import TABLES

__all__ = [
    "TABLES",
    "Measures",
    "Metric",
    "MetricRow",
    "known_metrics",
    "measure",
    "measure_all",
]

_HOMES = {
    "TABLES": "schema",
    "Measures": "measures",
    "Metric": "metric",
    "MetricRow": "metric",
    "known_metrics": "measures",
    "measure": "measures",
    "measure_all": "measures",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"hearthub.pulse has no {name}")
    return getattr(import_module(f"hearthub.pulse.{_HOMES[name]}"), name)
