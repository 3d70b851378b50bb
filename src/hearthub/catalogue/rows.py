"""Rows of a page: what the catalogue found, asked again of the registry before it is shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hearthub.accounts import Actor
from hearthub.catalogue.facts import Facts
from hearthub.catalogue.listing import Counters, Listing
from hearthub.catalogue.lists import Place
from hearthub.db import Database, batches
from hearthub.errors import BadRequest
from hearthub.registry import Registry, Repo

# As Python writes numbers: 0.00012345678901234567 has twenty digits after the point.
_PLACE = re.compile(r"(-?\d{1,18}(?:\.\d{1,25})?(?:e[+-]?\d{1,3})?)_(\d{1,18})", re.ASCII)


MOST_ORIGINS = 8
"""Hubs on which one name is looked at."""


@dataclass(frozen=True)
class Row:
    """A hosted repo the caller may see, or a listing observed elsewhere.

    `place` says where it stands, for the page that starts after it.
    """

    place: str
    counters: Counters
    repo: Repo | None = None
    observed: Listing | None = None

    @property
    def full_name(self) -> str:
        found = self.repo or self.observed
        assert found is not None, "a row is one of them"  # noqa: S101
        return found.full_name


class Rows:
    def __init__(self, db: Database, registry: Registry) -> None:
        self.db, self.registry = db, registry

    def load(self, actor: Actor, places: Sequence[tuple[str, int]]) -> list[Row]:
        """The listings at these places (text, listing id), in their order.

        The catalogue may lag a moment behind: whether `actor` may see a hosted repo is for the
        registry to say, and what was deleted meanwhile is left out.
        """
        stored = self._stored([number for _, number in places])
        ids = [row.repo_id for row in stored.values() if row.repo_id is not None]
        repos = {repo.id: repo for repo in self.registry.by_ids(actor, ids)}
        found = []
        for place, number in places:
            row = stored.get(number)
            if row is None:
                continue
            if row.repo_id is None:
                listing = _listing(row)
                found.append(Row(place, listing.counters, observed=listing))
            elif row.repo_id in repos:
                found.append(Row(place, _counters(row), repo=repos[row.repo_id]))
        return found

    def numbers_of(self, repo_type: str, names: Sequence[str]) -> list[int]:
        """Of the listings of these names, hosted ones before those observed elsewhere."""
        found = []
        for some in batches(name.lower() for name in names):
            rows = self.db.all(
                "select id from listing where key in (:keys) and type = :type "
                "order by repo_id is null, id limit :most",
                keys=some,
                type=repo_type,
                most=MOST_ORIGINS * len(some),
            )
            found += [row.id for row in rows]
        return found

    def _stored(self, numbers: Sequence[int]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for some in batches(numbers):
            rows = self.db.all(
                "select l.id, l.repo_id, l.type, l.full_name, l.origin, r.created, r.modified, "
                "r.downloads, r.downloads_all, r.likes, r.trending, f.gated, "
                "case when l.repo_id is null then f.facts end as facts "
                "from listing l join rank r on r.id = l.id "
                "join listing_facts f on f.id = l.id where l.id in (:ids)",
                ids=some,
            )
            found |= {row.id: row for row in rows}
        return found


def _counters(row: Any) -> Counters:
    return Counters(
        row.created, row.modified, row.downloads, row.downloads_all, row.likes, row.trending
    )


def _listing(row: Any) -> Listing:
    return Listing(
        type=row.type,
        full_name=row.full_name,
        facts=Facts.from_json(row.facts),
        counters=_counters(row),
        origin=row.origin,
        gated=row.gated,
    )


def write_place(place: Place) -> str:
    return f"{place[0]}_{place[1]}"


def read_place(text: str | None) -> Place | None:
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise BadRequest("cursor is not one this hub gave out")
    number = found[1]
    return (int(number) if number.isdigit() else float(number)), int(found[2])
