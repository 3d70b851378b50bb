"""Stand-ins for letters that Vega would cut in two.

It shortens text by units of UTF-16, and vl-convert's measure of text falls over half a letter: one
long name with an emoji, and the chart is not drawn. While it is drawn, each letter beyond the first
65,536 is one of the private use area, of which nothing that is seen has any (drawing.py).
"""

from dataclasses import fields, replace
from typing import Any, TypeVar

from hearthub.pulse.charts.drawing import Drawing, Mark

T = TypeVar("T", Drawing, Mark)
FIRST, LAST = 0xE000, 0xF8FF
LOST = "\N{REPLACEMENT CHARACTER}"


def stood_in(drawing: Drawing) -> tuple[Drawing, dict[int, str]]:
    """The drawing with stand-ins, and what `str.translate` needs to put the letters back."""
    texts = (*_texts(drawing), *(text for mark in drawing.marks for text in _texts(mark)))
    far = sorted({ord(c) for text in texts for c in text if ord(c) > 0xFFFF})
    if not far:
        return drawing, {}
    there = {c: chr(FIRST + n) if FIRST + n <= LAST else LOST for n, c in enumerate(far)}
    back = {ord(stand_in): chr(c) for c, stand_in in there.items() if stand_in != LOST}
    marks = tuple(_translated(mark, there) for mark in drawing.marks)
    return replace(_translated(drawing, there), marks=marks), back


def _texts(of: Drawing | Mark) -> list[str]:
    return [value for it in fields(of) if isinstance(value := getattr(of, it.name), str)]


def _translated(of: T, there: dict[int, str]) -> T:
    words = {it.name: getattr(of, it.name) for it in fields(of)}
    told: dict[str, Any] = {
        name: it.translate(there) for name, it in words.items() if isinstance(it, str)
    }
    return replace(of, **told)
