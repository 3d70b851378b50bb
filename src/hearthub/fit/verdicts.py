"""Whether a model fits, and the longest context with which it does."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FITS_SHARE = 0.9
"""Of the free memory; what is left covers drivers, fragments and the error of a prediction."""
CONTEXT_STEP = 256
"""llama.cpp pads contexts to it."""
DESKTOP_BASELINE = 2**30
"""Bytes that a desktop and its programs keep on a card with a screen."""
_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Verdict:
    verdict: Literal["fits", "tight", "no"]
    reason: str
    need_bytes: int
    free_bytes: int


def judge(need_bytes: int, memory_bytes: int, baseline_bytes: int = 0) -> Verdict:
    """`fits` up to 90 % of what is free, `tight` up to all of it, else `no`.

    Free is `memory_bytes` without `baseline_bytes`, what others keep there (a desktop).
    """
    free = max(0, memory_bytes - baseline_bytes)
    figures = f"needs {need_bytes / _GIB:.2f} GiB of {free / _GIB:.2f} GiB free"
    if need_bytes <= FITS_SHARE * free:
        return Verdict("fits", figures, need_bytes, free)
    if need_bytes <= free:
        return Verdict("tight", f"{figures}: more than 90 %", need_bytes, free)
    lacking = f"{figures}: {(need_bytes - free) / _GIB:.2f} GiB too much"
    return Verdict("no", lacking, need_bytes, free)


def largest_context(
    need: Callable[[int], int], most: int, memory_bytes: int, baseline_bytes: int = 0
) -> int | None:
    """The longest context, up to `most` tokens, that fits (not only tightly); None if none does.

    `need` gives bytes for a context in tokens and never falls as it grows. The answer is `most` or
    a multiple of 256; `need` is called about log2(most / 256) times.
    """
    budget = FITS_SHARE * max(0, memory_bytes - baseline_bytes)
    if most < 1:
        return None
    if need(most) <= budget:
        return most
    steps = bisect_right(range(CONTEXT_STEP, most, CONTEXT_STEP), budget, key=need)
    return steps * CONTEXT_STEP or None
