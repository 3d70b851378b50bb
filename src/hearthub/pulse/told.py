"""Which columns a source tells at all: of the others a zero or a `none` would be made up.

A panel tells a column of which it has a value; a hub, each that its lists have. Where there are
tags, a licence and a base would stand among them: who has none is known to state none.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from hearthub.errors import BadRequest
from hearthub.lake import Session
from hearthub.pulse.sources.incoming import Incoming
from hearthub.pulse.sources.reading import literal
from hearthub.pulse.statements import sql_text
from hearthub.pulse.universe import Universe

PANEL = "panel"
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "created_at": "created_at",
        "downloads_30d": "d30",
        "downloads_all": "d_all",
        "likes": "likes",
        "trending": "trending",
        "parameters": "coalesce(parameters, gguf_parameters)",
        "base_models": "case when len(base_models) > 0 or is_own_base then 1 end",
        "license": "license",
        "tags": "case when len(tags) > 0 then 1 end",
    }
)
"""By name (sources/incoming.py): what is not null in a staged row that tells it."""
_BY_TAGS = frozenset({"license", "base_models"})
_GOES = "removed"
"""Told, too, by lists that are whole."""

NEEDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "downloads": frozenset({"downloads_30d", "downloads_all"}),
        "all-time downloads": frozenset({"downloads_all"}),
        "30-day downloads": frozenset({"downloads_30d"}),
        "likes": frozenset({"likes"}),
        "likes and no scores": frozenset({"likes", "trending"}),
        "dates of creation": frozenset({"created_at"}),
        "numbers of parameters": frozenset({"parameters"}),
        "base models": frozenset({"base_models"}),
        "licences": frozenset({"license"}),
        "tags": frozenset({"tags"}),
        "removals": frozenset({_GOES}),
    }
)
"""What a metric may need (`Metric.needs`), and of which columns one is enough."""
NOT_YET = "nothing was observed by the end of this window"
NO_DOWNLOADS = "no downloads are known in this window"
NO_WEEKS = "the source was not watched for the four weeks before"
ONE_LOOK = "two looks are needed, one of them in this window"
_FILTERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "recent-90": frozenset({"created_at"}),
        "active": frozenset({"downloads_30d", "likes"}),
    }
)


def lacking(need: str) -> str:
    """The reason in words; the reports have each in a catalogue."""
    return f"the source tells no {need}"


REASONS = (*map(lacking, NEEDS), NOT_YET, NO_DOWNLOADS, NO_WEEKS, ONE_LOOK)


def make_told(session: Session, incoming: Incoming, file: Path) -> None:
    """The table `told_columns`: type and columns, of what was staged."""
    named = sorted(incoming.told & {*COLUMNS, "gguf_parameters"})
    always = {_GOES} & incoming.told | ({_GOES} if incoming.is_whole else set())
    if incoming.kind == PANEL:
        # Tags tell licences and bases, whether or not there are columns of them.
        names = sorted({*named, *(_BY_TAGS if "tags" in named else ())} & set(COLUMNS))
        rows = f"read_parquet({literal(str(file))})"
        told = [f"case when count({COLUMNS[name]}) > 0 then '{name}' end" for name in names]
    else:
        if "gguf_parameters" in named:
            always.add("parameters")
        rows, told = "obs", [f"'{name}'" for name in named if name in COLUMNS]
    told += [f"'{name}'" for name in sorted(always)]
    if incoming.kind == PANEL and "tags" in named:
        tagged = f"count({COLUMNS['tags']}) > 0"
        told += [f"case when {tagged} then '{name}' end" for name in sorted(_BY_TAGS)]
    elif "tags" in named:
        told += [f"'{name}'" for name in sorted(_BY_TAGS)]
    condition = "where problem is null" if incoming.kind == PANEL else ""
    session.execute(sql_text("told_columns", rows=rows, told=", ".join(told), condition=condition))


def told_by(session: Session, universe: Universe) -> frozenset[str] | None:
    """The columns that the source ever told of such repos; None: it was not noted."""
    row = session.one(sql_text("told"), source=universe.source, type=universe.type)
    return None if row["is_unknown"] else frozenset(row["columns"] or ())


def check_filter(universe: Universe, told: frozenset[str] | None) -> None:
    """Raises BadRequest for a filter by what the source never told: nobody would be in it."""
    needed = _FILTERS.get(universe.filter)
    if told is not None and needed is not None and told.isdisjoint(needed):
        raise BadRequest(
            f"{universe}: {universe.source} tells no {' and no '.join(sorted(needed))}, so nobody "
            f"can say who is {universe.filter}"
        )


def observed_by(live: tuple[date, ...], end: date) -> bool:
    """Whether a look was over by then; of who was never looked at that is not asked."""
    return not live or live[0] <= end
