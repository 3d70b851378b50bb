"""A pack on its way out. Format: gitformat-pack(5), version 2, no deltas.

A row's `z` is the very deflate stream that a pack holds, so that sending an object is copying it.
"""

import hashlib
from collections.abc import Iterator, Sequence

from hearthub.errors import Damaged
from hearthub.registry.gitformat import Kind
from hearthub.registry.objects import ObjectStore, deflate

_BATCH = 200
"""Objects read at a time: each may be 128 KiB."""
_PIECE = 2**19


def write_pack(store: ObjectStore, repo_id: int, oids: Sequence[bytes]) -> Iterator[bytes]:
    """The pack of these objects (20 bytes each), in pieces of about half a MiB.

    Raises Damaged, possibly in the middle, when one of them is missing or known to be broken.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    parts = [b"PACK\0\0\0\2" + len(oids).to_bytes(4, "big")]
    waiting = 0
    for at in range(0, len(oids), _BATCH):
        for entry in _entries(store, repo_id, list(oids[at : at + _BATCH])):
            parts.append(entry)
            waiting += len(entry)
        if waiting >= _PIECE:
            piece = b"".join(parts)
            parts, waiting = [], 0
            digest.update(piece)
            yield piece
    piece = b"".join(parts)
    digest.update(piece)
    yield piece + digest.digest()


def _entries(store: ObjectStore, repo_id: int, oids: list[bytes]) -> Iterator[bytes]:
    rows = {bytes(row.oid): row for row in store.rows(repo_id, oids)}
    for oid in oids:
        row = rows.get(oid)
        if row is None:
            raise Damaged(f"Git object {oid.hex()} is missing from this hub's store")
        yield entry_header(row.kind, row.size)
        yield row.z if row.z is not None else deflate(store.unpack(repo_id, row))


def entry_header(kind: Kind | int, size: int) -> bytes:
    """Type and size before an object: four bits of the size, then seven a byte, lowest first."""
    rest = size >> 4
    head = bytearray([int(kind) << 4 | size & 15])
    while rest:
        head[-1] |= 128
        head.append(rest & 127)
        rest >>= 7
    return bytes(head)
