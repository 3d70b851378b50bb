"""Which days a number is about: `30d`, `2025`, `2025-Q4`, `2025-08`, `2025-W33`, `A..B`, `all`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hearthub.errors import BadRequest

DAY = timedelta(days=1)
OLDEST = date(1000, 1, 1)
"""Who looks back from a window looks at years before it, and there is none before the first."""
GRAMMAR = "Nd, YYYY, YYYY-Qn, YYYY-MM, YYYY-Wnn, FIRST..LAST or all"


@dataclass(frozen=True, order=True)
class Window:
    """Whole days in UTC, both ends included."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def after(self) -> date:
        """The day after it: what was seen before that midnight was seen in it or earlier."""
        return self.end + DAY

    def months(self) -> Iterator["Window"]:
        """The calendar months that it has a day of, cut at its ends."""
        start = self.start
        while start <= self.end:
            last = _month(start.year, start.month).end
            yield Window(start, min(last, self.end))
            start = last + DAY


def parse_window(text: str, first: date, last: date) -> Window:
    """`first` and `last`: days of the oldest repo and of the newest observation.

    The end is never later than `last`: a number tells of days that were observed. Raises BadRequest
    for what is no window, or one that starts later.
    """
    try:
        window = Window(first, last) if text == "all" else _parsed(text, last)
    except (ValueError, OverflowError):
        window = None
    if window is None or window.end < window.start or window.start < OLDEST:
        raise BadRequest(f"{text!r} is no window: write {GRAMMAR}")
    if window.start > last:
        raise BadRequest(f"Nothing was observed in {window}: the last day is {last}")
    return Window(window.start, min(window.end, last))


def _parsed(text: str, last: date) -> Window | None:
    for pattern, made in _FORMS:
        if found := re.fullmatch(pattern, text):
            return made(*found.groups(), last=last)
    return None


def _back(days: str, last: date) -> Window:
    return Window(last - (int(days) - 1) * DAY, last)


def _year(year: str, last: date) -> Window:
    return Window(date(int(year), 1, 1), date(int(year), 12, 31))


def _quarter(year: str, quarter: str, last: date) -> Window:
    third = 3 * int(quarter)
    return Window(date(int(year), third - 2, 1), _month(int(year), third).end)


def _week(year: str, week: str, last: date) -> Window:
    monday = date.fromisocalendar(int(year), int(week), 1)
    return Window(monday, monday + 6 * DAY)


def _calendar_month(year: str, month: str, last: date) -> Window:
    return _month(int(year), int(month))


def _month(year: int, month: int) -> Window:
    return Window(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1) - DAY)


def _between(start: str, end: str, last: date) -> Window:
    return Window(date.fromisoformat(start), date.fromisoformat(end))


_DATE = r"(\d{4}-\d{2}-\d{2})"
_FORMS: tuple[tuple[str, Callable[..., Window]], ...] = (
    (r"([1-9]\d{0,4})d", _back),
    (r"(\d{4})", _year),
    (r"(\d{4})-Q([1-4])", _quarter),
    (r"(\d{4})-(\d{2})", _calendar_month),
    (r"(\d{4})-W(\d{2})", _week),
    (rf"{_DATE}\.\.{_DATE}", _between),
)
