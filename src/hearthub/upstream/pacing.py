"""How long to wait for an upstream that is busy, and when to give up."""

import random
import re
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from hearthub.errors import UpstreamFailed

ATTEMPTS = 5
FIRST_WAIT_S = 0.5
MAX_BACKOFF_S = 30.0
MAX_WAIT_S = 600.0
"""An upstream that wants a longer pause is told to the person instead."""

_GO_ON = "Run the same command again later"
_LIMIT = re.compile(r"\br=(\d{1,9})\b", re.ASCII)
_RESET = re.compile(r"\bt=(\d{1,9})\b", re.ASCII)


class Fault(Exception):
    """Trouble that may pass: a cut connection, a busy server. `wait_s` is what the server asked.

    `is_refusal`: it does not want to answer now; else it could not.
    """

    def __init__(self, message: str, wait_s: float = 0.0, *, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.wait_s, self.is_refusal = wait_s, is_refusal or wait_s > 0


class TooMuch(UpstreamFailed):
    """An answer was too big, or could not be made in several attempts: less may be had."""


class Stopped(Exception):
    """Another file failed for good, or the person interrupted."""


def asked_wait(headers: Mapping[str, str]) -> float:
    """Seconds that an answer asks for: `Retry-After` (a number or a date), or
    `RateLimit: "api";r=0;t=55` (draft-ietf-httpapi-ratelimit-headers) with nothing left."""
    wait = left_wait(headers)
    after = headers.get("retry-after", "").strip()[:64]
    if re.fullmatch(r"\d{1,9}", after, re.ASCII):
        wait = max(wait, float(after))
    elif after:
        try:
            wait = max(wait, parsedate_to_datetime(after).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return wait
    return wait


def left_wait(headers: Mapping[str, str]) -> float:
    """Seconds until more may be asked, where an answer says that it was the last one for now."""
    limit = headers.get("ratelimit", "")[:256]
    left, reset = _LIMIT.search(limit), _RESET.search(limit)
    return float(reset[1]) if left and reset and int(left[1]) == 0 else 0.0


class Pace:
    """Shared by all threads that ask one hub: when one is told to wait, all do."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._not_before = 0.0
        self._lock = threading.Lock()

    def stop(self) -> None:
        self._stop.set()

    def check(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def hold(self, seconds: float) -> None:
        """No request for so long."""
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def wait(self) -> None:
        """Until a request may be made."""
        while (seconds := self._not_before - time.monotonic()) > 0:
            self.sleep(seconds)
        self.check()

    def sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped


class Patience:
    """Counts the failures in a row of one thing."""

    def __init__(self, pace: Pace) -> None:
        self._pace, self._failures = pace, 0

    def progressed(self) -> None:
        self._failures = 0

    def failed(self, fault: Fault) -> None:
        """Wait before the next attempt; raises UpstreamFailed when there should be none."""
        self._failures += 1
        if self._failures >= ATTEMPTS:
            message = f"{fault} ({ATTEMPTS} attempts). {_GO_ON}"
            raise UpstreamFailed(message) from fault
        if fault.wait_s > MAX_WAIT_S:
            message = f"{fault}, and asks for a pause of {fault.wait_s:.0f} seconds. {_GO_ON}"
            raise UpstreamFailed(message) from fault
        if fault.wait_s:
            self._pace.hold(fault.wait_s)
        backoff = min(MAX_BACKOFF_S, FIRST_WAIT_S * 2 ** (self._failures - 1))
        self._pace.sleep(backoff * random.uniform(0.8, 1.2))
