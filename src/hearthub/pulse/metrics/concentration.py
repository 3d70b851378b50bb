"""How unevenly downloads are spread: Gini, shares of the top, Herfindahl and Hirschman."""

import math
from collections.abc import Callable
from itertools import groupby

from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.intervals import GROUPS, Interval, jackknife, without_each
from hearthub.pulse.metric import Figure, Metric
from hearthub.pulse.universe import UNKNOWN

_BY = tuple(DIMENSIONS)
_COUNTS = (1, 10, 200)
_PARTS = {"q0.01%": 0.0001, "q0.1%": 0.001, "q1%": 0.01}
_JACKKNIFE = "Interval: delete-a-group jackknife over namespaces, 20 groups."


def _replicas(frame: Frame, by: str | None) -> list[tuple[str, Row, list[Row]]]:
    """(class, the whole, the 20 without a group) of each class of the dimension."""

    def made() -> list[tuple[str, Row, list[Row]]]:
        tops = [f"{_top(f'{k}')} as top_{k}" for k in _COUNTS]
        tops += [
            f"{_top(f'greatest(1, round({part} * repos))')} as part_{index}"
            for index, part in enumerate(_PARTS.values())
        ]
        rows = frame.rows("concentration", by=by_column(by), groups=GROUPS, tops=", ".join(tops))
        classes = groupby(rows, key=lambda row: str(row["dimension"]))
        found = ((dimension, list(members)) for dimension, members in classes)
        return [(dimension, rows[0], rows[1:]) for dimension, rows in found]

    found: list[tuple[str, Row, list[Row]]] = frame.kept(f"concentration {by}", made)
    return found


def _top(count: str) -> str:
    """SQL: the downloads of so many repos from above; of a level as many as are left to take."""
    return f"sum(x * least(n, greatest(0, {count} - (repos - below))))"


def _figures(
    frame: Frame, by: str | None, of: Callable[[Row], tuple[float, float]], high: float = 1.0
) -> list[Figure]:
    """A ratio of each class, with its interval; `of` gives numerator and denominator."""
    return [
        _figure(whole, without, of, dimension if by else None, high)
        for dimension, whole, without in _replicas(frame, by)
    ]


def _figure(
    whole: Row,
    without: list[Row],
    of: Callable[[Row], tuple[float, float]],
    dimension: str | None,
    high: float = 1.0,
) -> Figure:
    numerator, denominator = of(whole)
    if not denominator > 0:
        return Figure(None, numerator, denominator, n=int(whole["repos"]), dimension=dimension)
    value = numerator / denominator
    rest = [top / bottom if bottom > 0 else math.nan for top, bottom in map(of, without)]
    low, up = jackknife(value, rest, 0.0, high)
    return Figure(value, numerator, denominator, low, up, int(whole["repos"]), None, dimension)


def _with_zeros(row: Row) -> tuple[float, float]:
    """Gini from ranks: sum of (2i - n - 1) x over n times sum of x, i from 1 by rising x."""
    repos, total = float(row["repos"]), float(row["total"])
    return float(row["ranks"]) - repos * total, repos * total


def _without_zeros(row: Row) -> tuple[float, float]:
    zeros, total = float(row["zeros"]), float(row["total"])
    repos = float(row["repos"]) - zeros
    return float(row["ranks"]) - 2 * zeros * total - repos * total, repos * total


def _gini(frame: Frame, by: str | None) -> list[Figure]:
    return _figures(frame, by, _with_zeros)


def _gini_used(frame: Frame, by: str | None) -> list[Figure]:
    return _figures(frame, by, _without_zeros)


def _top_share(frame: Frame, by: str | None) -> list[Figure]:
    def share(column: str) -> Callable[[Row], tuple[float, float]]:
        return lambda row: (float(row[column]), float(row["total"]))

    cuts = {f"top-{k}": f"top_{k}" for k in _COUNTS}
    cuts |= {f"top-{name[1:]}": f"part_{index}" for index, name in enumerate(_PARTS)}
    return [
        _figure(whole, without, share(column), f"{dimension} / {cut}" if by else cut)
        for dimension, whole, without in _replicas(frame, by)
        for cut, column in cuts.items()
        if not cut.startswith("top-") or cut.endswith("%") or whole["repos"] >= int(cut[4:])
    ]


def _index(frame: Frame, column: str, *, effective: bool) -> list[Figure]:
    """HHI of namespaces or repos; their groups are left out in turn."""
    rows = frame.rows("index_by_group", column=column, groups=GROUPS)
    totals = [float(row["total"]) for row in rows]
    squared = [float(row["squares"]) for row in rows]
    total, squares = math.fsum(totals), math.fsum(squared)
    n = sum(int(row["n"]) for row in rows)

    def index(squares: float, total: float) -> float:
        if not total > 0:
            return math.nan
        return total * total / squares if effective else 10_000 * squares / (total * total)

    if not total > 0:
        return [Figure(None, None, total, n=n)]
    without = list(map(index, without_each(squared), without_each(totals)))
    value = index(squares, total)
    low, high = jackknife(value, without, 0.0, math.inf if effective else 10_000.0)
    fraction = (total * total, squares) if effective else (10_000 * squares, total * total)
    return [Figure(value, *fraction, low, high, n)]


def _by_author(frame: Frame, by: str | None) -> list[Figure]:
    return _index(frame, "lower(author)", effective=False)


def _by_model(frame: Frame, by: str | None) -> list[Figure]:
    return _index(frame, "repo_id", effective=False)


def _effective_authors(frame: Frame, by: str | None) -> list[Figure]:
    return _index(frame, "lower(author)", effective=True)


def _by_country(frame: Frame, by: str | None) -> list[Figure]:
    """Bounds by what is unknown: each repo of it a country of its own, or all the largest one."""
    rows = frame.rows("downloads_by", by=by_column("country"))
    total = sum(float(row["downloads"]) for row in rows)
    known = sorted(float(r["downloads"]) for r in rows if r["dimension"] != UNKNOWN)
    if not total > 0:
        return [Figure(None, None, total)]
    unknown = total - sum(known)
    atoms = sum(each * each for each in known)
    largest = known[-1] if known else 0.0
    bounds: Interval = (
        10_000 * atoms / total**2,
        10_000 * (atoms - largest**2 + (largest + unknown) ** 2) / total**2,
    )
    numerator = 10_000 * (atoms + unknown * unknown)
    return [
        Figure(
            numerator / total**2,
            numerator,
            total**2,
            *bounds,
            n=sum(int(row["n"]) for row in rows),
            coverage=1 - unknown / total,
        )
    ]


def _hhi(
    id_: str, of: str, compute: Callable[[Frame, str | None], list[Figure]], edge: str
) -> Metric:
    return Metric(
        id=id_,
        definition=f"Herfindahl-Hirschman index of downloads by {of}: 10,000 times the sum of the "
        "squared shares; 10,000 means that one has all",
        unit="points of 10,000",
        numerator=f"10,000 times the sum over each {of} of its squared downloads",
        denominator="squared downloads of the universe",
        edge_cases=edge,
        needs=("downloads",),
        is_of_downloads=True,
        reference="Herfindahl and Hirschman; as in arXiv 2512.03073",
        compute=compute,
    )


METRICS = (
    Metric(
        id="downloads_gini",
        needs=("downloads",),
        is_of_downloads=True,
        definition="Gini coefficient of the downloads of repos, those without downloads included",
        unit="0 (all alike) to 1 (one has all)",
        numerator="sum of (2i - n - 1) x, x the downloads by rising rank i of n repos",
        denominator="n times the sum of x",
        edge_cases="Repos whose downloads are unknown are left out (coverage); none downloaded: no "
        "value. " + _JACKKNIFE,
        reference="Gini by ranks; zeros matter, see downloads_gini_nonzero",
        compute=_gini,
        dimensions=_BY,
    ),
    Metric(
        id="downloads_gini_nonzero",
        needs=("downloads",),
        is_of_downloads=True,
        definition="Gini coefficient of the downloads of those repos that have any",
        unit="0 to 1",
        numerator="as downloads_gini, of repos with downloads",
        denominator="as downloads_gini, of repos with downloads",
        edge_cases=_JACKKNIFE,
        reference="as downloads_gini",
        compute=_gini_used,
        dimensions=_BY,
    ),
    Metric(
        id="downloads_top_share",
        needs=("downloads",),
        is_of_downloads=True,
        definition="Share of downloads that the most downloaded repos have: the first 1, 10 and "
        "200, "
        "and the first 0.01, 0.1 and 1 %, at least one",
        unit="share",
        numerator="downloads of those repos",
        denominator="downloads of the universe",
        edge_cases="Fixed numbers and fixed parts move apart as a hub grows, so both are given; a "
        "number larger than the class is left out. " + _JACKKNIFE,
        reference="top 200 of 2 M models: 49.6 % in the report of Spring 2026",
        compute=_top_share,
        dimensions=_BY,
    ),
    _hhi("downloads_hhi_author", "namespace", _by_author, _JACKKNIFE),
    _hhi("downloads_hhi_model", "repo", _by_model, _JACKKNIFE),
    _hhi(
        "downloads_hhi_country",
        "country",
        _by_country,
        "Unknown counts as one country; lo: it is as many as it has repos; hi: it is all the "
        "largest "
        "known one",
    ),
    Metric(
        id="downloads_effective_authors",
        needs=("downloads",),
        is_of_downloads=True,
        definition="How many namespaces of equal downloads would be as concentrated: 10,000 over "
        "downloads_hhi_author",
        unit="namespaces",
        numerator="squared downloads of the universe",
        denominator="sum over each namespace of its squared downloads",
        edge_cases=_JACKKNIFE,
        reference="inverse Herfindahl index (Laakso and Taagepera 1979)",
        compute=_effective_authors,
    ),
)
