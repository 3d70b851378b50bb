"""What a repo's task deals with."""

from collections.abc import Sequence
from typing import Literal, get_args

from hearthub.pulse.facts.reading import read, words_of

Modality = Literal[
    "text",
    "image",
    "vision-language",
    "audio",
    "video",
    "robotics",
    "tabular",
    "time-series",
    "multimodal",
    "reinforcement",
    "other",
    "unknown",
]
MODALITIES: tuple[Modality, ...] = get_args(Modality)


class Tasks:
    def __init__(self) -> None:
        table = read("tasks.toml")
        self.sources = table["source"]
        self.of_task = {word: _known(label) for word, label in words_of(table["modality"]).items()}
        self._of_library = {
            word: _known(label) for word, label in words_of(table["modality_of_library"]).items()
        }
        self._domains = {word: _known(label) for word, label in words_of(table["domain"]).items()}
        self._of_tag = {
            word: _known(label) for word, label in words_of(table["domain_of_tag"]).items()
        }

    def modality(self, task: str | None, library: str | None = None) -> Modality:
        """Of a model's pipeline tag, else of its library. A task that nobody knows is `other`."""
        if task:
            return self.of_task.get(task, "other")
        return self._of_library.get(library or "", "unknown")

    def domain(self, task_categories: Sequence[str], tags: Sequence[str] = ()) -> Modality:
        """Of a dataset, which counts in one domain: robotics by a tag, else by its first task."""
        if found := next((self._of_tag[tag] for tag in tags if tag in self._of_tag), None):
            return found
        known = (self._domains.get(task) for task in task_categories)
        first = next((domain for domain in known if domain), None)
        return first or ("other" if task_categories else "unknown")


def _known(label: str) -> Modality:
    return next(known for known in MODALITIES if known == label)
