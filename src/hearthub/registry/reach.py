"""Which commits the refs of a repo reach: all others are as if they were not there.

A row for each, changed in the transaction that changes a ref, so that a request by commit id is
answered by one look and never by a walk. A repo without rows (it is older than they are) gets them
when it is first asked for. Why rows, and why of these: docs/decisions/0014.
"""

import heapq
from collections.abc import Iterable

from hearthub.db import Database, batches
from hearthub.errors import HearthubError
from hearthub.registry.objects import ObjectStore


class Reach:
    """Oids are 40 hex digits. What changes rows joins the open transaction, which is to hold the
    repo (`hold`) since before it changed the ref."""

    def __init__(self, db: Database, objects: ObjectStore) -> None:
        self._db, self._objects = db, objects

    # -- asking --

    def has(self, repo_id: int, oid: str) -> bool:
        """Whether a ref reaches this commit."""
        sql = "select 1 from reached where repo_id = :repo and oid = :oid"
        if self._db.one(sql, repo=repo_id, oid=oid) is not None:
            return True
        return self._completed(repo_id) and bool(self._depths(repo_id, [oid]))

    def among(self, repo_id: int, oids: set[str]) -> set[str]:
        """Those of these commits that a ref reaches."""
        found = self._depths(repo_id, oids)
        if len(found) < len(oids) and self._completed(repo_id):
            found = self._depths(repo_id, oids)
        return set(found)

    def starting_with(self, repo_id: int, prefix: str) -> list[str]:
        """Commits whose oid starts with these hex digits: at most two, to tell doubt."""
        sql = (
            "select oid from reached where repo_id = :repo and oid between :low and :high "
            "order by oid limit 2"
        )
        ends = {"low": prefix.ljust(40, "0"), "high": prefix.ljust(40, "f")}
        found = self._db.column(sql, repo=repo_id, **ends)
        if len(found) < 2 and self._completed(repo_id):
            found = self._db.column(sql, repo=repo_id, **ends)
        return found

    def repos_without(self) -> list[int]:
        """Repos that have refs and no rows: older than these, or made by another program."""
        return self._db.column(
            "select id from repo where exists (select 1 from ref where ref.repo_id = repo.id) "
            "and not exists (select 1 from reached where reached.repo_id = repo.id) order by id"
        )

    # -- following the refs --

    def hold(self, repo_id: int) -> None:
        """Keep others from changing refs of the repo until the open transaction ends: of two that
        do not see each other, one would forget what the other has just come to reach."""
        self._db.hold("repo", repo_id)

    def follow(self, repo_id: int, old: str | None, new: str | None) -> None:
        """A ref came from the commit `old` to `new`; None: it was, or is, not there."""
        passed = self._add(repo_id, new) if new else set[str]()
        if old and old not in passed:
            self._leave(repo_id, old)

    def complete(self, repo_id: int) -> None:
        """See that every commit that refs reach has a row."""
        with self._db.transaction():
            self.hold(repo_id)
            for tip in self._tips_without(repo_id):
                self._add(repo_id, tip)

    def _completed(self, repo_id: int) -> bool:
        """Whether rows were missing, which are there now."""
        if not self._tips_without(repo_id):
            return False
        self.complete(repo_id)
        return True

    def _tips_without(self, repo_id: int) -> list[str]:
        return self._db.column(
            "select distinct r.commit_oid from ref r where r.repo_id = :repo and not exists "
            "(select 1 from reached c where c.repo_id = r.repo_id and c.oid = r.commit_oid)",
            repo=repo_id,
        )

    def _add(self, repo_id: int, tip: str) -> set[str]:
        """Rows for a commit and what it reaches, parents first; returns those that were passed:
        the new ones, and the ones below which all is known."""
        depths = self._depths(repo_id, [tip])
        new: dict[str, int] = {}
        parents: dict[str, tuple[str, ...]] = {}
        todo = [] if depths else [tip]
        while todo:
            oid = todo[-1]
            if oid not in depths and oid not in parents:
                parents[oid] = self._parents(repo_id, oid)
                depths |= self._depths(repo_id, parents[oid])
            ahead = [it for it in parents.get(oid, ()) if it not in depths]
            if ahead and oid not in depths:
                todo += ahead
                continue
            todo.pop()
            if oid not in depths:
                above = (depths[it] for it in parents[oid])
                depths[oid] = new[oid] = 1 + max(above, default=0)
        rows = [{"repo": repo_id, "oid": oid, "depth": depth} for oid, depth in new.items()]
        self._db.execute_many(
            "insert into reached (repo_id, oid, depth) values (:repo, :oid, :depth)", rows
        )
        return set(depths)

    def _leave(self, repo_id: int, old: str) -> None:
        """Take out what was reached by way of `old` alone."""
        named = "select 1 from ref where repo_id = :repo and commit_oid = :oid limit 1"
        if self._db.one(named, repo=repo_id, oid=old):
            return
        start = self._depths(repo_id, [old])
        if not start:
            return  # of a repo without rows: it gets none
        tips = self._tips(repo_id)
        if 2 * max(tips.values(), default=0) < start[old]:
            # A squash: what is left is found sooner than what is not.
            self._db.execute("delete from reached where repo_id = :repo", repo=repo_id)
            self.complete(repo_id)
            return
        gone = self._only_below(repo_id, old, tips | start)
        for some in batches(gone):
            self._db.execute(
                "delete from reached where repo_id = :repo and oid in (:oids)",
                repo=repo_id,
                oids=some,
            )

    def _only_below(self, repo_id: int, old: str, depths: dict[str, int]) -> list[str]:
        """What of `old` and before it no other of these starts reaches. Deepest first, so that a
        commit comes up after all that name it; it is over when all that is left is reached."""
        kept = depths.keys() - {old}
        in_doubt = {old}
        heap = [(-depth, oid) for oid, depth in depths.items()]
        heapq.heapify(heap)
        gone = []
        while in_doubt:
            _, oid = heapq.heappop(heap)
            is_kept = oid in kept
            if not is_kept:
                in_doubt.discard(oid)
                gone.append(oid)
            parents = set(self._parents(repo_id, oid))
            # Not by `-`, which goes through all the keys: once for each commit that is passed.
            found = self._depths(repo_id, [it for it in parents if it not in depths])
            depths |= found
            parents &= depths.keys()  # one may have been damaged when its child got a row
            for parent, depth in found.items():
                heapq.heappush(heap, (-depth, parent))
            if is_kept:
                kept |= parents
                in_doubt -= kept
            else:
                in_doubt |= parents - kept
        return gone

    def _tips(self, repo_id: int) -> dict[str, int]:
        rows = self._db.all(
            "select distinct c.oid, c.depth from ref r join reached c on c.repo_id = r.repo_id "
            "and c.oid = r.commit_oid where r.repo_id = :repo",
            repo=repo_id,
        )
        return {row.oid: row.depth for row in rows}

    def _depths(self, repo_id: int, oids: Iterable[str]) -> dict[str, int]:
        """Of those of these commits that have a row."""
        sql = "select oid, depth from reached where repo_id = :repo and oid in (:oids)"
        return {
            row.oid: row.depth
            for some in batches(oids)
            for row in self._db.all(sql, repo=repo_id, oids=some)
        }

    def _parents(self, repo_id: int, oid: str) -> tuple[str, ...]:
        """Nothing where the commit is missing or damaged: what is behind it cannot be told."""
        try:
            return self._objects.commit(repo_id, oid).parents
        except HearthubError:
            return ()
