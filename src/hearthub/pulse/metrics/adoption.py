"""How fast a model is taken up, against the most successful of its size at the same age."""

from datetime import date

from hearthub.pulse.frame import Frame
from hearthub.pulse.metric import Figure, Metric

AGES = (7, 14, 30, 60, 90, 180, 365)
LISTED = 50


def _scores(frame: Frame, by: str | None) -> list[Figure]:
    frame.make("milestones", ages=list(AGES))
    frame.make("divisors", frozen=f"date '{_quarter(frame.window.end)}'")
    if by == "size_class":
        rows = frame.session.rows("select * from divisor order by size_class, age")
        return [
            Figure(row[kind], row[kind], None, n=int(row["n"]),
                   dimension=f"{row['size_class']} / {row['age']} d / {kind}")
            for row in rows
            for kind in ("v1", "v2")
        ]  # fmt: skip
    return [
        Figure(
            row["downloads"] / row[kind] if row[kind] else None,
            row["downloads"],
            row[kind],
            n=1,
            coverage=1.0,
            dimension=f"{row['id']} / {row['age']} d / {kind}",
        )
        for row in frame.rows("adoption_scores", most=LISTED)
        for kind in ("v1", "v2")
    ]


def _quarter(day: date) -> date:
    """Its first day: what came later does not move the divisor until the next quarter."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


METRICS = (
    Metric(
        id="adoption_score",
        needs=("all-time downloads", "dates of creation"),
        definition="All-time downloads of a model at an age of 7, 14, 30, 60, 90, 180 or 365 "
        "days (the "
        "last that it reached in the window) over those of the ten most downloaded of its size "
        "class "
        "at the same age: v1 their median, v2 the tenth, never falling with age",
        unit="times; above 1: on course for the first ten",
        numerator="all-time downloads at that age",
        denominator="divisor of that size class and age, frozen at the start of the quarter of the "
        "window's end; --by size_class shows it",
        edge_cases="Only of ages that were reached under watch, and classes in which ten models "
        "did. "
        "Age since the repo was made, which may be before its release",
        reference="RAM score of ATOM, v1 of January and v2 of May 2026 (atomproject.ai)",
        compute=_scores,
        has_history=True,
        types=("model",),
        window="90d",
        dimensions=("repo", "size_class"),
    ),
)
