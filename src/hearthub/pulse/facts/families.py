"""The family that a model descends from, by its bases, its name and its tags."""

from collections.abc import Sequence
from functools import lru_cache

from hearthub.pulse.facts.reading import LONGEST_NAME, Patterns, read, words_of

_MOST_BASES = 8


class Families:
    def __init__(self) -> None:
        table = read("families.toml")
        self.sources = table["source"]
        rows = table["family"]
        self.owners = {row["name"]: tuple(row["owners"].split()) for row in rows}
        """The namespaces that publish a family themselves."""
        self.of_tag = words_of({row["name"]: row["tags"] for row in rows})
        self._names = Patterns(
            ((row["name"], row["names"].split()) for row in rows),
            not_before={row["name"]: row.get("not_before", "") for row in rows},
        )
        self._of_base = lru_cache(16_384)(self.of_name)

    def family_of(
        self, repo: str, tags: Sequence[str] = (), bases: Sequence[str] = ()
    ) -> str | None:
        """Of a repo: what its first base that tells one tells, its own name, then its tags.

        A name tells what stands first, but after `distill` the pupil: a DeepSeek-R1-Distill-Qwen
        descends from Qwen.
        """
        for base in bases[:_MOST_BASES]:
            if found := self._of_base(base[-LONGEST_NAME:]):
                return found
        if found := self.of_name(repo):
            return found
        return next((self.of_tag[tag] for tag in tags if tag in self.of_tag), None)

    def of_name(self, repo: str) -> str | None:
        lower = repo[-4 * LONGEST_NAME :].rpartition("/")[2][:LONGEST_NAME].lower()
        taught = lower.find("distill-")
        if taught >= 0 and (found := self._names.first(lower[taught + 8 :])):
            return found
        return self._names.first(lower)
