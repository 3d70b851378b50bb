"""Packs made by hand, to have in them what git would never send."""

import hashlib
import struct
import zlib

from hearthub.registry.git.packs import entry_header
from hearthub.registry.gitformat import Kind, oid_of

Made = tuple[Kind, bytes]


def pack(*objects: Made | bytes) -> bytes:
    """A pack of these objects; bytes are entries as they stand."""
    body = b"PACK" + struct.pack(">II", 2, len(objects))
    for it in objects:
        body += it if isinstance(it, bytes) else entry(int(it[0]), it[1])
    return sealed(body)


def sealed(body: bytes) -> bytes:
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def entry(kind: int, content: bytes, base: bytes = b"", size: int | None = None) -> bytes:
    """One entry; of deltas `kind` is 6 or 7, and `base` what stands before the stream."""
    told = len(content) if size is None else size
    return entry_header(kind, told) + base + zlib.compress(content)


def delta(base: int, made: int, *instructions: bytes) -> bytes:
    return length(base) + length(made) + b"".join(instructions)


def length(size: int) -> bytes:
    out = bytearray()
    while True:
        out.append(size & 127 | (128 if size > 127 else 0))
        size >>= 7
        if not size:
            return bytes(out)


def tree(*entries: tuple[str, bytes, str]) -> Made:
    """Entries as (mode, name, oid), in the order given."""
    rows = [b"%s %s\0%s" % (mode.encode(), name, bytes.fromhex(oid)) for mode, name, oid in entries]
    return Kind.TREE, b"".join(rows)


WHO = "Eve <eve@example.org> 1700000000 +0000"


def commit(tree_oid: str, *parents: str, who: str = WHO, message: str = "x\n") -> Made:
    above = "".join(f"parent {it}\n" for it in parents)
    text = f"tree {tree_oid}\n{above}author {who}\ncommitter {who}\n\n{message}"
    return Kind.COMMIT, text.encode()


def oid(made: Made) -> str:
    return oid_of(*made)


def request(ref: str, old: str, new: str, body: bytes) -> bytes:
    """The body of a push."""
    command = f"{old} {new} {ref}\0report-status agent=test".encode()
    return b"%04x%s0000%s" % (len(command) + 4, command, body)
