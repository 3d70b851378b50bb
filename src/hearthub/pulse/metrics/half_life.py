"""How long attention lasts, by three clocks that tell of different things."""

from collections.abc import Iterable
from itertools import groupby

from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.lineage import make_lineage
from hearthub.pulse.listing import TOP, make_stays
from hearthub.pulse.metric import Figure, Metric, untold
from hearthub.pulse.survival import Span, survival

UNTIL = 90
_SMOOTH = 3
"""Days on either side that a day is smoothed over: seven in all."""
_MOST = 5_000
_LEAST_LIKES, _PEAK_LIKES = 20, 10.0
_LEAST_EVENTS, _PEAK_EVENTS = 10, 0.3
CLOCKS = {
    "trending": ("likes and no scores",),
    "likes": ("likes",),
    "community": ("base models", "dates of creation"),
}
"""Each with what it goes by."""


def _half_life(frame: Frame, by: str | None) -> list[Figure]:
    cohort = by_column(by if by in DIMENSIONS else None)
    figures: list[Figure] = []
    for clock, needs in CLOCKS.items():
        if reason := frame.why_not(*needs):
            figures.append(untold(reason, f"{clock} / median"))
            continue
        rows = _spans(frame, clock, cohort)
        for name, some in groupby(rows, key=lambda row: str(row["cohort"])):
            label = f"{clock} / {name}" if by in DIMENSIONS else clock
            figures += _told(label, list(some))
        if not rows:
            figures.append(Figure(None, dimension=f"{clock} / median"))
    return figures


def _spans(frame: Frame, clock: str, cohort: str) -> list[Row]:
    if len(frame.days.between(frame.window.start, frame.anchor)) < 3:
        return []
    if clock == "trending":
        make_stays(frame)
        return frame.rows("stay_spans", cohort=cohort)
    if clock == "likes":
        _series(frame, clock, _LEAST_LIKES)
        return _half_times(frame, cohort, _PEAK_LIKES, "observed + 1")
    make_lineage(frame)
    _series(frame, clock, _LEAST_EVENTS)
    # When a child was made is known of those that were there before anybody looked, too.
    return _half_times(frame, cohort, _PEAK_EVENTS, "$start::date")


def _series(frame: Frame, clock: str, least: int) -> None:
    frame.make_again(f"half_series_{clock}", least=least, most=_MOST)


def _half_times(frame: Frame, cohort: str, peak: float, first_seen: str) -> list[Row]:
    return frame.rows(
        "half_times", cohort=cohort, peak=peak, before=_SMOOTH, smooth=2 * _SMOOTH + 1,
        first_seen=first_seen,
    )  # fmt: skip


def _told(label: str, rows: Iterable[Row]) -> list[Figure]:
    spans = [
        Span(float(row["entry"]), float(row["exit"]), bool(row["is_end"]), int(row["n"]))
        for row in rows
    ]
    found = survival(spans)
    coverage = found.ends / found.n if found.n else None
    low, high = found.interval_at(0.5)
    return [
        Figure(found.time_at(0.5), found.ends, found.n, low, high, found.n, coverage,
               f"{label} / median"),
        Figure(found.restricted_mean(UNTIL), found.ends, found.n, None, None,
               found.n, coverage, f"{label} / mean of at most {UNTIL} days"),
    ]  # fmt: skip


METRICS = (
    Metric(
        id="half_life",
        definition="Days that attention lasts, by three clocks. trending: days in the first "
        f"{TOP} of "
        "the list. likes: from the peak of daily likes to the first of three days in a row at "
        "half of "
        "it. community: the same of derivatives made and changes of the repo",
        unit="days",
        numerator="repos (or stays) whose end was seen",
        denominator="repos (or stays) under watch",
        edge_cases="Kaplan-Meier: what still lasts at the end is censored, so is what was "
        "removed; a "
        "repo first seen after its launch comes under watch at that age. Likes are smoothed over "
        "seven days; at least 20 likes in the window (10 events) and ten a day (0.3) at the "
        "peak: of fewer likes chance makes the peaks, and half of those comes too soon (of a "
        "planted 42 days, 18 at one a day). The "
        "list itself has a window of seven days, so the trending clock is no half-life. Median "
        "with "
        "interval (log-log), and the mean cut at 90 days, which a few survivors cannot set: "
        "unknown where nobody was watched for so long. "
        "coverage: "
        "share of ends seen. --by launch_quarter, size_class or org_type has a curve for each "
        "class in place of a regression on them: no shape of the curve is assumed",
        reference="Kaplan and Meier 1958; Tsai 1987; Brookmeyer and Crowley 1982",
        compute=_half_life,
        version=3,
        has_history=True,
        window="all",
        dimensions=("clock", *DIMENSIONS),
    ),
)
