"""What is asked first, worked out before anybody asks: each metric as its page shows it.

Of 2.5 million repos a metric takes seconds and several minutes go by for all; metrics of the same
universe and window share a frame, so that all together cost little more than their frames.
"""

import logging
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from time import monotonic

from hearthub.errors import HearthubError
from hearthub.pulse.asked import Asked
from hearthub.pulse.frame import Frame
from hearthub.pulse.framing import EARLIEST, open_frame
from hearthub.pulse.gathered import MOST_DAYS, Gathered
from hearthub.pulse.measures import Measured, default_universe, known_metrics, measure, needs_of
from hearthub.pulse.metric import Metric
from hearthub.pulse.metrics import METRICS
from hearthub.pulse.reader import Reader
from hearthub.pulse.report.asking import steady
from hearthub.pulse.sharing import names_repos
from hearthub.pulse.universe import newest, observed, parts_of
from hearthub.pulse.window import parse_window

log = logging.getLogger(__name__)
BACK_S = 2.0
"""What looking back may take of one job; the next one goes on."""


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


def newest_source(reader: Reader, kind: str | None) -> str:
    with reader.reading() as session:
        return newest(observed(session, kind))


def prepare_metrics(
    asked: Asked,
    reader: Reader,
    stamp: str,
    newest_of: Callable[[str], str],
    is_current: Callable[[], bool],
    gathered: Gathered,
) -> int:
    """For a job: each metric without `by`, in its own window, of the source that is meant where
    none is named; how many. Ends early when the lake has changed: the next job does it again.

    It is gathered as of that day, and the same of the days before, as far as `BACK_S` goes."""
    left_s = BACK_S
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
            live = _prepare(asked, reader, stamp, universe, window, metrics, gathered)
            made += len(metrics)
            days = live[-MOST_DAYS:-1]
            left_s -= _look_back(reader, universe, window, metrics, gathered, days, left_s)
        except HearthubError as error:  # such as a source without that type
            log.info("not worked out before it is asked, %s, %s: %s", universe, window, error)
    return made


def _prepare(
    asked: Asked, reader: Reader, stamp: str, universe: str, window: str,
    metrics: Sequence[Metric], gathered: Gathered,
) -> Sequence[date]:  # fmt: skip
    """The days on which the source was observed."""
    with reader.reading() as session:
        session.record()
        needs = needs_of([(metric.id, None) for metric in metrics])
        frame = open_frame(session, universe, window, needs)
        opened = len(session.recorded)
        for metric in metrics:
            key = ("metric", metric.id, None, universe, window)
            found = _measured(frame, metric, opened)
            asked.prepare(stamp, key, lambda _, it=found: it)  # type: ignore[misc]
            if not names_repos(metric.id, None):
                gathered.add(metric.id, universe, frame.asked.end, found.rows)
        return frame.days.live


def _look_back(
    reader: Reader, universe: str, window: str, metrics: Sequence[Metric], gathered: Gathered,
    days: Sequence[date], limit_s: float,
) -> float:  # fmt: skip
    """The same as of days before, the last ones first, where it was not gathered then; the seconds
    that it took."""
    begun = monotonic()
    for day in reversed(days):
        due = [
            it for it in metrics
            if not names_repos(it.id, None) and day not in gathered.days(it.id, universe)
        ]  # fmt: skip
        if monotonic() - begun >= limit_s:
            break
        if not due:
            continue
        with reader.reading() as session:
            needs = needs_of([(metric.id, None) for metric in due])
            frame = open_frame(session, universe, _ending(window, day), needs)
            for metric in due:
                rows = [steady(row) for row in measure(frame, metric)]
                gathered.add(metric.id, universe, day, rows)
    return monotonic() - begun


def _ending(window: str, day: date) -> str:
    """The window of so many days, or of all, that ends on a day."""
    first = EARLIEST if window == "all" else parse_window(window, day, day).start
    return f"{first}..{day}"


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
