"""What disappears: how many repos, and how fast."""

from hearthub.pulse.frame import DIMENSIONS, Frame, by_column
from hearthub.pulse.intervals import gamma_interval
from hearthub.pulse.metric import Figure, Metric, untold

MONTH = 30.0
RATE, HEAVY, TOLD = "a month", "with 1,000 downloads or more", "share"


def _removals(frame: Frame, by: str | None) -> list[Figure]:
    observed = (*frame.days.live, *frame.days.stalled)
    since = f"timestamp '{min(observed)}'" if observed else "$start::timestamp"
    is_watched = len(observed) > 1
    rows = frame.rows("removals", by=by_column(by), since=since)
    no_counters = frame.why_not("30-day downloads")
    figures = []
    for row in rows:
        name = f"{row['dimension']} / " if by else ""
        gone, repos, months = int(row["gone"]), int(row["repos"]), float(row["days"] or 0) / MONTH
        # A single look at repos that are there sees nothing go.
        can_say = bool(gone) or is_watched
        seen = int(row["seen_going"])
        low, high = gamma_interval(seen)
        has_rate = is_watched and months > 0 and (seen > 0 or not gone)
        figures += [
            Figure(gone / repos if can_say else None, gone, repos, n=repos, coverage=1.0,
                   dimension=f"{name}{TOLD}"),
            Figure(
                seen / months if has_rate else None, seen, months if has_rate else None,
                None if low is None or not has_rate else low / months,
                None if high is None or not has_rate else high / months,
                n=repos, coverage=seen / gone if gone else 1.0, dimension=f"{name}{RATE}",
            ),
            untold(no_counters, f"{name}{HEAVY}") if no_counters else
            Figure(int(row["heavy"]) if can_say else None, row["heavy"], gone, n=gone,
                   coverage=1.0, dimension=f"{name}{HEAVY}"),
        ]  # fmt: skip
    return figures


METRICS = (
    Metric(
        id="removals",
        needs=("removals",),
        definition="Repos that went in the window (removed, renamed away or made private): their "
        "share of all that were there on a day of it; how many go of one repo watched for 30 days; "
        "and how many had 1,000 downloads or more in their last 30 days",
        unit="share, repos a repo-month, or repos, as the dimension says",
        numerator="repos that went",
        denominator="repos of the window; of the rate the repo-months under watch; of the heavy "
        "ones all that went",
        edge_cases="A repo goes on the day it was missed, which may be later than it went. What a "
        "source tells only as removed counts as gone but not in the rate, whose coverage is the "
        "share of those that went under watch. Who came back did not go; a rename that is "
        "known is none. One look sees nothing go, unless the source "
        "says so: no value, and a rate takes two days. Interval of the rate: gamma",
        reference="Garwood, Biometrika 28, 1936 (interval of a rate)",
        compute=_removals,
        window="all",
        dimensions=tuple(DIMENSIONS),
    ),
)
