"""Differences of strangers' texts as git writes them. difflib takes the square of the lines, and
worse: it runs in the sandbox, and what takes too long there is written as replaced."""

import time
from collections.abc import Sequence
from difflib import SequenceMatcher

from hearthub.errors import Unavailable
from hearthub.sandbox import Sandbox

CONTEXT = 3
FILE_S, ALL_S = 1.0, 3.0

Opcode = tuple[str, int, int, int, int]


class Unified:
    """Called for one file after the other of a diff, it takes about ALL_S for all of them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._until = sandbox, time.monotonic() + ALL_S

    def __call__(self, before: str, after: str, names: tuple[str, str]) -> str:
        """From the line `---` on; empty where nothing differs."""
        old, new = _lines(before), _lines(after)
        start, end = _same_ends(old, new)
        first, last = max(0, start - CONTEXT), max(0, end - CONTEXT)
        one, two = old[first : len(old) - last], new[first : len(new) - last]
        groups = self._groups(one, two, start - first, end - last)
        if not groups:
            return ""
        parts = [f"--- {names[0]}\n+++ {names[1]}\n"]
        for group in groups:
            parts.append(_heading(group, first))
            for kind, i1, i2, j1, j2 in group:
                if kind == "equal":
                    parts += (_row(" ", line) for line in one[i1:i2])
                else:
                    parts += (_row("-", line) for line in one[i1:i2])
                    parts += (_row("+", line) for line in two[j1:j2])
        return "".join(parts)

    def _groups(
        self, one: list[str], two: list[str], head: int, tail: int
    ) -> Sequence[Sequence[Opcode]]:
        """`head` and `tail`: how many lines are the same at both ends."""
        if one == two:
            return []
        middle = len(one) - tail, len(two) - tail
        left = self._until - time.monotonic()
        # What is only added or taken away needs no search.
        if head not in middle and left > 0:
            try:
                return self._sandbox.run(groups, one, two, timeout=min(FILE_S, left))
            except Unavailable:
                pass
        found: list[Opcode] = [
            ("equal", 0, head, 0, head),
            ("replace", head, middle[0], head, middle[1]),
            ("equal", middle[0], len(one), middle[1], len(two)),
        ]
        return [[it for it in found if it[1] < it[2] or it[3] < it[4]]]


def groups(one: list[str], two: list[str]) -> list[list[Opcode]]:
    """What difflib finds; for the sandbox."""
    return [list(it) for it in SequenceMatcher(None, one, two).get_grouped_opcodes(CONTEXT)]


def _lines(text: str) -> list[str]:
    """With their ends: to git nothing but a newline is one."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


def _same_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    rest = most - start
    return start, next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)


def _heading(group: Sequence[Opcode], at: int) -> str:
    def span(start: int, end: int) -> str:
        return f"{at + start + (end > start)},{end - start}"

    last = group[-1]
    return f"@@ -{span(group[0][1], last[2])} +{span(group[0][3], last[4])} @@\n"


def _row(sign: str, line: str) -> str:
    return (
        f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
    )
