"""From terms back to bytes: what a client must fetch for a range, and the bytes themselves."""

import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hearthub.errors import BadRequest, Unavailable
from hearthub.storage.backends import Blobs, Extent
from hearthub.storage.backends.local import read_cached
from hearthub.storage.xet.hashes import to_text
from hearthub.storage.xet.xorbs import HEADER, XorbMeta, plain_header, unpack, walk

TERM = struct.Struct("<32s3I")
"""A term as stored: raw xorb hash, raw length, first chunk, chunk past the last."""

WINDOW = 2**18
"""How many bytes are read, and made, at a time; a chunk is never split."""

RANGES_PER_URL = 200
"""More ranges would make the signed URL too long."""

CHUNKS_OF_EXTENT = 64
"""As many headers are looked at in one go; at the usual size that is 4 MiB."""

MetaOf = Callable[[bytes], XorbMeta]
Span = tuple[int, int]
UrlFor = Callable[[str, list[Span]], str]


@dataclass(frozen=True, slots=True)
class Term:
    """Chunks `start` to before `end` of a xorb, `size` raw bytes, at `offset` of the file."""

    xorb: bytes
    size: int
    start: int
    end: int
    offset: int


class Recipe:
    """The terms of one file, searchable by byte."""

    def __init__(self, stored: bytes) -> None:
        self._stored = stored
        self._ends = array("Q")
        self.size = 0
        for _, size, _, _ in TERM.iter_unpack(stored):
            self.size += size
            self._ends.append(self.size)

    @property
    def weight(self) -> int:
        """About how many bytes of memory this takes."""
        return 200 + len(self._stored) + 8 * len(self._ends)

    def xorbs(self) -> list[bytes]:
        """Raw hashes, each once, in the order the file needs them."""
        return list(dict.fromkeys(xorb for xorb, *_ in TERM.iter_unpack(self._stored)))

    def terms(self, start: int, end: int) -> Iterator[Term]:
        """The terms that hold the bytes from `start` to before `end`, in file order."""
        index = bisect_right(self._ends, start)
        while index < len(self._ends) and start < end:
            offset = self._ends[index - 1] if index else 0
            if offset >= end:
                return
            xorb, size, first, past = TERM.unpack_from(self._stored, index * TERM.size)
            yield Term(xorb, size, first, past, offset)
            index += 1


def trim(term: Term, meta: XorbMeta, start: int, end: int) -> tuple[int, int, int]:
    """(first chunk, chunk past the last, file offset of the first) of a term that a range needs."""
    shift = meta.raw_start(term.start) - term.offset  # from file offsets to raw offsets of the xorb
    first = meta.chunk_at(max(start, term.offset) + shift)
    last = meta.chunk_at(min(end, term.offset + term.size) - 1 + shift)
    return first, last + 1, meta.raw_start(first) - shift


@dataclass(frozen=True, slots=True)
class Plan:
    """What a client fetches for one range: `offset` bytes of the first chunk are not wanted."""

    offset: int
    terms: list[dict[str, Any]]
    ranges: dict[bytes, list[Span]]  # xorb -> chunk ranges, merged


def plan(recipe: Recipe, meta_of: MetaOf, start: int, end: int) -> Plan:
    terms: list[dict[str, Any]] = []
    needed: dict[bytes, list[Span]] = {}
    offset = 0
    for term in recipe.terms(start, end):
        meta = meta_of(term.xorb)
        first, past, at = trim(term, meta, start, end)
        if not terms:
            offset = start - at
        terms.append(
            {
                "hash": to_text(term.xorb),
                "unpacked_length": meta.raw_start(past) - meta.raw_start(first),
                "range": {"start": first, "end": past},
            }
        )
        needed.setdefault(term.xorb, []).append((first, past))
    return Plan(offset, terms, {xorb: merge(spans) for xorb, spans in needed.items()})


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch, because a term must lie in one of them."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def answer(plan: Plan, meta_of: MetaOf, url_for: UrlFor, version: int) -> dict[str, Any]:
    """The plan as the JSON of version 1 or 2; byte ranges there include their last byte."""
    fetches: dict[str, list[dict[str, Any]]] = {}
    for xorb, spans in plan.ranges.items():
        meta = meta_of(xorb)
        fetches[to_text(xorb)] = entries = []
        for at in range(0, len(spans), RANGES_PER_URL):
            group = spans[at : at + RANGES_PER_URL]
            places = [(meta.packed_start(a), meta.packed_start(z) - 1) for a, z in group]
            url = url_for(to_text(xorb), places)
            entries.extend(_entries(url, group, places, version))
    return {
        "offset_into_first_range": plan.offset,
        "terms": plan.terms,
        "xorbs" if version == 2 else "fetch_info": fetches,
    }


def _entries(
    url: str, chunks: list[Span], places: list[Span], version: int
) -> list[dict[str, Any]]:
    pairs = [
        ({"start": a, "end": z}, {"start": s, "end": e})
        for (a, z), (s, e) in zip(chunks, places, strict=True)
    ]
    if version == 2:
        return [{"url": url, "ranges": [{"chunks": c, "bytes": b} for c, b in pairs]}]
    return [{"range": c, "url": url, "url_range": b} for c, b in pairs]


def read(blobs: Blobs, recipe: Recipe, meta_of: MetaOf, start: int, end: int) -> Iterator[bytes]:
    """The file's bytes from `start` to before `end`, in pieces of about 1 MiB.

    Raises Unavailable when a stored xorb is damaged.
    """
    for window in windows(blobs, recipe, meta_of, start, end):
        yield window[0] if isinstance(window[0], bytes) and len(window) == 1 else b"".join(window)


Chunk = bytes | bytearray | memoryview


def windows(
    blobs: Blobs, recipe: Recipe, meta_of: MetaOf, start: int, end: int
) -> Iterator[list[Chunk]]:
    """The same as lists of chunks, without joining them."""
    for term in recipe.terms(start, end):
        meta = meta_of(term.xorb)
        first, past, at = trim(term, meta, start, end)
        while first < past:
            stop = min(past, _window_end(meta, first))
            length = meta.raw_start(stop) - meta.raw_start(first)
            chunks = _load(blobs, term.xorb, meta, first, stop)
            if at < start or at + length > end:
                chunks = list(_cut(chunks, start - at, end - at))
            yield chunks
            first, at = stop, at + length


def extent(blobs: Blobs, recipe: Recipe, meta_of: MetaOf, start: int, end: int) -> Extent | None:
    """Where the file's bytes from `start` on lie as they are; ends with the term, or before.

    None when some of the chunks are compressed, not in the page cache, or not in a local file.
    """
    term = next(recipe.terms(start, end))
    meta = meta_of(term.xorb)
    first, past, at = trim(term, meta, start, end)
    past = min(past, first + CHUNKS_OF_EXTENT)
    path = blobs.locate(f"xorbs/{to_text(term.xorb)}")
    if path is None or not _may_be_plain(meta, first, past):
        return None
    headers, expected, spans = bytearray(HEADER * (past - first)), b"", []
    places = memoryview(headers)
    with path.open("rb", buffering=0) as file:
        for n, chunk in enumerate(range(first, past)):
            offset, length = meta.packed_start(chunk), meta.raw_ends[chunk] - meta.raw_start(chunk)
            read_cached(file.fileno(), [places[HEADER * n : HEADER * n + HEADER]], offset)
            expected += plain_header(length)
            skipped, stop = max(0, start - at), min(length, end - at)
            spans.append((offset + HEADER + skipped, stop - skipped))
            at += length
    return Extent(path, spans) if headers == expected else None


def _may_be_plain(meta: XorbMeta, first: int, past: int) -> bool:
    """Whether the chunks take the room that uncompressed ones do; their headers must confirm it."""
    packed = meta.packed_start(past) - meta.packed_start(first)
    return packed == meta.raw_start(past) - meta.raw_start(first) + HEADER * (past - first)


def _window_end(meta: XorbMeta, first: int) -> int:
    packed = bisect_right(meta.packed_ends, meta.packed_start(first) + WINDOW)
    raw = bisect_right(meta.raw_ends, meta.raw_start(first) + WINDOW)
    return max(first + 1, min(packed, raw))


def _load(blobs: Blobs, xorb: bytes, meta: XorbMeta, first: int, past: int) -> list[Chunk]:
    name = to_text(xorb)
    packed = blobs.read(f"xorbs/{name}", meta.packed_start(first), meta.packed_start(past))
    data = memoryview(packed)
    try:
        chunks: list[Chunk] = [
            unpack(data[offset : offset + length], scheme, raw)
            for offset, scheme, length, raw in walk(data)
        ]
    except BadRequest as error:
        raise Unavailable(f"The stored xorb {name} is damaged: {error}") from error
    if sum(map(len, chunks)) != meta.raw_start(past) - meta.raw_start(first):
        raise Unavailable(f"The stored xorb {name} is damaged")
    return chunks


def _cut(chunks: list[Chunk], start: int, end: int) -> Iterator[Chunk]:
    """The part of the chunks' bytes from `start` to before `end`; both may lie outside."""
    at = 0
    for chunk in chunks:
        piece = memoryview(chunk)[max(0, start - at) : max(0, end - at)]
        if piece:
            yield piece
        at += len(chunk)
