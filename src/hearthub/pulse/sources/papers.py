"""Daily papers: a relation of their own."""

from collections.abc import Mapping
from datetime import datetime

from hearthub.pulse.sources.reading import literal

PAPER_COLUMNS = {
    "paper_id": "varchar",
    "title": "varchar",
    "upvotes": "bigint",
    "submitted_at": "timestamp",
    "organization": "varchar",
}


def select_papers(told: Mapping[str, str], rows: str, observed_at: datetime) -> str:
    parts = [
        f'{told.get(name, f"cast(null as {kind})")} as "{name}"'
        for name, kind in PAPER_COLUMNS.items()
    ]
    parts.append(f'timestamp {literal(str(observed_at))} as "at"')
    return f"select {', '.join(parts)} from {rows}"  # noqa: S608
