"""Drawings as Vega-Lite, by Altair. Every place is ours, so that the size is known before.

What strangers wrote is data here and never an expression, a field or an address.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import altair as alt
from altair.utils.schemapi import debug_mode

from hearthub.pulse.charts.drawing import AXIS, FOOT, HEAD, LEGEND_ROW, ROW, WIDTH, Drawing
from hearthub.pulse.charts.themes import DASHES, Theme

T = TypeVar("T")
LEFT = {"bars": 250}
PLANE_LEFT, RIGHT = 90, 90
EDGE = 8
MOST_LABELS = 12
NAME_LIMIT = 195
"""Pixels of the font that is measured with; what a reader has may be a fifth wider."""
TEXT_LIMIT = WIDTH - 2 * EDGE
FONT = (
    'system-ui, "Segoe UI", "Noto Sans", "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic UI", '
    "sans-serif"
)


def spec(drawing: Drawing, theme: Theme) -> dict[str, Any]:
    """Raises KeyError for a kind that there is none of."""
    # Altair holds each part against its schema as it is made, which takes most of the time; a test
    # does that for the whole.
    with debug_mode(False):
        told: dict[str, Any] = _chart_of(drawing, theme).to_dict(validate=False)
    return told


def _chart_of(drawing: Drawing, theme: Theme) -> alt.LayerChart:
    make = {"bars": _bars, "line": _lines, "stacked": _stacked, "lorenz": _lorenz}[drawing.kind]
    layers = make(drawing, theme) if drawing.marks else [_said(drawing.empty, theme, 0, ROW)]
    # Not Vega's own, which begins where the plot does.
    layers.insert(0, _said(drawing.title, theme, EDGE - _left(drawing), 20 - HEAD, bold=True))
    layers += _legend(drawing, theme)
    left, high = _left(drawing), drawing.plot_height
    below = AXIS + LEGEND_ROW * len(drawing.legend) + FOOT
    layers.append(_said(drawing.foot, theme, EDGE - left, high + below - 12, soft=True))
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .properties(
            width=WIDTH - left - RIGHT,
            height=high,
            autosize="none",
            padding={"left": left, "right": RIGHT, "top": HEAD, "bottom": below},
            background=theme.ground,
        )
        .configure(font=FONT, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=theme.axis, gridColor=theme.grid, labelColor=theme.soft,
            tickColor=theme.axis, titleColor=theme.soft, titleFontWeight="normal",
        )
    )  # fmt: skip
    return chart


def _bars(drawing: Drawing, theme: Theme) -> list[alt.Chart]:
    rows = [
        {"index": index, "label": _short(mark.label, NAME_LIMIT), "value": max(0.0, mark.value),
         "written": _short(mark.written, RIGHT), "tone": int(mark.label == drawing.unknown)}
        for index, mark in enumerate(drawing.marks)
    ]  # fmt: skip
    base = _chart(rows).encode(
        # By place, since two repos may be called alike.
        y=alt.Y("index:O", axis=None, scale=alt.Scale(paddingInner=0.34, paddingOuter=0.17)),
    )
    tones = alt.Scale(domain=[0, 1], range=[theme.colours[0], theme.muted])
    x = alt.X("value:Q", scale=_scale(drawing), axis=_axis(drawing, drawing.x_unit, -90))
    bars = base.mark_bar().encode(x=x, color=alt.Color("tone:O", scale=tones, legend=None))
    names = base.mark_text(align="right", baseline="middle", limit=NAME_LIMIT,
                           color=theme.text, fontSize=12)  # fmt: skip
    values = base.mark_text(align="left", baseline="middle", dx=5, color=theme.text, fontSize=12)
    return [
        bars,
        names.encode(x=_pixel(alt.XValue, -6), text=alt.Text("label:N")),
        values.encode(x=x, text=alt.Text("written:N")),
    ]


def _lines(drawing: Drawing, theme: Theme) -> list[alt.Chart]:
    dashes = alt.Scale(
        domain=list(range(len(drawing.series))),
        range=[DASHES[index % len(DASHES)] for index in range(len(drawing.series))],
    )
    line = (
        _chart(_points(drawing))
        .mark_line(strokeWidth=2, point={"size": 30, "strokeWidth": 0})
        .encode(
            x=_at(drawing),
            y=alt.Y("value:Q", scale=_scale(drawing), axis=_axis(drawing, drawing.y_unit, 0)),
            color=_colours(drawing, theme),
            strokeDash=alt.StrokeDash("place:O", scale=dashes, legend=None),
        )
    )
    return [line, _labels(drawing, theme)]


def _stacked(drawing: Drawing, theme: Theme) -> list[alt.Chart]:
    bars = (
        _chart(_points(drawing))
        .mark_bar(width={"band": 0.7})
        .encode(
            x=_at(drawing),
            y=alt.Y(
                "value:Q",
                stack="zero",
                scale=_scale(drawing),
                axis=_axis(drawing, drawing.y_unit, 0),
            ),
            color=_colours(drawing, theme),
            order=alt.Order("place:Q"),
        )
    )
    return [bars, _labels(drawing, theme)]


def _lorenz(drawing: Drawing, theme: Theme) -> list[alt.Chart]:
    """The curve, and the diagonal that equality would be."""
    marks = [{"x": float(it.label.rstrip("%")) / 100, "value": it.value} for it in drawing.marks]
    ends = [{"x": 0.0, "value": 0.0}, {"x": 1.0, "value": 1.0}]
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, 1]), axis=_axis(drawing, drawing.x_unit, -90))
    y = alt.Y("value:Q", scale=_scale(drawing), axis=_axis(drawing, drawing.y_unit, 0))
    curve = [ends[0], *marks, ends[1]]
    return [
        _chart(ends).mark_line(strokeDash=[4, 4], strokeWidth=1, color=theme.axis).encode(x=x, y=y),
        _chart(curve)
        .mark_line(strokeWidth=2, color=theme.colours[0])
        .encode(x=x, y=y, order=alt.Order("x:Q")),
    ]


def _points(drawing: Drawing) -> list[dict[str, Any]]:
    """By places, not names: some of those are more than names to JavaScript."""
    labels = {label: place for place, label in enumerate(drawing.labels)}
    series = {name: place for place, name in enumerate(drawing.series)}
    return [
        {"at": labels[it.label], "value": it.value, "place": series[it.series]}
        for it in drawing.marks
    ]


def _at(drawing: Drawing) -> alt.X:
    axis = alt.Axis(title=None, labels=False, ticks=False, grid=False)
    scale = alt.Scale(domain=list(range(len(drawing.labels))), type="band")
    return alt.X("at:O", scale=scale, axis=axis)


def _labels(drawing: Drawing, theme: Theme) -> alt.Chart:
    """Below the axis, as many as have room."""
    every = math.ceil(len(drawing.labels) / MOST_LABELS)
    rows = [
        {"at": place, "label": _short(label, NAME_LIMIT)}
        for place, label in enumerate(drawing.labels)
        if place % every == 0
    ]
    room = (WIDTH - PLANE_LEFT - RIGHT) * every / len(drawing.labels)
    text = _chart(rows).mark_text(
        baseline="top", color=theme.soft, fontSize=10, limit=min(room, NAME_LIMIT)
    )
    labels: alt.Chart = text.encode(
        x=_at(drawing), y=_pixel(alt.YValue, drawing.plot_height + 7), text=alt.Text("label:N")
    )
    return labels


def _colours(drawing: Drawing, theme: Theme) -> alt.Color:
    names = drawing.series
    colours = [theme.colour(index, name, drawing.unknown) for index, name in enumerate(names)]
    scale = alt.Scale(domain=list(range(len(names))), range=colours)
    return alt.Color("place:O", scale=scale, legend=None)


def _legend(drawing: Drawing, theme: Theme) -> Iterator[alt.Chart]:
    """Ours as well: Vega's trips over a series that is called `constructor`."""
    for place, name in enumerate(drawing.legend):
        y = drawing.plot_height + AXIS + LEGEND_ROW * place + LEGEND_ROW // 2
        colour = theme.colour(drawing.series.index(name), name, drawing.unknown)
        sign = _chart([{}])
        if drawing.kind == "line":
            dash = DASHES[drawing.series.index(name) % len(DASHES)]
            rule = sign.mark_rule(color=colour, strokeWidth=2, strokeDash=dash)
            yield rule.encode(
                x=_pixel(alt.XValue, 0), x2=_pixel(alt.X2Value, 20), y=_pixel(alt.YValue, y)
            )
        else:
            yield sign.mark_square(x=10, y=y, size=140, color=colour, opacity=1)
        yield _said(name, theme, 28, y + 4)


def _scale(drawing: Drawing) -> alt.Scale:
    return alt.Scale(domain=[0, drawing.top], nice=False, zero=True)


def _axis(drawing: Drawing, unit: str, angle: int) -> alt.Axis:
    """`angle`: -90 for one that lies below the plot, 0 for one that stands to the left of it."""
    values = [where for where, _ in drawing.ticks]
    texts = [text for _, text in drawing.ticks]
    lies = angle == -90
    return alt.Axis(
        values=values,
        labelExpr=f"{json.dumps(texts)}[indexof({json.dumps(values)}, datum.value)]",
        title=_short(unit, TEXT_LIMIT) or None,
        titleAngle=0,
        titleAnchor="start",
        titleAlign="left",
        titleX=0,
        titleY=32 if lies else -10,
        titleBaseline="alphabetic",
        titleFontSize=11,
        domain=True,
        ticks=lies,
    )


def _said(
    text: str, theme: Theme, x: int, y: int, *, soft: bool = False, bold: bool = False
) -> alt.Chart:
    said: alt.Chart = _chart([{"text": _short(text, TEXT_LIMIT)}]).mark_text(
        align="left",
        baseline="alphabetic",
        x=x,
        y=y,
        color=theme.soft if soft else theme.text,
        fontSize=14 if bold else 11 if soft else 12,
        fontWeight="bold" if bold else "normal",
        limit=TEXT_LIMIT,
    ).encode(text=alt.Text("text:N"))  # fmt: skip
    return said


def _short(text: str, limit: int) -> str:
    """No longer than Vega leaves it in so many pixels, which it takes seconds to find for some."""
    return text[: limit // 2]  # no letter that it measures is narrower than two


def _pixel(channel: Callable[[float], T], value: float) -> T:
    """Not `alt.value`: that looks for what it means for 10 ms."""
    return channel(value)


def _chart(rows: list[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _left(drawing: Drawing) -> int:
    return LEFT.get(drawing.kind, PLANE_LEFT)
