"""Why a verdict is what it is: one of a few messages, with what stands in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Union

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "missing": "Missing: {what}",
        "silent": "these data say nothing of {days}",
        "silent_of": "these data say nothing of {dimension} in {days}",
        "lacking": "Missing: {what}; the value found is of these data alone",
        "chosen": "a listing of the whole hub (these are {repos} chosen repos)",
        "too_few": "at least {least} repos (there are {repos})",
        "all_time": "all-time counters",
        "at_least": "As many or more",
        "within": "Within {tolerance}",
        "wide": "Missing: what would narrow it; it lies between {lo} and {hi}",
        "by": "By {difference} from {expected}",
        "said": "{what}",
    }
)


@dataclass(frozen=True)
class Why:
    key: str
    slots: Mapping[str, Union[str, "Why"]]

    @classmethod
    def of(cls, key: str, **slots: "str | Why") -> "Why":
        return cls(key, slots)

    def text(self, messages: Mapping[str, str], put: Callable[[str], str] = str) -> str:
        """In the language of the messages; `put` says what stands in a slot in that language."""
        told = {
            name: it.text(messages, put) if isinstance(it, Why) else put(it)
            for name, it in self.slots.items()
        }
        return messages[self.key].format(**told)
