"""Reading one table of a TOML file: keys that must be, may be, and must not be."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from hearthub.errors import BadRequest

T = TypeVar("T")


class Table:
    """`where` names the table in errors: `hub.toml: user "alice"`."""

    def __init__(self, values: object, where: str, known: Sequence[str]) -> None:
        if not isinstance(values, dict):
            raise BadRequest(f"{where} must be a table")
        self.where, self._values = where, values
        for key in values:
            if key not in known:
                raise BadRequest(f"{where}: {_unknown(key, known)}")

    def text(self, key: str) -> str | None:
        return self._get(key, str, "text in quotes")

    def need(self, key: str) -> str:
        value = self.text(key)
        if value is None:
            raise BadRequest(f"{self.where}: {key} is missing")
        return value

    def flag(self, key: str) -> bool | None:
        return self._get(key, bool, "true or false")

    def number(self, key: str) -> int | None:
        if isinstance(self._values.get(key), bool):
            raise BadRequest(f"{self.where}: {key} must be a whole number")
        return self._get(key, int, "a whole number")

    def tables(self, key: str) -> list[object]:
        return self._get(key, list, f"tables, each under [[{key}]]") or []

    def mapping(self, key: str) -> dict[str, Any]:
        return self._get(key, dict, 'a table, as { alice = "admin" }') or {}

    def raw(self, key: str) -> object:
        return self._values.get(key)

    def _get(self, key: str, kind: type[T], what: str) -> T | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, kind):
            raise BadRequest(f"{self.where}: {key} must be {what}")
        return value


def one_of(word: str, allowed: Sequence[str], where: str) -> str:
    if word not in allowed:
        near = get_close_matches(word[:50], allowed, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise BadRequest(f"{where}: {word[:50]!r} is none of {', '.join(allowed)}{hint}")
    return word


def _unknown(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key[:50], known, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"unknown key {key[:50]!r}; {hint}"
