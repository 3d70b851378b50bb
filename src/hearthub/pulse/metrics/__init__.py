"""The closed list of metrics: a file a family; `METRICS` has them all by id."""

from hearthub.pulse.metric import Metric
from hearthub.pulse.metrics import concentration

_FAMILIES = (concentration,)
METRICS: dict[str, Metric] = {
    metric.id: metric for family in _FAMILIES for metric in family.METRICS
}
