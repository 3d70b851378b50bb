"""What a report is made of, before it is put into words.

A sentence is the key of a message and what goes into its slots: numbers, words of a catalogue, or
text that strangers wrote. Which field of a number is shown, and how, the message says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hearthub.pulse.metric import MetricRow


@dataclass(frozen=True)
class Query:
    """What makes a row again: with its dimension and window it is one row."""

    metric: str
    by: str | None
    universe: str
    window: str

    def command(self) -> str:
        by = f" --by {self.by}" if self.by else ""
        return f"pulse metric {self.metric}{by} --universe {self.universe} --window {self.window}"


@dataclass(frozen=True)
class Number:
    row: MetricRow
    query: Query


@dataclass(frozen=True)
class Text:
    """Of strangers: a name, a licence. Escaped wherever it goes."""

    text: str


@dataclass(frozen=True)
class Term:
    """A word of a catalogue; one that it lacks is shown as it is, and escaped."""

    group: str
    key: str


Slot = Number | Text | Term


@dataclass(frozen=True)
class Sentence:
    key: str
    slots: Mapping[str, Slot] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    key: str
    form: str = "text"
    """How numbers in it are written (sentences.py)."""
    of: str = "value"
    """Which field of them."""


@dataclass(frozen=True)
class Table:
    id: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Slot | None, ...], ...]


@dataclass(frozen=True)
class Point:
    x: Slot
    number: Number
    series: Slot | None = None


@dataclass(frozen=True)
class Chart:
    id: str
    kind: str
    """bars, line, stacked or lorenz."""
    form: str
    points: tuple[Point, ...]


Block = Sentence | Table | Chart


@dataclass(frozen=True)
class Section:
    id: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Source:
    name: str
    licence: str | None
    attribution: str | None
    is_synthetic: bool
    is_redistributable: bool | None
    snapshots: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    kind: str
    until: date
    universe: str
    window: str
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]

    @property
    def is_synthetic(self) -> bool:
        return any(source.is_synthetic for source in self.sources)

    @property
    def may_be_shared(self) -> bool:
        return all(source.is_redistributable is not False for source in self.sources)

    def charts(self) -> list[Chart]:
        return [b for section in self.sections for b in section.blocks if isinstance(b, Chart)]

    def numbers(self) -> dict[Number, str]:
        """Every number that is shown, with its id: they are numbered as they come."""
        found: dict[Number, str] = {}
        for section in self.sections:
            for block in section.blocks:
                for number in numbers_of(block):
                    found.setdefault(number, f"n{len(found) + 1}")
        return found


def slots_of(block: Block) -> Iterator[Slot]:
    if isinstance(block, Sentence):
        yield from block.slots.values()
    elif isinstance(block, Table):
        yield from (cell for row in block.rows for cell in row if cell is not None)
    else:
        for point in block.points:
            yield point.x
            yield point.number
            if point.series is not None:
                yield point.series


def numbers_of(block: Block) -> Iterator[Number]:
    return (slot for slot in slots_of(block) if isinstance(slot, Number))


def slot_json(slot: Slot | None, ids: Mapping[Number, str]) -> dict[str, Any] | None:
    if slot is None:
        return None
    if isinstance(slot, Number):
        return {"number": ids[slot]}
    if isinstance(slot, Text):
        return {"text": slot.text}
    return {"term": f"{slot.group}.{slot.key}"}
