"""What rises now: the Hub's own score, one that is also right where likes are few, and surprise.

How well each tells the next week is measured by `python -m bench.pulse_backtest`; the constants
here, and which is the default, rest on that (docs/decisions/0009).
"""

from hearthub.pulse.frame import Frame
from hearthub.pulse.intervals import LEVEL, gamma_interval, gamma_quantile
from hearthub.pulse.metric import Figure, Metric
from hearthub.pulse.statements import sql_text

LISTED = 50
HALF_LIFE = 14.0
"""Days after which a like counts half in the mean of the weeks before."""
DAYS = 42
"""Those weeks: no daily series is certain to go further back (series.py)."""
PRIOR = 5.0
"""Likes a week that surprise nobody: so many are as good a witness as the weeks before."""
SORTS = ("hub", "pulse", "surprise")
DEFAULT_SORT = "pulse"


def listed(sort: str, most: int, half: float = HALF_LIFE) -> str:
    """The statement for the first repos by a sort: their id, and `score` or, of `hub`, `gained`."""
    words = {"most": most, "half": half, "days": DAYS, "a": PRIOR}
    return sql_text(f"trending_{sort}", **words)


def _hub(frame: Frame, by: str | None) -> list[Figure]:
    return [
        Figure(
            row["gained"], row["gained"], None, *gamma_interval(row["gained"]),
            n=int(row["gained"]), coverage=1.0, dimension=row["id"], window=frame.last(7),
        )
        for row in frame.rows("trending_hub", most=LISTED)
    ]  # fmt: skip


def _pulse(frame: Frame, by: str | None) -> list[Figure]:
    figures = []
    for row in frame.rows("trending_pulse", most=LISTED, half=HALF_LIFE, days=DAYS, a=PRIOR):
        # What is known of a week's likes is a gamma distribution; the score is its mean.
        shape, scale = row["gained"] + PRIOR, row["mean"] / (row["mean"] + PRIOR)
        tail = (1 - LEVEL) / 2
        figures.append(
            Figure(
                row["score"], row["mean"] * shape, row["mean"] + PRIOR,
                gamma_quantile(tail, shape) * scale, gamma_quantile(1 - tail, shape) * scale,
                round(row["gained"]), 1.0, row["id"], frame.last(DAYS),
            )
        )  # fmt: skip
    return figures


def _surprise(frame: Frame, by: str | None) -> list[Figure]:
    return [
        Figure(
            row["score"], row["gained"] + PRIOR, max(0.0, row["mean"]) + PRIOR,
            n=int(row["gained"]), coverage=1.0, dimension=row["id"], window=frame.last(35),
        )
        for row in frame.rows("trending_surprise", most=LISTED, a=PRIOR)
    ]  # fmt: skip


METRICS = (
    Metric(
        id="trending_hub",
        needs=("likes",),
        definition="Likes gained in the last seven days of the window: what the Hub's "
        "trendingScore "
        "follows (R2 0.97)",
        unit="likes",
        numerator="likes gained",
        denominator="none",
        edge_cases="A repo first seen in these days, but older, has none; the 50 highest are "
        "listed. "
        "Interval: gamma",
        reference="maintainers of the Hub: likes over the last 7 days; own fit over 571 snapshots",
        compute=_hub,
        dimensions=("repo",),
        window="7d",
    ),
    Metric(
        id="trending_pulse",
        needs=("likes",),
        definition="Likes a week to be expected: those of the last seven days, drawn towards the "
        f"mean of six weeks in which each like counts half after every {HALF_LIFE:g} days",
        unit="likes a week",
        numerator="that mean a week, times the likes of seven days + 5",
        denominator="that mean a week + 5",
        edge_cases="From daily differences, put at noon; likes taken back count as none. The mean "
        "is over the days since the repo was born or first seen, a week at least. Of watched "
        "repos. Interval: of the gamma distribution whose mean this is",
        reference="own definition: the mean of a Poisson rate with a gamma prior of shape 5 around "
        "the repo's own mean; docs/decisions/0009 tests it against the plain count",
        compute=_pulse,
        version=2,
        dimensions=("repo",),
        window="7d",
    ),
    Metric(
        id="trending_surprise",
        needs=("likes",),
        definition="Logarithm of the likes of seven days over those expected, 5 added to both",
        unit="natural logarithm",
        numerator="likes of seven days + 5",
        denominator="expected likes a week + 5",
        edge_cases="Expected: the mean week of the four before; of a repo born in these days the "
        "mean "
        "first week of the namespace's earlier repos that were watched, else the median of all",
        reference="own definition",
        compute=_surprise,
        has_history=True,
        lags=(35,),
        dimensions=("repo",),
        window="7d",
    ),
)
