"""What the observatory can say in numbers: the list of metrics, and each over a frame."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hearthub.errors import BadRequest, NotFound
from hearthub.pulse.frame import DIMENSIONS, Frame, Needs
from hearthub.pulse.framing import SPARED, open_frame
from hearthub.pulse.metric import Figure, Metric, MetricRow, untold
from hearthub.pulse.metrics import METRICS
from hearthub.pulse.months import MONTH
from hearthub.pulse.reader import Reader
from hearthub.pulse.universe import UNKNOWN

_LAGS = (0, 7, 28)
"""Most metrics look back so many days."""


def default_universe(metric: Metric) -> str:
    """Where none is asked for."""
    return f"{metric.types[0]}@{metric.source}" if metric.source else metric.types[0]


def known_metrics() -> list[Metric]:
    """All of them, by name."""
    return [METRICS[name] for name in sorted(METRICS)]


@dataclass(frozen=True)
class Measured:
    """The rows of a metric, and what was run to get them."""

    rows: list[MetricRow]
    sql: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)


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
        return self.measured(name, by, universe, window).rows

    def measured(
        self,
        name: str,
        by: str | None = None,
        universe: str | None = None,
        window: str | None = None,
    ) -> Measured:
        """The same with the SQL that was run."""
        metric = _named(name)
        with self._lake.reading() as session:
            session.record()
            found = universe or default_universe(metric), window or metric.window
            frame = open_frame(session, *found, needs_of([(name, by)]))
            return Measured(measure(frame, metric, by), tuple(session.recorded))

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
    asked = [(_named(name), by) for name, by in asks]
    metrics = [metric for metric, by in asked if by != MONTH]
    lags = {lag for metric in metrics for lag in (*_LAGS, *metric.lags)}
    has_history = any(metric.has_history for metric in metrics)
    return Needs(frozenset(lags), bool(metrics), has_history, _columns(asked))


def _columns(asked: Iterable[tuple[Metric, str | None]]) -> frozenset[str] | None:
    """Those that all of them together read; None where one may read any."""
    found: set[str] = set()
    for metric, by in asked:
        if metric.reads is None:
            return None
        found |= {*metric.reads, DIMENSIONS.get(by or "", "")} & SPARED
    return frozenset(found)


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
