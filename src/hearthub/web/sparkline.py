"""A small line of numbers, as points of an SVG: 240 by 40 units."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDE, HIGH = 240.0, 40.0


@dataclass(frozen=True)
class Sparkline:
    """`line` and `area` are points of SVG; `total`, `most` and `last` are for those who hear it."""

    line: str
    area: str
    total: int
    most: int
    last: int
    count: int

    @classmethod
    def of(cls, values: Sequence[int]) -> "Sparkline":
        """The highest value is at the top, zero at the bottom."""
        most = max(values, default=0)
        step = WIDE / max(1, len(values) - 1)
        points = [
            f"{n * step:.1f},{2 + (HIGH - 4) * (1 - value / max(1, most)):.1f}"
            for n, value in enumerate(values)
        ]
        line = " ".join(points)
        area = f"0,{HIGH:.0f} {line} {WIDE:.0f},{HIGH:.0f}"
        return cls(line, area, sum(values), most, values[-1] if values else 0, len(values))

    @classmethod
    def between(cls, values: Sequence[int]) -> "Sparkline":
        """Of a counter that grows: the lowest value is at the bottom."""
        low = min(values, default=0)
        found = cls.of([value - low for value in values])
        return cls(found.line, found.area, sum(values), low + found.most, values[-1], len(values))
