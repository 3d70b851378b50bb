"""What is asked first, worked out before anybody asks: each metric as its page shows it.

Of 2.5 million repos a metric takes seconds and several minutes go by for all; metrics of the same
universe and window share a frame, so that all together cost little more than their frames.
"""

import logging
from collections.abc import Callable, Hashable, Sequence

from hearthub.errors import HearthubError
from hearthub.pulse.asked import Asked
from hearthub.pulse.frame import Frame
from hearthub.pulse.framing import open_frame
from hearthub.pulse.measures import Measured, default_universe, known_metrics, measure, needs_of
from hearthub.pulse.metric import Metric
from hearthub.pulse.metrics import METRICS
from hearthub.pulse.reader import Reader
from hearthub.pulse.report.asking import steady
from hearthub.pulse.universe import newest, observed, parts_of

log = logging.getLogger(__name__)


def question(
    name: str,
    by: str | None,
    universe: str | None,
    window: str | None,
    newest_of: Callable[[str], str],
) -> Hashable:
    """The same for all ways to ask the same; `newest_of` is the source that is meant for a type.

    Raises BadRequest for what is no universe.
    """
    metric = METRICS.get(name)
    if metric is None:
        return "metric", name, by, universe, window
    kind, source, condition = parts_of(universe or default_universe(metric))
    whole = f"{kind}@{source or newest_of(kind)}/{condition}"
    return "metric", name, by, whole, window or metric.window


def newest_source(reader: Reader, kind: str) -> str:
    with reader.reading() as session:
        return newest(observed(session, kind))


def prepare_metrics(
    asked: Asked,
    reader: Reader,
    stamp: str,
    newest_of: Callable[[str], str],
    is_current: Callable[[], bool],
) -> int:
    """For a job: each metric without `by`, in its own window, of the source that is meant where
    none is named; how many. Ends early when the lake has changed: the next job does it again."""
    frames: dict[tuple[str, str], list[Metric]] = {}
    for metric in known_metrics():
        kind, source, _ = parts_of(default_universe(metric))
        universe = f"{kind}@{source or newest_of(kind)}/all"
        key = question(metric.id, None, universe, None, newest_of)
        if not asked.has(stamp, key):
            frames.setdefault((universe, metric.window), []).append(metric)
    made = 0
    for (universe, window), metrics in frames.items():
        if not is_current():
            break
        try:
            made += _prepare(asked, reader, stamp, universe, window, metrics)
        except HearthubError as error:  # such as a source without that type
            log.info("not worked out before it is asked, %s, %s: %s", universe, window, error)
    return made


def _prepare(
    asked: Asked, reader: Reader, stamp: str, universe: str, window: str, metrics: Sequence[Metric]
) -> int:
    with reader.reading() as session:
        session.record()
        needs = needs_of([(metric.id, None) for metric in metrics])
        frame = open_frame(session, universe, window, needs)
        opened = len(session.recorded)
        for metric in metrics:
            key = ("metric", metric.id, None, universe, window)
            asked.prepare(stamp, key, lambda _, it=metric: _measured(frame, it, opened))  # type: ignore[misc]
    return len(metrics)


def _measured(frame: Frame, metric: Metric, opened: int) -> Measured:
    before, used = len(frame.session.recorded), len(frame.used)
    rows = [steady(row) for row in measure(frame, metric)]
    done = frame.session.recorded
    places = {*range(opened), *range(before, len(done)), *_made(frame, frame.used[used:])}
    return Measured(rows, tuple(done[place] for place in sorted(places)))


def _made(frame: Frame, keys: Sequence[str]) -> set[int]:
    """Which statements made these: another metric of the frame may have run them."""
    found, waiting, seen = set[int](), list(keys), set[str]()
    while waiting:
        key = waiting.pop()
        if key in frame.ran and key not in seen:
            seen.add(key)
            places, others = frame.ran[key]
            found.update(places)
            waiting += others
    return found
