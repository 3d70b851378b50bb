"""What looks wrong in the data: flagged and shown with and without, never deleted."""

from hearthub.pulse.frame import Frame
from hearthub.pulse.metric import Figure, Metric, untold

KINDS: dict[str, tuple[str, ...]] = {
    "back-fill jump": ("all-time downloads",),
    "CI signature": ("downloads",),
    "like burst": ("likes", "all-time downloads"),
    "near-duplicate upload": ("dates of creation",),
    "counter fall": ("all-time downloads",),
}
"""Each with what it is seen by."""
LISTED = 20


def _anomalies(frame: Frame, by: str | None) -> list[Figure]:
    frame.make("anomalies")
    if by == "repo":
        return [
            Figure(row["strength"], row["strength"], n=1, dimension=f"{row['kind']} / {row['id']}")
            for row in frame.rows("anomaly_repos", most=LISTED)
        ]
    start, end = frame.window.start, frame.window.end
    stalled = sum(start <= day <= end for day in frame.days.stalled)
    seen = stalled + len(frame.days.between(start, end))
    figures = [Figure(stalled, stalled, seen, n=seen, dimension="stall days")]
    found = {row["kind"]: row for row in frame.rows("anomaly_kinds")}
    _, repos = frame.counted()
    if reason := frame.why_not("downloads"):
        figures = [untold(reason, "stall days")]
    for kind, needs in KINDS.items():
        if reason := frame.why_not(*needs):
            figures.append(untold(reason, kind))
            continue
        row = found.get(kind)
        count = int(row["n"]) if row else 0
        figures.append(Figure(count, count, repos, n=repos, dimension=kind))
        if row and row["all_downloads"]:
            share = row["downloads"] / row["all_downloads"]
            figures.append(
                Figure(share, row["downloads"], row["all_downloads"], n=count,
                       dimension=f"{kind} / share of downloads")
            )  # fmt: skip
    return figures


METRICS = (
    Metric(
        id="anomalies",
        definition="Days and repos whose counters are not to be taken at their word, by kind",
        unit="days or repos; of the share, of downloads",
        numerator="flagged days, repos or their downloads",
        denominator="observed days, repos or downloads of the universe",
        edge_cases="Stall day: more than 30 % of the repos that move on four of five days did not. "
        "Back-fill jump: a day above ten times the median of the 28 before it, likes flat (watched "
        "repos). CI signature: named tiny-random or internal-testing, or downloads per like in the "
        "last thousandth of task and size and workdays three times the weekend. Like burst: 50 "
        "likes "
        "in days 8 to 28 and fewer downloads than likes. Near-duplicate upload: same namespace and "
        "hour, names at most two edits apart. Counter fall: all-time downloads that went down",
        reference="own definitions; stalls as measured upstream in 2026",
        compute=_anomalies,
        reads=("pipeline_tag", "size_class"),
        dimensions=("repo",),
        window="30d",
    ),
)
