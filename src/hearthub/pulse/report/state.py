"""The state report of a season: which numbers it asks for, and what is said of them."""

from collections.abc import Iterator
from datetime import date, timedelta

from hearthub.pulse.report.asking import Answers, Ask, Spec
from hearthub.pulse.report.closing import closing
from hearthub.pulse.report.descent import base_countries, disclosure, removed
from hearthub.pulse.report.document import (
    Block,
    Chart,
    Column,
    Number,
    Point,
    Section,
    Sentence,
    Slot,
    Table,
    Term,
    Text,
)
from hearthub.pulse.report.leaving import left_out
from hearthub.pulse.report.weekly import growth, source_of
from hearthub.pulse.told import NO_DOWNLOADS
from hearthub.pulse.universe import UNKNOWN

SEASON, SHORT, TREND = 90, 30, 365
"""Days of the report; of one whose source has not been watched for so long; of lines over time."""
NOW, TIME, DATA = "season", "year", "datasets"
SHOWN = 12
SERIES = 5
"""Classes that a chart over time tells apart."""
_SHARES = ("country", "org_type", "size_class", "licence", "architecture", "modality", "format",
           "quantisation")  # fmt: skip
_OVER_TIME = ("country", "org_type", "size_class")
_SEASON: tuple[Ask, ...] = (
    ("period_downloads", None),
    ("period_downloads", "family"),
    *((f"share_{name}", None) for name in _SHARES),
    ("share_country", "robustness"),
    ("share_org_type", "robustness"),
    ("downloads_gini", None),
    ("downloads_gini_nonzero", None),
    ("downloads_top_share", None),
    ("downloads_lorenz", None),
    ("downloads_hhi_author", None),
    ("downloads_hhi_country", None),
    ("downloads_effective_authors", None),
    ("size_weighted_mean", None),
    ("size_weighted_median", None),
    ("size_resolved_weighted_mean", None),
    ("size_resolved_weighted_median", None),
    ("size_median", None),
    ("small_large_ratio", None),
    ("derivatives", None),
    ("derivatives", "relation"),
    ("derivatives", "base"),
    ("derivatives", "tag_family"),
    ("share_base_country", None),
    ("share_base_country", "derivatives"),
    ("removals", None),
    ("half_life", None),
    ("licence_drift", None),
    ("data_disclosed", None),
    ("watched_not_used", None),
    ("anomalies", None),
)


def specs(universe: str, first: date, until: date) -> dict[str, Spec]:
    """`first`: the first day on which the source was looked at."""
    watched = (until - first).days + 1
    days = SEASON if watched >= SEASON else SHORT
    found = {NOW: Spec(universe, f"{until - timedelta(days - 1)}..{until}", _SEASON)}
    if watched >= 2 * SHORT:
        start = max(until - timedelta(TREND - 1), first)
        over_time: tuple[Ask, ...] = (
            ("period_downloads", "month"),
            *((f"share_{name}", "month") for name in _OVER_TIME),
        )
        found[TIME] = Spec(universe, f"{start}..{until}", over_time)
    found[DATA] = Spec(
        "dataset@" + source_of(universe),
        f"{until - timedelta(TREND - 1)}..{until}",
        (("dataset_growth", "domain"), ("dataset_growth", "year")),
        is_optional=True,
    )
    return found


def sections(answers: Answers) -> tuple[Section, ...]:
    parts = {
        "summary": list(_summary(answers)),
        "geography": [*_shared(answers, "country"), *base_countries(answers, NOW)],
        "organisations": list(_shared(answers, "org_type")),
        "concentration": list(_concentration(answers)),
        "sizes": list(_sizes(answers)),
        "derivatives": list(_derivatives(answers)),
        "modalities": [
            *_share(answers, "modality"),
            *_share(answers, "architecture"),
            *_share(answers, "format"),
            *_share(answers, "quantisation"),
        ],
        "robotics": list(_datasets(answers)),
        "attention": list(_attention(answers)),
        "licence": [*_share(answers, "licence"), *_drift(answers), *disclosure(answers, NOW)],
        "care": [*closing(answers, NOW), *removed(answers, NOW)],
    }
    return tuple(Section(name, tuple(blocks)) for name, blocks in parts.items() if blocks)


def _summary(answers: Answers) -> Iterator[Block]:
    found = answers.one(NOW, "period_downloads")
    if found:
        yield Sentence("state.downloads", {"downloads": found})
    elif reasons := list(left_out(answers, NOW, "downloads", ("period_downloads", None))):
        yield from reasons
    else:
        yield Sentence("week.downloads_unknown")
    days = answers.one(NOW, "anomalies", "stall days")
    if days and answers.observed[NOW] < 2:
        yield Sentence("state.single", {"days": days})
    if TIME not in answers.universes:
        yield Sentence("state.no_time")
        return
    months = [n for n in answers.all(TIME, "period_downloads", "month") if n.row.value is not None]
    if len(months) < 2:
        yield Sentence("state.no_months")
        return
    points = (Point(Text(f"{n.row.window_start:%Y-%m}"), n) for n in months)
    yield Chart("downloads_by_month", "line", "count", tuple(points))


def _shared(answers: Answers, name: str) -> Iterator[Block]:
    """A share with what stands behind it, and over time."""
    yield from _share(answers, name)
    metric = f"share_{name}"
    robust = answers.parts(NOW, metric, "robustness")
    readings = ("without the first", "without the first 10", "unknown dealt out by task and size",
                "jackknife over namespaces")  # fmt: skip
    rows = [
        (
            Term(name, key),
            *(found.get(reading) for reading in (*readings, readings[-1], readings[-1])),
        )
        for key, found in list(robust.items())[:SHOWN]
    ]
    if rows:
        yield Sentence("share.robust")
        yield Table(
            f"{name}_robust",
            (
                Column(name), Column("without_1", "share"), Column("without_10", "share"),
                Column("dealt", "share"), Column("share", "share"),
                Column("low", "share", "lo"), Column("high", "share", "hi"),
            ),
            tuple(rows),
        )  # fmt: skip
    yield from _over_time(answers, name)


def _share(answers: Answers, name: str) -> Iterator[Block]:
    numbers = [n for n in answers.all(NOW, f"share_{name}") if n.row.value is not None]
    if not numbers:
        reason = answers.why(NOW, f"share_{name}") or NO_DOWNLOADS
        slots: dict[str, Slot] = {"what": Term("dimension", name), "reason": Term("reason", reason)}
        yield Sentence("share.unknown", slots)
        return
    known = [n for n in numbers if n.row.dimension != UNKNOWN]
    if not known:
        yield Sentence("share.rest", {"share": numbers[0], "what": Term("dimension", name)})
        return
    unknown = next((n for n in numbers if n.row.dimension == UNKNOWN), None)
    if unknown and len(known) == 1:
        # That it comes first says nothing where nobody is second.
        term = Term(name, known[0].row.dimension or "")
        what = Term("dimension", name)
        yield Sentence("share.only", {"share": known[0], "class": term, "what": what})
        known, unknown = [], None
    for rank, number in enumerate(known[:3]):
        key = "share.first" if rank == 0 else "share.next"
        told: dict[str, Slot] = {"share": number, "class": Term(name, number.row.dimension or ""),
                 "what": Term("dimension", name)}  # fmt: skip
        yield Sentence(key, told)
    if unknown:
        yield Sentence("share.rest", {"share": unknown, "what": Term("dimension", name)})
        if (unknown.row.value or 0) > (known[0].row.value or 0):
            yield Sentence("share.undecided", {"share": unknown, "what": Term("dimension", name)})
    yield Table(
        name,
        (
            Column(name), Column("share", "share"), Column("low", "share", "lo"),
            Column("high", "share", "hi"), Column("downloads", "count", "numerator"),
            Column("repos", "count", "n"),
        ),
        tuple((Term(name, n.row.dimension or ""), n, n, n, n, n) for n in numbers[:SHOWN]),
    )  # fmt: skip
    points = (Point(Term(name, n.row.dimension or ""), n) for n in numbers[:SHOWN])
    yield Chart(name, "bars", "share", tuple(points))


def _over_time(answers: Answers, name: str) -> Iterator[Block]:
    numbers = [n for n in answers.all(TIME, f"share_{name}", "month") if n.row.value is not None]
    months = sorted({number.row.window_start for number in numbers})
    if len(months) < 2:
        return
    total: dict[str, float] = {}
    for number in numbers:
        key = number.row.dimension or ""
        total[key] = total.get(key, 0.0) + (number.row.value or 0.0)
    names = sorted(total, key=lambda key: (key == UNKNOWN, -total[key], key))
    names = [*names[: min(SERIES, len(names) - 1)], names[-1]]
    by_key = {(n.row.dimension or "", n.row.window_start): n for n in numbers}
    first, last = by_key.get((names[0], months[0])), by_key.get((names[0], months[-1]))
    if first and last:
        yield Sentence(
            f"share.{moved(first, last)}",
            {"then": first, "now": last, "class": Term(name, names[0])},
        )
    points = tuple(
        Point(Text(f"{month:%Y-%m}"), by_key[key, month], Term(name, key))
        for key in names
        for month in months
        if (key, month) in by_key
    )
    yield Chart(f"{name}_by_month", "stacked", "share", points)


def moved(then: Number, now: Number) -> str:
    """Up or down only where neither lies in the interval of the other."""
    before, after = then.row.value or 0.0, now.row.value or 0.0
    for number, other in ((then, after), (now, before)):
        low, high = number.row.lo, number.row.hi
        if low is not None and high is not None and low <= other <= high:
            return "flat"
    return "up" if after > before else "down" if after < before else "flat"


def _concentration(answers: Answers) -> Iterator[Block]:
    gini = answers.one(NOW, "downloads_gini")
    if not gini:
        yield Sentence("concentration.unknown")
        return
    used = answers.one(NOW, "downloads_gini_nonzero")
    yield Sentence("concentration.gini", {"gini": gini})
    if used:
        yield Sentence("concentration.used", {"gini": used})
    for dimension in ("top-10", "top-200", "top-0.01%", "top-1%"):
        top = answers.one(NOW, "downloads_top_share", dimension)
        if top:
            yield Sentence("concentration.top", {"share": top, "top": Term("top", dimension)})
    for metric, key in _INDICES.items():
        if found := answers.one(NOW, metric):
            yield Sentence(key, {"index": found})
    tops = [n for n in answers.all(NOW, "downloads_top_share") if n.row.value is not None]
    yield Table(
        "top",
        (Column("top"), Column("share", "share"), Column("low", "share", "lo"),
         Column("high", "share", "hi")),
        tuple((Term("top", n.row.dimension or ""), n, n, n) for n in tops),
    )  # fmt: skip
    curve = answers.all(NOW, "downloads_lorenz")
    points = (Point(Text(n.row.dimension or ""), n) for n in curve if n.row.value is not None)
    yield Chart("lorenz", "lorenz", "share", tuple(points))


_INDICES = {
    "downloads_hhi_author": "concentration.hhi_author",
    "downloads_effective_authors": "concentration.authors",
    "downloads_hhi_country": "concentration.hhi_country",
}


def _sizes(answers: Answers) -> Iterator[Block]:
    mean = answers.one(NOW, "size_resolved_weighted_mean")
    median = answers.one(NOW, "size_resolved_weighted_median")
    if mean and median:
        yield Sentence("sizes.typical", {"median": median, "mean": mean})
    stated_mean = answers.one(NOW, "size_weighted_mean")
    stated = answers.one(NOW, "size_weighted_median")
    if stated_mean and stated:
        yield Sentence("sizes.stated", {"median": stated, "mean": stated_mean})
    if ratio := answers.one(NOW, "small_large_ratio"):
        yield Sentence("sizes.ratio", {"ratio": ratio})
    else:
        yield Sentence("sizes.no_ratio")
    yield from _shared_sizes(answers)


def _shared_sizes(answers: Answers) -> Iterator[Block]:
    yield from _share(answers, "size_class")
    yield from _over_time(answers, "size_class")


def _derivatives(answers: Answers) -> Iterator[Block]:
    based = answers.one(NOW, "derivatives", "with a base")
    if not based or not based.row.value:
        reasons = list(left_out(answers, NOW, "derivatives", ("derivatives", None)))
        yield from reasons or [Sentence("derivatives.none")]
        return
    yield Sentence("derivatives.based", {"based": based})
    used = answers.one(NOW, "derivatives", "more than 5 downloads")
    if used:
        yield Sentence("derivatives.used", {"used": used})
    here = answers.one(NOW, "derivatives", "edges to a base that is here")
    if here:
        yield Sentence("derivatives.here", {"here": here})
    relations = answers.all(NOW, "derivatives", "relation")
    yield Table(
        "relations",
        (Column("relation"), Column("models", "count")),
        tuple((Term("relation", n.row.dimension or ""), n) for n in relations),
    )
    bases = answers.parts(NOW, "derivatives", "base")
    keys = ("direct", "transitive", "living", "more than 5 downloads")
    yield Table(
        "bases",
        (
            Column("base"), Column("direct", "count"), Column("transitive", "count"),
            Column("living", "count"), Column("used", "count"),
        ),
        tuple(
            (Text(name), *(found.get(key) for key in keys))
            for name, found in list(bases.items())[:SHOWN]
        ),
    )  # fmt: skip
    tags = answers.all(NOW, "derivatives", "tag_family")[:SHOWN]
    if tags:
        yield Sentence(
            "derivatives.tags", {"first": tags[0], "name": Text(tags[0].row.dimension or "")}
        )
        points = (Point(Text(n.row.dimension or ""), n) for n in tags)
        yield Chart("tag_families", "bars", "count", tuple(points))


def _datasets(answers: Answers) -> Iterator[Block]:
    if DATA not in answers.universes:
        yield Sentence("datasets.absent")
        return
    yield from growth(answers, DATA)
    years = answers.all(DATA, "dataset_growth", "year")
    robots = [n for n in years if n.row.dimension == "robotics"]
    if len(robots) > 1:
        points = (Point(Text(f"{n.row.window_start:%Y}"), n) for n in robots)
        yield Chart("robotics_by_year", "line", "count", tuple(points))


def _attention(answers: Answers) -> Iterator[Block]:
    rows = []
    for clock in ("trending", "likes", "community"):
        median = answers.one(NOW, "half_life", f"{clock} / median")
        mean = answers.one(NOW, "half_life", f"{clock} / mean of at most 90 days")
        if median:
            yield Sentence(f"attention.{clock}", {"median": median})
        elif reason := answers.why(NOW, "half_life", None, f"{clock} / median"):
            slots = {"clock": Term("clock", clock), "reason": Term("reason", reason)}
            yield Sentence("attention.left_out", slots)
        else:
            yield Sentence("attention.unknown", {"clock": Term("clock", clock)})
        if median or mean:
            rows.append((Term("clock", clock), median, median, median, mean, mean or median))
    if rows:
        yield Table(
            "half_life",
            (
                Column("clock"), Column("median", "decimal"), Column("low", "decimal", "lo"),
                Column("high", "decimal", "hi"), Column("mean90", "decimal"),
                Column("watched", "count", "n"),
            ),
            tuple(rows),
        )  # fmt: skip


def _drift(answers: Answers) -> Iterator[Block]:
    if drift := answers.one(NOW, "licence_drift"):
        yield Sentence("licences.drift", {"drift": drift})
    else:
        yield from left_out(answers, NOW, "drift", ("licence_drift", None))
