"""How long something lasts when not all of it was seen: Kaplan and Meier, with late entries."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hearthub.pulse.intervals import Z


@dataclass(frozen=True)
class Span:
    """Equal observations: watched from `entry` to `exit`, which was an end or not (censored)."""

    entry: float
    exit: float
    is_end: bool
    n: int = 1


@dataclass(frozen=True)
class Survival:
    steps: tuple[tuple[float, float, float], ...]
    """(time, share that lasts longer, its standard error on the scale of log(-log))."""
    n: int
    ends: int
    last: float
    """Up to this time somebody was watched."""

    def time_at(self, share: float) -> float | None:
        """The first time at which no more than `share` last; None: that was not seen."""
        return next((time for time, lasting, _ in self.steps if lasting <= share + 1e-12), None)

    def interval_at(self, share: float) -> tuple[float | None, float | None]:
        """Of `time_at`, by turning round the log-log intervals (Brookmeyer and Crowley 1982)."""
        low = next((t for t, s, e in self.steps if _bound(s, e, -1) <= share), None)
        high = next((t for t, s, e in self.steps if _bound(s, e, 1) <= share), None)
        return low, high

    def restricted_mean(self, until: float) -> float | None:
        """The mean of what lasts at most `until`: the area under the curve up to it.

        None where nobody was watched for so long, unless none lasted to the last that was.
        """
        if self.last < until and (not self.steps or self.steps[-1][1] > 0.0):
            return None
        area, at, lasting = 0.0, 0.0, 1.0
        for time, share, _ in self.steps:
            if time >= until:
                break
            area += (time - at) * lasting
            at, lasting = time, share
        return area + (until - at) * lasting


def survival(spans: Iterable[Span]) -> Survival:
    """The product-limit estimate; who enters late is at risk only from then on (Tsai 1987).

    Errors by Greenwood, on the log(-log) scale (Kalbfleisch and Prentice). Spans that end where
    they enter say nothing and are left out.
    """
    used = [span for span in spans if span.exit > span.entry]
    changes: dict[float, list[int]] = {}
    for span in used:
        changes.setdefault(span.entry, [0, 0, 0])[0] += span.n
        changes.setdefault(span.exit, [0, 0, 0])[1 if span.is_end else 2] += span.n
    at_risk, lasting, variance = 0, 1.0, 0.0
    steps: list[tuple[float, float, float]] = []
    for time in sorted(changes):
        entering, ending, lost = changes[time]
        if ending:
            lasting *= 1 - ending / at_risk
            left = at_risk - ending
            variance += ending / (at_risk * left) if left else 0.0
            inside = 0.0 < lasting < 1.0
            error = math.sqrt(variance) / abs(math.log(lasting)) if inside else 0.0
            steps.append((time, lasting, error))
        at_risk += entering - ending - lost
    n = sum(span.n for span in used)
    last = max((span.exit for span in used), default=0.0)
    return Survival(tuple(steps), n, sum(span.n for span in used if span.is_end), last)


def _bound(share: float, error: float, side: int) -> float:
    """The end of the interval of a share; `side`: -1 for the lower, 1 for the upper."""
    if not 0.0 < share < 1.0:
        return share
    # exp(-exp(log(-log S) -+ z e)) is a power of S.
    return float(share ** math.exp(-side * Z * error))
