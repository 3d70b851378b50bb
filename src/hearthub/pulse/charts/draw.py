"""Pictures of drawings, by vl-convert. Run in a process of its own: V8 takes 150 MB and a second.

It asks nobody for anything: no address is allowed, and no drawing has one.
"""

from collections.abc import Sequence
from html import escape

from hearthub.pulse.charts.drawing import Drawing
from hearthub.pulse.charts.themes import THEMES


def draw(drawings: Sequence[Drawing]) -> list[dict[str, str]]:
    """SVG by theme, of each."""
    return [{theme: svg(drawing, theme) for theme in THEMES} for drawing in drawings]


def svg(drawing: Drawing, theme: str) -> str:
    """One whole SVG document; the same drawing gives the same bytes."""
    import vl_convert

    from hearthub.pulse.charts.specs import spec

    drawn: str = vl_convert.vegalite_to_svg(spec(drawing, THEMES[theme]), allowed_base_urls=[])
    head, end, body = drawn.partition(">")
    return (
        f'{head} role="img" aria-labelledby="t d"{end}'
        f'<title id="t">{escape(drawing.title)}</title>'
        f'<desc id="d">{escape(drawing.told())}</desc>{body}\n'
    )


def wake_up() -> None:
    """Load what takes a second."""
    svg(Drawing.of("bars", (), str, title="", x_unit="", y_unit="", foot="", empty="", unknown=""),
        "light")  # fmt: skip
