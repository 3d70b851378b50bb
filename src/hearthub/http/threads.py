"""Threads for work that may take minutes, apart from those that answer everybody else.

Checking a large upload waits for a worker process while it holds a thread. Were these the threads
that lists and downloads use, a few dozen uploads would stop the hub.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")

_heavy = CapacityLimiter(12)
_making = CapacityLimiter(8)


async def run_heavy(function: Callable[..., T], *args: Any) -> T:
    """Run `function` in one of a dozen threads of their own; waits without one until it can."""
    return await to_thread.run_sync(partial(function, *args), limiter=_heavy)


async def run_making(function: Callable[..., T], *args: Any) -> T:
    """The same for pages that a worker process has a part in, apart from uploads: texts that take
    it seconds keep no other page waiting, and no upload."""
    return await to_thread.run_sync(partial(function, *args), limiter=_making)
