"""What rises now: the Hub's own score, a decayed one, and the unexpected."""

from hearthub.pulse.frame import Frame
from hearthub.pulse.intervals import gamma_interval
from hearthub.pulse.metric import Figure, Metric

LISTED = 50
HALF_LIFE = 3.0
"""Days after which a like counts half."""
PRIOR = 5.0
"""Likes a week that surprise nobody."""


def _hub(frame: Frame, by: str | None) -> list[Figure]:
    return [
        Figure(
            row["gained"], row["gained"], None, *gamma_interval(row["gained"]),
            n=int(row["gained"]), coverage=1.0, dimension=row["id"],
        )
        for row in frame.rows("trending_hub", most=LISTED)
    ]  # fmt: skip


def _pulse(frame: Frame, by: str | None) -> list[Figure]:
    figures = []
    for row in frame.rows("trending_pulse", most=LISTED, half=HALF_LIFE):
        # The weights are known, the likes are a count: the interval of the count, scaled.
        low, high = gamma_interval(row["gained"])
        scale = row["score"] / row["gained"]
        figures.append(
            Figure(
                row["score"],
                row["score"],
                None,
                None if low is None else low * scale,
                None if high is None else high * scale,
                round(row["gained"]),
                1.0,
                row["id"],
            )
        )
    return figures


def _surprise(frame: Frame, by: str | None) -> list[Figure]:
    return [
        Figure(
            row["score"], row["gained"] + PRIOR, max(0.0, row["mean"]) + PRIOR,
            n=int(row["gained"]), coverage=1.0, dimension=row["id"],
        )
        for row in frame.rows("trending_surprise", most=LISTED, a=PRIOR)
    ]  # fmt: skip


METRICS = (
    Metric(
        id="trending_hub",
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
        definition="Likes, each counting half after every three days",
        unit="decayed likes",
        numerator="sum over likes of 2 to the power of minus age over 3 days",
        denominator="none",
        edge_cases="From daily differences, put at noon; likes taken back count as none. Of "
        "watched "
        "repos. Interval: gamma, scaled",
        reference="own definition",
        compute=_pulse,
        dimensions=("repo",),
        window="7d",
    ),
    Metric(
        id="trending_surprise",
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
