"""What may leave, of sources that may not be passed on (docs/reports.md, "What may be passed on").

An export is rows that a program takes away: CSV and JSON of commands and over HTTP, what agents
are told, report.json, the data of a chart. Of a source whose map says `redistributable = false` it
has no row about a single repo; numbers about many go out like all others, and name their source.
What people read (pages, tables of a terminal, the text of a report) has both, with the attribution.
"""

from collections.abc import Iterable, Mapping

from hearthub.errors import Forbidden
from hearthub.lake import Table
from hearthub.pulse.origins import Origin
from hearthub.pulse.sources.reading import literal

_DIMENSIONS = frozenset({"repo", "base"})
_METRICS = frozenset(
    {"movers", "risers", "trending_hub", "trending_pulse", "trending_surprise", "trending_ranks"}
)
"""By whatever they are asked, each of their rows is about a repo."""


def names_repos(metric: str, by: str | None) -> bool:
    """Whether the rows of a metric are about single repos."""
    return by in _DIMENSIONS or metric in _METRICS


def closed_among(origins: Mapping[str, Origin]) -> list[str]:
    """The sources that may not be passed on."""
    return [name for name, origin in origins.items() if not origin.may_be_shared]


def require_shareable(origins: Mapping[str, Origin], sources: Iterable[str]) -> None:
    """Before rows about single repos are exported. Raises Forbidden that says what to do."""
    closed = closed_among(origins)
    for source in sources:
        if source in closed:
            raise Forbidden(
                f"Rows about single repos of {source!r} may not be passed on (its map says "
                "redistributable = false): read them on the pages of this hub or in a terminal's "
                "table, or ask for numbers that are not about single repos"
            )


def only_shareable(closed: Iterable[str], tables: Iterable[Table]) -> dict[str, str]:
    """For each table the condition that leaves out what is of closed sources; {} where none is.

    A condition may name `repo` and `snapshot`, which are then without it already: they come first.
    """
    names = ", ".join(map(literal, sorted(closed)))
    if not names:
        return {}
    of_repo, of_snapshot = "(select repo_id from repo)", "(select snapshot_id from snapshot)"
    conditions = {
        "source": f"source not in ({names})",
        "repo_id": f"repo_id in {of_repo}",
        "child": f"child in {of_repo}",
        "snapshot_id": f"snapshot_id in {of_snapshot}",
    }
    found = {}
    for table in tables:
        columns = {name for name, _ in table.columns}
        found[table.name] = next(sql for name, sql in conditions.items() if name in columns)
    return {name: found[name] for name in sorted(found, key=lambda it: it not in _FIRST)}


_FIRST = ("repo", "snapshot")
