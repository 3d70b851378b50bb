"""Headers read in a process that may be killed, whatever the source: strangers wrote them.

The worker has no source. Where this one is near, it asks for range after range. Where it is far, no
worker waits for it: the worker gets what was read and tells what it lacks, and begins again; most
files take one to three rounds.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hearthub.errors import TooLarge, Unavailable
from hearthub.fit.readers import read
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import WeightFile
from hearthub.sandbox import Sandbox, ask

T = TypeVar("T")

MAX_ROUNDS = 128
AHEAD = 2**16
"""Bytes read at least, doubled while a file is read on where the last read ended."""
MOST_AHEAD = 2**24


class Elsewhere:
    """A `reader` for `contents`."""

    def __init__(self, sandbox: Sandbox, timeout: float = 2.0) -> None:
        """`timeout`: seconds of a worker, for one file, not counting what its source takes."""
        self._sandbox, self._timeout = sandbox, timeout

    def __call__(self, source: Source, file: SourceFile, form: str) -> WeightFile:
        """Raises Unavailable when the worker took too long or needed too much memory."""
        if source.parallel == 1:
            return self.asking(source, file, form, asked_header)
        return self._in_rounds(source, file, form)

    def asking(
        self, source: Source, file: SourceFile, form: str, made: Callable[..., T], *more: object
    ) -> T:
        """What `made(file, form, *more)` makes in a worker of the header that `asked_header` gives
        it. For sources that are near."""
        return self._sandbox.run(
            made,
            file,
            form,
            *more,
            timeout=self._timeout,
            answer=lambda start, end: source.read(file, start, end),
        )

    def _in_rounds(self, source: Source, file: SourceFile, form: str) -> WeightFile:
        pieces: list[Piece] = []
        left, ahead = self._timeout, AHEAD
        for _ in range(MAX_ROUNDS):
            answer = self._sandbox.run(attempt, file, form, pieces, timeout=self._timeout)
            if isinstance(answer, WeightFile):
                return answer
            left -= answer.seconds
            if left <= 0:
                raise Unavailable(f"Checking took longer than {self._timeout:.0f} s")
            goes_on = bool(pieces) and answer.start == pieces[-1].start + len(pieces[-1].data)
            ahead = min(2 * ahead, MOST_AHEAD) if goes_on else AHEAD
            end = min(max(answer.end, answer.start + ahead), file.size)
            pieces.append(Piece(answer.start, source.read(file, answer.start, end)))
        raise TooLarge(f"{file.path}: its header lies in more than {MAX_ROUNDS} places")


def asked_header(file: SourceFile, form: str) -> WeightFile:
    """In a worker: the header, by asking who started it."""
    return read(_Asked(), file, form)


class _Asked:
    """The caller as a source."""

    parallel = 1
    budget = 2**30

    def files(self) -> Sequence[SourceFile]:
        return ()

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        found: bytes = ask(start, end) if start < end else b""
        return found


@dataclass(frozen=True, slots=True)
class Piece:
    start: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Lacking:
    """The range that a reader needs next."""

    start: int
    end: int
    seconds: float = 0
    """Of the processor, until it was known."""


def attempt(file: SourceFile, form: str, pieces: Sequence[Piece]) -> WeightFile | Lacking:
    """In a worker: the header, if the pieces are enough for it."""
    begun = time.process_time()
    try:
        return read(_Given(pieces), file, form)
    except _Missing as missing:
        return Lacking(missing.start, missing.end, time.process_time() - begun)


class _Missing(Exception):
    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


class _Given:
    """The pieces as a source. A range that begins in one piece may go on in the next."""

    parallel = 1
    budget = 2**30

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces

    def files(self) -> Sequence[SourceFile]:
        return ()

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        found, reached = list[bytes](), start
        for piece in self._pieces:
            at = reached - piece.start
            if 0 <= at < len(piece.data) and reached < end:
                found.append(piece.data[at : at + end - reached])
                reached += len(found[-1])
        if reached < end:
            raise _Missing(reached, end)
        return b"".join(found)
