"""Single byte ranges of a request (RFC 9110, section 14)."""

import re
from itertools import pairwise

from hearthub.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)

MAX_RANGES = 1000


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes asked for as [start, end), or None for all of them.

    Raises RangeNotSatisfiable when the range starts at or after the end. What is not one plain
    range of bytes is ignored, as the standard permits.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:  # the last N bytes
        length = int(last)
        if length == 0 or size == 0:
            raise RangeNotSatisfiable(size)
        return max(0, size - length), size
    start, end = int(first), min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return start, end


def parse_ranges(header: str | None, size: int) -> list[tuple[int, int]]:
    """One or several ranges (`bytes=0-9,20-29`) as [start, end) pairs; empty for all bytes.

    Raises RangeNotSatisfiable when any is malformed or outside, or two overlap: the only callers
    are clients that were told which ranges exist.
    """
    if not header:
        return []
    spans = []
    for part in header.removeprefix("bytes=").split(",", MAX_RANGES):
        span = parse_range(f"bytes={part.strip()}", size)
        if span is None:
            raise RangeNotSatisfiable(size)
        spans.append(span)
    ordered = sorted(spans)
    overlap = any(end > start for (_, end), (start, _) in pairwise(ordered))
    if overlap or len(spans) > MAX_RANGES:
        raise RangeNotSatisfiable(size)
    return spans
