"""The plain words of a card, for search and for descriptions: Markdown and HTML without the marks.

A stranger wrote the card: only its start is read, and every pattern here is linear (no two of its
parts can match the same character), so that a card made to be slow is not. What comes out is text,
never HTML: `&lt;b&gt;` becomes `<b>`, to be escaped by whoever shows it.
"""

import html
import re

READ = 32 * 1024  # characters of the card
CARD_TEXT = 2000  # characters
DESCRIPTION = 300

_HIDDEN = ("script", "style", "svg", "math")  # elements that show no prose
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINK_END = re.compile(r"\]\([^()\n]*\)|\]\[[^\[\]\n]*\]")
_IMAGE = re.compile(r"!\[[^\[\]\n]*\](?:\([^()\n]*\)|\[[^\[\]\n]*\])")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>()\[\]\"']+|www\.[^\s<>()\[\]\"']+")
_EMPHASIS = re.compile(r"[*`~]+")
_MARKS = re.compile(r"[#>|\[\]\\]+")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_BULLETS = {"", "-", "+"}


def card_text(body: str) -> str:
    """At most `CARD_TEXT` characters of the words in a card's text, on one line."""
    prose = "\n".join(_prose(_without_hidden(body[:READ])))
    for pattern in (_IMAGE, _TAG, _LINK_END, _ADDRESS):
        prose = pattern.sub(" ", prose)
    prose = html.unescape(_MARKS.sub(" ", _EMPHASIS.sub("", prose)))
    words = (word.strip("_") for word in _UNSEEN.sub(" ", prose).split())
    return _shortened(" ".join(word for word in words if word not in _BULLETS), CARD_TEXT)


def description(words: str) -> str:
    """The first sentences of `card_text`'s answer, cut at a word."""
    if len(words) <= DESCRIPTION:
        return words
    return _shortened(words, DESCRIPTION - 1) + "…"


def _without_hidden(text: str) -> str:
    """Without comments and elements that show no text; an end that is missing is the text's end."""
    text = _cut(text, "<!--", "-->")
    for name in _HIDDEN:
        text = _cut(text, f"<{name}", f"</{name}>")
    return text


def _cut(text: str, start: str, end: str) -> str:
    kept, at, lower = [], 0, text.lower()
    if len(lower) != len(text):  # a few capitals grow: cut none of it by the wrong places
        lower = text
    while (found := lower.find(start, at)) >= 0:
        kept.append(text[at:found])
        stop = lower.find(end, found + len(start))
        at = stop + len(end) if stop >= 0 else len(text)
    kept.append(text[at:])
    return " ".join(kept)


def _prose(text: str) -> list[str]:
    """The lines that hold sentences: no fenced code, no tables, no rules, no link definitions."""
    kept: list[str] = []
    fence = ""
    for raw in text.splitlines():
        line = raw.strip()
        opened = line[:3] if line[:3] in ("```", "~~~") else ""
        if fence:
            fence = "" if opened == fence else fence
        elif opened:
            fence = opened
        elif not _is_markup(line):
            kept.append(line)
    return kept


def _is_markup(line: str) -> bool:
    if not line or line[0] == "|" or not line.strip("-=_*: |+"):
        return True
    return line[0] == "[" and "]: " in line[:200]


def _shortened(words: str, limit: int) -> str:
    """Cut at a blank; empty when the first word is longer."""
    return words if len(words) <= limit else words[: max(words.rfind(" ", 0, limit + 1), 0)]
