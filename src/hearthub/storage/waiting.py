"""Uploads that have not ended: their bytes lie here, and count for the repo that they are for.

    {data}/tmp/uploads/<upload>/      the bytes: pieces.py, lfs.py
    a row of waiting_upload           how many of them count; gone with the upload, at the latest a
                                      day after its last byte (`Storage.sweep`)

A row is raised before the bytes are written, so that many at once pass no limit together.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hearthub.clock import now_ms
from hearthub.db import Database, IntegrityError, batches
from hearthub.storage.objects import LfsObjects

GRACE_MS = 3_600_000
"""A row may be there before its folder is: seconds, and not an hour."""


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

    def set(self, upload: str, size: int) -> None:
        """So many are there."""
        self._db.execute(
            "update waiting_upload set size = :size where upload = :upload",
            upload=upload,
            size=size,
        )

    @contextmanager
    def released(self, uploads: Sequence[str]) -> Iterator[None]:
        """Around what makes files of the repo of these: they do not count twice. When it fails,
        those that are still there wait on."""
        rows = [
            row._asdict()
            for some in batches(uploads)
            for row in self._db.all(
                "select upload, repo_id, proposer_id, size, created from waiting_upload "
                "where upload in (:uploads)",
                uploads=some,
            )
        ]
        self.drop(uploads)
        try:
            yield
        except BaseException:
            left = [row for row in rows if (self._uploads / row["upload"]).is_dir()]
            with suppress(IntegrityError):  # their repo is gone, and they count for nobody
                self._db.execute_many(
                    "insert into waiting_upload (upload, repo_id, proposer_id, size, created) "
                    "values (:upload, :repo_id, :proposer_id, :size, :created) "
                    "on conflict (upload) do nothing",
                    left,
                )
            raise

    def drop(self, uploads: Sequence[str]) -> None:
        for some in batches(uploads):
            sql = "delete from waiting_upload where upload in (:uploads)"
            self._db.execute(sql, uploads=some)

    def of_repo(self, repo_id: int) -> int:
        """Bytes."""
        sql = "select sum(size) from waiting_upload where repo_id = :repo"
        return int(self._db.value(sql, repo=repo_id) or 0)

    def of_owner(self, owner_id: int) -> int:
        found = self._db.value(
            "select sum(w.size) from waiting_upload w join repo r on r.id = w.repo_id "
            "where r.owner_id = :owner",
            owner=owner_id,
        )
        return int(found or 0)

    def sweep(self) -> None:
        """Forget those whose bytes are gone."""
        rows = self._db.all(
            "select upload from waiting_upload where created < :before", before=now_ms() - GRACE_MS
        )
        self.drop([row.upload for row in rows if not (self._uploads / row.upload).is_dir()])
