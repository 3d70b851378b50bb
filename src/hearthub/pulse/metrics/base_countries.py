"""Whose models are downloaded when a model counts as that of whom it descends from."""

from hearthub.lake import Row
from hearthub.pulse.facts import Facts
from hearthub.pulse.frame import Frame
from hearthub.pulse.lineage import make_descent
from hearthub.pulse.metric import Figure, Metric
from hearthub.pulse.universe import UNKNOWN

DERIVED = "derivatives"


def _countries(frame: Frame, by: str | None) -> list[Figure]:
    rows: list[Row] = frame.kept("base countries", lambda: _made(frame))
    amount, count = ("derived", "n_derived") if by == DERIVED else ("downloads", "n")
    found = [row for row in rows if row[count]]
    found.sort(key=lambda row: (-float(row[amount] or 0), row["class"]))
    total = sum(float(row[amount] or 0) for row in found)
    unknown = sum(float(row[amount] or 0) for row in found if row["class"] == UNKNOWN)
    return [
        Figure(
            float(row[amount] or 0) / total if total else None,
            float(row[amount] or 0),
            total,
            float(row[amount] or 0) / total if total else None,
            (float(row[amount] or 0) + (0 if row["class"] == UNKNOWN else unknown)) / total
            if total
            else None,
            int(row[count]),
            1 - unknown / total if total else None,
            str(row["class"]),
        )
        for row in found
    ]


def _made(frame: Frame) -> list[Row]:
    make_descent(frame)
    known = [row for row in Facts.load().namespaces.rows if row.country]
    frame.session.execute(
        "create or replace temp table namespace_country as "
        "select unnest($names::varchar[]) as namespace, unnest($countries::varchar[]) as country",
        names=[row.namespace.lower() for row in known],
        countries=[row.country for row in known],
    )
    return frame.rows("base_countries")


METRICS = (
    Metric(
        id="share_base_country",
        needs=("base models", "downloads"),
        is_of_downloads=True,
        definition="Share of downloads by the country of the organisation whose model a model "
        "descends from: of the roots of its tree, in equal parts; of a model that names no base, "
        "of its own publisher. --by derivatives: of those with a base alone",
        unit="share",
        numerator="downloads of the models that descend from models of that country",
        denominator="downloads of the universe, those of unknown country included",
        edge_cases="Another question than share_country, which never looks at the base; the two "
        "are never mixed. Loops and cycles as in `derivatives`. A root that is not in the "
        "universe is known by the namespace of its name, by the facts of today. A chain of more "
        "than 64 generations is unknown. Countries of organisations alone, so a person's is "
        "unknown. n counts a merge in each of its countries. lo and hi: with none or all of the "
        "unknown",
        reference="base-lineage country as a column of its own beside the publisher's",
        compute=_countries,
        types=("model",),
        dimensions=(DERIVED,),
    ),
)
