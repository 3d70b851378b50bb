"""Reading a file once from front to back, in pieces, without what is skipped."""

from hearthub.errors import BadRequest
from hearthub.fit.sources import Source, SourceFile

FIRST = 2**17
MOST = 2**21
"""Bytes of a piece: the first, and the largest. They double between, so that a small header costs
little traffic and a large one few requests."""


class Cursor:
    """`buffer[at:]` is what was read and not yet taken; hot loops use both directly."""

    def __init__(self, source: Source, file: SourceFile, limit: int, first: int = FIRST) -> None:
        """`limit`: the most bytes that will be read in all."""
        self._source, self.file, self._left = source, file, limit
        self._first = self._piece = first
        self.buffer, self.at = b"", 0
        self._end = 0  # of the buffer, in the file

    @property
    def position(self) -> int:
        return self._end - len(self.buffer) + self.at

    @property
    def remaining(self) -> int:
        """Bytes to the end of the file."""
        return self.file.size - self.position

    def bad(self, why: str) -> BadRequest:
        return BadRequest(f"{self.file.path}: {why}")

    def need(self, size: int) -> None:
        """Have `size` bytes in the buffer."""
        if len(self.buffer) - self.at < size:
            self.fill(size)

    def fill(self, size: int = 1) -> None:
        """Read one more piece, so large that `size` bytes are there."""
        if size > self.remaining:
            raise self.bad("it ends in the middle of its header")
        kept = self.buffer[self.at :]
        length = min(max(size - len(kept), self._piece), self.file.size - self._end)
        if length > self._left:
            raise self.bad("its header is larger than any real one")
        self._left -= length
        self._piece = min(2 * self._piece, MOST)
        start, self._end = self._end, self._end + length
        self.buffer, self.at = kept + self._source.read(self.file, start, self._end), 0

    def take(self, size: int) -> bytes:
        self.need(size)
        self.at += size
        return self.buffer[self.at - size : self.at]

    def skip(self, size: int) -> None:
        """Pass over bytes; those not yet read never are."""
        if size > self.remaining:
            raise self.bad("it ends in the middle of its header")
        self.at += size
        if (beyond := self.at - len(self.buffer)) > 0:
            self.buffer, self.at = b"", 0
            self._end += beyond
            self._piece = self._first
