"""Collecting what a repo holds and no ref reaches: git objects, and claims on large files.

An object is marked when it is first seen unreached and deleted `GRACE_MS` later, if by then it is

  - not reached from a ref, and
  - not reached from any *younger* garbage. So what survives is whole: a new branch or tag at an old
    commit finds all of it (`ObjectStore.will_stay`), and
  - still marked at the moment of its deletion: a writer that came back to it took the mark away.

No lock is held meanwhile, and refs may move. Why that is enough: docs/decisions/0007.
"""

from collections.abc import Callable
from typing import Any

from hearthub.errors import Unavailable
from hearthub.registry.gitformat import Kind
from hearthub.registry.keeper import Keeper
from hearthub.registry.marks import Marks, open_marks
from hearthub.registry.objects import GRACE_MS, blob_key
from hearthub.registry.pointers import MAX_POINTER, parse_pointer
from hearthub.registry.walking import Broken, walk
from hearthub.storage import Tally, briefly

ATTEMPTS = 3
PAGE = 500
KIND, GONE = "git objects", "git objects of gone repos"

Report = Callable[[str], None]


class Collector(Keeper):
    def collect(self, tally: Tally, report: Report) -> list[int]:
        """All repos, and what is left of those that are gone; the repos that lost something."""
        changed = []
        with open_marks(self._temporary) as marks:
            after = 0
            while repo := self._next(after):
                after, name = repo
                before = tally.removed
                report(f"repo {name}")
                self._collect_repo(after, name, marks, tally)
                if tally.removed > before:
                    changed.append(after)
        self._collect_gone(tally)
        return changed

    def _next(self, after: int) -> tuple[int, str] | None:
        row = self._db.one(
            "select id, type, namespace, name from repo where id > :after order by id limit 1",
            after=after,
        )
        return None if row is None else (row.id, f"{row.type} {row.namespace}/{row.name}")

    def _collect_repo(self, repo_id: int, name: str, marks: Marks, tally: Tally) -> None:
        with marks.repo():
            for broken in self._mark(repo_id, marks):
                # What lies behind it cannot be seen: it may be all that is worth keeping.
                tally.notes.append(
                    f"{name}: object {broken.oid}: {broken.reason}. Nothing of this repo was "
                    "collected; run `hearthub fsck`"
                )
                return
            self._storage.garbage.collect_claims(
                repo_id,
                tally,
                marks.named,
                lambda sha256s: set(sha256s) & self._named_by_any(repo_id, set(sha256s)),
            )
            self._sort(repo_id, marks, tally)
            self._sort_stray_blobs(repo_id, marks, tally)
            self._remove_old(repo_id, marks, tally)

    # -- what is reached --

    def _mark(self, repo_id: int, marks: Marks) -> list[Broken]:
        """Walk from the refs as they are now. A ref deleted meanwhile may let objects vanish
        under the walk (to another collector); then it is walked again."""
        for _ in range(ATTEMPTS):
            roots = {bytes.fromhex(ref.oid) for ref in self._refs.all(repo_id)}
            marks.visit(sorted(roots))
            broken = list(walk(self._objects, repo_id, marks))
            if not broken:
                break
            if roots <= {bytes.fromhex(ref.oid) for ref in self._refs.all(repo_id)}:
                return broken
        return broken

    def _named_by_any(self, repo_id: int, wanted: set[str]) -> set[str]:
        """Those that a pointer names which the repo has, reached by a ref or not."""
        found: set[str] = set()
        for page in self._objects.pages(repo_id, smaller_than=MAX_POINTER + 1, kind=Kind.BLOB):
            for row in page:
                try:
                    pointer = parse_pointer(self._objects.unpack(repo_id, row))
                except Unavailable:
                    return wanted  # a damaged one might name any of them
                if pointer and pointer.sha256 in wanted:
                    found.add(pointer.sha256)
        return found

    # -- what is not --

    def _sort(self, repo_id: int, marks: Marks, tally: Tally) -> None:
        """All rows: reached ones lose their mark, others get one; `marks` learns young and old."""
        for page in self._objects.pages(repo_id):
            unreached = set(marks.unseen(bytes(row.oid) for row in page))
            since = self._since(repo_id, [bytes(row.oid) for row in page])
            if not tally.dry:
                self._unmark(repo_id, [oid for oid in since if oid not in unreached])
            rows = [row for row in page if bytes(row.oid) in unreached]
            sizes = [
                (bytes(row.oid), row.size if row.z_size is None else row.z_size, row.z_size is None)
                for row in rows
            ]
            self._note(repo_id, sizes, since, marks, tally)

    def _sort_stray_blobs(self, repo_id: int, marks: Marks, tally: Tally) -> None:
        """Blobs whose writer died before their rows."""
        batch: list[bytes] = []
        for key in self._storage.list_blobs(f"git/{repo_id}/"):
            batch.append(bytes.fromhex(key.rpartition("/")[2]))
            if len(batch) == PAGE:
                self._sort_blobs(repo_id, batch, marks, tally)
                batch = []
        self._sort_blobs(repo_id, batch, marks, tally)
        if not tally.dry:
            self._forget_empty_marks(repo_id)

    def _sort_blobs(self, repo_id: int, oids: list[bytes], marks: Marks, tally: Tally) -> None:
        with_rows = self._objects.has(repo_id, [oid.hex() for oid in oids])
        stray = [oid for oid in oids if oid.hex() not in with_rows]
        sizes = [(oid, self._storage.blob_size(blob_key(repo_id, oid.hex())) or 0) for oid in stray]
        since = self._since(repo_id, stray)
        self._note(repo_id, [(oid, size, True) for oid, size in sizes], since, marks, tally)

    def _note(
        self,
        repo_id: int,
        unreached: list[tuple[bytes, int, bool]],
        since: dict[bytes, int],
        marks: Marks,
        tally: Tally,
    ) -> None:
        before = tally.now - GRACE_MS
        old = [item for item in unreached if since.get(item[0], tally.now) < before]
        expired = {oid for oid, _, _ in old}
        young = [item for item in unreached if item[0] not in expired]
        marks.add_old(old)
        marks.add_young([oid for oid, _, _ in young])
        for _, size, _ in young:
            tally.wait(KIND, size)
        if not tally.dry:
            self._objects_db.execute_many(
                "insert into obj_garbage (repo_id, oid, since) values (:repo, :oid, :since) "
                "on conflict do nothing",
                [
                    {"repo": repo_id, "oid": oid, "since": tally.now}
                    for oid, _, _ in young
                    if oid not in since
                ],
            )

    def _since(self, repo_id: int, oids: list[bytes]) -> dict[bytes, int]:
        """When each of these was marked, of those that were; at most 500."""
        rows = self._objects_db.all(
            "select oid, since from obj_garbage where repo_id = :repo and oid in (:oids)",
            repo=repo_id,
            oids=oids,
        )
        return {bytes(row.oid): row.since for row in rows}

    def _unmark(self, repo_id: int, oids: list[bytes]) -> None:
        if oids:
            self._objects_db.execute(
                "delete from obj_garbage where repo_id = :repo and oid in (:oids)",
                repo=repo_id,
                oids=oids,
            )

    def _forget_empty_marks(self, repo_id: int) -> None:
        """Marks of objects that are gone: a collector died between the two."""
        rows = self._objects_db.all(
            "select g.oid from obj_garbage g where g.repo_id = :repo and not exists (select 1 "
            "from obj o where o.repo_id = g.repo_id and o.oid = g.oid) limit 10000",
            repo=repo_id,
        )
        keys = [(bytes(row.oid), blob_key(repo_id, bytes(row.oid).hex())) for row in rows]
        gone = [oid for oid, key in keys if self._storage.blob_size(key) is None]
        for at in range(0, len(gone), PAGE):
            self._unmark(repo_id, gone[at : at + PAGE])

    # -- the end of it --

    def _remove_old(self, repo_id: int, marks: Marks, tally: Tally) -> None:
        if not any(True for _ in marks.old()):
            return
        for oids in marks.young():
            marks.visit(oids)
        for _ in walk(self._objects, repo_id, marks):
            pass  # garbage may be incomplete
        for page in marks.old():
            kept = {item[0] for item in page} - set(marks.unseen(item[0] for item in page))
            doomed = [item for item in page if item[0] not in kept]
            for oid, size, _ in page:
                if oid in kept:
                    tally.wait(KIND, size)
                elif tally.dry:
                    tally.remove(KIND, size)
            if not tally.dry:
                briefly(self._objects_db, doomed, lambda it: self._remove(repo_id, *it, tally))

    def _remove(self, repo_id: int, oid: bytes, size: int, stored: bool, tally: Tally) -> None:
        """Inside a transaction, which the bytes in the blob store share: a writer waits for both.

        Should we die in between, the row stays without its bytes, marked, and nothing reaches it.
        """
        params: dict[str, Any] = {"repo": repo_id, "oid": oid}
        marked = self._objects_db.execute(
            "delete from obj_garbage where repo_id = :repo and oid = :oid and since < :before",
            before=tally.now - GRACE_MS,
            **params,
        )
        if marked:
            sql = "delete from obj where repo_id = :repo and oid = :oid"
            self._objects_db.execute(sql, **params)
            if stored:
                self._storage.delete_blob(blob_key(repo_id, oid.hex()))
            tally.remove(KIND, size)

    def _collect_gone(self, tally: Tally) -> None:
        """Rows of repos that are gone: a purge that failed, a creation that was undone."""
        after = 0
        while (repo_id := self._objects.next_repo(after)) is not None:
            after = repo_id
            while self._remove_some(repo_id, tally):
                pass

    def _remove_some(self, repo_id: int, tally: Tally) -> bool:
        if self._db.one("select 1 from repo where id = :id", id=repo_id) is not None:
            return False
        if tally.dry:
            count, size = self._objects.totals(repo_id)
            tally.remove(GONE, size, count)
            return False
        # A repo's first objects are written before its row can be seen. While we hold the lock
        # on the main database none is being made, and a number given back cannot be taken again.
        with self._db.transaction():
            if self._db.one("select 1 from repo where id = :id", id=repo_id) is not None:
                return False
            count, size = self._objects.delete_some(repo_id)
        if count:
            tally.remove(GONE, size, count)
        return bool(count)
