"""The themes of the weekly pulse that a repo belongs to."""

from collections.abc import Iterable
from typing import Any

from hearthub.pulse.facts.reading import LONGEST_NAME, Patterns, read, words_of

_REASONING = frozenset(
    "reasoning chain-of-thought thinking cot reasoning-distillation deepseek-r1 r1".split()
)
_REASONING_NAMES = (
    "reasoning reasoner thinking think r1 o1 o3 opus sonnet claude gpt-?5 qwq cot".split()
)


class Themes:
    def __init__(self) -> None:
        rows = read("tasks.toml")["theme"]
        self.names: tuple[str, ...] = tuple(row["name"] for row in rows)
        self._of_task = words_of(_column(rows, "tasks"))
        self._of_tag = words_of(_column(rows, "tags"))
        self._marks = _REASONING.union(self._of_tag)
        self._of_name = Patterns([*_patterns(rows), ("reasoning", _REASONING_NAMES)], whole=True)
        small = next(row for row in rows if "under" in row)
        self._small: str = small["name"]
        self._under: int = small["under"]
        self._under_tasks = frozenset(small["under_tasks"].split())
        self._moe: str = next(row["name"] for row in rows if "architecture" in row)
        hurried = next(row for row in rows if "hours_after_base" in row)
        self._hurried: str = hurried["name"]
        self._hours: float = hurried["hours_after_base"]
        self._needs = {row["name"] for row in rows if row.get("needs") == "reasoning"}

    def themes_of(
        self,
        repo: str,
        task: str | None = None,
        tags: Iterable[str] = (),
        *,
        is_moe: bool = False,
        parameters: int | None = None,
        relation: str | None = None,
        hours_after_base: float | None = None,
    ) -> tuple[str, ...]:
        """In the order of the rules. `hours_after_base`: created so long after the base was."""
        found = self._by_name(repo)
        if marks := self._marks.intersection(tags):
            found.update(self._of_tag[tag] for tag in marks if tag in self._of_tag)
        if task in self._of_task:
            found.add(self._of_task[task])
        if is_moe:
            found.add(self._moe)
        if parameters and parameters < self._under and task in self._under_tasks:
            found.add(self._small)
        hours = -1.0 if hours_after_base is None else hours_after_base
        if relation == "quantized" and 0 <= hours <= self._hours:
            found.add(self._hurried)
        if self._needs & found and "reasoning" not in found and _REASONING.isdisjoint(marks):
            found -= self._needs
        return tuple(name for name in self.names if name in found) if found else ()

    def _by_name(self, repo: str) -> set[str]:
        return self._of_name.every(repo.rpartition("/")[2][:LONGEST_NAME].lower())


def _column(rows: list[dict[str, Any]], key: str) -> dict[str, str]:
    return {row["name"]: row.get(key, "") for row in rows}


def _patterns(rows: list[dict[str, Any]]) -> Iterable[tuple[str, list[str]]]:
    return ((row["name"], row["names"].split()) for row in rows if "names" in row)
