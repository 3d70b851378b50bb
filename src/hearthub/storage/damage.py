"""What was found damaged: never served, until somebody sends or restores the right bytes.

Every download asks, so the (short) list is kept in memory and read again every few seconds.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import Damaged

FRESH_S = 2.0
ADVICE = "Tell whoever runs this hub to run `hearthub fsck`; uploading the file again repairs it"


@dataclass(frozen=True)
class Record:
    """`key` as in the blob store, or `git/<repo id>/<oid>` for an object kept as a row."""

    key: str
    reason: str
    found: int


class Damage:
    """The table `damaged`. May be used from any thread, and written by other processes."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._keys: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self.healed: Callable[[Iterable[str]], None] = lambda _keys: None
        """Told which keys have left the list, here or in another process."""

    def listed(self) -> frozenset[str]:
        if time.monotonic() - self._read_at > FRESH_S:
            self._refresh()
        return self._keys

    def has(self, key: str) -> bool:
        return key in self.listed()

    def refuse(self, key: str, what: str) -> None:
        """Raises Damaged when the bytes under `key` are known to be."""
        if key in self.listed():
            raise damaged(what)

    def records(self) -> list[Record]:
        rows = self._db.all("select key, reason, found from damaged order by key")
        return [Record(row.key, row.reason, row.found) for row in rows]

    def record(self, key: str, reason: str) -> None:
        self._db.execute(
            "insert into damaged (key, reason, found) values (:key, :reason, :now) "
            "on conflict (key) do update set reason = excluded.reason",
            key=key,
            reason=reason,
            now=now_ms(),
        )
        self._refresh()

    def explain(self, key: str, reason: str) -> None:
        """Say why of one that is listed; of one that was repaired meanwhile, nothing."""
        sql = "update damaged set reason = :reason where key = :key"
        self._db.execute(sql, key=key, reason=reason)

    def clear(self, key: str) -> None:
        """The right bytes are back."""
        if self.is_listed(key):
            self._db.execute("delete from damaged where key = :key", key=key)
            self._refresh()

    def is_listed(self, key: str) -> bool:
        """`has` as of this moment, for writers: one query."""
        return self._db.one("select 1 from damaged where key = :key", key=key) is not None

    def _refresh(self) -> None:
        rows = self._db.all("select key from damaged")
        with self._lock:
            before, self._keys = self._keys, frozenset(row.key for row in rows)
            self._read_at = time.monotonic()
            gone = before - self._keys
        if gone:
            self.healed(gone)


def damaged(what: str) -> Damaged:
    return Damaged(f"{what} is damaged in this hub's store and is not served. {ADVICE}")
