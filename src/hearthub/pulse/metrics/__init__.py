"""The closed list of metrics: a file a family; `METRICS` has them all by id."""

from hearthub.pulse.metric import Metric
from hearthub.pulse.metrics import (
    concentration,
    datasets,
    derivatives,
    downloads,
    half_life,
    movers,
    newcomers,
    shares,
    sizes,
    trending,
)

_FAMILIES = (
    concentration,
    datasets,
    derivatives,
    downloads,
    half_life,
    movers,
    newcomers,
    shares,
    sizes,
    trending,
)
METRICS: dict[str, Metric] = {
    metric.id: metric for family in _FAMILIES for metric in family.METRICS
}
