"""All the numbers of a report, asked for at once: one frame after the other, each metric once."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from hearthub.errors import NotFound
from hearthub.lake import Row
from hearthub.pulse.frame import Frame
from hearthub.pulse.framing import open_frame
from hearthub.pulse.measures import measure_one, needs_of
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.metrics.rising import risers
from hearthub.pulse.reader import Reader
from hearthub.pulse.report.document import Number, Query, Source
from hearthub.pulse.told import NEEDS
from hearthub.pulse.universe import parse_universe

DIGITS = 10
"""Of a number that is not whole."""
WHOLE = 1e13
"""Above it nearly every sum of doubles looks whole, whatever its last digits are."""
Ask = tuple[str, str | None]
"""A metric, and by what."""
Parts = dict[str, Number]


@dataclass(frozen=True)
class Spec:
    """A frame, and what is asked of it."""

    universe: str
    window: str
    asks: tuple[Ask, ...]
    is_optional: bool = False
    """No such type of repo: then it has no answers."""
    wants_risers: bool = False


@dataclass
class Answers:
    """Rows by frame (its name in the report) and question, and what strangers say of risers."""

    rows: dict[tuple[str, Ask], list[Number]] = field(default_factory=dict)
    risers: list[Row] = field(default_factory=list)
    universes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Universe and window of each frame, as they were found."""
    sources: dict[str, Source] = field(default_factory=dict)
    lacks: dict[str, frozenset[str]] = field(default_factory=dict)
    """What the source of each frame never told (told.NEEDS)."""
    observed: dict[str, int] = field(default_factory=dict)
    """Days that tell something, in the window of each frame."""

    def all(self, frame: str, metric: str, by: str | None = None) -> list[Number]:
        """Without what cannot be said."""
        numbers = self.rows.get((frame, (metric, by)), [])
        return [number for number in numbers if number.row.reason is None]

    def why(
        self, frame: str, metric: str, by: str | None = None, dimension: str | None = None
    ) -> str | None:
        """The reason (told.REASONS) of what cannot be said: of that dimension, or of any."""
        for number in self.rows.get((frame, (metric, by)), []):
            if number.row.reason and dimension in (None, number.row.dimension):
                return number.row.reason
        return None

    def one(
        self, frame: str, metric: str, dimension: str | None = None, by: str | None = None
    ) -> Number | None:
        """The number of that dimension that has a value, if there is one."""
        for number in self.all(frame, metric, by):
            if number.row.dimension == dimension and number.row.value is not None:
                return number
        return None

    def parts(self, frame: str, metric: str, by: str | None = None) -> Mapping[str, Parts]:
        """Of dimensions `NAME / PART`: the numbers of each name, by part, in their order."""
        found: dict[str, Parts] = {}
        for number in self.all(frame, metric, by):
            name, _, part = (number.row.dimension or "").rpartition(" / ")
            if number.row.value is not None:
                found.setdefault(name, {})[part] = number
        return found


def ask(
    lake: Reader, specs: Mapping[str, Spec], say: Callable[[str], None] = lambda _: None
) -> Answers:
    answers = Answers()
    for name, spec in specs.items():
        say(f"{spec.universe}, {spec.window}: {len(spec.asks)} questions")
        try:
            with lake.reading() as session:
                frame = open_frame(session, spec.universe, spec.window, needs_of(spec.asks))
                _ask(frame, name, spec, answers)
        except NotFound:
            if not spec.is_optional:
                raise
    return answers


def _ask(frame: Frame, name: str, spec: Spec, answers: Answers) -> None:
    # The window by its days: `7d` would be other days once more is observed.
    window = str(frame.asked)
    answers.universes[name] = (str(frame.universe), str(frame.window))
    answers.observed[name] = len(frame.days.between(frame.window.start, frame.window.end))
    answers.lacks[name] = frozenset(need for need in NEEDS if frame.why_not(need))
    for metric, by in spec.asks:
        query = Query(metric, by, str(frame.universe), window)
        rows = measure_one(frame, metric, by)
        answers.rows[name, (metric, by)] = [Number(steady(row), query) for row in rows]
    if spec.wants_risers:
        answers.risers = risers(frame)
    source = frame.universe.source
    answers.sources[source] = _source(frame, source, answers.sources.get(source))


def steady(row: MetricRow) -> MetricRow:
    """The same bytes each time: the last digits of a sum depend on the order of its threads."""
    return replace(
        row,
        numerator=_rounded(row.numerator),
        denominator=_rounded(row.denominator),
        value=_rounded(row.value),
        lo=_rounded(row.lo),
        hi=_rounded(row.hi),
        coverage=_rounded(row.coverage),
    )


def _rounded(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return value
    # Of what is not whole, sums that are large look so by chance, and small ones miss it by a bit.
    if abs(value) < WHOLE and abs(value - round(value)) <= 1e-14 * abs(value):
        return type(value)(round(value))
    return float(f"{value:.{DIGITS}g}")


def _source(frame: Frame, name: str, before: Source | None) -> Source:
    """Of all its snapshots; the terms are those of the newest that told any. Who is closed since
    is closed for days before, too."""
    rows = frame.session.rows(
        "select licence, attribution, is_synthetic, is_redistributable from snapshot "
        # A panel is one snapshot of many days, and known by its last.
        "where source = $source and coalesce(first_observed_at, observed_at) < $after "
        "order by observed_at desc, snapshot_id",
        source=name,
        after=frame.window.after,
    )
    told = [row for row in rows if row["licence"] or row["attribution"]]
    closed = frame.session.value(
        "select count(*) from snapshot where source = $source and not is_redistributable",
        source=name,
    )
    seen = {*frame.snapshots(), *(before.snapshots if before else ())}
    return Source(
        name,
        told[0]["licence"] if told else None,
        told[0]["attribution"] if told else None,
        any(row["is_synthetic"] for row in rows),
        False if closed else _shared([row["is_redistributable"] for row in rows]),
        tuple(sorted(seen)),
    )


def _shared(said: Iterable[bool | None]) -> bool | None:
    """Whether all may be passed on; None where nobody said."""
    words = set(said)
    return False if False in words else None if None in words else True


def observed_span(lake: Reader, universe: str) -> tuple[str, date, date]:
    """A universe in full, and the first and the last day on which its source was looked at."""
    with lake.reading() as session:
        found = parse_universe(universe, session)
        row = session.one(
            # A look that took days tells of the repos when it is over.
            'select coalesce((select min("at") from capture where source = $source '
            "and type = $type), min(coalesce(first_observed_at, observed_at)))::date as first, "
            "max(observed_at)::date as last from snapshot "
            "where source = $source and (type is null or type = $type)",
            source=found.source,
            type=found.type,
        )
    if row["last"] is None:
        raise NotFound(f"Nothing was ingested of {universe} yet")
    return str(found), row["first"], row["last"]


def some(numbers: Iterable[Number], count: int) -> Iterator[Number]:
    """The first so many that have a value."""
    for number in numbers:
        if count and number.row.value is not None:
            count -= 1
            yield number
