"""How sure the order of what is trending is."""

import random
from collections import Counter

from hearthub.lake import Row
from hearthub.pulse.frame import Frame
from hearthub.pulse.intervals import LEVEL
from hearthub.pulse.metric import Figure, Metric
from hearthub.pulse.metrics.trending import DAYS, HALF_LIFE, LISTED, PRIOR

DRAWN = 4 * LISTED
"""Repos that are drawn: those below the list may belong on it."""
DRAWS = 200


def _ranks(frame: Frame, by: str | None) -> list[Figure]:
    rows = frame.rows("trending_pulse", most=DRAWN, half=HALF_LIFE, days=DAYS, a=PRIOR)
    like = Counter(row["score"] for row in rows)
    figures, above = [], 0
    bounds = _bounds(rows)
    for place, row in enumerate(rows[:LISTED]):
        if not place or row["score"] != rows[place - 1]["score"]:
            above = place
        low, high = bounds[place]
        figures.append(
            Figure(
                above + 1, row["score"], like[row["score"]], min(low, above + 1),
                max(high, above + 1), round(row["gained"]), 1.0, row["id"],
                frame.last(DAYS),
            )
        )  # fmt: skip
    return figures


def _bounds(rows: list[Row]) -> list[tuple[int, int]]:
    """Of each row the ranks between which it lies in 95 of 100 draws; the same draws each time."""
    chance = random.Random(5)
    found: list[list[int]] = [[] for _ in rows]
    # As trending_pulse has it: what is known of a week's likes is a gamma distribution.
    shapes = [(row["gained"] + PRIOR, row["mean"] / (row["mean"] + PRIOR)) for row in rows]
    for _ in range(DRAWS):
        drawn = [chance.gammavariate(shape, scale) for shape, scale in shapes]
        order = sorted(range(len(rows)), key=lambda at: -drawn[at])
        for rank, at in enumerate(order, start=1):
            found[at].append(rank)
    cut = int((1 - LEVEL) / 2 * DRAWS)
    return [(ranks[cut], ranks[-1 - cut]) for ranks in map(sorted, found)]


METRICS = (
    Metric(
        id="trending_ranks",
        needs=("likes",),
        definition="Rank by trending_pulse, with the ranks between which chance alone would move "
        "it",
        unit="rank",
        numerator="the score",
        denominator="how many of them have just this score: more than one is a tie, and ties "
        "share the better rank",
        edge_cases=f"The first {LISTED}, drawn against the first {DRAWN}. Scores are drawn {DRAWS} "
        "times from the gamma distributions whose means they are (trending_pulse), with a fixed "
        "seed. n: likes of seven days. Movers carry the interval of their growth, by which they "
        "are ranked; newcomers have no order",
        reference="parametric bootstrap of ranks; Goldstein and Spiegelhalter, JRSS A 159, 1996",
        compute=_ranks,
        dimensions=("repo",),
        window="7d",
    ),
)
