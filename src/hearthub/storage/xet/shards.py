"""Xet shards: which chunks of which xorbs make up a file (format: xet-core and captures).

A shard is a header of 48 bytes and records of 48 bytes, each 32 bytes of hash and four u32:

    header    tag (32) | version u64 = 2 | footer length u64
    files     file hash, flags, n, -     then n terms: xorb hash, -, raw length, start, end
                                         then n range hashes if flag 31, a sha256 if flag 30
              32 x FF, 16 zero bytes
    xorbs     xorb hash, flags, n, raw length, disk length
                                         then n chunks: chunk hash, raw offset, raw length, -, -
              32 x FF, 16 zero bytes
    footer    in dedup answers only

Numbers are little-endian. The disk length is 0 in uploads. The sha256 stands in the byte order of
`hashes.to_text`: its hex digits are that text.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hearthub.errors import BadRequest, TooLarge
from hearthub.storage.xet.hashes import keyed_hash
from hearthub.storage.xet.xorbs import XorbMeta

TAG = bytes.fromhex("48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9")
BOOKEND = b"\xff" * 32 + bytes(16)
MAX_SIZE = 128 * 2**20
"""The largest shard accepted; clients stay under 64 MiB."""
MAX_FILES = 250_000
MAX_XORBS = 50_000

RECORD = struct.Struct("<32s4I")
_HEADER = struct.Struct("<32sQQ")
_FOOTER = struct.Struct("<9Q32sQQ48x4Q")
_HAS_RANGE_HASHES = 1 << 31
_HAS_SHA256 = 1 << 30


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file as declared: nothing in it is verified yet. Hashes are raw."""

    hash: bytes
    terms: memoryview
    range_hashes: memoryview
    sha256: bytes

    def each_term(self) -> Iterator[tuple[bytes, int, int, int]]:
        """(xorb hash, raw length, first chunk, chunk past the last) in file order."""
        for xorb, _, length, start, end in RECORD.iter_unpack(self.terms):
            yield xorb, length, start, end

    def each_range_hash(self) -> Iterator[bytes]:
        for range_hash, *_ in RECORD.iter_unpack(self.range_hashes):
            yield range_hash

    @property
    def size(self) -> int:
        return sum(length for _, length, _, _ in self.each_term())


@dataclass(frozen=True, slots=True)
class XorbEntry:
    hash: bytes
    raw_size: int
    chunks: memoryview

    def each_chunk(self) -> Iterator[tuple[bytes, int, int]]:
        """(chunk hash, raw offset, raw length)."""
        for chunk, offset, length, _, _ in RECORD.iter_unpack(self.chunks):
            yield chunk, offset, length


@dataclass(frozen=True, slots=True)
class Shard:
    files: list[FileEntry]
    xorbs: list[XorbEntry]


class _Records:
    """A cursor over 48-byte records that never leaves the buffer."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.offset = data, 48

    def take(self, count: int) -> memoryview:
        end = self.offset + 48 * count
        if end > len(self.data):
            raise BadRequest("Truncated shard")
        start, self.offset = self.offset, end
        return self.data[start:end]

    def one(self) -> tuple[bytes, int, int, int, int]:
        record: tuple[bytes, int, int, int, int] = RECORD.unpack(self.take(1))
        return record

    def at_bookend(self) -> bool:
        if self.data[self.offset : self.offset + 32] != BOOKEND[:32]:
            return False
        self.take(1)
        return True


def parse(data: memoryview) -> Shard:
    """Read an uploaded shard, checking its structure; raises BadRequest.

    The entries keep views of `data`.
    """
    if len(data) < 48:
        raise BadRequest("Truncated shard")
    tag, version, footer = _HEADER.unpack_from(data)
    if tag != TAG or version != 2:
        raise BadRequest("Not a shard of version 2")
    records = _Records(data)
    files, xorbs = [], []
    while not records.at_bookend():
        files.append(_file(records))
        if len(files) > MAX_FILES:
            raise TooLarge(f"A shard describes at most {MAX_FILES} files")
    while not records.at_bookend():
        xorbs.append(_xorb(records))
        if len(xorbs) > MAX_XORBS:
            raise TooLarge(f"A shard describes at most {MAX_XORBS} xorbs")
    if len(data) - records.offset != footer:
        raise BadRequest("The shard does not end where it says")
    return Shard(files, xorbs)


def _file(records: _Records) -> FileEntry:
    hash_, flags, count, _, _ = records.one()
    terms = records.take(count)
    if not flags & _HAS_RANGE_HASHES:
        raise BadRequest("The shard has no verification entries for a file")
    range_hashes = records.take(count)
    if not flags & _HAS_SHA256:
        raise BadRequest("The shard has no sha256 for a file")
    sha256 = records.one()[0]
    return FileEntry(hash_, terms, range_hashes, sha256)


def _xorb(records: _Records) -> XorbEntry:
    hash_, _, count, raw_size, _ = records.one()
    return XorbEntry(hash_, raw_size, records.take(count))


def build_dedup_answer(
    xorbs: Sequence[tuple[bytes, XorbMeta]], key: bytes, created: int, expires: int
) -> bytes:
    """A shard that tells a client which chunks these xorbs hold; times in seconds.

    The chunk hashes are keyed with `key`, so the answer says nothing to who lacks the chunks.
    """
    parts = [_HEADER.pack(TAG, 2, _FOOTER.size), BOOKEND]
    for hash_, meta in xorbs:
        parts.append(RECORD.pack(hash_, 0, len(meta), meta.raw_ends[-1], meta.packed_ends[-1]))
        start = 0
        for index, end in enumerate(meta.raw_ends):
            chunk = keyed_hash(meta.hashes[32 * index : 32 * index + 32], key)
            parts.append(RECORD.pack(chunk, start, end - start, 0, 0))
            start = end
    parts.append(BOOKEND)
    body = b"".join(parts)
    # Three lookup tables (offset, count) which we leave out. Their offsets must still name the end
    # of the xorb section: hf_xet 1.8 reads the section up to there, and aborts on a zero.
    end = len(body)
    return body + _FOOTER.pack(
        1, 48, 96, end, 0, end, 0, end, 0, key, created, expires, 0, 0, 0, end
    )
