"""What a Xet client does before it sends: cuts chunks, packs xorbs, describes files.

Chunks are cut where the caller likes, which is legal. Every field can be made to lie.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import lz4.frame

from hearthub.storage.xet import hashes
from hearthub.storage.xet.shards import BOOKEND, RECORD, TAG
from hearthub.storage.xet.xorbs import MAX_CHUNKS, MAX_RAW


def split(data: bytes, size: int = 2**16) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def frame(packed: bytes, scheme: int, raw_length: int) -> bytes:
    header = b"\0" + packed_u24(len(packed)) + bytes([scheme]) + packed_u24(raw_length)
    return header + packed


def packed_u24(number: int) -> bytes:
    return number.to_bytes(3, "little")


def pack(chunk: bytes, scheme: int) -> bytes:
    data = b"".join(chunk[plane::4] for plane in range(4)) if scheme == 2 else chunk
    packed = lz4.frame.compress(data, block_linked=False, store_size=False) if scheme else data
    return frame(packed, scheme, len(chunk))


@dataclass
class Xorb:
    chunks: list[bytes]
    schemes: Sequence[int] = (0,)

    @property
    def body(self) -> bytes:
        pairs = zip(self.chunks, cycle(self.schemes), strict=False)
        return b"".join(pack(chunk, scheme) for chunk, scheme in pairs)

    def leaves(self, start: int = 0, end: int | None = None) -> list[tuple[bytes, int]]:
        return [(hashes.chunk_hash(chunk), len(chunk)) for chunk in self.chunks[start:end]]

    @property
    def raw_hash(self) -> bytes:
        return hashes.merkle_root(self.leaves())

    @property
    def hash(self) -> str:
        return hashes.to_text(self.raw_hash)


@dataclass
class File:
    """One file section of a shard. `terms` are (xorb hash, raw length, start, end)."""

    hash: bytes
    terms: list[tuple[bytes, int, int, int]]
    range_hashes: list[bytes]
    sha256: str | None
    count: int | None = None  # what the header claims, when that is a lie
    has_range_hashes: bool = True

    def encode(self) -> bytes:
        flags = (self.has_range_hashes << 31) | ((self.sha256 is not None) << 30)
        count = len(self.terms) if self.count is None else self.count
        out = [RECORD.pack(self.hash, flags, count, 0, 0)]
        out += [RECORD.pack(xorb, 0, length, a, z) for xorb, length, a, z in self.terms]
        if self.has_range_hashes:
            out += [RECORD.pack(value, 0, 0, 0, 0) for value in self.range_hashes]
        if self.sha256 is not None:
            out.append(RECORD.pack(hashes.from_text(self.sha256), 0, 0, 0, 0))
        return b"".join(out)


@dataclass
class Cas:
    """One xorb section of a shard. `chunks` are (hash, raw offset, raw length)."""

    hash: bytes
    raw_size: int
    chunks: list[tuple[bytes, int, int]]
    count: int | None = None

    def encode(self) -> bytes:
        count = len(self.chunks) if self.count is None else self.count
        out = [RECORD.pack(self.hash, 0, count, self.raw_size, 0)]
        out += [RECORD.pack(value, at, size, 0, 0) for value, at, size in self.chunks]
        return b"".join(out)


@dataclass
class Shard:
    files: list[File] = field(default_factory=list)
    xorbs: list[Cas] = field(default_factory=list)
    header: bytes = TAG + struct.pack("<QQ", 2, 0)

    def encode(self) -> bytes:
        files = b"".join(file.encode() for file in self.files)
        xorbs = b"".join(xorb.encode() for xorb in self.xorbs)
        return self.header + files + BOOKEND + xorbs + BOOKEND


def describe_file(terms: Sequence[tuple[Xorb, int, int]]) -> File:
    """The true description of a file made of chunks `start` to before `end` of xorbs."""
    leaves = [leaf for xorb, a, z in terms for leaf in xorb.leaves(a, z)]
    digest = hashlib.sha256(b"".join(chunk for xorb, a, z in terms for chunk in xorb.chunks[a:z]))
    return File(
        hashes.file_hash(hashes.merkle_root(leaves)),
        [(xorb.raw_hash, sum(map(len, xorb.chunks[a:z])), a, z) for xorb, a, z in terms],
        [
            hashes.range_hash(b"".join(value for value, _ in xorb.leaves(a, z)))
            for xorb, a, z in terms
        ],
        digest.hexdigest(),
    )


def describe_xorb(xorb: Xorb) -> Cas:
    chunks, at = [], 0
    for value, size in xorb.leaves():
        chunks.append((value, at, size))
        at += size
    return Cas(xorb.raw_hash, at, chunks)


def whole_file(xorbs: Sequence[Xorb]) -> Shard:
    """The shard of one file that is all chunks of these xorbs."""
    file = describe_file([(xorb, 0, len(xorb.chunks)) for xorb in xorbs])
    return Shard([file], [describe_xorb(xorb) for xorb in xorbs])


def pack_file(data: bytes, size: int = 2**16, schemes: Sequence[int] = (0,)) -> list[Xorb]:
    """Xorbs as a client fills them: up to 64 MiB and 8192 chunks each."""
    chunks = split(data, size)
    per_xorb = min(MAX_CHUNKS, MAX_RAW // size)
    return [Xorb(chunks[at : at + per_xorb], schemes) for at in range(0, len(chunks), per_xorb)]


EMPTY_FILE = File(hashes.ZERO, [], [], "0" * 64)

__all__ = [
    "EMPTY_FILE",
    "Cas",
    "File",
    "Shard",
    "Xorb",
    "describe_file",
    "describe_xorb",
    "frame",
    "pack",
    "pack_file",
    "replace",
    "split",
    "whole_file",
]
