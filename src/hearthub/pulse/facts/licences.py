"""Licences by class, and whether a child promises more than its base does."""

import re
from functools import cache, cached_property, lru_cache
from typing import Literal, get_args

from hearthub.pulse.facts.reading import read, words_of

LicenceClass = Literal["permissive", "copyleft", "community", "non-commercial", "other", "none"]
CLASSES: tuple[LicenceClass, ...] = get_args(LicenceClass)
_RANKED = 4
"""The first classes of `CLASSES` have an order, the loosest first."""
_LONGEST = 100
_PART = re.compile(r"[a-z0-9.]+")


class Licences:
    def __init__(self) -> None:
        table = read("licences.toml")
        self.sources = table["source"]
        self._known: dict[str, LicenceClass] = {
            name: _as_class(label) for name, label in words_of(table["class"]).items()
        }
        self._aliases: dict[str, str] = table["alias"]
        self._named = [
            (_as_class(row["class"]), set(row["parts"].split())) for row in table["named"]
        ]
        self._remembered = lru_cache(8192)(self._class_of)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Those of the Hub's own list."""
        return frozenset(self._known)

    def class_of(self, licence: str | None) -> LicenceClass:
        """Of an identifier of the Hub or a name that a card gives; `none` where there is none.

        A name that nobody knows is `other`, which is neither looser nor stricter than anything.
        """
        return self._remembered(licence[:_LONGEST]) if licence else "none"

    def _class_of(self, licence: str) -> LicenceClass:
        if not (name := licence.strip().lower()):
            return "none"
        name = self._aliases.get(name, name)
        if known := self._known.get(name):
            return known
        parts = _PART.findall(name)
        if {"non", "commercial"} <= set(parts):
            return "non-commercial"
        if known := self._known.get("-".join(parts)):
            return known
        told = {*parts, *(part.rstrip("0123456789.") for part in parts)}
        return next((label for label, words in self._named if told & words), "other")


@cache
def _licences() -> Licences:
    return Licences()


def licence_class(licence: str | None) -> LicenceClass:
    """`Licences.class_of` of the table of today."""
    return _licences().class_of(licence)


def is_looser(child: LicenceClass, base: LicenceClass) -> bool:
    """A child lets others do more than its base: worth a look, and no verdict.

    Classes without an order (`other`, `none`) are never looser nor stricter.
    """
    ranks = CLASSES[:_RANKED]
    return child in ranks and base in ranks and ranks.index(child) < ranks.index(base)


def _as_class(label: str) -> LicenceClass:
    return next(known for known in CLASSES if known == label)
