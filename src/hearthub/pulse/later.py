"""Questions that threads go on with after the pages that asked them were sent."""

from collections.abc import Callable, Hashable
from threading import BoundedSemaphore, Event, Lock, Thread
from time import monotonic
from typing import Any

from hearthub.errors import HearthubError, Unavailable

MOST_LEFT = 8
"""Answers that nobody came for."""


class Begun:
    def __init__(self, work: Callable[[], Any]) -> None:
        self._work, self._ended = work, Event()
        self._begun = monotonic()
        self._made: Any = None
        self._error: HearthubError | None = Unavailable(
            "This could not be worked out; the hub's log says why"
        )

    @property
    def is_done(self) -> bool:
        return self._ended.is_set()

    @property
    def seconds(self) -> int:
        """Since it was asked."""
        return round(monotonic() - self._begun)

    def run(self) -> None:
        """In a thread of its own; what no part foresaw goes to the log, by the way of threads."""
        try:
            self._made = self._work()
            self._error = None
        except HearthubError as error:
            self._error = error
        finally:
            self._ended.set()

    def wait(self, seconds: float) -> None:
        self._ended.wait(seconds)

    def result(self) -> Any:
        """Of one that is done; raises what the work raised."""
        if self._error is not None:
            raise self._error
        return self._made


class Later:
    def __init__(self, most: int) -> None:
        """`most`: questions that wait at a time, and callers that wait for one."""
        self._most, self._places, self._lock = most, BoundedSemaphore(most), Lock()
        self._begun: dict[Hashable, Begun] = {}

    def begin(self, key: Hashable, work: Callable[[], Any], patience_s: float) -> Begun:
        """The one under this key, after a moment; one that is done is handed over once. Where too
        many wait it is not begun yet."""
        with self._lock:
            found = self._begun.get(key)
            if found is None:
                found = Begun(work)
                if sum(not it.is_done for it in self._begun.values()) >= self._most:
                    return found
                self._begun[key] = found
                self._start(found)
        if self._places.acquire(blocking=False):
            try:
                found.wait(patience_s)
            finally:
                self._places.release()
        with self._lock:
            if found.is_done and self._begun.get(key) is found:
                del self._begun[key]
        return found

    def _start(self, begun: Begun) -> None:
        Thread(target=begun.run, name="pulse-later", daemon=True).start()
        left = [key for key, it in self._begun.items() if it.is_done]
        for key in left[: max(0, len(left) - MOST_LEFT)]:
            del self._begun[key]
