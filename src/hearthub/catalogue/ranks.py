"""Counters of listings: set whole from their sources, never added to, so that a run twice is right.

Popularity also numbers a listing in the term index. A number may lag behind: a listing moves when
its popularity has doubled or halved since it was given one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hearthub.catalogue.listing import (
    HERE,
    OBSERVED,
    PRIVATE,
    PUBLIC,
    Counters,
    shelf,
)
from hearthub.catalogue.listings import Listings
from hearthub.catalogue.numbers import popularity_step, step_of_doc
from hearthub.db import Database, batches
from hearthub.registry import REPO_TYPES

BULK = 10_000
"""Rows a transaction: others may write in between."""

DRIFT = 2  # steps of popularity, two to a doubling
MOVE_AT_ONCE = 200

_SET = """
update rank set downloads = :downloads, downloads_all = :downloads_all, likes = :likes,
  trending = :trending
where id = :id and (downloads <> :downloads or downloads_all <> :downloads_all
  or likes <> :likes or trending <> :trending)"""


class Ranks:
    def __init__(self, db: Database, listings: Listings) -> None:
        self.db, self.listings = db, listings

    def counters(self, repo_ids: Sequence[int]) -> dict[int, Counters]:
        """By repo id; without those that are not listed yet."""
        found: dict[int, Counters] = {}
        for some in batches(repo_ids):
            rows = self.db.all(
                "select l.repo_id, r.created, r.modified, r.downloads, r.downloads_all, r.likes, "
                "r.trending from listing l join rank r on r.id = l.id where l.repo_id in (:ids)",
                ids=some,
            )
            found |= {row[0]: Counters(*row[1:]) for row in rows}
        return found

    def by_downloads(self, numbers: Iterable[int]) -> list[int]:
        """These listings, most downloads first; of equal ones the first stays first."""
        wanted = list(numbers)
        found: dict[int, int] = {}
        for some in batches(wanted):
            rows = self.db.all("select id, downloads from rank where id in (:ids)", ids=some)
            found |= {row.id: row.downloads for row in rows}
        return sorted(filter(found.__contains__, wanted), key=lambda number: -found[number])

    def set_hosted(self, counters: dict[int, Counters]) -> int:
        """Counters by repo id. How many listings there were."""
        done = 0
        for some in batches(sorted(counters)):
            rows = self.db.all("select id, repo_id from listing where repo_id in (:ids)", ids=some)
            self._set([(row.id, counters[row.repo_id]) for row in rows])
            done += len(rows)
        return done

    def set_named(
        self, repo_type: str, counters: Iterable[tuple[str, Counters]], origin: str = HERE
    ) -> int:
        """Counters by full name, any number of them. How many listings there were."""
        done = 0
        for many in batches(counters, BULK):
            wanted = {name.lower(): value for name, value in many}
            ids: dict[int, str] = {}
            for some in batches(wanted):
                rows = self.db.all(
                    "select id, key from listing where key in (:keys) and type = :type "
                    "and origin = :origin",
                    type=repo_type,
                    keys=some,
                    origin=origin,
                )
                ids |= {row.id: row.key for row in rows}
            self._set([(number, wanted[ids[number]]) for number in sorted(ids)], move=False)
            done += len(ids)
        return done

    def set_trending(self, repo_type: str, scores: Mapping[str, float], origin: str) -> None:
        """Of observed repos; those that are not named have none."""
        rows = self.db.all(
            "select r.id from rank r join listing l on l.id = r.id "
            "where r.shelf = :shelf and r.trending > 0 and l.origin = :origin",
            shelf=shelf(repo_type, OBSERVED),
            origin=origin,
        )
        wanted = {row.id: 0.0 for row in rows}
        told = {name.lower(): score for name, score in scores.items()}
        for some in batches(told):
            found = self.db.all(
                "select id, key from listing where key in (:keys) and type = :type "
                "and origin = :origin",
                keys=some,
                type=repo_type,
                origin=origin,
            )
            wanted |= {row.id: told[row.key] for row in found}
        self.db.execute_many(
            "update rank set trending = :trending where id = :id and trending <> :trending",
            [{"id": number, "trending": score} for number, score in wanted.items()],
        )

    def trending_hosted(self) -> list[int]:
        """Ids of the repos of this hub that have a score."""
        shelves = [shelf(kind, sort) for kind in REPO_TYPES for sort in (PUBLIC, PRIVATE)]
        rows = self.db.all(
            "select l.repo_id from rank r join listing l on l.id = r.id "
            "where r.shelf in (:shelves) and r.trending > 0",
            shelves=shelves,
        )
        return [row[0] for row in rows]

    def renumber(self) -> int:
        """Move all listings whose number in the index has fallen behind; how many there were."""
        moved = 0
        for some in batches(self._drifted(), 200):
            moved += self.listings.move(some)
        return moved

    def _set(self, values: Sequence[tuple[int, Counters]], *, move: bool = True) -> None:
        rows: list[dict[str, Any]] = [
            {
                "id": number,
                "downloads": it.downloads,
                "downloads_all": it.downloads_all,
                "likes": it.likes,
                "trending": it.trending,
            }
            for number, it in values
        ]
        self.db.execute_many(_SET, rows)
        if move and len(values) <= MOVE_AT_ONCE:
            docs = self.db.all(
                "select id, doc from listing where id in (:ids)",
                ids=[number for number, _ in values],
            )
            popularity = {number: it.popularity for number, it in values}
            drifted = [row.id for row in docs if _has_drifted(row.doc, popularity[row.id])]
            self.listings.move(drifted)

    def _drifted(self) -> Iterator[int]:
        last = 0
        while rows := self.db.all(
            "select l.id, l.doc, r.downloads, r.likes from listing l join rank r on r.id = l.id "
            "where l.id > :last order by l.id limit 10000",
            last=last,
        ):
            for number, doc, downloads, likes in rows:
                popularity = Counters(0, 0, downloads, likes=likes).popularity
                if _has_drifted(doc, popularity):
                    yield number
            last = rows[-1][0]


def _has_drifted(doc: int, popularity: int) -> bool:
    return abs(step_of_doc(doc) - popularity_step(popularity)) >= DRIFT
