"""Whose the downloads are: shares by country, kind of organisation, size, licence and so on."""

import math
from collections.abc import Sequence
from itertools import groupby

from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.intervals import GROUPS, jackknife, without_each
from hearthub.pulse.metric import Compute, Figure, Metric
from hearthub.pulse.months import summed_months
from hearthub.pulse.universe import UNKNOWN
from hearthub.pulse.window import Window

ROBUST = "robustness"


def _figures(
    rows: Sequence[Row], prefix: str | None = None, window: Window | None = None
) -> list[Figure]:
    """Shares of one whole, with bounds: as much more as all that is unknown."""
    total = sum(float(row["downloads"]) for row in rows)
    unknown = sum(float(row["downloads"]) for row in rows if row["class"] == UNKNOWN)
    figures = []
    for row in rows:
        part, name = float(row["downloads"]), str(row["class"])
        high = part if name == UNKNOWN else part + unknown
        figures.append(
            Figure(
                part / total if total else None,
                part,
                total,
                part / total if total else None,
                high / total if total else None,
                int(row["n"]),
                1 - unknown / total if total else None,
                name if prefix is None else f"{prefix} / {name}",
                window,
            )
        )
    return figures


def _shares(frame: Frame, column: str, by: str | None) -> list[Figure]:
    name = by_column(column)
    if by == ROBUST:
        return _robust(frame, name)
    if by == "month":
        return _months(frame, name)
    rows = frame.rows("shares", by=by_column(by), **{"class": name})
    found = groupby(rows, key=lambda row: str(row["dimension"]))
    return [f for part, some in found for f in _figures(list(some), part if by else None)]


def _months(frame: Frame, name: str) -> list[Figure]:
    """Each month of the window by itself: its own window, and the whole of that month."""
    figures: list[Figure] = []
    for month, rows in summed_months(frame, name):
        known = [
            {"class": row["dimension"], "downloads": row["downloads"], "n": row["known"]}
            for row in rows
            if row["known"]
        ]
        figures += _figures(known, None, month)
    return figures


def _robust(frame: Frame, name: str) -> list[Figure]:
    """Each share under other readings; a share that they move a lot rests on few repos."""
    parts = ", ".join(
        f"coalesce(sum(cell.downloads) filter (part = {part}), 0) as part_{part}"
        for part in range(GROUPS)
    )
    rows = frame.rows("robust_shares", groups=GROUPS, parts=parts, **{"class": name})

    def total(column: str) -> float:
        return sum(float(row[column]) for row in rows)

    def share(row: Row, column: str) -> float | None:
        whole = total(column)
        return float(row[column]) / whole if whole > 0 else None

    everything, n = total("downloads"), sum(int(row["n"]) for row in rows)
    totals = [total(f"part_{part}") for part in range(GROUPS)]
    unknown = sum(float(row["downloads"]) for row in rows if row["class"] == UNKNOWN)
    coverage = 1 - unknown / everything if everything else None
    figures = []
    for row in rows:
        readings = {
            "without the first": "without_1",
            "without the first 10": "without_10",
            "unknown dealt out by task and size": "dealt",
        }
        for words, column in readings.items():
            figures.append(
                Figure(
                    share(row, column),
                    float(row[column]),
                    total(column),
                    n=n,
                    coverage=coverage,
                    dimension=f"{row['class']} / {words}",
                )
            )
        if not everything > 0:
            continue
        value = float(row["downloads"]) / everything
        tops = without_each([float(row[f"part_{part}"]) for part in range(GROUPS)])
        without = [
            top / bottom if bottom > 0 else math.nan
            for top, bottom in zip(tops, without_each(totals), strict=True)
        ]
        figures.append(
            Figure(
                value,
                float(row["downloads"]),
                everything,
                *jackknife(value, without, 0.0, 1.0),
                n=n,
                coverage=coverage,
                dimension=f"{row['class']} / jackknife over namespaces",
            )
        )
    return figures


def _of(column: str) -> Compute:
    return lambda frame, by: _shares(frame, column, by)


def _share(name: str, column: str, words: str, edge: str, types: tuple[str, ...] = ()) -> Metric:
    return Metric(
        id=f"share_{name}",
        needs=("downloads", "licences") if name == "licence" else ("downloads",),
        is_of_downloads=True,
        definition=f"Share of downloads by {words}",
        unit="share",
        numerator="downloads of the repos of that class",
        denominator="downloads of the universe, those of unknown class included",
        edge_cases=f"{edge} Unknown is a class; lo and hi are what the share would be if none or "
        "all "
        "of the unknown were of that class. --by robustness: without the first 1 and 10 repos, "
        "with "
        "the unknown dealt out by task and size, and a delete-a-group jackknife over namespaces",
        reference="arXiv 2512.03073 (shares of downloads by attribute)",
        compute=_of(column),
        types=types or ("model", "dataset", "space"),
        dimensions=(ROBUST, "month", *(name for name in DIMENSIONS if name != column)),
        version=2 if name == "size_class" else 1,
    )


METRICS = (
    _share(
        "country",
        "country",
        "country of the publishing organisation",
        "The primary base of the organisation that publishes, never that of a person nor of the "
        "base "
        "model.",
    ),
    _share(
        "org_type",
        "org_type",
        "kind of publisher: industry, academia, government, collective, individual, intermediary",
        "An intermediary mainly repackages what others made.",
    ),
    _share(
        "size_class",
        "size_class",
        "number of parameters",
        "Of the model itself where it is known; an adapter counts by its own size unless the facts "
        "resolve it.",
        ("model",),
    ),
    _share("licence", "licence_class", "class of licence", "As declared, not as checked."),
    _share(
        "architecture",
        "architecture",
        "architecture: dense or mixture of experts",
        "Dense only where the configuration or the facts say so.",
        ("model",),
    ),
    _share("modality", "modality", "modality", "From the task, then tags."),
    _share("task", "task", "task", "The pipeline tag, one a repo."),
    _share("format", "format", "format of the weights", "One a repo.", ("model",)),
    _share(
        "quantisation", "quantisation", "quantisation", "None is said only where known.", ("model",)
    ),
)
