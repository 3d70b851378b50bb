"""What a metric is, and what a number of it carries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from hearthub.pulse.window import Window

if TYPE_CHECKING:
    from hearthub.pulse.frame import Frame


COLUMNS = tuple(
    "metric version universe source window_start window_end numerator denominator value lo hi n "
    "coverage snapshots synthetic".split()
)
"""Of a table of rows, also where there is none."""


@dataclass(frozen=True)
class Figure:
    """A number of a metric over a frame."""

    value: float | None
    """None: it cannot be said."""
    numerator: float | None = None
    denominator: float | None = None
    lo: float | None = None
    hi: float | None = None
    n: int = 0
    """Repos (or what the metric counts) that it rests on."""
    coverage: float | None = None
    """Share of the denominator whose attribute is known; None: as the frame has it."""
    dimension: str | None = None
    window: Window | None = None
    """Where it is not that of the frame."""
    reason: str | None = None
    """Why there is no value (told.REASONS), where it is not plain from the definition."""


@dataclass(frozen=True)
class MetricRow:
    """A figure with all that is needed to ask for it again."""

    metric: str
    version: int
    universe: str
    source: str
    window_start: date
    window_end: date
    numerator: float | None
    denominator: float | None
    value: float | None
    lo: float | None
    hi: float | None
    n: int
    coverage: float | None
    snapshots: tuple[str, ...]
    dimension: str | None = None
    reason: str | None = None
    """Why it has no value."""

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "metric": self.metric,
            "version": self.version,
            "universe": self.universe,
            "source": self.source,
            "window_start": self.window_start.isoformat(),
            "window_end": self.window_end.isoformat(),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "value": self.value,
            "lo": self.lo,
            "hi": self.hi,
            "n": self.n,
            "coverage": self.coverage,
            "snapshots": list(self.snapshots),
        }
        more = {"dimension": self.dimension, "reason": self.reason}
        return row | {name: said for name, said in more.items() if said is not None}


def untold(reason: str, dimension: str | None = None, window: Window | None = None) -> Figure:
    """What cannot be said, and why: a zero would be made up."""
    return Figure(None, coverage=0.0, dimension=dimension, window=window, reason=reason)


Compute = Callable[["Frame", str | None], list[Figure]]


@dataclass(frozen=True)
class Metric:
    """A definition. Whoever changes what it computes raises `version`."""

    id: str
    definition: str
    unit: str
    numerator: str
    denominator: str
    edge_cases: str
    reference: str
    """Where the definition or the formula comes from."""
    compute: Compute = field(repr=False)
    version: int = 1
    types: tuple[str, ...] = ("model", "dataset", "space")
    universe: str = "all: every repo that was there on a day of the window"
    window: str = "30d"
    """The one it has where none is asked for."""
    dimensions: tuple[str, ...] = ()
    """What `--by` may name."""
    lags: tuple[int, ...] = ()
    """Days before the window's end at which `u` is to have the counters, beside 0, 7 and 28."""
    source: str | None = None
    """The only one that can tell it; None: any."""
    reads: tuple[str, ...] | None = None
    """Columns of `u` that it reads of those that may be spared (framing.SPARED), beside the one it
    is asked by; None: any."""
    needs: tuple[str, ...] = ()
    """What a source must tell (told.NEEDS), else it has no value but a reason."""
    needs_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same of some of `dimensions`, in place of `needs`."""
    is_of_dates: bool = False
    """From dates of creation alone: it can tell of years in which nobody looked."""
    is_of_downloads: bool = False
    """From downloads in the window: nothing can be told where none are known."""
    has_history: bool = False
    """It needs the points of watched repos from their first on, not those about the window alone.
    """

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.id,
            "version": self.version,
            "definition": self.definition,
            "universe": self.universe,
            "types": list(self.types),
            "source": self.source,
            "window": self.window,
            "unit": self.unit,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "edge_cases": self.edge_cases,
            "reference": self.reference,
            "needs": list(self.needs),
            "dimensions": list(self.dimensions),
        }
