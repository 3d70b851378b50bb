"""Answers to "who has this chunk?", so that clients need not send what the hub holds.

A chunk hash in an answer is keyed: only who has the chunk can recognise it. The xorb's own hash is
in clear, and a xorb of one chunk has its chunk's hash, which would be proof enough to claim the
chunk. So such a xorb is named to the repo that sent it and to nobody else.
"""

from collections.abc import Iterable

from hearthub.storage.xet.hashes import from_text
from hearthub.storage.xet.shards import build_dedup_answer
from hearthub.storage.xet.xorbs import XorbMeta

MAX_XORBS = 64
EXPIRES_S = 7 * 24 * 60 * 60


Candidate = tuple[str, bytes, bool]
"""(xorb hash, `XorbMeta.to_bytes()`, whether the asking repo sent it)."""


def choose(chunk: bytes, candidates: Iterable[Candidate]) -> list[tuple[bytes, XorbMeta]]:
    """From xorbs in file order, the one that holds the chunk and those after it, at most 64."""
    found: list[tuple[bytes, XorbMeta]] = []
    for name, stored, is_own in candidates:
        meta = XorbMeta.from_bytes(stored)
        if len(meta) == 1 and not is_own:
            continue
        if found or holds(meta, chunk):
            found.append((from_text(name), meta))
        if len(found) == MAX_XORBS:
            break
    return found


def holds(meta: XorbMeta, chunk: bytes) -> bool:
    at = meta.hashes.find(chunk)
    while at % 32 and at != -1:
        at = meta.hashes.find(chunk, at + 1)
    return at != -1


def build(xorbs: list[tuple[bytes, XorbMeta]], key: bytes, now: int) -> bytes:
    """The answer's bytes; `key` is fresh and random, `now` in seconds."""
    return build_dedup_answer(xorbs, key, now, now + EXPIRES_S)
