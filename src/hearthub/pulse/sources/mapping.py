"""The map of a source: TOML that says which of its columns is what, and where it comes from.

source = "radar"
licence = "CC-BY-4.0"
attribution = "HF//RADAR"
origin = "huggingface.co"      # whose repos they are; without it no list shows them
type = "model"                 # model (default), dataset or space
whole = false                  # true: each capture lists every repo there was
synthetic = false
redistributable = true
time_formats = ["%d.%m.%Y"]    # as strptime has them; ISO 8601 and others are known

[columns]
id = "id"
downloads_30d = "downloads"
formerly = "old_id"            # the id that the repo had before, if it was renamed
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hearthub.errors import BadRequest

FIELDS = frozenset(
    """id author created_at modified_at observed_at downloads_30d downloads_all likes trending
    parameters base_model relation license pipeline_tag library tags languages formats gated
    removed formerly""".split()
)
TYPES = ("model", "dataset", "space")
MAX_MAP = 100_000  # bytes
MAX_DOTS = 200
"""In a line: keys that are nested by dots take the square of their number to read."""
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}", re.ASCII)
_HOST = re.compile(r"[a-z0-9][a-z0-9.:-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Map:
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    source: str | None = None
    licence: str | None = None
    attribution: str | None = None
    origin: str | None = None
    type: str | None = None
    whole: bool | None = None
    synthetic: bool = False
    redistributable: bool | None = None
    time_formats: tuple[str, ...] = ()

    def canonical(self) -> str:
        """The same text for the same map: it is part of what makes a snapshot."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return repr(sorted({**values, "columns": sorted(self.columns.items())}.items()))


def read_map(path: Path) -> Map:
    """Raises BadRequest that says what is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_MAP).decode()
        if any(line.count(".") > MAX_DOTS for line in text.splitlines()):
            raise BadRequest(f"{path.name}: a line has more than {MAX_DOTS} dots")
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits
        raise BadRequest(f"{path.name} is no TOML: {error}") from None
    columns = found.pop("columns", {})
    if not isinstance(columns, dict):
        raise BadRequest(f"{path.name}: `columns` is a table from our fields to theirs")
    _only(path.name, "columns", columns, FIELDS)
    _only(path.name, "keys", found, set(Map.__dataclass_fields__) - {"columns"})
    for key, value in columns.items():
        if not isinstance(value, str) or not value:
            raise BadRequest(f"{path.name}: columns.{key} is the name of a column")
    for key, value in found.items():
        if not _RULES.get(key, _is_flag)(value):
            raise BadRequest(f"{path.name}: {key} = {value!r} makes no sense")
    formats = tuple(found.pop("time_formats", ()))
    return Map(columns=MappingProxyType(dict(columns)), time_formats=formats, **found)


def _only(file: str, what: str, found: Mapping[str, Any], known: set[str] | frozenset[str]) -> None:
    if unknown := sorted(set(found) - known):
        raise BadRequest(f"{file}: unknown {what} {unknown}; there are {', '.join(sorted(known))}")


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 500


_RULES: Mapping[str, Callable[[Any], bool]] = {
    # "own" is this hub itself: nobody else speaks for it.
    "source": lambda value: (
        isinstance(value, str) and bool(_SOURCE.fullmatch(value)) and value != "own"
    ),
    "origin": lambda value: (
        isinstance(value, str) and bool(_HOST.fullmatch(value)) and value != "all"
    ),
    "type": lambda value: value in TYPES,
    "time_formats": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "licence": _is_text,
    "attribution": _is_text,
}
