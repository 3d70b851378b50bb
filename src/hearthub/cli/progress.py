"""Progress of long work, on standard error: one line that changes, or one now and then."""

import sys
import time

SHOWN_S, LOGGED_S = 0.2, 10.0


class Progress:
    """Call it with what is being done. The line is wiped at the end."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last < (SHOWN_S if self._is_terminal else LOGGED_S):
            return
        self._last = now
        if self._is_terminal:
            print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
