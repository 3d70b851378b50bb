"""What the observatory can say in numbers: the list of metrics, and each over a frame."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hearthub.errors import BadRequest, NotFound
from hearthub.pulse.frame import Frame, Needs
from hearthub.pulse.framing import open_frame
from hearthub.pulse.metric import Figure, Metric, MetricRow, untold
from hearthub.pulse.metrics import METRICS
from hearthub.pulse.months import MONTH
from hearthub.pulse.reader import Reader
from hearthub.pulse.universe import UNKNOWN

_LAGS = (0, 7, 28)
"""Most metrics look back so many days."""


def known_metrics() -> list[Metric]:
    """All of them, by name."""
    return [METRICS[name] for name in sorted(METRICS)]


class Measures:
    def __init__(self, lake: Reader) -> None:
        self._lake = lake

    def metric(
        self,
        name: str,
        by: str | None = None,
        universe: str | None = None,
        window: str | None = None,
    ) -> list[MetricRow]:
        """The rows of one metric. Raises NotFound for no such one, BadRequest for what it cannot.

        Without `universe` and `window` they are what the metric is defined on.
        """
        metric = _named(name)
        with self._lake.reading() as session:
            found = universe or metric.types[0], window or metric.window
            frame = open_frame(session, *found, needs_of([(name, by)]))
            return measure(frame, metric, by)

    def is_synthetic(self, source: str) -> bool:
        """Whether anything of a source is made up: no figure of it goes without saying so."""
        with self._lake.reading() as session:
            told = "select bool_or(is_synthetic) from snapshot where source = $source"
            return bool(session.value(told, source=source))

    @contextmanager
    def frame(self, universe: str, window: str) -> Iterator[Frame]:
        """What several metrics share; pass it to `measure` or `measure_all`."""
        with self._lake.reading() as session:
            yield open_frame(session, universe, window)


def measure(frame: Frame, metric: Metric, by: str | None = None) -> list[MetricRow]:
    if frame.universe.type not in metric.types:
        raise BadRequest(f"{metric.id} is about {' and '.join(metric.types)}s alone")
    if by is not None and by not in metric.dimensions:
        known = ", ".join(metric.dimensions) or "nothing"
        raise BadRequest(f"{metric.id} is not known by {by!r}: choose {known}")
    if by != MONTH:
        lacks_history = metric.has_history and not frame.has_history
        if lacks_history or not frame.needs.has_series:
            raise ValueError(f"This frame was opened without what {metric.id} needs")
    if reason := _why_not(frame, metric, by):
        return [_row(frame, metric, untold(reason, by and UNKNOWN, frame.asked))]
    return [_row(frame, metric, figure) for figure in metric.compute(frame, by)]


def _why_not(frame: Frame, metric: Metric, by: str | None) -> str | None:
    needs = metric.needs_by.get(by or "", metric.needs)
    if by == MONTH:
        needs = (*needs, "all-time downloads")
    if not metric.is_of_dates and (reason := frame.why_not_yet()):
        return reason
    if reason := frame.why_not(*needs):
        return reason
    # By class, each class has a row that says so, and an empty universe has no classes.
    return frame.why_no_downloads() if metric.is_of_downloads and by is None else None


def measure_all(frame: Frame, names: Iterable[str]) -> dict[str, list[MetricRow]]:
    """Several metrics over one frame, which makes them together hardly slower than one."""
    return {name: measure(frame, _named(name)) for name in names}


def measure_one(frame: Frame, name: str, by: str | None = None) -> list[MetricRow]:
    """A metric by its name; raises NotFound for no such one."""
    return measure(frame, _named(name), by)


def needs_of(asks: Iterable[tuple[str, str | None]]) -> Needs:
    """What a frame needs for these metrics, each by something."""
    metrics = [_named(name) for name, by in asks if by != MONTH]
    lags = {lag for metric in metrics for lag in (*_LAGS, *metric.lags)}
    has_history = any(metric.has_history for metric in metrics)
    return Needs(frozenset(lags), bool(metrics), has_history)


def _named(name: str) -> Metric:
    if name not in METRICS:
        raise NotFound(f"There is no metric {name!r} (hearthub pulse metrics lists them)")
    return METRICS[name]


def _row(frame: Frame, metric: Metric, figure: Figure) -> MetricRow:
    window = figure.window or frame.window
    return MetricRow(
        metric=metric.id,
        version=metric.version,
        universe=str(frame.universe),
        source=frame.universe.source,
        window_start=window.start,
        window_end=window.end,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
        lo=figure.lo,
        hi=figure.hi,
        n=figure.n,
        coverage=frame.coverage() if figure.coverage is None else figure.coverage,
        snapshots=frame.snapshots(),
        dimension=figure.dimension,
        reason=figure.reason,
    )
