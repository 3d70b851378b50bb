"""Charts as SVG: bars, lines, stacked shares and the Lorenz curve (docs/decisions/0008).

The same numbers give the same bytes. Colours are those of Okabe and Ito (2008), told apart by the
colour-blind; they and the text have a light and a dark theme by CSS. Title and description are the
text alternative; universe and window stand under each chart.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP = 760, 250, 90, 44
ROW, PLOT, FOOT = 24, 260, 44
LINE_LEFT = 90
MUTED = "#8c959f"
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 4", "1 4")
_LONGEST = 30
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1b1f24}.t{font-weight:600;font-size:14px}"
    ".s{fill:#57606a;font-size:11px}.a{stroke:#8c959f}.g{stroke:#d0d7de}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9da7b3}.a{stroke:#6e7681}"
    ".g{stroke:#30363d}}@media print{text{fill:#000}}"
)


@dataclass(frozen=True)
class Mark:
    label: str
    value: float
    written: str
    series: str = ""


@dataclass(frozen=True)
class Drawing:
    """What is drawn, all in words of one language."""

    id: str
    kind: str
    title: str
    x_unit: str
    y_unit: str
    foot: str
    marks: tuple[Mark, ...]
    tick: Callable[[float], str]
    """How a value on an axis is written."""
    empty: str
    """What is written where there is nothing to draw."""
    unknown: str
    """The class that is grey."""

    def colour(self, index: int, name: str) -> str:
        return MUTED if name == self.unknown else COLOURS[index % len(COLOURS)]


def svg(drawing: Drawing) -> str:
    """One whole SVG document; every text in it is escaped."""
    draw = {"bars": _bars, "line": _lines, "stacked": _stacked, "lorenz": _lorenz}[drawing.kind]
    if drawing.marks:
        body, height = draw(drawing)
    else:
        body, height = [_text(LEFT, TOP + ROW, drawing.empty)], TOP + 2 * ROW
    height += FOOT
    told = "; ".join(
        f"{mark.series + ', ' if mark.series else ''}{mark.label}: {mark.written}"
        for mark in drawing.marks
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-labelledby="{drawing.id}-t {drawing.id}-d">',
            f'<title id="{drawing.id}-t">{_safe(drawing.title)}</title>',
            f'<desc id="{drawing.id}-d">{_safe(told)}. {_safe(drawing.foot)}</desc>',
            f"<style>{_STYLE}</style>",
            _text(8, 20, drawing.title, "t"),
            *body,
            _text(8, height - 10, drawing.foot, "s"),
            "</svg>",
            "",
        ]
    )


def height_of(picture: str) -> int:
    """Of what `svg` drew, which is `WIDTH` wide."""
    found = re.search(r'viewBox="0 0 \d+ (\d+)"', picture[:500])
    return int(found[1]) if found else PLOT


def _bars(drawing: Drawing) -> tuple[list[str], int]:
    top = max(0.0, *(mark.value for mark in drawing.marks))
    scale, steps = _scale(top, WIDTH - LEFT - RIGHT)
    bottom = TOP + ROW * len(drawing.marks)
    body = list(_grid_x(drawing, steps, scale, LEFT, bottom))
    for index, mark in enumerate(drawing.marks):
        y = TOP + ROW * index
        long = max(0.0, mark.value) * scale
        body += [
            f'<rect x="{LEFT}" y="{y + 4}" width="{long:.1f}" height="{ROW - 8}" '
            f'fill="{drawing.colour(0, mark.label)}"/>',
            _text(LEFT - 6, y + 16, mark.label, "", "end"),
            _text(LEFT + long + 5, y + 16, mark.written),
        ]
    body.append(_line(LEFT, TOP, LEFT, bottom, "a"))
    body.append(_text(LEFT, bottom + 32, drawing.x_unit, "s"))
    return body, bottom + 34


def _grid_x(
    drawing: Drawing, steps: Iterable[float], scale: float, left: float, bottom: float
) -> Iterable[str]:
    for step in steps:
        x = left + step * scale
        yield _line(x, TOP, x, bottom, "g")
        yield _text(x, bottom + 15, drawing.tick(step), "s", "middle")


def _lines(drawing: Drawing) -> tuple[list[str], int]:
    labels = list(dict.fromkeys(mark.label for mark in drawing.marks))
    top = max(0.0, *(mark.value for mark in drawing.marks))
    body, place = _plane(drawing, labels, top)
    for index, (name, marks) in enumerate(_series(drawing.marks)):
        at = [place(labels.index(mark.label), mark.value) for mark in marks]
        colour = drawing.colour(index, name)
        body.append(_path(at, colour, _DASHES[index % len(_DASHES)]))
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in at]
    return _with_legend(drawing, body)


def _stacked(drawing: Drawing) -> tuple[list[str], int]:
    labels = list(dict.fromkeys(mark.label for mark in drawing.marks))
    body, place = _plane(drawing, labels, 1.0)
    below = dict.fromkeys(labels, 0.0)
    wide = max(6.0, 0.7 * (WIDTH - LINE_LEFT - RIGHT) / max(1, len(labels)))
    for index, (name, marks) in enumerate(_series(drawing.marks)):
        for mark in marks:
            x, low = place(labels.index(mark.label), below[mark.label])
            below[mark.label] += mark.value
            _, high = place(labels.index(mark.label), below[mark.label])
            body.append(
                f'<rect x="{x - wide / 2:.1f}" y="{high:.1f}" width="{wide:.1f}" '
                f'height="{max(0.0, low - high):.1f}" fill="{drawing.colour(index, name)}"/>'
            )
    return _with_legend(drawing, body)


def _lorenz(drawing: Drawing) -> tuple[list[str], int]:
    """Labels are shares of the repos, as `50.00%`; the diagonal is what equality would be."""
    body, _ = _plane(drawing, [], 1.0)
    wide = WIDTH - LINE_LEFT - RIGHT
    points = [(0.0, 0.0), *((float(m.label.rstrip("%")) / 100, m.value) for m in drawing.marks)]
    at = [(LINE_LEFT + wide * x, TOP + PLOT * (1 - y)) for x, y in [*points, (1.0, 1.0)]]
    body += list(_grid_x(drawing, (0.0, 0.25, 0.5, 0.75, 1.0), wide, LINE_LEFT, TOP + PLOT))
    body.append(_line(LINE_LEFT, TOP + PLOT, LINE_LEFT + wide, TOP, "a", "4 4"))
    body.append(_path(at, COLOURS[0], ""))
    body.append(_text(LINE_LEFT, TOP + PLOT + 32, drawing.x_unit, "s"))
    return body, TOP + PLOT + 34


def _plane(
    drawing: Drawing, labels: Sequence[str], top: float
) -> tuple[list[str], Callable[[int, float], tuple[float, float]]]:
    """Axes, and where a value of a label is."""
    scale, steps = _scale(top, PLOT)
    bottom = TOP + PLOT
    gap = (WIDTH - LINE_LEFT - RIGHT) / max(1, len(labels))
    body = []
    for step in steps:
        y = bottom - step * scale
        body.append(_line(LINE_LEFT, y, WIDTH - RIGHT, y, "g"))
        body.append(_text(LINE_LEFT - 6, y + 4, drawing.tick(step), "s", "end"))
    every = math.ceil(len(labels) / 12) or 1
    for index in range(0, len(labels), every):
        x = LINE_LEFT + gap * (index + 0.5)
        body.append(_text(x, bottom + 15, labels[index], "s", "middle"))
    body.append(_line(LINE_LEFT, bottom, WIDTH - RIGHT, bottom, "a"))
    body.append(_text(LINE_LEFT, TOP - 8, drawing.y_unit, "s"))
    return body, lambda index, value: (LINE_LEFT + gap * (index + 0.5), bottom - value * scale)


def _with_legend(drawing: Drawing, body: list[str]) -> tuple[list[str], int]:
    y = TOP + PLOT + 24
    for index, (name, _) in enumerate(_series(drawing.marks)):
        if name:
            y += 18
            colour = drawing.colour(index, name)
            body.append(
                f'<rect x="{LINE_LEFT}" y="{y - 10}" width="12" height="12" fill="{colour}"/>'
            )
            body.append(_text(LINE_LEFT + 18, y, name))
    return body, y + 6


def _series(marks: Sequence[Mark]) -> list[tuple[str, list[Mark]]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.series, []).append(mark)
    return list(found.items())


def _scale(top: float, long: float) -> tuple[float, list[float]]:
    """Pixels a unit, and four or five round steps from 0."""
    if not top > 0:
        return 0.0, [0.0]
    unit = 10 ** math.floor(math.log10(top / 4))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if top / (unit * factor) <= 5)
    return long / top, [step * index for index in range(int(top / step + 1e-9) + 1)]


def _path(at: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    where = " ".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(at))
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{where}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _line(x: float, y: float, x2: float, y2: float, kind: str, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line class="{kind}" x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{dashed}/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    classed = f' class="{kind}"' if kind else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    short = text if kind or len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f'<text x="{x:.1f}" y="{y:.1f}"{classed}{anchored}>{_safe(short)}</text>'


def _safe(text: str) -> str:
    """No markup, and nothing that XML forbids or that turns the direction of text."""
    return escape("".join(c for c in text if unicodedata.category(c)[0] != "C"))
