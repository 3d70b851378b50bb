"""The text that stands in a git tree for a file kept in LFS or Xet.

Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

import re
from dataclasses import dataclass

MAX_POINTER = 1023  # bytes: whatever is longer is a file of its own, by the specification

_TEXT = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
_SHAPE = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-[0-9]-[a-z0-9.-]+ [^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\n"
    rb"size (0|[1-9][0-9]{0,18})\n?"
)
_MAX_SIZE = 2**63 - 1  # what a database's integer holds


@dataclass(frozen=True)
class Pointer:
    """`sha256` (64 hex digits) and `size` (bytes) of the content."""

    sha256: str
    size: int

    def encode(self) -> bytes:
        return _TEXT.format(self.sha256, self.size).encode()


def parse_pointer(content: bytes) -> Pointer | None:
    """The pointer that a blob is, None for every other content."""
    if len(content) > MAX_POINTER:
        return None
    found = _SHAPE.fullmatch(content)
    if not found or int(found[2]) > _MAX_SIZE:
        return None
    return Pointer(found[1].decode(), int(found[2]))
