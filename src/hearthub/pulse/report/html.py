"""A report as one HTML file that asks no other host for anything and runs no script."""

from base64 import b64encode
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from hearthub.pulse.report.markdown import exact
from hearthub.pulse.report.rendering import Rendering


def html(rendering: Rendering, other: str | None) -> str:
    """`other`: the name of the file in the other language, if there is one."""
    return _template().render(
        it=rendering, sections=list(rendering.sections()), other=other, exact=exact
    )


def visible(text: str) -> str:
    """Of strangers: what cannot be seen, or turns the direction of text, is a blank."""
    return "".join(c if c.isprintable() else " " for c in text)


def embedded(svg: str) -> str:
    """A picture as an address that holds all of it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"visible": visible, "embedded": embedded}
    return environment.get_template("report.html.j2")
