"""Keys and values of GGUF: numbers, texts, and lists that are mostly passed over.

A vocabulary is a list of up to a million texts, each with its length before it, so that it can be
passed over only one by one.
"""

import re
from functools import lru_cache
from struct import Struct
from typing import Any

from hearthub.fit.readers.cursor import Cursor
from hearthub.fit.weights import Skipped

MAX_LIST = 4096
"""Numbers of a list that is kept; one for each layer is what matters."""
MAX_TEXTS = 64
"""Texts of a list that is kept: tags, languages."""
MAX_TEXT = 2**19
"""Bytes of a text that is kept; chat templates have a tenth of that."""
MAX_KEPT = 2**23
MAX_PASSED = 2**21
"""Texts passed over in one file; the largest vocabularies have 800,000 with their merges."""
MAX_NESTED = 4096
MAX_DEPTH = 4
MAX_NAME = 1024

_STRING, _ARRAY = 8, 9
_CODES = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
_AT_ONCE = 64
_SHORT = (8, 7, 6, 9, 5, 10, 4, 11, 12, 3, 13, 14, 2, 0, 15, 16, 1, *range(17, 48))


class Values:
    """Reads values at a cursor. `order`: `<` or `>`; `wide`: whether lengths have 8 bytes."""

    def __init__(self, cursor: Cursor, order: str, wide: bool) -> None:
        self.cursor, self.order, self.wide = cursor, order, wide
        self._length = Struct(order + ("Q" if wide else "I"))
        self._word = Struct(order + "I")
        self._kept = self._passed = self._nested = 0

    def length(self) -> int:
        found: int = self._length.unpack(self.cursor.take(self._length.size))[0]
        return found

    def word(self) -> int:
        found: int = self._word.unpack(self.cursor.take(4))[0]
        return found

    def name(self) -> str:
        """A key, or the name of a tensor."""
        if (length := self.length()) > MAX_NAME:
            raise self.cursor.bad(f"a name of {length} bytes")
        return self.cursor.take(length).decode(errors="replace")

    def value(self) -> Any:
        kind = self.word()
        if kind == _STRING:
            return self._text()
        return self._list(1) if kind == _ARRAY else self._numbers(kind, 1)[0]

    def _numbers(self, kind: int, count: int) -> tuple[Any, ...]:
        numbers = Struct(f"{self.order}{count}{self._code(kind)}")
        return numbers.unpack(self.cursor.take(numbers.size))

    def _code(self, kind: int) -> str:
        if kind not in _CODES:
            raise self.cursor.bad(f"a value of the unknown type {kind}")
        return _CODES[kind]

    def _text(self) -> str | Skipped:
        length = self.length()
        if length > MAX_TEXT or self._kept + length > MAX_KEPT:
            self.cursor.skip(length)
            return Skipped(length)
        self._kept += length
        return self.cursor.take(length).decode(errors="replace")

    def _list(self, depth: int) -> Any:
        kind, count = self.word(), self.length()
        if kind == _STRING:
            if count <= MAX_TEXTS:
                return tuple(self._text() for _ in range(count))
            self._pass_texts(count)
        elif kind == _ARRAY:
            self._pass_lists(count, depth)
        else:
            size = count * Struct(f"={self._code(kind)}").size
            if count <= MAX_LIST and self._kept + size <= MAX_KEPT:
                self._kept += size
                return self._numbers(kind, count)
            self.cursor.skip(size)
        return Skipped(count)

    def _pass_lists(self, count: int, depth: int) -> None:
        self._nested += count
        if depth == MAX_DEPTH or self._nested > MAX_NESTED:
            raise self.cursor.bad("lists within lists, more than any real file has")
        for _ in range(count):
            self._list(depth + 1)

    def _pass_texts(self, count: int) -> None:
        cursor = self.cursor
        self._passed += count
        if self._passed > MAX_PASSED or count * self._length.size > cursor.remaining:
            raise cursor.bad(f"a list of {count} texts, more than any real file has")
        short = _short_texts(self.order, self._length.size)
        while count >= _AT_ONCE:
            found = short.match(cursor.buffer, cursor.at)
            if found:
                cursor.at = found.end()
            else:  # a long text among them, or the end of the buffer
                self._pass_few(_AT_ONCE)
            count -= _AT_ONCE
        self._pass_few(count)

    def _pass_few(self, count: int) -> None:
        cursor, read, size = self.cursor, self._length.unpack_from, self._length.size
        while count:
            cursor.need(size)
            buffer, at, last = cursor.buffer, cursor.at, len(cursor.buffer) - size
            while count and at <= last:
                at += read(buffer, at)[0] + size
                count -= 1
            cursor.skip(at - cursor.at)


@lru_cache(8)
def _short_texts(order: str, size: int) -> re.Pattern[bytes]:
    """_AT_ONCE texts of less than 48 bytes, each after its length.

    A regular expression cannot count, but it can offer every length with as many bytes after it:
    tried in C, the most frequent first, that is three times as fast as a loop here.
    """
    byteorder = "little" if order == "<" else "big"
    texts = (re.escape(length.to_bytes(size, byteorder)) + b".{%d}" % length for length in _SHORT)
    return re.compile(b"(?:%b){%d}+" % (b"|".join(texts), _AT_ONCE), re.DOTALL)
