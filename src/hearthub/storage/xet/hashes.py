"""The hashes of Xet, all of them keyed BLAKE3 (format: xet-core and captures of hf_xet 1.8).

Inside this package a hash is its 32 raw bytes. Outside it is text: the four little-endian 64-bit
words of the raw bytes, each as 16 hex digits, so every group of 8 bytes is reversed.
"""

import re
import struct
from collections.abc import Iterable

from blake3 import blake3

from hearthub.errors import BadRequest

ZERO = bytes(32)
"""The hash of the empty file, and the key of the outermost file hash."""

CHUNK_KEY = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
NODE_KEY = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
RANGE_KEY = bytes.fromhex("7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3")

MAX_CHILDREN = 9

_TEXT = re.compile(r"[0-9a-f]{64}")
_LITTLE = struct.Struct("<4Q")
_BIG = struct.Struct(">4Q")


def to_text(raw: bytes) -> str:
    return _BIG.pack(*_LITTLE.unpack(raw)).hex()


def from_text(text: str) -> bytes:
    """The raw bytes of a hash; raises BadRequest unless it is 64 lower-case hex digits."""
    if not _TEXT.fullmatch(text):
        raise BadRequest("Malformed hash: 64 lower-case hexadecimal digits are needed")
    return _LITTLE.pack(*_BIG.unpack(bytes.fromhex(text)))


def chunk_hash(data: bytes | bytearray | memoryview) -> bytes:
    return blake3(data, key=CHUNK_KEY).digest()


def range_hash(chunk_hashes: bytes | memoryview) -> bytes:
    """Proof that the sender knows these chunks; `chunk_hashes` are raw and concatenated."""
    return blake3(chunk_hashes, key=RANGE_KEY).digest()


def keyed_hash(raw: bytes, key: bytes) -> bytes:
    """What stands for a chunk hash in a dedup answer: useful only to who knows the chunk."""
    return blake3(raw, key=key).digest()


def is_dedup_eligible(raw: bytes) -> bool:
    """Whether clients ask for this chunk wherever it stands in a file: one chunk in 1024."""
    return raw[24] == 0 and raw[25] & 3 == 0


class MerkleTree:
    """The tree over (hash, size) leaves, folded while they arrive: memory grows with its height.

    A node takes 2 to 9 children and ends early after the first child at index 2 or later whose
    last word is divisible by 4, so that an insertion disturbs few nodes.
    """

    def __init__(self) -> None:
        self._levels: list[list[tuple[bytes, int]]] = [[]]
        self._grew = [False]

    def add(self, raw: bytes, size: int) -> None:
        self._push(0, (raw, size))

    def root(self) -> bytes:
        """The root's raw hash; ZERO without leaves. One leaf is its own root. Ends the tree."""
        level = 0
        while self._grew[level] or len(self._levels[level]) > 1:
            while self._levels[level]:
                self._push(level + 1, self._fold(level))
            level += 1
        return self._levels[level][0][0] if self._levels[level] else ZERO

    def _push(self, level: int, node: tuple[bytes, int]) -> None:
        self._levels[level].append(node)
        while len(self._levels[level]) == MAX_CHILDREN:
            parent = self._fold(level)
            level += 1
            self._levels[level].append(parent)

    def _fold(self, level: int) -> tuple[bytes, int]:
        """Take the first group off a level and return its parent."""
        if not self._grew[level]:
            self._grew[level] = True
            self._levels.append([])
            self._grew.append(False)
        pending = self._levels[level]
        count = _group_length(pending)
        group = pending[:count]
        del pending[:count]
        text = "".join(f"{to_text(raw)} : {size}\n" for raw, size in group)
        return blake3(text.encode(), key=NODE_KEY).digest(), sum(size for _, size in group)


def _group_length(nodes: list[tuple[bytes, int]]) -> int:
    for index in range(2, min(MAX_CHILDREN, len(nodes))):
        if nodes[index][0][24] & 3 == 0:
            return index + 1
    return min(MAX_CHILDREN, len(nodes))


def merkle_root(nodes: Iterable[tuple[bytes, int]]) -> bytes:
    tree = MerkleTree()
    for raw, size in nodes:
        tree.add(raw, size)
    return tree.root()


def file_hash(root: bytes) -> bytes:
    """The hash of the file whose chunks have this tree root."""
    return ZERO if root == ZERO else blake3(root, key=ZERO).digest()
