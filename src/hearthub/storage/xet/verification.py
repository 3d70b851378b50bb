"""What the sandbox checks of an uploaded shard before anything in it is believed.

The clients verify nothing when they download, so that whatever passes here is served as true.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hearthub.errors import BadRequest, TooLarge
from hearthub.sandbox import report
from hearthub.storage.backends import Blobs
from hearthub.storage.xet import reconstruct
from hearthub.storage.xet.hashes import (
    ZERO,
    MerkleTree,
    file_hash,
    from_text,
    is_dedup_eligible,
    to_text,
)
from hearthub.storage.xet.hashes import range_hash as hash_range
from hearthub.storage.xet.reconstruct import TERM, Recipe
from hearthub.storage.xet.shards import MAX_XORBS, FileEntry, Shard, XorbEntry, parse
from hearthub.storage.xet.xorbs import XorbMeta
from hearthub.storage.xet.xorbs import verify as verify_xorb

MAX_REFERENCES = 32 * 2**20
"""Chunks all files of a shard may name together: 2 TiB at the usual 64 KiB, 40 s of checking."""

EMPTY_SHA256 = hashlib.sha256().hexdigest()
REPORT_EVERY = 64 * 2**20

MetaOf = Callable[[bytes], XorbMeta]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a shard asks for, unverified. Hashes are raw, sizes the declared ones."""

    xorbs: list[bytes]
    files: dict[bytes, int]
    sha256s: dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """A file whose every byte was hashed. `terms` are as stored, `chunks` the dedup-eligible."""

    hash: bytes
    size: int
    sha256: str
    terms: bytes
    chunks: list[bytes]


def survey(path: Path) -> Survey:
    """Which xorbs a shard names, and how large its files claim to be.

    Raises BadRequest when its structure is broken, TooLarge when it names too much.
    """
    with _parsed(path) as shard:
        xorbs = dict.fromkeys(entry.hash for entry in shard.xorbs)
        files, sha256s, references = {}, {}, 0
        for entry in shard.files:
            size = 0
            for xorb, length, start, end in entry.each_term():
                if not start < end:
                    raise BadRequest("A term of the shard names no chunks")
                xorbs[xorb] = None
                size += length
                references += end - start
            files[entry.hash], sha256s[entry.hash] = size, entry.sha256
            if references > MAX_REFERENCES:
                raise TooLarge(f"The shard names more than {MAX_REFERENCES} chunks")
            if len(xorbs) > MAX_XORBS:
                raise TooLarge(f"The shard names more than {MAX_XORBS} xorbs")
        return Survey(list(xorbs), files, sha256s)


def verify_shard(
    path: Path,
    blobs: Blobs,
    metas: Path,
    places: dict[bytes, tuple[int, int]],
    known: dict[bytes, str],
) -> list[VerifiedFile]:
    """Check everything a shard says; raises BadRequest at the first lie, and then nothing is true.

    `metas` is a file of `XorbMeta.to_bytes()`, `places` says where (offset, length) each xorb's
    lies. `known` are files hashed before and their sha256: the same chunks are the same bytes.
    Reports (bytes checked, bytes in all).
    """
    with _parsed(path) as shard, metas.open("rb") as stored:

        @lru_cache(maxsize=256)
        def meta_of(xorb: bytes) -> XorbMeta:
            offset, length = places[xorb]
            stored.seek(offset)
            return XorbMeta.from_bytes(stored.read(length))

        for xorb in shard.xorbs:
            _check_xorb(xorb, meta_of(xorb.hash))
        meter = _Meter(sum(entry.size for entry in shard.files))
        return [_verify_file(entry, meta_of, blobs, known, meter) for entry in shard.files]


def verify_stored(blobs: Blobs, key: str, xorb_hash: str) -> bytes:
    """`xorbs.verify` for a xorb that is stored already; returns `XorbMeta.to_bytes()`."""
    try:
        data = blobs.read(key, 0, blobs.size(key) or 0)
    except OSError as error:
        raise BadRequest(f"The stored bytes cannot be read: {error}") from None
    return verify_xorb(memoryview(data), from_text(xorb_hash)).to_bytes()


@contextmanager
def _parsed(path: Path) -> Iterator[Shard]:
    if not path.stat().st_size:
        raise BadRequest("Truncated shard")
    yield parse(memoryview(path.read_bytes()))


class _Meter:
    """Reports how many bytes are done, not too often."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self._reported = total, 0, 0

    def add(self, size: int) -> None:
        self.done += size
        if self.done - self._reported >= REPORT_EVERY:
            self._reported = self.done
            report(self.done, self.total)


def _check_xorb(entry: XorbEntry, meta: XorbMeta) -> None:
    """The shard's list of a xorb's chunks must be the one we found in the xorb."""
    name = to_text(entry.hash)
    end = 0
    if len(entry.chunks) != 48 * len(meta):
        raise BadRequest(f"The shard lists other chunks than xorb {name} holds")
    for index, (chunk, offset, length) in enumerate(entry.each_chunk()):
        matches = chunk == meta.hashes_of(index, index + 1) and offset == end
        end += length
        if not matches or end != meta.raw_ends[index]:
            raise BadRequest(f"The shard lists other chunks than xorb {name} holds")
    if entry.raw_size != end:
        raise BadRequest(f"The shard gives xorb {name} another size")


def _verify_file(
    entry: FileEntry, meta_of: MetaOf, blobs: Blobs, known: dict[bytes, str], meter: _Meter
) -> VerifiedFile:
    chunks = _check_chunks(entry, meta_of)
    terms = b"".join(
        TERM.pack(xorb, length, start, end) for xorb, length, start, end in entry.each_term()
    )
    recipe = Recipe(terms)
    if entry.hash == ZERO:
        return VerifiedFile(ZERO, 0, EMPTY_SHA256, b"", [])
    sha256 = known.get(entry.hash)
    if sha256 is None:
        sha256 = _sha256(blobs, recipe, meta_of, meter)
    else:
        meter.add(recipe.size)
    if sha256 != to_text(entry.sha256):
        raise BadRequest(f"The sha256 the shard gives is not that of the file (it is {sha256})")
    return VerifiedFile(entry.hash, recipe.size, sha256, terms, chunks)


def _check_chunks(entry: FileEntry, meta_of: MetaOf) -> list[bytes]:
    """Lengths, range hashes and the file hash; returns the chunks clients may ask for."""
    tree = MerkleTree()
    asked: dict[bytes, None] = {}
    terms = zip(entry.each_term(), entry.each_range_hash(), strict=True)
    for (xorb, length, start, end), range_hash in terms:
        meta = meta_of(xorb)
        if not start < end <= len(meta):
            raise BadRequest(f"A term names chunks that xorb {to_text(xorb)} does not have")
        if meta.raw_start(end) - meta.raw_start(start) != length:
            raise BadRequest("A term does not have the length of its chunks")
        hashes = meta.hashes_of(start, end)
        if hash_range(hashes) != range_hash:
            raise BadRequest("The verification hash of a term is wrong")
        at = meta.raw_start(start)
        for index in range(end - start):
            chunk, past = hashes[32 * index : 32 * index + 32], meta.raw_ends[start + index]
            tree.add(chunk, past - at)
            at = past
            if not asked or is_dedup_eligible(chunk):
                asked[chunk] = None
    if file_hash(tree.root()) != entry.hash:
        raise BadRequest("The shard gives a file another hash than its chunks have")
    return list(asked)


def _sha256(blobs: Blobs, recipe: Recipe, meta_of: MetaOf, meter: _Meter) -> str:
    digest = hashlib.sha256()
    for window in reconstruct.windows(blobs, recipe, meta_of, 0, recipe.size):
        for chunk in window:
            digest.update(chunk)
            meter.add(len(chunk))
    return digest.hexdigest()
