"""Sizes that nobody can mean."""

from hearthub.pulse.facts.sizes import LARGEST
from hearthub.pulse.frame import Frame
from hearthub.pulse.metric import Figure, Metric


def _implausible(frame: Frame, by: str | None) -> list[Figure]:
    row = frame.rows("implausible", bound=LARGEST)[0]
    mass = float(row["mass"])
    share = float(row["beyond_mass"]) / mass if mass else None
    return [
        Figure(row["beyond"], row["beyond"], row["known"], n=int(row["known"]), coverage=1.0,
               dimension="models"),
        Figure(row["beyond_downloads"], row["beyond_downloads"], row["downloads"],
               n=int(row["beyond"]), coverage=1.0, dimension="downloads"),
        Figure(share, row["beyond_mass"], mass, n=int(row["beyond"]), coverage=1.0,
               dimension="share of size times downloads"),
    ]  # fmt: skip


METRICS = (
    Metric(
        id="size_implausible",
        needs=("numbers of parameters",),
        definition="Models whose source states more than 1e14 parameters, which nobody believes: "
        "how many, their downloads, and what part of the weighted mean rests on them",
        unit="models, downloads or a share, as the dimension says",
        numerator="those beyond 1e14",
        denominator="those of stated size",
        edge_cases="They count in metrics of stated sizes (size_weighted_mean and its like), "
        "which are as the source tells, and in none of resolved sizes or size classes. More than "
        "1e17 is no size at all: ingest leaves such a value out, and counts it",
        reference="own bound: thirty times the largest model whose size is known",
        compute=_implausible,
        types=("model",),
    ),
)
