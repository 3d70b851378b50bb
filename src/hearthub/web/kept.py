"""What was made of strangers' files in the sandbox, kept for a while, failures too."""

from collections.abc import Callable, Hashable
from threading import BoundedSemaphore, Lock
from typing import Generic, TypeVar

from cachetools import TTLCache

from hearthub.errors import Unavailable

T = TypeVar("T")

KEPT_S = 3600
FAILED_S = 60  # on a busy machine it may work the next time
WAIT_S = 2.0
_makers = BoundedSemaphore(4)
"""Who asks when all are at work waits so long and then goes without: whoever has a hundred slow
texts takes the colours from others' pages, and not the pages."""


class Kept(Generic[T]):
    """Keys tell content by its id, so that nothing that is kept grows old."""

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        """`size` of one in bytes, `most` of all."""
        self._kept: TTLCache[Hashable, T | None] = TTLCache(
            most, KEPT_S, getsizeof=lambda it: 200 + (size(it) if it is not None else 0)
        )
        self._failed: TTLCache[Hashable, bool] = TTLCache(10_000, FAILED_S)
        self._lock = Lock()

    def get(
        self, key: Hashable, make: Callable[[], T | None], fails_as: Hashable = None
    ) -> T | None:
        """What `make` makes; None where that took too long or failed, or all are busy.

        `fails_as`: the text alone, where it has a key for each place that it is looked at from:
        one slow text shall not keep all of them at work by being asked for at each.
        """
        failure = fails_as or key
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            if failure in self._failed:
                return None
        if not _makers.acquire(timeout=WAIT_S):
            return None
        try:
            made = make()
        except (Unavailable, RuntimeError):  # RuntimeError: a library fell over it, in its worker
            with self._lock:
                self._failed[failure] = True
            return None
        finally:
            _makers.release()
        with self._lock:
            if self._kept.getsizeof(made) <= self._kept.maxsize:
                self._kept[key] = made
        return made

    def forget(self, key: Hashable) -> None:
        with self._lock:
            self._kept.pop(key, None)
