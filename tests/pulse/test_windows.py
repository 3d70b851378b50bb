from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.pulse.window import Window, parse_window

FIRST, LAST = date(2022, 3, 2), date(2026, 8, 22)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("7d", "2026-08-16", "2026-08-22"),
        ("1d", "2026-08-22", "2026-08-22"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("2025-Q4", "2025-10-01", "2025-12-31"),
        ("2025-Q1", "2025-01-01", "2025-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025-12", "2025-12-01", "2025-12-31"),
        ("2025-W33", "2025-08-11", "2025-08-17"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2025-08-01..2025-08-03", "2025-08-01", "2025-08-03"),
        ("all", "2022-03-02", "2026-08-22"),
        ("2026", "2026-01-01", "2026-08-22"),  # no day that was not observed
    ],
)
def test_windows(text: str, start: str, end: str) -> None:
    window = parse_window(text, FIRST, LAST)
    assert (window.start.isoformat(), window.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    "text",
    ["", "d", "0d", "-7d", "2025-13", "2025-Q5", "2025-W54", "2025-08-03..2025-08-01", "7 d",
     "2025-02-30..2025-03-01", "999999d", "0000", "30d; drop table u", "٣d", "0001", "0001-01",
     "0001-01-01..2026-01-01", "0999-12-31..2026-01-01", "9999-12", "9999-W53"],
)  # fmt: skip
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(BadRequest, match="is no window"):
        parse_window(text, FIRST, LAST)


def test_a_window_that_nobody_saw() -> None:
    with pytest.raises(BadRequest, match="Nothing was observed"):
        parse_window("2027", FIRST, LAST)


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 900))
def test_months_cover_the_window(start: date, days: int) -> None:
    window = Window(start, date.fromordinal(start.toordinal() + days))
    months = list(window.months())
    assert sum(month.days for month in months) == window.days
    assert (months[0].start, months[-1].end) == (window.start, window.end)
