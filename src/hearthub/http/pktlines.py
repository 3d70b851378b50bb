"""The lines that git speaks in: gitprotocol-common(5), gitprotocol-pack(5) "side-band"."""

import re
from collections.abc import Iterator
from enum import Enum

from hearthub.errors import BadRequest

MOST = 65_516
"""Bytes of content in one line."""
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")
PACK, PROGRESS, ERROR = b"\1", b"\2", b"\3"


class Mark(Enum):
    """Lines without content: the end of a list, of a section, of an answer."""

    FLUSH = b"0000"
    DELIM = b"0001"
    END = b"0002"


Line = bytes | Mark


def line(content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return b"%04x%s" % (len(data) + 4, data)


def read_lines(data: bytes) -> Iterator[tuple[Line, int]]:
    """Each line, without the newline at its end, and where the next one begins.

    Raises BadRequest where what follows is not a whole line.
    """
    at = 0
    while at < len(data):
        told = _LENGTH.match(data, at)
        if told is None:
            raise BadRequest("Not git's protocol: a line does not begin with its length")
        length = int(told[0], 16)
        if length < 3:
            at += 4
            yield list(Mark)[length], at
            continue
        content = data[at + 4 : at + length]
        if length == 3 or len(content) != length - 4:
            raise BadRequest("Not git's protocol: a line is cut off")
        at += length
        yield content.removesuffix(b"\n"), at


def in_band(band: bytes, data: bytes) -> bytes:
    """Data of any length on one of the side-bands."""
    size = MOST - 1
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(line(band + piece) for piece in pieces)
