"""What is made of what: children, descendants, families."""

from hearthub.pulse.frame import Frame
from hearthub.pulse.lineage import make_descent, make_lineage
from hearthub.pulse.metric import Figure, Metric, untold

LISTED = 50


def _derivatives(frame: Frame, by: str | None) -> list[Figure]:
    if by == "tag_family":
        rows = frame.rows("tag_families", most=LISTED)
        return [_count(f"{row['family']}", row["n"], None) for row in rows]
    make_descent(frame)
    if by == "base":
        return _bases(frame)
    if by == "family":
        return [
            Figure(
                row["downloads"],
                row["downloads"],
                row["total"],
                n=int(row["n"]),
                dimension=row["id"],
            )
            for row in frame.rows("families", most=LISTED)
        ]
    relations = frame.rows("derivatives_by_relation")
    repos = int(frame.rows("derivatives")[0]["repos"])
    found = [_count(row["relation"], row["children"], repos) for row in relations]
    return found if by == "relation" else [*_whole(frame), *found]


def _whole(frame: Frame) -> list[Figure]:
    row = frame.rows("derivatives")[0]
    repos, based = int(row["repos"]), int(row["based"])
    return [
        _count("with a base", based, repos),
        _count("with a base and a relation", row["related"], repos),
        _count("living", row["living"], based),
        _used(frame, "", row["used"], based),
        _count("several parents", row["several"], based),
        _count("loops dropped", row["loops"], based),
        _count("edges dropped to break cycles", row["edges"] - row["direct"], row["edges"]),
        _count("direct", row["direct"], repos),
        _count("transitive", row["transitive"], repos),
        _count("generations", row["deepest"], None),
        _count("edges to a base that is here", row["here"], row["named"]),
    ]


def _bases(frame: Frame) -> list[Figure]:
    figures = []
    for row in frame.rows("derivatives_by_base", most=LISTED):
        name = row["id"]
        whole = int(row["transitive"])
        figures += [
            _count(f"{name} / direct", row["direct"], None),
            _count(f"{name} / transitive", whole, None),
            _count(f"{name} / living", row["living"], whole),
            _used(frame, f"{name} / ", row["used"], whole),
        ]
        if row["a_week"] is not None:
            figures.append(Figure(row["a_week"], whole, n=whole, dimension=f"{name} / a week"))
    return figures


def _used(frame: Frame, prefix: str, count: int, of: int) -> Figure:
    name = f"{prefix}more than 5 downloads"
    if reason := frame.why_not("30-day downloads"):
        return untold(reason, name)
    return _count(name, count, of)


def _count(dimension: str, count: int, of: int | None) -> Figure:
    return Figure(count, count, of, n=int(count), coverage=1.0, dimension=dimension)


def _drift(frame: Frame, by: str | None) -> list[Figure]:
    make_lineage(frame)
    if by == "pair":
        return [
            Figure(
                row["n"] / row["total"],
                row["n"],
                row["total"],
                n=int(row["n"]),
                coverage=1.0,
                dimension=f"{row['base']} to {row['child']}",
            )
            for row in frame.rows("licence_pairs")
        ]
    figures = []
    for row in frame.rows("licence_drift", by="l.relation" if by == "relation" else "''"):
        known, edges = int(row["known"]), int(row["edges"])
        figures.append(
            Figure(
                row["looser"] / known if known else None,
                row["looser"],
                known,
                row["looser"] / edges if edges else None,
                (row["looser"] + edges - known) / edges if edges else None,
                n=known,
                coverage=known / edges if edges else None,
                dimension=row["dimension"] if by else None,
            )
        )
    return figures


METRICS = (
    Metric(
        id="derivatives",
        needs=("base models",),
        needs_by={"tag_family": ("tags",)},
        definition="Models made from others: how many name a base, by relation, directly and "
        "through "
        "generations",
        unit="models, edges or generations, as the dimension says",
        numerator="the count",
        denominator="models, or those with a base; of a family the downloads of all models",
        edge_cases="Loops are dropped; in a cycle the older repo is taken not to descend from the "
        "younger; at most 64 generations and 32 parents. A base that is not here is one node by "
        "its "
        "name. Removed repos count, except as living. --by family: a root with all that descends "
        "from "
        "it, value its downloads, a merge split among its families; --by tag_family: models with a "
        "tag that begins with the family's name, another thing",
        reference="ATOM counts derivatives above 5 downloads (arXiv 2604.07190); trees as in arXiv "
        "2508.06811",
        compute=_derivatives,
        types=("model",),
        window="all",
        dimensions=("relation", "base", "family", "tag_family"),
    ),
    Metric(
        id="licence_drift",
        needs=("base models", "licences"),
        definition="Share of derivatives under a licence of a looser class than their base's",
        unit="share",
        numerator="edges whose child has a looser class",
        denominator="edges of which both classes are known",
        edge_cases="From strict to loose: non-commercial, community, copyleft, permissive; other "
        "classes are unknown here. A flag to look at, no verdict. lo and hi: none or all of the "
        "unknown edges are such",
        reference="arXiv 2508.06811 (licences drift to permissive)",
        compute=_drift,
        reads=("licence_class",),
        types=("model",),
        window="all",
        dimensions=("relation", "pair"),
    ),
)
