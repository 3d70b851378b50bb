"""What people ask over HTTP to be worked out: one answer at a time, kept while the lake stands.

A number over a long history takes seconds and two cores. So a few callers wait for their turn, the
next ones are told to come again, and nobody's question runs on for ever.
"""

from collections.abc import Callable, Hashable, Sized
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any, TypeVar, cast

from cachetools import LRUCache

from hearthub.errors import TookTooLong, Unavailable
from hearthub.lake import Session
from hearthub.pulse.reader import Reader

T = TypeVar("T")
WAIT_S = 10.0
FEW = 4
"""Callers that may wait or work at a time; each keeps a thread of those that serve."""
MAX_ROWS = 50_000
"""Of all kept answers together: some 40 MB."""
SOON_S, LATER_S = 5, 300


class Asked:
    def __init__(self, reader: Reader, limit_s: float, wait_s: float = WAIT_S) -> None:
        """`limit_s`: what one answer may take; 0: no limit."""
        self._reader, self._limit_s, self._wait_s = reader, limit_s, wait_s
        self._places, self._turn, self._lock = BoundedSemaphore(FEW), Lock(), Lock()
        self._stamp: str | None = None
        self._kept: LRUCache[Hashable, Any] = LRUCache(MAX_ROWS, getsizeof=_size)

    def answer(self, stamp: str | None, key: Hashable, work: Callable[[Reader], T]) -> T:
        """What `work` makes of a reader. With a `stamp` it is kept until another stamp comes.

        Raises Unavailable when too many ask at once, or when it takes too long.
        """
        if (found := self._find(stamp, key)) is not None:
            return cast(T, found)
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._turn.acquire(timeout=self._wait_s):
                raise _busy()
            try:
                # Whoever had the turn before may have asked the same.
                if (found := self._find(stamp, key)) is not None:
                    return cast(T, found)
                made = self._worked_out(work)
                self._keep(stamp, key, made)
                return made
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def prepare(self, stamp: str | None, key: Hashable, work: Callable[[Reader], T]) -> None:
        """For a job: have it ready before anybody asks, however long it takes."""
        if self._find(stamp, key) is None:
            self._keep(stamp, key, work(self._reader))

    def has(self, stamp: str, key: Hashable) -> bool:
        return self._find(stamp, key) is not None

    def quick(self, stamp: str | None, key: Hashable, work: Callable[[Reader], T]) -> T:
        """The same for what takes no time: it waits for nobody."""
        found = self._find(stamp, key)
        if found is None:
            found = work(self._reader)
            self._keep(stamp, key, found)
        return cast(T, found)

    def _worked_out(self, work: Callable[[Reader], T]) -> T:
        try:
            limit_s = self._limit_s
            return work(_Hurried(self._reader, limit_s) if limit_s else self._reader)
        except TookTooLong:
            raise Unavailable(
                f"To work this out takes longer than {self._limit_s:.0f} seconds, which is what a "
                "request may: ask for a shorter window or a smaller universe. The command "
                "`hearthub pulse metric` has no limit",
                retry_s=LATER_S,
            ) from None

    def _find(self, stamp: str | None, key: Hashable) -> Any:
        with self._lock:
            return self._kept.get(key) if stamp is not None and stamp == self._stamp else None

    def _keep(self, stamp: str | None, key: Hashable, made: object) -> None:
        if stamp is None:
            return
        with self._lock:
            if stamp != self._stamp:
                self._kept.clear()
                self._stamp = stamp
            if _size(made) <= MAX_ROWS:
                self._kept[key] = made


class _Hurried:
    """A reader whose sessions share one time limit."""

    def __init__(self, reader: Reader, seconds: float) -> None:
        self._reader, self._until = reader, monotonic() + seconds
        self._seconds = seconds

    def reading(self) -> Session:
        left = self._until - monotonic()
        if left <= 0:
            raise TookTooLong(f"This took longer than {self._seconds:.0f} seconds")
        session = self._reader.reading()
        session.limit(left)
        return session


def _size(made: object) -> int:
    return len(made) + 1 if isinstance(made, Sized) and not isinstance(made, str) else 1


def _busy() -> Unavailable:
    return Unavailable(
        "Others wait for numbers as well, and they are worked out one after the other: "
        f"try again in {SOON_S} seconds",
        retry_s=SOON_S,
    )
