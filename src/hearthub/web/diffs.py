"""What differs between two texts of strangers, as safe HTML. Run it in the sandbox, with a timeout:
difflib takes the square of the lines, and worse."""

import html
from dataclasses import dataclass
from difflib import SequenceMatcher

from hearthub.web.code import is_text, printed

CONTEXT = 3
MAX_LINES = 1500
MAX_LINE = 500


@dataclass(frozen=True)
class Diff:
    """`html`: safe, an element a line. `is_cut`: not all lines are in it."""

    html: str
    added: int
    removed: int
    is_cut: bool


def diff(before: bytes, after: bytes) -> Diff | None:
    """None where one of them is no text."""
    if not (is_text(before) and is_text(after)):
        return None
    old, new = (_lines(data) for data in (before, after))
    start, end = _same_ends(old, new)
    first = max(0, start - CONTEXT)
    last = max(0, end - CONTEXT)
    matcher = SequenceMatcher(None, old[first : len(old) - last], new[first : len(new) - last])
    rows = list[str]()
    added = removed = 0
    for group in matcher.get_grouped_opcodes(CONTEXT):
        rows.append(_heading(group[0], group[-1], first))
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                pairs = zip(range(i1, i2), range(j1, j2), strict=True)
                rows += (_row("span", " ", old[first + i], first + i, first + j) for i, j in pairs)
                continue
            rows += (_row("del", "-", old[first + i], first + i, None) for i in range(i1, i2))
            rows += (_row("ins", "+", new[first + j], None, first + j) for j in range(j1, j2))
            removed, added = removed + i2 - i1, added + j2 - j1
    return Diff("".join(rows[:MAX_LINES]), added, removed, len(rows) > MAX_LINES)


def _lines(data: bytes) -> list[str]:
    """A last line without its end differs from one with it, as git has it."""
    if not data:
        return []
    text = data.decode(errors="replace")
    if text.endswith("\n"):
        return text[:-1].split("\n")
    return [*text.split("\n")[:-1], text.rpartition("\n")[2] + "\n⟦no newline at the end⟧"]


def _same_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines both begin and end with: most changes are small, and these need no search."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    rest = most - start
    return start, next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)


def _heading(
    first: tuple[str, int, int, int, int], last: tuple[str, int, int, int, int], at: int
) -> str:
    def span(start: int, end: int) -> str:
        return f"{at + start + (end > start)},{end - start}"

    text = f"@@ -{span(first[1], last[2])} +{span(first[3], last[4])} @@"
    return f'<span class="hunk">{text}\n</span>'


def _row(element: str, sign: str, line: str, old: int | None, new: int | None) -> str:
    numbers = "".join(f"<i>{'' if it is None else it + 1}</i>" for it in (old, new))
    shown = html.escape(printed(line.removesuffix("\r"), MAX_LINE))
    return f"<{element}>{numbers}{sign}{shown}\n</{element}>"
