"""A chart of rows over time shows whole lines."""

from collections import Counter
from datetime import date

from hearthub.pulse import MetricRow, known_metrics, plot
from hearthub.pulse.charts.drawing import MOST_MARKS

LICENCES = next(it for it in known_metrics() if it.id == "share_licence")


def row(month: int, dimension: str, value: float) -> MetricRow:
    day = date(2000 + month // 12, month % 12 + 1, 1)
    return MetricRow("share_licence", 1, "u", "s", day, day, value, value, 1.0, None, None, 1, 1.0,
                     (), dimension)  # fmt: skip


def test_a_long_history_has_fewer_lines_and_no_shorter_ones() -> None:
    names = {"mit": 0.5, "apache-2.0": 0.2, "gpl-3.0": 0.1, "other": 0.1, "unknown": 0.1}
    rows = [row(month, name, value) for month in range(120) for name, value in names.items()]
    drawing = plot(LICENCES, rows, "month", synthetic=False)
    assert drawing is not None
    lines = Counter(mark.series for mark in drawing.marks)
    assert set(lines.values()) == {120}
    assert len(lines) == MOST_MARKS // 120
    assert "mit" in lines
