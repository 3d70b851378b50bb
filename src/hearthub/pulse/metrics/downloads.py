"""How much is downloaded and liked: in the window, and a day."""

from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.intervals import (
    Interval,
    block_bootstrap,
    dispersion,
    gamma_interval,
)
from hearthub.pulse.metric import Figure, Metric, untold
from hearthub.pulse.months import summed_months
from hearthub.pulse.window import Window

LISTED = 50
"""Repos that a list has."""
_LAGS = (1, 7, 28)


def _period(frame: Frame, by: str | None) -> list[Figure]:
    if by == "month":
        return _months(frame)
    rows = frame.rows("period_downloads", by=by_column(by))
    return [
        Figure(
            row["downloads"],
            row["downloads"],
            n=int(row["known"]),
            coverage=row["known"] / row["n"] if row["n"] else None,
            dimension=str(row["dimension"]) if by else None,
        )
        for row in rows
    ] or [Figure(None)]


def _months(frame: Frame) -> list[Figure]:
    return [
        Figure(
            row["downloads"], row["downloads"], n=int(row["known"]),
            coverage=row["known"] / row["n"] if row["n"] else None, window=month,
        )
        for month, rows in summed_months(frame, "''")
        for row in rows or [{"downloads": None, "known": 0, "n": 0}]
    ]  # fmt: skip


def _velocity(frame: Frame, by: str | None) -> list[Figure]:
    days = frame.rows("daily_totals")
    downloads = [float(row["downloads"]) for row in days]
    spread = dispersion([float(row["likes"]) for row in days])
    figures: list[Figure] = []
    first = frame.days.live[0] if frame.days.live else frame.anchor
    for lag in (7,) if by == "repo" else _LAGS:
        column = "id" if by == "repo" else by_column(by)
        where = "where downloads > 0" if by == "repo" else ""
        rows = frame.rows(
            "velocity", lag=lag, lag_less=lag - 1, by=column, most=LISTED if by else 1,
            order="downloads",
            where=where, has_days=str((frame.anchor - first).days >= lag).lower(),
        )  # fmt: skip
        for row in rows:
            name = f"{row['dimension']} / " if by else ""
            per_day: Interval = (None, None)
            if not by and lag == 28 and row["downloads"]:
                per_day = block_bootstrap(downloads)
            window = frame.last(lag)
            long = float(row["days"]) if by == "repo" else float(lag)
            figures.append(
                _rate(row["downloads"], long, per_day, int(row["n_downloads"]), int(row["n"]),
                      f"{name}downloads a day over {lag} d", window, frame.why_not("downloads"))
            )  # fmt: skip
            likes = row["likes"]
            low, high = gamma_interval(likes, 1.0 if by else spread) if likes else (None, None)
            bounds: Interval = (
                (low / long, high / long) if low is not None and high else (None, None)
            )
            figures.append(
                _rate(likes, long, bounds, int(row["n_likes"]), int(row["n"]),
                      f"{name}likes a day over {lag} d", window, frame.why_not("likes"))
            )  # fmt: skip
    return figures


def _rate(
    gained: float | None, days: float, bounds: Interval, known: int, n: int, dimension: str,
    window: Window, reason: str | None,
) -> Figure:  # fmt: skip
    if reason:
        return untold(reason, dimension, window)
    return Figure(
        None if gained is None else gained / days,
        gained,
        days,
        *bounds,
        n=known,
        coverage=known / n if n else None,
        dimension=dimension,
        window=window,
    )


def _watched_not_used(frame: Frame, by: str | None) -> list[Figure]:
    if by == "repo":
        return [
            Figure(row["d30"], row["d30"], row["likes_all"], n=1, coverage=1.0, dimension=row["id"])
            for row in frame.rows("watched_not_used_repos", most=LISTED)
        ]
    row = frame.rows("watched_not_used")[0]
    liked, unused = int(row["liked"]), int(row["unused"])
    coverage = liked / row["n"] if row["n"] else None
    return [Figure(unused / liked if liked else None, unused, liked, n=liked, coverage=coverage)]


METRICS = (
    Metric(
        id="period_downloads",
        needs=("downloads",),
        is_of_downloads=True,
        definition="Downloads in the window",
        unit="downloads",
        numerator="downloads in the window of repos for which they are known",
        denominator="none",
        edge_cases="Difference of all-time counters, at least 0 and at most the 30-day counter in "
        "windows up to 30 days; a repo created in the window counts with all it has; days on which "
        "counters stood still are bridged; a counter that falls adds nothing for the fall. Without "
        "all-time counters: 30-day counters (exact for multiples of 30 days). --by basis tells "
        "which",
        reference="own definition",
        compute=_period,
        reads=(),
        dimensions=("month", *DIMENSIONS),
    ),
    Metric(
        id="velocity",
        definition="Downloads and likes a day over the last 1, 7 and 28 days of the window",
        unit="a day",
        numerator="downloads or likes gained in those days",
        denominator="days, of a repo at least one and at most its age",
        edge_cases="Ends at the last day whose counters moved. Interval of likes: gamma, with the "
        "overdispersion of the 28 days where all are summed; of downloads over 28 days: block "
        "bootstrap of the watched repos' days, blocks of 7",
        reference="Garwood 1936; Kuensch 1989",
        compute=_velocity,
        lags=(1,),
        dimensions=("repo", *DIMENSIONS),
    ),
    Metric(
        id="watched_not_used",
        needs=("likes", "30-day downloads"),
        definition="Of the repos with 50 likes or more, the share with fewer than 10 downloads "
        "in 30 "
        "days",
        unit="share",
        numerator="such repos with fewer than 10 downloads",
        denominator="repos with 50 likes, a known 30-day counter, three days old or more, not "
        "removed",
        edge_cases="Counters of new repos lag by a day or more, so the first three days do not "
        "count; where no date of creation is told, those since it was first seen",
        reference="own definition",
        compute=_watched_not_used,
        version=2,
        reads=("first_seen",),
        dimensions=("repo",),
    ),
)
