"""Time as the product stores and prints it: integer milliseconds since 1970, UTC."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    return time.time_ns() // 1_000_000


LAST_MS = 253_402_300_799_999
"""The end of the year 9999, after which there are no dates. Git lets a commit be made later."""


def iso(ms: int) -> str:
    """ISO 8601 with milliseconds, ending in `Z` (clients refuse `+00:00`)."""
    ms = min(ms, LAST_MS)
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"
