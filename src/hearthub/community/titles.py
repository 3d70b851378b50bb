"""Titles of discussions and collections: one line, which is also the text of a link."""

import unicodedata

from hearthub.errors import BadRequest

_WITHOUT_INK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are drawn as nothing."""


def one_line(title: str, most: int) -> str:
    """Raises BadRequest for a title of more than `most` characters, or none that can be seen."""
    words = " ".join(title.split())
    if len(words) > most or not any(_is_seen(c) for c in words):
        raise BadRequest(f"A title has 1 to {most} characters, and one that can be seen")
    return words


def _is_seen(c: str) -> bool:
    """Not of spaces, of marks alone, or of what only steers the text around it."""
    return unicodedata.category(c)[0] not in "ZCM" and c not in _WITHOUT_INK
