"""The closed list of metrics: a file a family; `METRICS` has them all by id."""

from hearthub.pulse.metric import Metric
from hearthub.pulse.metrics import (
    adoption,
    anomalies,
    base_countries,
    concentration,
    created,
    datasets,
    derivatives,
    disclosure,
    downloads,
    half_life,
    implausible,
    lorenz,
    movers,
    newcomers,
    own,
    ranks,
    removals,
    rising,
    shares,
    sizes,
    trending,
)

_FAMILIES = (
    adoption,
    anomalies,
    base_countries,
    concentration,
    created,
    datasets,
    derivatives,
    disclosure,
    downloads,
    half_life,
    implausible,
    lorenz,
    movers,
    newcomers,
    own,
    ranks,
    removals,
    rising,
    shares,
    sizes,
    trending,
)
METRICS: dict[str, Metric] = {
    metric.id: metric for family in _FAMILIES for metric in family.METRICS
}
