"""What GitHub's Markdown has besides: boxes of tasks, notes, and formulas in brackets."""

import re
from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_TASK = re.compile(r"\[([ xX])\] ")
_NOTE = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?=\n|$)", re.IGNORECASE)


def tasks(md: MarkdownIt) -> None:
    """`- [x] done` begins with a box, which is a sign and no input: a page has nothing to send."""

    def rule(state: StateCore) -> None:
        for token in _firsts(state, "list_item_open"):
            if found := _TASK.match(token.content):
                token.content = f"{'☐' if found[1] == ' ' else '☑'} {token.content[found.end() :]}"

    md.core.ruler.before("inline", "tasks", rule)


def notes(md: MarkdownIt) -> None:
    """`> [!NOTE]` is a quotation that begins with the word, in bold."""

    def rule(state: StateCore) -> None:
        for token in _firsts(state, "blockquote_open"):
            if found := _NOTE.match(token.content):
                token.content = f"**{found[1].capitalize()}:** {token.content[found.end() :]}"

    md.core.ruler.before("inline", "notes", rule)


def bracket_maths(md: MarkdownIt, mark: Callable[[str], str]) -> None:
    r"""`\\(x\\)` and `\\[x\\]`, as cards of the Hub have them."""

    def rule(state: StateInline, silent: bool) -> bool:
        opening = state.src[state.pos : state.pos + 3]
        if opening not in ("\\\\(", "\\\\["):
            return False
        closing = "\\\\)" if opening[-1] == "(" else "\\\\]"
        end = state.src.find(closing, state.pos + 3, state.pos + 2100)
        if end < 0:
            return False
        if not silent:
            token = state.push("bracket_math", "", 0)
            token.content = state.src[state.pos + 3 : end]
        state.pos = end + 3
        return True

    def render(_self: object, tokens: list[Token], at: int, *_: object) -> str:
        return mark(tokens[at].content)

    md.inline.ruler.before("escape", "bracket_math", rule)
    md.add_render_rule("bracket_math", render)


def _firsts(state: StateCore, kind: str) -> Iterator[Token]:
    """The text of the first paragraph of each such block."""
    tokens = state.tokens
    for block, paragraph, token in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (block.type, paragraph.type, token.type) == (kind, "paragraph_open", "inline"):
            yield token
