"""Uploads that have not ended: their bytes lie here, and count for the repo that they are for.

    {data}/tmp/uploads/<upload>/      the bytes: pieces.py, lfs.py
    a row of waiting_upload           how many of them count; gone with the upload, at the latest a
                                      day after its last byte (`Storage.sweep`)

A row is raised before the bytes are written, so that many at once pass no limit together. It goes
in the transaction that counts the same bytes as a file (`counted`), or after it (`drop`), and never
before.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from hearthub.clock import now_ms
from hearthub.db import Database, batches
from hearthub.storage.objects import LfsObjects

GRACE_MS = 3_600_000
"""A row may be there before its folder is: seconds, and not an hour."""

_ending: ContextVar[frozenset[str]] = ContextVar("ending", default=frozenset())


class Waiting:
    def __init__(self, db: Database, objects: LfsObjects, uploads: Path) -> None:
        self._db, self._objects, self._uploads = db, objects, uploads

    def hold(self, upload: str, repo_id: int, more: int, by: int | None = None) -> None:
        """So many bytes more are about to come. `by`: the user who proposes them. OverQuota,
        RepoNotFound."""
        with self._db.transaction():
            self._objects.shares.hold(repo_id)
            self._db.execute(
                "insert into waiting_upload (upload, repo_id, proposer_id, size, created) "
                "values (:upload, :repo, :by, :more, :now) on conflict (upload) do update "
                "set size = waiting_upload.size + excluded.size, created = excluded.created",
                upload=upload,
                repo=repo_id,
                by=by,
                more=more,
                now=now_ms(),
            )
            if self._objects.growth:
                self._objects.growth.require(repo_id, 0, by)

    def add(self, upload: str, more: int) -> None:
        """So many more are there; fewer, where negative, for they did not come after all."""
        self._db.execute(
            "update waiting_upload set size = size + :more where upload = :upload",
            more=more,
            upload=upload,
        )

    def set(self, upload: str, size: int) -> None:
        """So many are there."""
        self._db.execute(
            "update waiting_upload set size = :size where upload = :upload",
            upload=upload,
            size=size,
        )

    @contextmanager
    def ending(self, uploads: Iterable[str]) -> Iterator[None]:
        """Around what makes files of the repo of these: for whoever does it they do not count
        twice. For all others they wait on, until `drop`: so nothing goes uncounted, whenever this
        fails or is killed, and whoever does the same beside it."""
        token = _ending.set(frozenset(uploads))
        try:
            yield
        finally:
            _ending.reset(token)

    @contextmanager
    def counted(self, upload: str, repo_id: int) -> Iterator[None]:
        """Around the transaction that counts an upload as a file of its repo. RepoNotFound."""
        with self._db.transaction():
            self._objects.shares.hold(repo_id)  # before the row, as `hold` does
            if upload:
                self.drop([upload])
            yield

    def drop(self, uploads: Sequence[str]) -> None:
        for some in batches(uploads):
            sql = "delete from waiting_upload where upload in (:uploads)"
            self._db.execute(sql, uploads=some)

    def of_repo(self, repo_id: int, *, proposed: bool = False) -> int:
        """Bytes; with `proposed` those of people who may not write."""
        return self._sum("w.repo_id", repo_id, proposed)

    def of_owner(self, owner_id: int, *, proposed: bool = False) -> int:
        return self._sum("r.owner_id", owner_id, proposed)

    def _sum(self, column: str, value: int, proposed: bool) -> int:
        found = self._db.value(
            "select sum(w.size) from waiting_upload w join repo r on r.id = w.repo_id "  # noqa: S608
            f"where {column} = :value and w.upload not in (:ending)"
            f"{' and w.proposer_id is not null' if proposed else ''}",
            value=value,
            ending=list(_ending.get()) or [""],
        )
        return int(found or 0)

    def sweep(self) -> None:
        """Forget those whose bytes are gone."""
        rows = self._db.all(
            "select upload from waiting_upload where created < :before", before=now_ms() - GRACE_MS
        )
        self.drop([row.upload for row in rows if not (self._uploads / row.upload).is_dir()])
