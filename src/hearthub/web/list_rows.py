"""Rows of lists as pages show them, hosted or observed."""

from dataclasses import dataclass
from urllib.parse import quote

from hearthub.catalogue import Counters, Facts, Row
from hearthub.context import Hub
from hearthub.fit import Summary
from hearthub.http.paths import PREFIXES


@dataclass(frozen=True)
class RowShown:
    """`origin` is empty for what is hosted here."""

    name: str
    href: str
    origin: str
    task: str | None
    library: str | None
    licence: str | None
    parameters: int | None
    counters: Counters
    summary: Summary | None


def rows_shown(hub: Hub, rows: list[Row]) -> list[RowShown]:
    facts = hub.catalogue.facts_of([row.repo for row in rows if row.repo])
    found = []
    for row in rows:
        if row.repo:
            found.append(_row(row, row.repo.type, facts[row.repo.id], ""))
        elif row.observed:
            found.append(_row(row, row.observed.type, row.observed.facts, row.observed.origin))
    return found


def _row(row: Row, kind: str, facts: Facts, origin: str) -> RowShown:
    summary = Summary.from_json(facts.fit) if facts.fit else None
    return RowShown(
        name=row.full_name,
        href=f"/{PREFIXES[kind]}{row.full_name}" + (f"?source={quote(origin)}" if origin else ""),
        origin=origin,
        task=facts.pipeline_tag,
        library=facts.library,
        licence=facts.licenses[0] if facts.licenses else None,
        parameters=(summary.params_total if summary else None) or facts.parameters_total,
        counters=row.counters,
        summary=summary,
    )
