"""What a chart shows and how large it is, before anybody draws it.

A drawing is known by its content: the same words and numbers have the same key everywhere, so that
a picture is drawn once, and a page can name it, with its size, while nobody has drawn it yet.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import orjson

STYLE = 2
"""Of the pictures (specs.py, themes.py): with another one they are drawn anew."""
KINDS = ("bars", "line", "stacked", "lorenz")
MOST_MARKS = 400
WIDTH = 760
ROW, PLANE = 24, 260
HEAD, FOOT = 52, 32
TINIEST = 1e-300
"""What is less has no quarter."""
AXIS, LEGEND_ROW = 34, 18


@dataclass(frozen=True)
class Mark:
    label: str
    """On the axis; of a Lorenz curve the share of the repos, as `50.00%`."""
    value: float
    written: str
    """The value as people read it."""
    series: str = ""


@dataclass(frozen=True)
class Drawing:
    """All in words of one language, without what cannot be seen or turns the direction of text."""

    kind: str
    title: str
    x_unit: str
    y_unit: str
    foot: str
    """Universe and window."""
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    """Of the axis of values: where, and what is written there."""
    empty: str
    """What is written where there is nothing to draw."""
    unknown: str
    """The class that is grey."""

    @classmethod
    def of(
        cls, kind: str, marks: Iterable[Mark], write: Callable[[float], str], **words: str
    ) -> "Drawing":
        """`write`: how a value on an axis is written. Marks beyond `MOST_MARKS` are left out."""
        some = tuple(
            Mark(_seen(it.label), it.value, _seen(it.written), _seen(it.series)) for it in marks
        )[:MOST_MARKS]
        ticks = tuple((step, write(step)) for step in _steps(_top(kind, some), _are_counts(some)))
        seen = {name: _seen(text) for name, text in words.items()}
        return cls(kind=kind, marks=some, ticks=ticks, **seen)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Drawing":
        marks = tuple(Mark(**it) for it in told["marks"])
        ticks = tuple((where, text) for where, text in told["ticks"])
        return cls(**{**told, "marks": marks, "ticks": ticks})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def key(self) -> str:
        return sha256(orjson.dumps([STYLE, self.to_json()])).hexdigest()[:32]

    @property
    def top(self) -> float:
        """Where the axis of values ends; it begins at 0."""
        return _top(self.kind, self.marks) or 1.0

    @property
    def labels(self) -> list[str]:
        return list(dict.fromkeys(mark.label for mark in self.marks))

    @property
    def series(self) -> list[str]:
        return list(dict.fromkeys(mark.series for mark in self.marks))

    @property
    def legend(self) -> list[str]:
        return [name for name in self.series if name] if self.kind in ("line", "stacked") else []

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def plot_height(self) -> int:
        """Pixels between the axes."""
        if not self.marks:
            return 2 * ROW
        return ROW * len(self.marks) if self.kind == "bars" else PLANE

    @property
    def height(self) -> int:
        """Pixels of the whole picture, as `width`."""
        return HEAD + self.plot_height + AXIS + LEGEND_ROW * len(self.legend) + FOOT

    def told(self) -> str:
        """The text alternative: every number of it."""
        said = "; ".join(
            f"{mark.series + ', ' if mark.series else ''}{mark.label}: {mark.written}"
            for mark in self.marks
        )
        return f"{said or self.empty}. {self.foot}"


def _top(kind: str, marks: Sequence[Mark]) -> float:
    if kind in ("stacked", "lorenz"):
        return 1.0
    return max((mark.value for mark in marks if math.isfinite(mark.value)), default=0.0)


def _are_counts(marks: Sequence[Mark]) -> bool:
    """Whole ones, some more than one: a share of 1 is none."""
    values = [mark.value for mark in marks if math.isfinite(mark.value)]
    return max(values, default=0.0) > 1 and all(value == math.floor(value) for value in values)


def _steps(top: float, are_counts: bool = False) -> list[float]:
    """Four or five round steps from 0; of counts none in between, which would be written as the
    next one is."""
    if not top > TINIEST:
        return [0.0]
    unit = 10.0 ** math.floor(math.log10(top / 4))  # whole ones may be more than JSON takes
    steps = [unit * factor for factor in (1, 2, 2.5, 5, 10) if top / (unit * factor) <= 5]
    if are_counts:
        steps = [step for step in steps if step == math.floor(step)] or [1.0]
    step = steps[0]
    return [step * index for index in range(int(top / step + 1e-9) + 1)]


def _seen(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")
