"""Trees and what is in them, level by level: few queries, however many there are."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hearthub.errors import Damaged
from hearthub.registry.gitformat import Kind
from hearthub.registry.objects import ObjectStore

_BATCH = 500
_ENTRY = re.compile(rb"([0-7]{1,7}) [^\0]+\0(.{20})", re.DOTALL)
_FOLDER, _SUBMODULE = (b"40000", b"040000"), b"160000"


@dataclass(frozen=True)
class Filter:
    """What a partial clone leaves out: blobs of at least `blob_limit` bytes (0: all of them), and
    what lies deeper than `tree_depth` folders (0: the root tree too)."""

    blob_limit: int | None = None
    tree_depth: int | None = None


class Contents:
    """Oids are 20 bytes."""

    def __init__(self, store: ObjectStore, repo_id: int) -> None:
        self._store, self._repo_id = store, repo_id

    def all_of(self, trees: Iterable[bytes]) -> set[bytes]:
        """These trees, and all that is in them."""
        seen: set[bytes] = set()
        for _ in self._levels(trees, seen, None):
            pass
        return seen

    def new_in(
        self, trees: Iterable[bytes], others: Iterable[bytes], seen: set[bytes], out: Filter
    ) -> list[bytes]:
        """What of the root `trees` is not in `seen`, which is added to: trees first, then blobs.

        `others` were asked for by name: trees or blobs, sent whatever the filter says.
        """
        kinds = self._store.kinds(self._repo_id, (oid.hex() for oid in others))
        named = {bytes.fromhex(oid): kind for oid, kind in kinds.items()}
        asked_blobs = [oid for oid, kind in named.items() if kind is Kind.BLOB]
        asked_trees = [oid for oid, kind in named.items() if kind is Kind.TREE]
        found_trees, found_blobs = list[bytes](), list[bytes]()
        depth = out.tree_depth
        if depth != 0:
            for level, blobs in self._levels([*trees, *asked_trees], seen, depth):
                found_trees += level
                found_blobs += blobs
        else:
            found_trees += asked_trees
        if out.blob_limit is not None:
            found_blobs = self._smaller(found_blobs, out.blob_limit)
        return [*found_trees, *dict.fromkeys([*found_blobs, *asked_blobs])]

    def _levels(
        self, trees: Iterable[bytes], seen: set[bytes], depth: int | None
    ) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """The trees of each level of folders, and the blobs in them, that were not seen before."""
        level, number = _unseen(trees, seen), 0
        while level:
            number += 1
            below: list[bytes] = []
            blobs: list[bytes] = []
            is_last = depth is not None and number >= depth
            for content in self._read(level) if not is_last else ():
                entries = _ENTRY.findall(content)
                below += _unseen([oid for mode, oid in entries if mode in _FOLDER], seen)
                blobs += _unseen(
                    [o for m, o in entries if m not in _FOLDER and m != _SUBMODULE], seen
                )
            yield level, blobs
            level = below

    def _read(self, trees: list[bytes]) -> Iterator[bytes]:
        for at in range(0, len(trees), _BATCH):
            some = trees[at : at + _BATCH]
            rows = self._store.rows(self._repo_id, some)
            if len(rows) != len(some):
                missing = set(some) - {bytes(row.oid) for row in rows}
                raise Damaged(f"Tree {min(missing).hex()} is missing from this hub's store")
            for row in rows:
                yield self._store.unpack(self._repo_id, row)

    def _smaller(self, blobs: list[bytes], limit: int) -> list[bytes]:
        if not limit:
            return []
        sizes = self._store.sizes(self._repo_id, (oid.hex() for oid in blobs))
        return [oid for oid in blobs if sizes.get(oid.hex(), 0) < limit]


def _unseen(oids: Iterable[bytes], seen: set[bytes]) -> list[bytes]:
    fresh = [oid for oid in dict.fromkeys(oids) if oid not in seen]
    seen.update(fresh)
    return fresh
