"""What is said of training data."""

import math
from itertools import groupby

from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.intervals import GROUPS, jackknife, without_each
from hearthub.pulse.metric import Figure, Metric


def _disclosed(frame: Frame, by: str | None) -> list[Figure]:
    rows = frame.rows("disclosed", by=by_column(by), groups=GROUPS)
    return [
        figure
        for name, some in groupby(rows, key=lambda row: str(row["dimension"]))
        for figure in _told(list(some), name if by else None)
    ]


def _told(rows: list[Row], name: str | None) -> list[Figure]:
    whole, *parts = rows
    named, described = float(whole["named"]), float(whole["described"])
    downloads, n = float(whole["downloads"] or 0), int(whole["n"])
    coverage = described / downloads if downloads else None
    label = f"{name} / " if name else ""
    value = named / described if described else None
    low = high = None
    if value is not None:
        sums = {int(row["part"]): (float(row["named"]), float(row["described"])) for row in parts}
        each = [sums.get(part, (0.0, 0.0)) for part in range(GROUPS)]
        tops, bottoms = (without_each(column) for column in zip(*each, strict=True))
        without = [t / b if b > 0 else math.nan for t, b in zip(tops, bottoms, strict=True)]
        low, high = jackknife(value, without, 0.0, 1.0)
    return [
        Figure(value, named, described, low, high, n, coverage, f"{label}of downloads"),
        Figure(whole["n_named"] / n if n else None, whole["n_named"], n, n=n, coverage=coverage,
               dimension=f"{label}of models"),
    ]  # fmt: skip


METRICS = (
    Metric(
        id="data_disclosed",
        needs=("tags", "downloads"),
        is_of_downloads=True,
        definition="Models whose card names a data set they were trained on: share of downloads, "
        "and of models",
        unit="share",
        numerator="downloads of models with a tag `dataset:NAME`, or how many they are",
        denominator="downloads of models whose tags are known, or how many they are",
        edge_cases="A named set is a sign of disclosure and no proof that it is all that was "
        "used; data told in a card's text alone are not seen. A derivative that names its own "
        "data counts, though its base may not. coverage: share of downloads of models whose tags "
        "are known. Interval: delete-a-group jackknife over namespaces",
        reference="disclosure of training data, arXiv 2512.03073, by a simpler sign",
        compute=_disclosed,
        types=("model",),
        dimensions=tuple(DIMENSIONS),
    ),
)
