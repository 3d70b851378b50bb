"""Marks on stored bytes that no row names: collected once they are old enough.

The one rule that makes deleting safe: who is about to rely on bytes that may lie here already takes
the tombstone away *first*, and writes the row that names them afterwards. Bytes are deleted only
together with a tombstone that is old, in one transaction. So either the deletion came first, and
the writer stores its bytes anew, or the tombstone is gone, and the bytes have a whole grace
period from now on, far longer than a writer takes from its bytes to its row.
"""

from hearthub.db import Database


class Tombstones:
    """Keys are those of the blob store (`storage/backends`)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def clear(self, key: str) -> None:
        """Call this before `put`, never after it."""
        if self._db.one("select 1 from blob_garbage where key = :key", key=key) is not None:
            self._db.execute("delete from blob_garbage where key = :key", key=key)

    def add(self, key: str, since: int) -> None:
        self._db.execute(
            "insert into blob_garbage (key, since) values (:key, :since) on conflict do nothing",
            key=key,
            since=since,
        )

    def take(self, key: str, before: int) -> bool:
        """Inside the transaction that deletes the bytes: False when they must stay."""
        sql = "delete from blob_garbage where key = :key and since < :before"
        return self._db.execute(sql, key=key, before=before) > 0
