"""The TOML files of this folder, and the patterns in them."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

LONGEST_NAME = 256
"""Characters of the last part of an id; what comes after says nothing."""


def read(name: str) -> dict[str, Any]:
    """One file of this folder."""
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


def names_like(prefix: str) -> list[str]:
    """The files of this folder that begin so, in order."""
    found = (file.name for file in files(__package__).iterdir())
    return sorted(name for name in found if name.startswith(prefix) and name.endswith(".toml"))


def words_of(table: Mapping[str, str]) -> dict[str, str]:
    """`{class: "word word"}` turned round: the class of each word, the first that has it."""
    found: dict[str, str] = {}
    for label, words in table.items():
        for word in words.split():
            found.setdefault(word, label)
    return found


class Patterns:
    """Labels by what parts of a name look like: one pass over a name, whatever their number.

    A pattern begins where a part of a name begins. After one that ends in a letter no letter
    follows, after one that ends in a digit neither; with `whole` the part ends there.
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, Iterable[str]]],
        *,
        whole: bool = False,
        not_before: Mapping[str, str] | None = None,
    ) -> None:
        self._labels: list[str] = []
        sources = []
        for label, patterns in rows:
            unless = (not_before or {}).get(label, "")
            # Longer first, so that `qwen2` is not cut short by `qwen`.
            for pattern in sorted(patterns, key=len, reverse=True):
                # The empty group at its end tells which it was.
                sources.append(f"{pattern}{_end(pattern, whole)}{_unless(unless)}()")
                self._labels.append(label)
        # One flat list of branches: each begins with a letter, which is compared first.
        self.pattern = re.compile(f"(?<![a-z0-9])(?:{'|'.join(sources)})")
        if self.pattern.groups != len(sources):
            raise ValueError("a pattern has a group of its own")

    def first(self, lower: str) -> str | None:
        """Of a name in lower case, the label of the pattern that stands first."""
        found = self.pattern.search(lower)
        return None if found is None else self._labels[(found.lastindex or 0) - 1]

    def every(self, lower: str) -> set[str]:
        """All labels of a name in lower case."""
        return {self._labels[(found.lastindex or 0) - 1] for found in self.pattern.finditer(lower)}


def _end(pattern: str, whole: bool) -> str:
    return "(?![a-z0-9])" if whole or pattern[-1].isdigit() or pattern[-1] == "]" else "(?![a-z])"


def _unless(words: str) -> str:
    """`llama.cpp` is no Llama."""
    return f"(?![-_. ]?(?:{'|'.join(words.split())}))" if words else ""
