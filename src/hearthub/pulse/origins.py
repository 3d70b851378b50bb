"""Where the numbers come from: each source of the lake, and its terms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hearthub.pulse.reader import Reader
from hearthub.pulse.statements import sql_text


@dataclass(frozen=True)
class Origin:
    source: str
    licence: str | None
    attribution: str | None
    is_synthetic: bool
    may_be_shared: bool
    """Nobody said that its numbers must not be passed on."""
    observed_at: datetime | None
    """The last time; UTC without a zone. None: no row of it could be taken."""

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "licence": self.licence,
            "attribution": self.attribution,
            "synthetic": self.is_synthetic,
            "redistributable": self.may_be_shared,
        }


def known_origins(reader: Reader) -> dict[str, Origin]:
    """By name. The terms are those of the newest snapshot that told any."""
    with reader.reading() as session:
        rows = session.rows(sql_text("origins"))
    return {row["source"]: Origin(**row) for row in rows}
