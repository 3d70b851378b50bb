"""Formulas of cards as MathML, which browsers show without a script.

A stranger's formula is turned into MathML by latex2mathml and cleaned alone, where nothing but
MathML may stand. In the card a mark stands for it, and takes no part in the cleaning of the card,
so that MathML in a stranger's own HTML is never let through.
"""

import html
import secrets

import nh3

MAX_FORMULA = 2000  # characters
MAX_ALL = 30_000
_TAGS = frozenset(
    """
    math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace
    msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
    """.split()
)
_ATTRIBUTES = {
    "*": {
        "accent", "columnalign", "columnlines", "columnspacing", "depth", "display",
        "displaystyle", "fence", "form", "height", "largeop", "linethickness", "lspace",
        "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines", "rowspacing",
        "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width",
    }
}  # fmt: skip


class Formulas:
    """The formulas of one card. `mark` gives what stands for one, `put_in` puts them there."""

    def __init__(self) -> None:
        # Nobody who wrote the card knows it, and cleaned text and attributes hold no `<`.
        self._name = f"m{secrets.token_hex(8)}"
        self._made: list[str] = []
        self._room = MAX_ALL

    @property
    def names(self) -> set[str]:
        """Classes that must survive the cleaning."""
        return {f"{self._name}-{n}" for n in range(len(self._made))}

    def mark(self, formula: str, *, is_block: bool = False) -> str:
        self._made.append(self._mathml(formula.strip(), is_block))
        return f'<span class="{self._name}-{len(self._made) - 1}"></span>'

    def put_in(self, clean: str) -> str:
        if not self._made:
            return clean
        first, *rest = clean.split(f'<span class="{self._name}-')
        found = [first]
        for part in rest:
            number, end, after = part.partition('"></span>')
            found.append(self._made[int(number)] + after if end else part)
        return "".join(found)

    def _mathml(self, formula: str, is_block: bool) -> str:
        if len(formula) > min(MAX_FORMULA, self._room):
            return _source(formula)
        self._room -= len(formula)
        return mathml(formula, is_block=is_block) or _source(formula)


def mathml(formula: str, *, is_block: bool) -> str | None:
    """Safe MathML; None for what cannot be read."""
    from latex2mathml.converter import convert

    try:
        made = convert(formula, display="block" if is_block else "inline")
    except Exception:  # noqa: BLE001 - it raises what it comes across; we are in a worker
        return None
    clean = nh3.clean(made, tags=set(_TAGS), attributes=_ATTRIBUTES, link_rel=None)
    return clean if clean.startswith("<math") else None


def _source(formula: str) -> str:
    return f"<code>{html.escape(formula)}</code>"
