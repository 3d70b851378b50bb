"""Who publishes: the organisations behind namespaces of the Hub, each with what was read of it.

A country is where the publishing organisation has its primary base, never where the makers of a
base model are, and never told of a person.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from hearthub.pulse.facts.reading import names_like, read

OrgType = Literal[
    "industry", "academia", "government", "collective", "individual", "intermediary", "unknown"
]
ORG_TYPES: tuple[OrgType, ...] = get_args(OrgType)
INTERNATIONAL = "international"
"""In place of a country: a group without a single base, by its own account or its mappers'."""
REPACKAGED = 0.7
"""From this share on of repos that pack other people's models, a namespace is an intermediary."""


@dataclass(frozen=True, slots=True)
class Organisation:
    namespace: str
    """As the Hub writes it."""
    name: str
    type: OrgType
    country: str | None
    """ISO 3166-1 alpha-2, `international`, or None: not known, or a person."""
    evidence: tuple[str, ...]
    """Addresses of what was read."""
    read: date
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    """Data of others that rows rest on, and what their licence asks for."""

    url: str
    licence: str
    credit: str


class Namespaces:
    """All rows by namespace, whatever its case: the Hub takes no two that differ in case alone."""

    def __init__(self) -> None:
        table = read("sources.toml")["source"]
        self.sources = {key: DataSource(**row) for key, row in table.items()}
        self.rows = tuple(
            self._organisation(row)
            for name in names_like("namespaces")
            for row in read(name)["namespace"]
        )
        self._by_name = {row.namespace.lower(): row for row in self.rows}

    def find(self, name: str) -> Organisation | None:
        return self._by_name.get(name[:100].lower())

    def type_of(
        self, author: str, is_org: bool | None = None, share_of_repackaged: float | None = None
    ) -> OrgType:
        """What is curated; else what its repos and the Hub's word on users and organisations say.

        `is_org` as the Hub tells it, None where nobody asked. `share_of_repackaged`: of its repos,
        those that are quantised or repackaged from a base of another author, 0 to 1.
        """
        known = self.find(author)
        if known and known.type != "unknown":
            return known.type
        if share_of_repackaged is not None and share_of_repackaged >= REPACKAGED:
            return "intermediary"
        return "individual" if is_org is False else "unknown"

    def _organisation(self, row: dict[str, Any]) -> Organisation:
        return Organisation(
            namespace=row["name"],
            name=row["organisation"],
            type=next(known for known in ORG_TYPES if known == row["type"]),
            country=row.get("country"),
            evidence=tuple(
                self.sources[each].url if each in self.sources else each for each in row["evidence"]
            ),
            read=row["read"],
            note=row.get("note"),
        )
