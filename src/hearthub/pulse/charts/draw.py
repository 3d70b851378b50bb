"""Pictures of drawings, by vl-convert. Run in a process of its own: V8 takes 150 MB and a second.

It asks nobody for anything: no address is allowed, and no drawing has one.
"""

from collections.abc import Sequence
from html import escape

from hearthub.pulse.charts.drawing import Drawing
from hearthub.pulse.charts.lettering import stood_in
from hearthub.pulse.charts.themes import THEMES

MOST_SAID = 300


def draw(drawings: Sequence[Drawing]) -> list[dict[str, str] | str]:
    """SVG by theme, of each; of one that cannot be drawn, why."""
    return [_drawn(drawing) for drawing in drawings]


def _drawn(drawing: Drawing) -> dict[str, str] | str:
    try:
        return {theme: svg(drawing, theme) for theme in THEMES}
    except (KeyError, TypeError, ValueError) as error:  # vl-convert's are all of the last
        return repr(error)[:MOST_SAID]


def svg(drawing: Drawing, theme: str) -> str:
    """One whole SVG document; the same drawing gives the same bytes."""
    import vl_convert

    from hearthub.pulse.charts.specs import spec

    measurable, back = stood_in(drawing)
    drawn: str = vl_convert.vegalite_to_svg(spec(measurable, THEMES[theme]), allowed_base_urls=[])
    head, end, body = drawn.translate(back).partition(">")
    return (
        f'{head} role="img" aria-labelledby="t d"{end}'
        f'<title id="t">{escape(drawing.title)}</title>'
        f'<desc id="d">{escape(drawing.told())}</desc>{body}\n'
    )


def wake_up() -> None:
    """Load what takes a second."""
    svg(Drawing.of("bars", (), str, title="", x_unit="", y_unit="", foot="", empty="", unknown=""),
        "light")  # fmt: skip
