"""A pack on its way in: every object in it, deltas resolved. Format: gitformat-pack(5), version 2.

The file was written by a stranger. What is read is bounded by what the pack itself may weigh, so
that a small pack cannot stand for a terabyte; nothing is held in memory but an index of offsets and
the chain of deltas that is being resolved.
"""

import hashlib
import mmap
import zlib
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hearthub.errors import BadRequest, TooLarge
from hearthub.registry.gitformat import Kind, hasher, oid_of

MOST_OBJECTS = 500_000
"""What a push may have: an index of them is kept in memory."""
_OFS_DELTA, _REF_DELTA = 6, 7
_DEEPEST, _CHAIN_BYTES = 4096, 256 * 2**20
_EXPANDED, _FREE = 64, 2**28
"""What all objects together may have: so many times the pack's bytes, and a quarter of a GiB."""
_STEP = 2**16

Outside = Callable[[bytes], tuple[Kind, bytes] | None]
"""An object that the repo has already, by its 20 bytes."""


class Unpacked(NamedTuple):
    kind: Kind
    oid: bytes
    content: bytes | None
    """None: a blob larger than allowed, of which only the size is known."""
    size: int


@dataclass(frozen=True)
class _Entry:
    """Where an object begins in the file, and its deflate stream from `start` to before `end`."""

    offset: int
    kind: int
    size: int
    start: int
    end: int


@dataclass(frozen=True)
class Pack:
    """A pack in a file of ours, behind `start` bytes of something else."""

    path: Path
    start: int = 0

    @property
    def size(self) -> int:
        return self.path.stat().st_size - self.start


def unpack(pack: Pack, most: int, outside: Outside) -> Iterator[Unpacked]:
    """Every object of a pack: files first, then what names them. `most`: bytes an object may have;
    larger blobs come without content.

    Raises BadRequest for what is no whole pack, TooLarge for one that is out of proportion.
    """
    if pack.size < 32:
        raise BadRequest("The pack is cut off")
    with pack.path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[pack.start :]
    return _Unpacking(data, most, outside).objects()


class _Unpacking:
    def __init__(self, data: memoryview, most: int, outside: Outside) -> None:
        self._data, self._most, self._outside = data, most, outside
        self._end = len(data) - 20
        self._budget = _EXPANDED * len(data) + _FREE
        self._resting: dict[int | bytes, list[_Entry]] = defaultdict(list)
        """Deltas by their base: its offset in the pack, or its oid."""

    def objects(self) -> Iterator[Unpacked]:
        data = self._data
        if bytes(data[:8]) not in (b"PACK\0\0\0\2", b"PACK\0\0\0\3"):
            raise BadRequest("What was sent is no pack")
        if hashlib.sha1(data[: self._end]).digest() != data[self._end :]:  # noqa: S324
            raise BadRequest("The pack is damaged: its checksum is wrong")
        count = int.from_bytes(data[8:12], "big")
        if count > MOST_OBJECTS:
            raise TooLarge(f"A push has at most {MOST_OBJECTS:,} objects: push in several steps")
        at, whole = 12, defaultdict[Kind, list[_Entry]](list)
        for _ in range(count):
            entry, base, at = self._entry(at)
            if base is not None:
                self._resting[base].append(entry)
            else:
                whole[Kind(entry.kind)].append(entry)
        if at != self._end:
            raise BadRequest("The pack has something after its last object")
        for kinds in ((Kind.BLOB,), (Kind.TREE, Kind.COMMIT, Kind.TAG)):
            for kind in kinds:
                for entry in whole[kind]:
                    yield from self._family(entry)
            yield from self._thin(kinds)
        if self._resting:
            raise BadRequest("The pack has a delta whose base is neither in it nor in the repo")

    def _entry(self, offset: int) -> tuple[_Entry, int | bytes | None, int]:
        """The object at an offset, what it rests on, and where the next one begins."""
        kind, size, at = self._head(offset)
        base: int | bytes | None = None
        if kind == _OFS_DELTA:
            back, at = self._distance(at)
            base = offset - back
        elif kind == _REF_DELTA:
            base, at = bytes(self._data[at : at + 20]), at + 20
        elif kind not in (1, 2, 3, 4):
            raise BadRequest(f"The pack has an object of the unknown type {kind}")
        if base is not None and size > self._most + 2**20:
            raise TooLarge("The pack has a delta that is too large: repack it")
        end = self._skip(at, size)
        return _Entry(offset, kind, size, at, end), base, end

    def _head(self, at: int) -> tuple[int, int, int]:
        byte = self._byte(at)
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 128:
            at += 1
            byte = self._byte(at)
            size |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise BadRequest("The pack has an object of an impossible size")
        return kind, size, at + 1

    def _distance(self, at: int) -> tuple[int, int]:
        """How far back an OFS_DELTA's base begins: seven bits a byte, each carry adding one."""
        byte = self._byte(at)
        back = byte & 127
        while byte & 128:
            at += 1
            byte = self._byte(at)
            back = (back + 1 << 7) | byte & 127
            if back > self._end:
                raise BadRequest("The pack has a delta whose base lies before its beginning")
        return back, at + 1

    def _byte(self, at: int) -> int:
        if at >= self._end:
            raise BadRequest("The pack is cut off")
        return self._data[at]

    def _skip(self, start: int, size: int) -> int:
        """Where a deflate stream ends, which must give `size` bytes."""
        self._spend(size)
        inflater, at, made = zlib.decompressobj(), start, 0
        while not inflater.eof:
            if at >= self._end:
                raise BadRequest("The pack is cut off")
            piece = self._data[at : min(at + _STEP, self._end)]
            at += len(piece)
            for part in self._parts(inflater, piece):
                made += len(part)
                if made > size:
                    raise BadRequest("The pack has an object that is longer than it says")
        if made != size:
            raise BadRequest("The pack has an object that is shorter than it says")
        return at - len(inflater.unused_data)

    def _parts(self, inflater: "zlib._Decompress", piece: memoryview | bytes) -> Iterator[bytes]:
        """What a piece of a stream unpacks to, a MiB at a time."""
        while piece and not inflater.eof:
            try:
                yield inflater.decompress(piece, 2**20)
            except zlib.error as error:
                raise BadRequest(f"The pack is damaged: {error}") from None
            piece = inflater.unconsumed_tail

    def _content(self, entry: _Entry) -> bytes:
        """It was found to be a whole stream of its size before."""
        return zlib.decompress(self._data[entry.start : entry.end], bufsize=entry.size or 1)

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise TooLarge(
                "The pack unpacks to far more than it weighs: push in several steps, or keep "
                "what grows in LFS"
            )

    def _family(self, entry: _Entry) -> Iterator[Unpacked]:
        """An object that is no delta, then all that rest on it."""
        kind = Kind(entry.kind)
        if entry.size > self._most:
            if kind is not Kind.BLOB:
                raise TooLarge(f"A {kind.word} of {entry.size} bytes is too large")
            digest, inflater = hasher(kind, entry.size), zlib.decompressobj()
            for at in range(entry.start, entry.end, _STEP):
                for part in self._parts(inflater, self._data[at : min(at + _STEP, entry.end)]):
                    digest.update(part)
            yield Unpacked(kind, digest.digest(), None, entry.size)
            return
        yield from self._descend(kind, entry.offset, self._content(entry))

    def _descend(self, kind: Kind, offset: int, content: bytes) -> Iterator[Unpacked]:
        stack: list[tuple[bytes, list[_Entry]]] = []
        held = 0
        current: tuple[int, bytes] | None = (offset, content)
        while True:
            if current is not None:
                offset, content = current
                oid = bytes.fromhex(oid_of(kind, content))
                yield Unpacked(kind, oid, content, len(content))
                resting = self._resting.pop(offset, []) + self._resting.pop(oid, [])
                stack.append((content, resting))
                held += len(content)
                if len(stack) > _DEEPEST or held > _CHAIN_BYTES + self._most:
                    raise TooLarge("The pack has a chain of deltas that is too long: repack it")
            elif not stack:
                return
            base, resting = stack[-1]
            if not resting:
                stack.pop()
                held -= len(base)
                current = None
                if not stack:
                    return
                continue
            entry = resting.pop()
            current = (entry.offset, self._patched(kind, base, self._content(entry)))

    def _patched(self, kind: Kind, base: bytes, delta: bytes) -> bytes:
        size, at = _length(delta, 0)
        if size != len(base):
            raise BadRequest("The pack has a delta for another base")
        size, at = _length(delta, at)
        if size > self._most:
            raise TooLarge(
                f"A {kind.word} of {size} bytes is too large for git (limit {self._most}): "
                "keep large files in LFS"
            )
        self._spend(size)
        return apply_delta(base, delta, at, size)

    def _thin(self, kinds: Container[Kind]) -> Iterator[Unpacked]:
        """Deltas on what the repo has: clients are told not to send such, and some do."""
        for base in list(self._resting):
            found = self._outside(base) if isinstance(base, bytes) else None
            if found is None or found[0] not in kinds:
                continue
            kind, content = found
            for entry in self._resting.pop(base, []):
                yield from self._descend(
                    kind, entry.offset, self._patched(kind, content, self._content(entry))
                )


def apply_delta(base: bytes, delta: bytes, at: int, size: int) -> bytes:
    """The object of `size` bytes that a delta makes of its base; its instructions begin at `at`.

    Raises BadRequest for instructions that make no sense.
    """
    parts, made, end = list[bytes](), 0, len(delta)
    while at < end:
        code = delta[at]
        at += 1
        if code & 128:
            start = length = 0
            for bit in range(7):
                if code >> bit & 1:
                    if at >= end:
                        raise BadRequest("The pack has a delta that is cut off")
                    if bit < 4:
                        start |= delta[at] << 8 * bit
                    else:
                        length |= delta[at] << 8 * (bit - 4)
                    at += 1
            length = length or 0x10000
            if start + length > len(base):
                raise BadRequest("The pack has a delta that copies what is not there")
            part = base[start : start + length]
        else:
            part = delta[at : at + code]
            at += code
            if not code or at > end:
                raise BadRequest("The pack has a delta that is cut off")
        made += len(part)
        if made > size:
            break
        parts.append(part)
    if made != size:
        raise BadRequest("The pack has a delta that makes something of another size")
    return b"".join(parts)


def _length(delta: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while at < len(delta):
        byte = delta[at]
        size |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if not byte & 128:
            return size, at
        if shift > 63:
            break
    raise BadRequest("The pack has a delta that is cut off")
