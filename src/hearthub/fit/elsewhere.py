"""Headers read in a process that may be killed, whatever the source: strangers wrote them.

The worker has no source. It works with the ranges it was given and asks for the one it lacks; most
files take one to three rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hearthub.errors import TooLarge
from hearthub.fit.readers import read
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import WeightFile
from hearthub.sandbox import Sandbox

MAX_ROUNDS = 128
AHEAD = 2**16
"""Bytes read at least, doubled by each round: every round begins again."""
MOST_AHEAD = 2**24


class Elsewhere:
    """A `reader` for `contents`."""

    def __init__(self, sandbox: Sandbox, timeout: float = 2.0) -> None:
        """`timeout` in seconds, for one round."""
        self._sandbox, self._timeout = sandbox, timeout

    def __call__(self, source: Source, file: SourceFile, form: str) -> WeightFile:
        """Raises Unavailable when the worker took too long or needed too much memory."""
        pieces: list[Piece] = []
        for done in range(MAX_ROUNDS):
            answer = self._sandbox.run(attempt, file, form, pieces, timeout=self._timeout)
            if isinstance(answer, WeightFile):
                return answer
            least = answer.start + min(AHEAD << done, MOST_AHEAD)
            end = min(max(answer.end, least), file.size)
            pieces.append(Piece(answer.start, source.read(file, answer.start, end)))
        raise TooLarge(f"{file.path}: its header lies in more than {MAX_ROUNDS} places")


@dataclass(frozen=True, slots=True)
class Piece:
    start: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Lacking:
    """The range that a reader needs next."""

    start: int
    end: int


def attempt(file: SourceFile, form: str, pieces: Sequence[Piece]) -> WeightFile | Lacking:
    """In a worker: the header, if the pieces are enough for it."""
    try:
        return read(_Given(pieces), file, form)
    except _Missing as missing:
        return missing.range


class _Missing(Exception):
    def __init__(self, lacking: Lacking) -> None:
        self.range = lacking


class _Given:
    """The pieces as a source. A range that begins in one piece may go on in the next."""

    parallel = 1
    budget = 2**30

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces

    def files(self) -> Sequence[SourceFile]:
        return ()

    def read(self, file: SourceFile, start: int, end: int) -> bytes:
        found = b""
        for piece in self._pieces:
            at = start + len(found) - piece.start
            if 0 <= at < len(piece.data):
                found += piece.data[at : at + end - start - len(found)]
        if len(found) < end - start:
            raise _Missing(Lacking(start + len(found), end))
        return found
