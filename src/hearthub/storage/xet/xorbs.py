"""Xorbs: up to 64 MiB of chunks, each behind a header of 8 bytes (format: xet-core).

    version u8 = 0 | packed length u24 | scheme u8 | raw length u24 | packed bytes

Scheme 0 stores bytes as they are, 1 as one LZ4 frame, 2 as one LZ4 frame over the four byte
planes of the chunk (bytes 0, 4, 8, ... then 1, 5, 9, ... and so on). Numbers are little-endian.
A footer may follow; it is worthless to us, because everything in it is recomputed.
"""

import mmap
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lz4.frame import LZ4FrameDecompressor

from hearthub.errors import BadRequest
from hearthub.storage.xet.hashes import chunk_hash, from_text, merkle_root

MAX_CHUNK = 128 * 2**10
MAX_CHUNKS = 8192
MAX_RAW = 64 * 2**20
MAX_BODY = MAX_RAW + 2**20
"""The largest upload: full of incompressible chunks, with their headers and a footer."""

HEADER = 8
FOOTER_MARK = b"XETBLOB"
LZ4_MAGIC = b"\x04\x22\x4d\x18"


@dataclass(frozen=True, slots=True)
class XorbMeta:
    """What is known of a stored xorb: each chunk's hash, and where its packed and raw bytes end."""

    hashes: bytes
    packed_ends: "array[int]"
    raw_ends: "array[int]"

    def __len__(self) -> int:
        return len(self.raw_ends)

    def hashes_of(self, start: int, end: int) -> bytes:
        return self.hashes[32 * start : 32 * end]

    def packed_start(self, chunk: int) -> int:
        """Where a chunk's header starts in the xorb; past the last chunk: the xorb's length."""
        return self.packed_ends[chunk - 1] if chunk else 0

    def raw_start(self, chunk: int) -> int:
        return self.raw_ends[chunk - 1] if chunk else 0

    def chunk_at(self, raw_offset: int) -> int:
        """The chunk that holds this raw byte of the xorb."""
        return bisect_right(self.raw_ends, raw_offset)

    def without_hashes(self) -> "XorbMeta":
        """All that reading needs, in a fifth of the memory."""
        return XorbMeta(b"", self.packed_ends, self.raw_ends)

    def to_bytes(self) -> bytes:
        """n hashes of 32 bytes, n packed ends, n raw ends (u32 little-endian): 40 n bytes."""
        return self.hashes + _little(self.packed_ends) + _little(self.raw_ends)

    @classmethod
    def from_bytes(cls, data: bytes) -> "XorbMeta":
        n = len(data) // 40
        ends = array("I", data[32 * n :])
        if sys.byteorder == "big":
            ends.byteswap()
        return cls(data[: 32 * n], ends[:n], ends[n:])


def _little(numbers: "array[int]") -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def walk(data: memoryview) -> Iterator[tuple[int, int, int, int]]:
    """(offset of the packed bytes, scheme, packed length, raw length) of each chunk.

    Stops at a footer. Raises BadRequest at the first header that cannot be.
    """
    offset, end = 0, len(data)
    while offset < end and data[offset : offset + 7] != FOOTER_MARK:
        if end - offset < HEADER:
            raise BadRequest(f"Truncated chunk header at byte {offset} of the xorb")
        header = int.from_bytes(data[offset : offset + HEADER], "little")
        version, packed = header & 0xFF, header >> 8 & 0xFFFFFF
        scheme, raw = header >> 32 & 0xFF, header >> 40
        offset += HEADER
        if version or scheme > 2 or not 0 < raw <= MAX_CHUNK:
            raise BadRequest(f"Bad chunk header at byte {offset - HEADER} of the xorb")
        if packed > end - offset:
            raise BadRequest(f"Truncated chunk at byte {offset} of the xorb")
        yield offset, scheme, packed, raw
        offset += packed


def plain_header(length: int) -> bytes:
    """The header of a chunk of that many bytes that is stored as it is."""
    return (length << 8 | length << 40).to_bytes(HEADER, "little")


def unpack(packed: memoryview, scheme: int, raw_length: int) -> memoryview | bytes | bytearray:
    """The raw bytes of one chunk. Never makes more than `raw_length` + 1 bytes of them.

    Raises BadRequest unless the packed bytes are exactly one chunk of that length.
    """
    if scheme == 0:
        if len(packed) != raw_length:
            raise BadRequest("A stored chunk does not have the length of its header")
        return packed
    # What our LZ4 reads and another one refuses (dictionaries, data behind the frame) would be a
    # xorb that verifies here and cannot be downloaded: refuse it too.
    if packed[:4] != LZ4_MAGIC or len(packed) < 7 or packed[4] & 1:
        raise BadRequest("A compressed chunk is not one plain LZ4 frame")
    decompressor = LZ4FrameDecompressor()
    try:
        data: bytes = decompressor.decompress(packed, max_length=raw_length + 1)
    except RuntimeError as error:
        raise BadRequest(f"A chunk's LZ4 frame is broken: {error}") from None
    if len(data) != raw_length or not decompressor.eof or decompressor.unused_data:
        raise BadRequest("A compressed chunk does not have the length of its header")
    return join_planes(data) if scheme == 2 else data


def join_planes(planes: bytes) -> bytearray:
    """Undo byte grouping: plane k holds bytes k, k + 4, k + 8, ... of the chunk."""
    raw = bytearray(len(planes))
    start = 0
    for plane in range(4):
        end = start + (len(planes) - plane + 3) // 4
        raw[plane::4] = planes[start:end]
        start = end
    return raw


def verify(data: memoryview, xorb_hash: bytes) -> XorbMeta:
    """Recompute every hash of an uploaded xorb; raises BadRequest if it is not what it claims."""
    nodes: list[tuple[bytes, int]] = []
    packed_ends, raw_ends, total = array("I"), array("I"), 0
    for offset, scheme, packed, raw in walk(data):
        total += raw
        if total > MAX_RAW or len(nodes) == MAX_CHUNKS:
            raise BadRequest(f"A xorb holds at most {MAX_RAW} bytes in {MAX_CHUNKS} chunks")
        chunk = unpack(data[offset : offset + packed], scheme, raw)
        nodes.append((chunk_hash(chunk), raw))
        packed_ends.append(offset + packed)
        raw_ends.append(total)
    if not nodes:
        raise BadRequest("A xorb holds at least one chunk")
    if merkle_root(nodes) != xorb_hash:
        raise BadRequest("The xorb's content does not have the hash it was sent under")
    return XorbMeta(b"".join(hash_ for hash_, _ in nodes), packed_ends, raw_ends)


def verify_file(path: Path, xorb_hash: str) -> bytes:
    """`verify` for a file, for the sandbox; returns `XorbMeta.to_bytes()`."""
    expected = from_text(xorb_hash)
    if not path.stat().st_size:
        raise BadRequest("A xorb holds at least one chunk")
    # Never closed by hand: a refusal on its way out still holds a chunk of it.
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return verify(memoryview(mapped), expected).to_bytes()
