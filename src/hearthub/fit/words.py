"""Short texts and numbers out of what strangers wrote into cards and configs."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_TEXT = 200
_MAX_ITEMS = 1000
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:e[-+]?[0-9]{1,2})?", re.I
)


def word(value: object, limit: int = MAX_TEXT) -> str | None:
    """A text of one line that can be shown, None for anything else; numbers as texts."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = number(value)
        return None if found is None else f"{found:.15g}"
    if not isinstance(value, str) or len(value) > 10 * limit:
        return None
    found_text = "".join(c if c.isprintable() else " " for c in value).strip()
    return found_text if 0 < len(found_text) <= limit else None


def number(value: object) -> float | None:
    """A finite number, also one written as a text: `58.45`, and `58.45%` as it stands."""
    if isinstance(value, str):
        text = value[:50].strip().removesuffix("%").strip()
        return float(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e30:
        return None
    return float(value) if math.isfinite(value) else None


def words(value: object) -> list[str]:
    """One text, or a list of them, without the rest."""
    values = value if isinstance(value, list) else [value]
    return [found for item in values[:_MAX_ITEMS] if (found := word(item))]


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list."""
    values = value if isinstance(value, list) else []
    return (item for item in values[:_MAX_ITEMS] if isinstance(item, dict))
