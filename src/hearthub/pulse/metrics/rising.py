"""What is new and what rises, with what makes it understood: for the weekly pulse."""

import math
from dataclasses import replace
from statistics import fmean, stdev

from hearthub.lake import Row
from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.lineage import make_lineage
from hearthub.pulse.metric import Figure, Metric, untold
from hearthub.pulse.metrics.trending import listed

LISTED = 30
OF_THEME = 3
DAYS = 7
WEEKS, LEAST_WEEKS = 5, 3
"""Weeks that tell what is usual: `day` goes back six in all (series.py)."""
_T = {3: 4.3027, 4: 3.1824, 5: 2.7764}
"""The 97.5 % quantile of Student's t by weeks, with one less degrees of freedom."""
BITS = {"4 bits": 4.5, "16 bits": 16.0}
"""Bits a parameter: of 4 with the scales of their blocks."""
CARDS = {"24 GB": 24e9, "80 GB": 80e9}
BESIDE = 1.2
"""Of the weights: cache and buffers take a fifth more."""

_OF_RISERS = (
    "first_seen", "relation", "license", "licence_class", "org_type", "architecture"
)  # fmt: skip


def risers(frame: Frame) -> list[Row]:
    """The first of the pulse score, with names and classes of each."""

    def made() -> list[Row]:
        make_lineage(frame)
        frame.make("riser", listed=listed("pulse", LISTED))
        return frame.session.rows("select * from riser order by round(score, 6) desc, id")

    found: list[Row] = frame.kept("risers", made)
    return found


def _risers(frame: Frame, by: str | None) -> list[Figure]:
    figures = []
    made = frame.why_not("base models", "dates of creation")
    untellable = {"children": made, "quantised children": made}
    for row in risers(frame):
        facts = {
            "score": row["score"],
            "age": row["age"],
            "parameters": row["params_total"],
            "children": row["children"],
            "quantised children": row["quants"],
        }
        figures += [
            untold(reason, f"{row['id']} / {name}") if (reason := untellable.get(name)) else
            Figure(value, value, n=1, coverage=1.0, dimension=f"{row['id']} / {name}")
            for name, value in facts.items()
        ]  # fmt: skip
    return figures


def _pace(frame: Frame, by: str | None) -> list[Figure]:
    live = frame.days.live
    seen = (frame.anchor - live[0]).days // 7 - 1 if live else 0
    weeks = min(WEEKS, seen)
    if weeks < LEAST_WEEKS:
        return [Figure(None, n=max(0, weeks), window=frame.last(DAYS))]
    found = {row["back"]: float(row["downloads"]) for row in frame.rows("week_totals", weeks=weeks)}
    window = frame.last(DAYS * (weeks + 1))
    now, *before = [found.get(back, 0.0) for back in range(weeks + 1)]
    if not now > 0 or not min(before) > 0:
        return [Figure(None, now, sum(before) / weeks, n=weeks, window=window)]
    logs = [math.log(each) for each in before]
    wide = _T[weeks] * stdev(logs) * math.sqrt(1 + 1 / weeks)
    usual = math.exp(fmean(logs))
    ratio = now / usual
    wide_low, wide_high = ratio * math.exp(-wide), ratio * math.exp(wide)
    return [Figure(ratio, now, usual, wide_low, wide_high, weeks, window=window)]


_NEW_BY = {
    "relation": "coalesce(relation, 'no base named')",
    "lab": "case when org_type in ('industry', 'academia', 'government', 'collective') "
    "then author else 'others' end",
}


def _new(frame: Frame, by: str | None) -> list[Figure]:
    if by == "repo":
        return [
            Figure(row["likes"], row["likes"], n=1, coverage=1.0, dimension=row["id"],
                   window=frame.asked)
            for row in frame.rows("new_repos_liked", most=LISTED)
        ]  # fmt: skip
    column = _NEW_BY[by] if by in _NEW_BY else by_column(by)
    rows = frame.rows("new_repos", by=column, most=LISTED)
    return [
        Figure(
            int(row["n"]), int(row["n"]), int(row["total"]), n=int(row["n"]), coverage=1.0,
            dimension=str(row["dimension"]) if by else None, window=frame.asked,
        )
        for row in rows
    ] or [Figure(0, 0, n=0, coverage=1.0, window=frame.asked)]  # fmt: skip


def _themes(frame: Frame, by: str | None) -> list[Figure]:
    frame.make("themed")
    if by == "repo":
        return [
            Figure(row["likes"], row["likes"], n=1, coverage=1.0,
                   dimension=f"{row['theme']} / {row['id']}")
            for row in frame.rows("theme_repos", most=OF_THEME)
        ]  # fmt: skip
    figures = []
    for row in frame.rows("themes"):
        theme, repos, born = row["theme"], int(row["repos"]), int(row["born"])
        told = {
            "repos": Figure(repos, repos, n=repos, coverage=1.0),
            "new": Figure(born, born, repos, n=born, coverage=1.0),
            "likes": Figure(row["likes"], row["likes"], n=int(row["known"]),
                            coverage=row["known"] / repos),
            "downloads": Figure(row["downloads"], row["downloads"],
                                n=int(row["downloads_known"]),
                                coverage=row["downloads_known"] / repos),
        }  # fmt: skip
        for name, figure in told.items():
            reason = frame.why_not(*_OF_THEMES.get(name, ()))
            dimension = f"{theme} / {name}"
            figures.append(
                untold(reason, dimension) if reason else replace(figure, dimension=dimension)
            )
    return figures


_OF_THEMES = {"new": ("dates of creation",), "likes": ("likes",), "downloads": ("downloads",)}


def _one_gpu(frame: Frame, by: str | None) -> list[Figure]:
    rows = risers(frame)
    sized = [row for row in rows if row["params_total"]]
    coverage = len(sized) / len(rows) if rows else None
    if by == "repo":
        return [
            Figure(_needs(row, bits), row["params_total"], n=1, coverage=1.0,
                   dimension=f"{row['id']} / {name}")
            for row in sized
            for name, bits in BITS.items()
        ]  # fmt: skip
    figures = []
    for card, holds in CARDS.items():
        for name, bits in BITS.items():
            fit = sum(_needs(row, bits) <= holds for row in sized)
            figures.append(
                Figure(fit, fit, len(sized), fit, fit + len(rows) - len(sized), len(sized),
                       coverage, f"{card} / {name}")
            )  # fmt: skip
    return figures


def _needs(row: Row, bits: float) -> float:
    """Bytes: of a mixture of experts all of them, since each may be asked for."""
    return float(row["params_total"]) * bits / 8 * BESIDE


METRICS = (
    Metric(
        id="risers",
        needs=("likes",),
        definition=f"The first {LISTED} of trending_pulse, each with its score, age in days, "
        "parameters, and the models made from it in the window",
        unit="likes a week, days, parameters or models, as the dimension says",
        numerator="the value",
        denominator="none",
        edge_cases="Age at the end of the window. Children: direct ones by named base, those "
        "removed since included",
        reference="own definition",
        compute=_risers,
        reads=_OF_RISERS,
        types=("model",),
        window="7d",
    ),
    Metric(
        id="pace",
        needs=("downloads",),
        definition="Downloads of the last seven days over those of a usual week: the geometric "
        f"mean of up to {WEEKS} weeks before",
        unit="times",
        numerator="downloads of the last seven days of the watched repos",
        denominator="geometric mean of their downloads in the weeks before",
        edge_cases=f"At least {LEAST_WEEKS} observed weeks before; a week without any has no "
        "value. Interval: of one more week among those before, by Student's t on logarithms; flat "
        "where it holds 1. n: weeks before",
        reference="prediction interval of a normal variable",
        compute=_pace,
        reads=(),
        window="7d",
    ),
    Metric(
        id="new_repos",
        needs=("dates of creation",),
        needs_by={
            "repo": ("dates of creation", "likes"),
            "relation": ("dates of creation", "base models"),
        },
        definition="Repos created in the window and there at its end; --by repo: of them those "
        "with most likes, and how many",
        unit="repos; --by repo: likes",
        numerator="such repos of that class",
        denominator="such repos",
        edge_cases=f"By the date of creation that the source tells. The first {LISTED} classes. "
        "--by lab: by namespace, of organisations that the curated facts name",
        reference="own definition",
        compute=_new,
        reads=("relation", "org_type"),
        dimensions=("repo", "relation", "lab", *DIMENSIONS),
        window="7d",
    ),
    Metric(
        id="themes",
        needs_by={"repo": ("likes",)},
        definition="Repos of a theme: how many there are, were created in the window, and likes "
        "and downloads they gained in it; --by repo: those that gained most likes",
        unit="repos, likes or downloads, as the dimension says",
        numerator="the count",
        denominator="of new ones, the repos of the theme",
        edge_cases="Themes by task, tags, name, size and architecture; a repo may have several. "
        "Removed ones do not count. coverage: share of the repos whose likes or downloads in the "
        "window are known",
        reference="own definition",
        compute=_themes,
        version=2,
        reads=(),
        dimensions=("repo",),
        window="7d",
    ),
    Metric(
        id="one_gpu",
        needs=("likes",),
        definition=f"How many of the first {LISTED} of trending_pulse fit on one GPU, by the "
        "memory of their weights alone and a fifth more; --by repo: bytes that each needs",
        unit="models; --by repo: bytes",
        numerator="models that need no more than the card holds",
        denominator="models of known size",
        edge_cases="All parameters, those of idle experts too, at 16 bits or at 4.5 (4 bits and "
        "their scales); the fifth is for cache and buffers. GB is 10^9 bytes. No context, no "
        "speed: `hearthub fit` tells those. lo and hi: none or all of unknown size fit",
        reference="own definition",
        compute=_one_gpu,
        reads=_OF_RISERS,
        types=("model",),
        dimensions=("repo",),
        window="7d",
    ),
)
