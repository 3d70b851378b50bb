"""What moved more than chance and everybody else did."""

from statistics import NormalDist

from hearthub.pulse.frame import Frame
from hearthub.pulse.intervals import Z, discoveries, two_sided
from hearthub.pulse.metric import Figure, Metric, untold
from hearthub.pulse.told import NO_WEEKS
from hearthub.pulse.universe import UNKNOWN

FALSE_RATE = 0.1
MEASURED = 28
"""Days: seven, and the three weeks before."""
LISTED = 100
_LEAST = {"model": 1000, "dataset": 100, "space": 100}
_CANDIDATES = 50_000
_BIN = 200


def _movers(frame: Frame, by: str | None) -> list[Figure]:
    least = _LEAST[frame.universe.type]
    days = frame.days
    has_weeks = bool(days.live) and (frame.anchor - days.live[0]).days >= 28
    rows = frame.rows(
        "movers", least=least, bins=_bins(frame, least), most=_CANDIDATES,
        z=NormalDist().inv_cdf(1 - FALSE_RATE / 2), has_weeks=str(has_weeks).lower(),
    )  # fmt: skip
    if not rows:
        return [] if has_weeks else [untold(NO_WEEKS, by and UNKNOWN)]
    window = frame.last(MEASURED)
    held = discoveries([two_sided(row["z"]) for row in rows], int(rows[0]["n"]), FALSE_RATE)
    ranked = sorted(rows[:held], key=lambda row: (-abs(row["shrunken"]), row["id"]))
    return [
        Figure(
            row["shrunken"],
            row["week"],
            row["base"],
            row["shrunken"] - Z * row["noise"],
            row["shrunken"] + Z * row["noise"],
            int(row["n"]),
            1.0,
            row["id"],
            window,
        )
        for row in ranked[:LISTED]
    ]


def _bins(frame: Frame, least: int) -> int:
    """Classes of volume with some 200 repos each, so that each has a noise of its own."""
    count = int(frame.session.value("select count(*) from u where d30 >= $least", least=least) or 0)
    return max(1, min(20, count // _BIN))


METRICS = (
    Metric(
        id="movers",
        needs=("downloads",),
        definition="Repos whose downloads of the last seven days differ from the weeks before by "
        "more "
        "than chance; by shrunken log growth",
        unit="natural logarithm of last week over the mean of the three weeks before, shrunken",
        numerator="downloads of the last seven days",
        denominator="mean weekly downloads of the 21 days before them",
        edge_cases="Only where that mean is 1,000 (models) or 100 (data sets, spaces) or more. "
        "Shrunken by n/(n + k), n the mean and k by the method of moments. Noise: scaled median "
        "absolute deviation in classes of like volume, about their median, so that what moves "
        "all is "
        "none. The window of a row is the 28 days that it measures, up to the last one whose "
        "counters moved; fewer days under watch: no value. 10 % of the listed may be false "
        "(Benjamini-Hochberg). n: repos tested",
        reference="Benjamini and Hochberg 1995; Efron and Morris 1975",
        compute=_movers,
        reads=(),
        dimensions=("repo",),
        window="28d",
    ),
)
