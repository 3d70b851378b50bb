"""The curve behind the Gini coefficient."""

from hearthub.pulse.frame import Frame
from hearthub.pulse.metric import Figure, Metric

PARTS = (0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999)


def _lorenz(frame: Frame, by: str | None) -> list[Figure]:
    return [
        Figure(
            row["downloads"] / row["total"] if row["total"] else None,
            row["downloads"], row["total"], n=round(row["part"] * row["repos"]),
            dimension=f"{row['part']:.2%}",
        )
        for row in frame.rows("lorenz", parts=list(PARTS))
    ]  # fmt: skip


def _few(frame: Frame, by: str | None) -> list[Figure]:
    row = frame.rows("few_downloads")[0]
    n = int(row["n"])
    kinds = {"none": "none", "fewer than 5": "few", "fewer than 200": "some"}
    return [
        Figure(row[key] / n if n else None, row[key], n, n=n, dimension=name)
        for name, key in kinds.items()
    ]


METRICS = (
    Metric(
        id="few_downloads",
        needs=("downloads",),
        is_of_downloads=True,
        definition="Share of the repos that had no downloads in the window, fewer than 5, and "
        "fewer than 200",
        unit="share",
        numerator="such repos",
        denominator="repos whose downloads are known",
        edge_cases="A counter that lags by a day makes new repos look unused",
        reference="half of the models have fewer than 200: report of Spring 2026",
        compute=_few,
        window="all",
    ),
    Metric(
        id="downloads_lorenz",
        needs=("downloads",),
        is_of_downloads=True,
        definition="Share of downloads that go to the least downloaded part of the repos, at "
        "several parts: points of the Lorenz curve",
        unit="share",
        numerator="downloads of that part of the repos",
        denominator="downloads of the universe",
        edge_cases="Repos without downloads count; those whose downloads are unknown do not",
        reference="Lorenz, Publications of the American Statistical Association 9, 1905",
        compute=_lorenz,
    ),
)
