"""A stranger's text as safe HTML: a line is an element, numbered, and coloured by Pygments.

With colours, run it in the sandbox, with a timeout: some texts take a lexer minutes.
"""

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MAX_LINE = 2000  # characters that are shown of one line
MAX_COLOURED = 300_000  # characters of all lines; what is longer is shown in one colour
_SNIFFED = 8000
_LEXERS = {
    "ipynb": "json",
    "jsonl": "json",
    "ndjson": "json",
    "cff": "yaml",
    "jinja": "django",
    "modelfile": "docker",
}

# What turns the direction of text makes code read as something else than it does.
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb]|" + _TURNS.pattern)


@dataclass(frozen=True)
class Code:
    """`html`: safe, one element a line. `lines` that are shown; `is_cut`: there are more, or some
    are longer. `is_turned`: characters that turn the direction of text were in it, and are shown
    by their number. `is_broken`: bytes that are not UTF-8 were in it."""

    html: str
    lines: int
    is_cut: bool
    language: str
    is_turned: bool
    is_broken: bool


def is_text(data: bytes) -> bool:
    """Whether the beginning of a file looks like text."""
    start = data[:_SNIFFED]
    if b"\0" in start:
        return False
    return start.decode(errors="replace").count("\ufffd") <= 16 + len(start) // 10


def render_code(path: str, data: bytes, most_lines: int, coloured: bool = True) -> Code:
    """The first `most_lines` lines of a file that begins with `data`."""
    text = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.removesuffix("\n").split("\n")
    shown = [printed(line) for line in lines[:most_lines]]
    is_cut = len(lines) > most_lines or any(len(line) > MAX_LINE for line in lines)
    lexer = _lexer(path) if coloured and sum(map(len, shown)) <= MAX_COLOURED else None
    rows = _coloured(shown, lexer) if lexer else [html.escape(line) for line in shown]
    return Code(
        html="".join(
            f'<span class="line" id="L{n}"><a href="#L{n}" tabindex="-1">{n}</a>{row}\n</span>'
            for n, row in enumerate(rows, 1)
        ),
        lines=len(rows),
        is_cut=is_cut,
        language=lexer.name if lexer else "Text",
        is_turned=bool(_TURNS.search(text)),
        is_broken="\ufffd" in text,
    )


def printed(line: str, most: int = MAX_LINE) -> str:
    """A line with its unseen characters told by their numbers, no longer than `most`."""
    cut = line[:most]
    seen = _UNSEEN.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", cut)
    return f"{seen}…" if cut != line else seen


def _coloured(lines: list[str], lexer: "Lexer") -> list[str]:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    formatter = HtmlFormatter(nowrap=True)
    coloured: str = highlight("\n".join(lines), lexer, formatter)
    rows = coloured.split("\n")[: len(lines)]
    return rows + [""] * (len(lines) - len(rows))


def _lexer(path: str) -> "Lexer | None":
    from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
    from pygments.util import ClassNotFound

    name = path.rpartition("/")[2]
    options = {"stripnl": False, "ensurenl": False}
    try:
        if known := _LEXERS.get(name.rpartition(".")[2].lower()):
            return get_lexer_by_name(known, **options)
        found: Lexer = get_lexer_for_filename(name, **options)
    except ClassNotFound:
        return None
    return found
