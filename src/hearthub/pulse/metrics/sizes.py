"""How large the models are that people download, and how the small ones do against the large."""

import math
from collections.abc import Callable
from itertools import groupby

from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.intervals import GROUPS, jackknife, without_each
from hearthub.pulse.metric import Figure, Metric

STATED, RESOLVED, ACTIVE = "params_stated", "params_total", "params_active"
_BY = tuple(DIMENSIONS)
_TOP = 10


def _means(
    frame: Frame, by: str | None, size: str, of: Callable[[Row], tuple[float, float]]
) -> list[Figure]:
    def made() -> list[Row]:
        return frame.rows("sizes", by=by_column(by), size=size, groups=GROUPS)

    rows: list[Row] = frame.kept(f"sizes {by} {size}", made)
    figures = []
    for dimension, some in groupby(rows, key=lambda row: str(row["dimension"])):
        whole, *parts = some
        figures.append(_mean(whole, parts, of, dimension if by else None))
    return figures


def _mean(
    whole: Row, parts: list[Row], of: Callable[[Row], tuple[float, float]], dimension: str | None
) -> Figure:
    numerator, denominator = of(whole)
    downloads = float(whole["downloads"] or 0)
    known = float(whole["weight"] or 0)
    coverage = known / downloads if downloads else None
    n = int(whole["n"])
    if not denominator > 0:
        return Figure(None, numerator, denominator, n=n, coverage=coverage, dimension=dimension)
    sums = {int(row["part"]): of(row) for row in parts}
    each = [sums.get(part, (0.0, 0.0)) for part in range(GROUPS)]
    tops, bottoms = (without_each(column) for column in zip(*each, strict=True))
    without = [
        top / bottom if bottom > 0 else math.nan for top, bottom in zip(tops, bottoms, strict=True)
    ]
    low, high = jackknife(numerator / denominator, without, 0.0)
    return Figure(
        numerator / denominator, numerator, denominator, low, high, n, coverage, dimension
    )


def _weighted(row: Row) -> tuple[float, float]:
    return float(row["mass"] or 0), float(row["weight"] or 0)


def _unweighted(row: Row) -> tuple[float, float]:
    return float(row["sizes"] or 0), float(row["n"] or 0)


def _log_mean(frame: Frame, by: str | None) -> list[Figure]:
    """The weighted geometric mean: numerator and denominator are those of the mean logarithm."""

    def logs(row: Row) -> tuple[float, float]:
        return float(row["log_mass"] or 0), float(row["log_weight"] or 0)

    def power(value: float | None) -> float | None:
        return None if value is None else math.exp(min(value, 100.0))

    return [
        Figure(
            power(f.value), f.numerator, f.denominator, power(f.lo), power(f.hi),
            f.n, f.coverage, f.dimension,
        )
        for f in _means(frame, by, STATED, logs)
    ]  # fmt: skip


def _medians(frame: Frame, by: str | None, size: str, weight: str) -> list[Figure]:
    rows = frame.rows("median_sizes", by=by_column(by), size=size, weight=weight, groups=GROUPS)
    covered = {f.dimension: f.coverage for f in _means(frame, by, size, _weighted)}
    figures = []
    for name, some in groupby(rows, key=lambda row: str(row["dimension"])):
        whole, *rest = some
        if whole["part"] != -1 or whole["median"] is None:
            continue
        dimension = name if by else None
        value = float(whole["median"])
        low, high = jackknife(value, [float(row["median"]) for row in rest], 0.0)
        figures.append(
            Figure(
                value,
                None,
                float(whole["total"]),
                low,
                high,
                int(whole["n"]),
                covered.get(dimension),
                dimension,
            )
        )
    return figures


def _ratio(frame: Frame, by: str | None) -> list[Figure]:
    """Bounds: the same ratio with 8 and with 12 models instead of ten on both sides."""
    row = frame.rows("small_large", top=_TOP, size=RESOLVED)[0]
    small, large = row["small"], row["large"]
    ratios = [
        row[f"small_{k}"] / row[f"large_{k}"]
        for k in (8, 12)
        if row[f"small_{k}"] is not None and row[f"large_{k}"]
    ]
    value = small / large if small is not None and large else None
    found = [value, *ratios] if value is not None else []
    return [
        Figure(
            value, small, large, min(found, default=None), max(found, default=None),
            int(row["n_small"]) + int(row["n_large"]), row["coverage"],
        )
    ]  # fmt: skip


_SIZE_EDGE = (
    "Repos of unknown size or downloads are left out (coverage: share of downloads of known size). "
    "Sums are floating-point: size times downloads overflows 64 bits. Interval: delete-a-group "
    "jackknife over namespaces. Stated sizes count up to 1e17, so that one joke may set a mean: "
    "`size_implausible` counts those above 1e14, which resolved sizes leave out"
)


def _metric(
    id_: str, definition: str, compute: Callable[[Frame, str | None], list[Figure]],
    numerator: str, denominator: str,
) -> Metric:  # fmt: skip
    needs = ("downloads", "numbers of parameters") if _STATED in definition else ("downloads",)
    return Metric(
        id=id_,
        definition=definition,
        unit="parameters",
        numerator=numerator,
        denominator=denominator,
        edge_cases=_SIZE_EDGE,
        reference="arXiv 2512.03073 (mean and median size of downloaded models)",
        compute=compute,
        needs=needs,
        is_of_downloads=True,
        types=("model",),
        dimensions=_BY,
    )


_STATED = "parameters as the source counts them (packed weights count low, and jokes count)"
_RESOLVED = (
    "parameters resolved from facts, headers, base models and names; above 1e14 nobody is believed"
)
METRICS = (
    _metric(
        "size_weighted_mean",
        f"Mean size of a downloaded model, {_STATED}",
        lambda frame, by: _means(frame, by, STATED, _weighted),
        "sum of size times downloads",
        "downloads of models of known size",
    ),
    _metric(
        "size_weighted_median",
        f"Size up to which half of the downloads go, {_STATED}",
        lambda frame, by: _medians(frame, by, STATED, "downloads"),
        "none",
        "downloads of models of known size",
    ),
    _metric(
        "size_mean",
        f"Mean size of a model, {_STATED}",
        lambda frame, by: _means(frame, by, STATED, _unweighted),
        "sum of sizes",
        "models of known size",
    ),
    _metric(
        "size_median",
        f"Median size of a model, {_STATED}",
        lambda frame, by: _medians(frame, by, STATED, "1"),
        "none",
        "models of known size",
    ),
    _metric(
        "size_weighted_log_mean",
        f"Geometric mean size of a downloaded model, {_STATED}",
        _log_mean,
        "sum of log size times downloads",
        "downloads of models of known size",
    ),
    _metric(
        "size_resolved_weighted_mean",
        f"Mean size of a downloaded model, {_RESOLVED}",
        lambda frame, by: _means(frame, by, RESOLVED, _weighted),
        "sum of size times downloads",
        "downloads of models of known size",
    ),
    _metric(
        "size_resolved_weighted_median",
        f"Size up to which half of the downloads go, {_RESOLVED}",
        lambda frame, by: _medians(frame, by, RESOLVED, "downloads"),
        "none",
        "downloads of models of known size",
    ),
    _metric(
        "size_active_weighted_mean",
        "Mean number of active parameters of a downloaded model",
        lambda frame, by: _means(frame, by, ACTIVE, _weighted),
        "sum of active parameters times downloads",
        "downloads of models whose active parameters are known",
    ),
    Metric(
        id="small_large_ratio",
        definition="How many times more the ten most downloaded models of 1 to 9 billion "
        "parameters "
        "are downloaded than those of more than 100 billion: ratio of the medians of each ten",
        unit="times",
        numerator="median downloads of the ten most downloaded of 1e9 to 9e9 parameters",
        denominator="median downloads of the ten most downloaded above 1e11",
        edge_cases="Not a ratio of all downloads, which is far more skewed. Fewer than ten on a "
        "side: "
        "the median of those there are (n). lo and hi: the extremes with 8, 10 and 12 models",
        reference="relative adoption of ATOM, arXiv 2604.07190",
        compute=_ratio,
        needs=("downloads",),
        is_of_downloads=True,
        types=("model",),
        window="all",
    ),
)
