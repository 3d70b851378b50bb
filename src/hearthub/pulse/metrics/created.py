"""What was made when and by whom, by the repos that are there now."""

from hearthub.pulse.facts import Facts
from hearthub.pulse.frame import Frame
from hearthub.pulse.metric import Figure, Metric

_ORGANISATIONS = ("industry", "academia", "government", "collective")
_BY = {
    None: ("''", "true"),
    "year": ("year", "true"),
    "author": ("born.author", "o.namespace is not null"),
    "author_year": ("born.author || ' / ' || year", "o.namespace is not null"),
    "country": ("coalesce(o.country, 'unknown')", "true"),
}


def _created(frame: Frame, by: str | None) -> list[Figure]:
    _make_organisations(frame)
    column, where = _BY[by]
    rows = frame.rows("repos_created", by=column, where=where)
    total = sum(int(row["n"]) for row in rows)
    return [
        Figure(
            int(row["n"]), int(row["n"]), total, int(row["n"]), int(row["ever"]),
            int(row["authors"]), 1.0, str(row["dimension"]) if by else None, frame.asked,
        )
        for row in rows
    ] or [Figure(0, 0, 0, n=0, coverage=1.0, window=frame.asked)]  # fmt: skip


def _make_organisations(frame: Frame) -> None:
    def made() -> None:
        known = [row for row in Facts.load().namespaces.rows if row.type in _ORGANISATIONS]
        frame.session.execute(
            "create or replace temp table organisation as select "
            "unnest($names::varchar[]) as namespace, unnest($countries::varchar[]) as country",
            names=[row.namespace.lower() for row in known],
            countries=[row.country for row in known],
        )

    frame.kept("organisation", made)


METRICS = (
    Metric(
        id="repos_created",
        needs=("dates of creation",),
        is_of_dates=True,
        definition="Repos created in the window that are there at the newest observation; --by "
        "author and author_year: of the organisations that the curated facts name, also by the "
        "calendar year",
        unit="repos",
        numerator="such repos of that class",
        denominator="such repos of all classes listed",
        edge_cases="By the date of creation that the source tells, whenever the repo was first "
        "looked at: unlike `new_repos`, which asks what was there at the window's end. A later "
        "look makes past numbers smaller, since some went: hi counts those too that were seen "
        "and went. Many dates before 2 March 2022 are that day. A private upload counts when it "
        "was made. n: namespaces",
        reference="growth of organisations' repositories, as the Spring 2026 report charts it",
        compute=_created,
        window="all",
        dimensions=("year", "author", "author_year", "country"),
    ),
)
