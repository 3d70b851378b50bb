"""Where bytes lie: one small contract, and what keeps it (suite: tests/storage/test_backends.py).

Keys are made by us and safe in paths and URLs: `xorbs/<hash>`, `lfs/<sha256>`,
`git/<repo id>/<oid>`. A key's bytes never change, so a second put of a key may do nothing, unless
the stored ones are damaged: then it replaces them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hearthub.errors import Unavailable

PIECE = 2**20
"""How many bytes `open_range` yields at a time, at most."""

_KEY = re.compile(r"[a-z0-9]+(/[a-z0-9]+)+")


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes as they lie in one local file: spans of (offset, length), in order."""

    path: Path
    spans: Sequence[tuple[int, int]]


class Blobs(Protocol):
    """Bytes by key. An instance can be pickled, and reads the same bytes in another process."""

    def put_file(self, key: str, path: Path, *, replace: bool = False) -> bool:
        """Take over a file of the same disk: when this returns, bytes are durable under `key` and
        `path` is gone. False when the key was there before: its old bytes stay, whoever raced,
        unless the new ones are to `replace` them. Raises NoRoom when the disk is full."""

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        """The same for bytes in memory."""

    def size(self, key: str) -> int | None:
        """In bytes; None when nothing is stored under `key`."""

    def locate(self, key: str) -> Path | None:
        """A local file holding exactly these bytes, or None: read them through this contract."""

    def read(self, key: str, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`; raises Unavailable when they are not there."""

    def open_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """The same in pieces."""

    def delete(self, key: str) -> None:
        """Forget a key, if it is there."""

    def list(self, prefix: str) -> Iterator[str]:
        """The keys under a prefix that ends in `/`, in no order."""


def check_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key!r}")
    return key


def missing(key: str) -> Unavailable:
    return Unavailable(f"Stored bytes are missing or too short: {key}")
