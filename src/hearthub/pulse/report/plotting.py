"""Rows of any metric for people: how a value is written, what a class is called, a chart."""

from collections.abc import Sequence

from hearthub.pulse.charts import MOST_MARKS, Drawing, Mark
from hearthub.pulse.metric import Metric, MetricRow
from hearthub.pulse.report.document import Term
from hearthub.pulse.report.sentences import NUMBERS, Words, words, written
from hearthub.pulse.report.speech import speech_in

MOST_SERIES = 6
"""Lines in a picture: so many colours can be told apart."""


def value_text(
    metric: Metric, dimension: str | None, by: str | None, value: float | None, language: str = "en"
) -> str:
    """A value of that class (or an end of its interval) in the unit that it has."""
    return written(value, _form(metric, dimension, by, value), words(language).unknown)


def class_text(metric: Metric, by: str | None, dimension: str, language: str = "en") -> str:
    """What a class is called; one that has no name is shown as it is, and strangers wrote it."""
    group = by or metric.id.removeprefix("share_")
    return words(language).slot(Term(group, dimension))


def plot(
    metric: Metric,
    rows: Sequence[MetricRow],
    by: str | None,
    *,
    synthetic: bool,
    language: str = "en",
) -> Drawing | None:
    """A chart of rows over time, or of a Lorenz curve; None where a table tells more."""
    said = [row for row in rows if row.value is not None]
    is_curve = metric.id == "downloads_lorenz"
    if not said or not (is_curve or len({row.window_end for row in said}) > 1):
        return None
    word = words(language)
    first = said[0]
    marks = _curve(said) if is_curve else _series(metric, said, by, language)
    label = f" [{word.word('word.synthetic')}]" if synthetic else ""
    form = _form(metric, first.dimension, by, max(row.value or 0.0 for row in said))
    return Drawing.of(
        "lorenz" if is_curve else "line",
        marks,
        NUMBERS.get(form, NUMBERS["decimal"]),
        title=f"{metric.id}{label}",
        x_unit=word.word("word.share_of_repos") if is_curve else "",
        y_unit=word.word("word.share_of_downloads")
        if is_curve
        else speech_in(language).metric(metric).unit,
        foot=_foot(word, said, label),
        empty=word.word("word.no_data"),
        unknown=word.unknown,
    )


def _form(metric: Metric, dimension: str | None, by: str | None, value: float | None) -> str:
    if metric.unit == "share" or "share of" in (dimension or ""):
        return "share"
    if metric.unit == "parameters":
        return "params"
    if by == "repo" and "--by repo: bytes" in metric.unit:
        return "size"
    if value is None or value == int(value):
        return "count"
    if abs(value) < 1:
        return "index"
    return "times" if abs(value) < 100 else "decimal" if abs(value) < 1000 else "count"


def _curve(rows: Sequence[MetricRow]) -> list[Mark]:
    return [Mark(row.dimension or "", row.value or 0.0, NUMBERS["share"](row.value or 0.0))
            for row in rows]  # fmt: skip


def _series(metric: Metric, rows: Sequence[MetricRow], by: str | None, language: str) -> list[Mark]:
    last = max(row.window_end for row in rows)
    newest = sorted(
        (row for row in rows if row.window_end == last), key=lambda row: -(row.value or 0.0)
    )
    # Whole lines: a drawing with more marks than it may have would lose the end of some.
    days = len({row.window_end for row in rows})
    fit = max(1, min(MOST_SERIES, MOST_MARKS // days))
    shown = [row.dimension for row in newest[:fit]]
    group = None if by in ("month", "year") else by
    return [
        Mark(
            f"{row.window_start:%Y-%m}",
            row.value or 0.0,
            value_text(metric, row.dimension, by, row.value, language),
            class_text(metric, group, row.dimension, language) if row.dimension else "",
        )
        for row in rows
        if row.dimension in shown
    ]


def _foot(word: Words, rows: Sequence[MetricRow], label: str) -> str:
    start, end = min(it.window_start for it in rows), max(it.window_end for it in rows)
    return (
        f"{word.word('word.universe')}: {rows[0].universe} · {word.word('word.window')}: "
        f"{start}..{end}{label}"
    )
