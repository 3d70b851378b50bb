"""Words for what a report says: message catalogues, and how numbers are written.

`{slot}`, `{slot:FORM}` or `{slot.field:FORM}` in a message (messages/LANGUAGE.toml) is replaced by
the slot. All languages write a number alike, so that a reader of one can check another.
"""

import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hearthub.pulse.report.document import Number, Sentence, Slot, Term

LANGUAGES = ("en", "ja")
_FOLDER = Path(__file__).parent / "messages"
Value = float | int | date | str | None
Put = Callable[[Slot, str], str]
"""Makes the marked-up text of a slot from its plain one."""


def plain(_: Slot, text: str) -> str:
    return text


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    percent = 100 * value
    if percent == 0 or abs(percent) >= 0.1:
        return f"{percent:.1f} %"
    return f"{percent:.2g} %" if abs(percent) >= 1e-4 else "< 0.0001 %"


def _params(value: float) -> str:
    for name, unit in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f}"


def _size(value: float) -> str:
    for name, unit in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= unit:
            return f"{value / unit:,.1f} {name}"
    return f"{value:.0f} B"


def _growth(value: float) -> str:
    """Of a logarithm of a ratio: how many times."""
    return f"{min(value, 100.0):+.2f}"


NUMBERS: Mapping[str, Callable[[float], str]] = {
    "count": _count,
    "share": _share,
    "params": _params,
    "size": _size,
    "log": _growth,
    "decimal": lambda value: f"{value:,.1f}",
    "times": lambda value: f"{value:,.2f}",
    "index": lambda value: f"{value:.4f}",
}
_FIELDS = frozenset(
    "value lo hi numerator denominator n coverage window_start window_end version".split()
)


def written(value: Value, form: str, unknown: str) -> str:
    """A field of a number; `form` is one of NUMBERS, `date` or `text`."""
    if value is None:
        return unknown
    if form == "date":
        return value.isoformat() if isinstance(value, date) else str(value)
    if form == "text" or not isinstance(value, int | float):
        return str(value)
    return NUMBERS[form](value)


class Words:
    """One language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _read(language)
        self.unknown = self.word("word.unknown")

    def word(self, key: str) -> str:
        """A message without slots, `GROUP.KEY`. A KeyError here is a mistake of ours."""
        group, _, rest = key.partition(".")
        return str(self._catalogue[group][rest])

    def sentence(self, sentence: Sentence, put: Put = plain) -> str:
        parts = []
        for literal, name, form in _parsed(self._message(sentence)):
            parts.append(literal)
            if name:
                slot, _, of = name.partition(".")
                it = sentence.slots[slot]
                text = self.slot(it, form, of or "value")
                # A name of ours that begins a sentence; what strangers wrote stays as it is.
                is_first = isinstance(it, Term) and not any(parts)
                parts.append(put(it, text[:1].upper() + text[1:] if is_first else text))
        return "".join(parts)

    def slot(self, slot: Slot | None, form: str = "text", of: str = "value") -> str:
        if slot is None:
            return ""
        if isinstance(slot, Number):
            if of not in _FIELDS:
                raise KeyError(of)
            return written(getattr(slot.row, of), form or "count", self.unknown)
        if isinstance(slot, Term):
            return str(self._catalogue["term"].get(slot.group, {}).get(slot.key, slot.key))
        return slot.text

    def _message(self, sentence: Sentence) -> str:
        messages = self._catalogue["sentence"]
        message = str(messages[sentence.key])
        singular = messages.get(f"{sentence.key}_one")
        counted = next((name for name, form in fields_of(message) if form == "count"), None)
        if singular and counted:
            it = sentence.slots[counted.partition(".")[0]]
            if isinstance(it, Number) and it.row.value == 1:
                return str(singular)
        return message


def fields_of(message: str) -> Iterator[tuple[str, str]]:
    """Of each slot in a message: its name with the field, and the form."""
    return ((name, form) for _, name, form in _parsed(message) if name)


def catalogue(language: str) -> dict[str, Any]:
    return _read(language)


@cache
def words(language: str) -> Words:
    return Words(language)


@cache
def _parsed(message: str) -> tuple[tuple[str, str, str], ...]:
    found = string.Formatter().parse(message)
    return tuple((literal, name or "", form or "") for literal, name, form, _ in found)


@cache
def _read(language: str) -> dict[str, Any]:
    with (_FOLDER / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)
