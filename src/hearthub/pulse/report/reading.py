"""A report that was written, read again: the way back from report.json (writing.py)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from hearthub.errors import Unavailable
from hearthub.pulse.metric import MetricRow
from hearthub.pulse.report.document import (
    Block,
    Chart,
    Column,
    Number,
    Point,
    Query,
    Report,
    Section,
    Sentence,
    Slot,
    Source,
    Table,
    Term,
    Text,
)
from hearthub.pulse.report.rendering import Rendering
from hearthub.pulse.report.sentences import words
from hearthub.pulse.report.writing import FORMAT

Told = Mapping[str, Any]
Numbers = Mapping[str, Number]


def rendering_of(content: bytes, language: str) -> Rendering:
    """The report of a report.json that was written here, in a language.

    Raises Unavailable for one of another version, whose words are not those of today.
    """
    try:
        told: Told = orjson.loads(content)
        if told["format"] != FORMAT:
            raise KeyError("format")
        rendering = Rendering(report_of(told), words(language))
        # Each word once: a page must not break half way.
        rendering.title()
        list(rendering.sections())
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unavailable(
            "This report was made by another version of Hearthub: its files can still be read "
            "under /api/pulse/reports"
        ) from None
    return rendering


def report_of(told: Told) -> Report:
    """Of a report.json of this `FORMAT`. Raises KeyError and the like for anything else."""
    numbers = {id_: Number(_row(it["row"]), Query(**it["query"]))
               for id_, it in told["numbers"].items()}  # fmt: skip
    return Report(
        kind=told["report"],
        until=date.fromisoformat(told["until"]),
        universe=told["universe"],
        window=told["window"],
        sections=tuple(
            Section(it["section"], tuple(_block(block, numbers) for block in it["blocks"]))
            for it in told["sections"]
        ),
        sources=tuple(
            Source(
                it["source"],
                it["licence"],
                it["attribution"],
                it["synthetic"],
                it["redistributable"],
                tuple(it["snapshots"]),
            )
            for it in told["sources"]
        ),
    )


def _row(told: Told) -> MetricRow:
    days = {name: date.fromisoformat(told[name]) for name in ("window_start", "window_end")}
    return MetricRow(**{**told, **days, "snapshots": tuple(told["snapshots"])})


def _block(told: Told, numbers: Numbers) -> Block:
    if "sentence" in told:
        slots = {name: _some(slot, numbers) for name, slot in told["slots"].items()}
        return Sentence(told["sentence"], slots)
    if "table" in told:
        columns = tuple(Column(it["column"], it["form"], it["of"]) for it in told["columns"])
        rows = tuple(tuple(_slot(cell, numbers) for cell in row) for row in told["rows"])
        return Table(told["table"], columns, rows)
    points = tuple(
        Point(_some(it["x"], numbers), numbers[it["number"]], _slot(it["series"], numbers))
        for it in told["points"]
    )
    return Chart(told["chart"], told["kind"], told["form"], points)


def _slot(told: Told | None, numbers: Numbers) -> Slot | None:
    return None if told is None else _some(told, numbers)


def _some(told: Told, numbers: Numbers) -> Slot:
    if "number" in told:
        return numbers[told["number"]]
    if "text" in told:
        return Text(told["text"])
    group, _, key = told["term"].partition(".")
    return Term(group, key)
