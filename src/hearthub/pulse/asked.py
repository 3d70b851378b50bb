"""What people ask over HTTP to be worked out: one answer at a time, kept while the lake stands.

A number over a long history takes seconds and two cores. So a few callers wait for their turn, the
next ones are told to come again, and nobody's question runs on for ever. A page does not wait: it
has the last answer, or says that a thread is at it (later.py).
"""

from collections.abc import Callable, Hashable, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any, Generic, TypeVar, cast

from cachetools import LRUCache

from hearthub.errors import TookTooLong, Unavailable, UnderWay
from hearthub.lake import Session
from hearthub.pulse.later import Later
from hearthub.pulse.reader import Reader

T = TypeVar("T")
WAIT_S = 10.0
PATIENCE_S = 0.5
"""What a page waits: most answers take less, and then it is whole at once."""
FEW = 4
"""Callers that may wait or work at a time; each keeps a thread of those that serve."""
MAX_ROWS = 50_000
"""Of all kept answers together: some 40 MB."""
SOON_S, LATER_S = 5, 300


@dataclass(frozen=True)
class Found(Generic[T]):
    value: T
    at: datetime | None = None
    """Of when it is, in UTC, where more became known since and is being worked out; else None."""


@dataclass(frozen=True)
class _Kept:
    value: Any
    stamp: str
    era: str | None
    at: datetime

    def __len__(self) -> int:
        return _size(self.value)


class Asked:
    def __init__(
        self,
        reader: Reader,
        limit_s: float,
        wait_s: float = WAIT_S,
        era: Callable[[Reader], str] | None = None,
    ) -> None:
        """`limit_s`: what one answer may take; 0: no limit. `era`: what was withdrawn until now; an
        answer of another one is shown to nobody any more. Without it each is of its stamp alone."""
        self._reader, self._limit_s, self._wait_s = reader, limit_s, wait_s
        self._places, self._turn, self._lock = BoundedSemaphore(FEW), Lock(), Lock()
        self._kept: LRUCache[Hashable, _Kept] = LRUCache(MAX_ROWS, getsizeof=len)
        self._era, self._later = era, Later(FEW)

    def answer(self, stamp: str | None, key: Hashable, work: Callable[[Reader], T]) -> T:
        """What `work` makes of a reader. With a `stamp` it is kept until another stamp comes.

        Raises Unavailable when too many ask at once, or when it takes too long.
        """
        if (found := self._find(stamp, key)) is not None:
            return cast(T, found)
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            return self._in_turn(stamp, key, work, self._wait_s)
        finally:
            self._places.release()

    def soon(self, stamp: str | None, key: Hashable, work: Callable[[Reader], T]) -> Found[T]:
        """The same for a page, which waits for a moment only: then it has the last answer.

        Raises UnderWay where there is none; whoever comes again finds what became of it.
        """
        if stamp is None:  # what is not kept would be worked out again each time
            return Found(self.answer(None, key, work))
        if (found := self._find(stamp, key)) is not None:
            return Found(cast(T, found))
        begun = self._later.begin(
            (stamp, key), lambda: self._in_turn(stamp, key, work, wait_s=-1), PATIENCE_S
        )
        if begun.is_done:
            return Found(cast(T, begun.result()))
        if (last := self._last(stamp, key)) is not None:
            return Found(cast(T, last.value), last.at)
        raise UnderWay("This is being worked out: come again in a moment", begun.seconds)

    def _in_turn(
        self, stamp: str | None, key: Hashable, work: Callable[[Reader], T], wait_s: float
    ) -> T:
        """`wait_s` of -1: however long it takes until the others have ended."""
        if not self._turn.acquire(timeout=wait_s):
            raise _busy()
        try:
            # Whoever had the turn before may have asked the same.
            if (found := self._find(stamp, key)) is not None:
                return cast(T, found)
            era = self.era_of(stamp)
            made = self._worked_out(work)
            self._keep(stamp, key, made, era)
            return made
        finally:
            self._turn.release()

    def prepare(self, stamp: str | None, key: Hashable, work: Callable[[Reader], T]) -> None:
        """For a job: have it ready before anybody asks, however long it takes."""
        if self._find(stamp, key) is None:
            era = self.era_of(stamp)
            self._keep(stamp, key, work(self._reader), era)

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
            kept = self._kept.get(key)
        return kept.value if kept is not None and kept.stamp == stamp else None

    def _last(self, stamp: str, key: Hashable) -> _Kept | None:
        """What was found before, if it tells of nothing that was withdrawn since."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or kept.era is None or kept.era != self.era_of(stamp):
            return None
        return kept

    def era_of(self, stamp: str | None) -> str | None:
        """Asked before work: what is withdrawn meanwhile makes the answer one of the past."""
        return None if self._era is None else self.quick(stamp, ("era",), self._era)

    def _keep(self, stamp: str | None, key: Hashable, made: object, era: str | None = None) -> None:
        if stamp is None:
            return
        kept = _Kept(made, stamp, era, datetime.now(UTC))
        with self._lock:
            if len(kept) <= MAX_ROWS:
                self._kept[key] = kept


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
