"""Short texts, numbers and lists out of what a stranger wrote into a card or a config."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

MAX_TAGS = 500
MAX_TEXT = 200  # characters of one value


def text(value: object, limit: int = MAX_TEXT, keep: str = "") -> str | None:
    """A short text that any JSON or HTML can carry, None for anything else.

    Without control characters but those in `keep`: PostgreSQL takes no NUL, a terminal no escapes.
    """
    if isinstance(value, int) and (isinstance(value, bool) or abs(value) >= 2**63):
        return None  # the digits of a large number cost minutes
    if not isinstance(value, (str, int, float)) or (isinstance(value, str) and len(value) > 2**20):
        return None
    found = str(value).strip()
    if not 0 < len(found) <= limit:
        return None
    if not found.isprintable():  # most are
        found = "".join(c for c in found if unicodedata.category(c) != "Cc" or c in keep)
    return found.encode(errors="replace").decode().strip() or None


def texts(value: object) -> list[str]:
    """A card's value as a list of short texts, whether it was one text or a list."""
    values = value if isinstance(value, list) else [value]
    return list(islice((found for item in values[:10_000] if (found := text(item))), MAX_TAGS))


def unique(values: Iterable[str]) -> list[str]:
    """In order, each once, at most `MAX_TAGS`."""
    return list(islice(dict.fromkeys(values), MAX_TAGS))


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: object, limit: int = 1000) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, or the one object that stands there instead of a list."""
    values = value if isinstance(value, list) else [value]
    return (item for item in values[:limit] if isinstance(item, dict))


def count(value: object) -> int | None:
    """A number of things: an integer from 0 to 2^60."""
    return value if type(value) is int and 0 <= value <= 2**60 else None  # True is an int


def suffix(path: str) -> str:
    """The ending of a file's name in lower case, with its dot: `.parquet`; empty when none."""
    name = path.rpartition("/")[2]
    return name[name.rindex(".") :].lower() if "." in name else ""
