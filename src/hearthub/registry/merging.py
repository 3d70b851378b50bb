"""Three trees into one: what one side changed since the base, onto the other side. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hearthub.registry.gitformat import FOLDER, Kind, TreeEntry, encode_tree, oid_of

Load = Callable[[str], Mapping[str, TreeEntry]]

MAX_FOLDERS, MAX_ENTRIES, MAX_DEPTH = 5000, 500_000, 200
"""Walked at most: trees that share subtrees can have far more folders than bytes."""
MAX_CONFLICTS = 100
"""Named at most; where there are more, the walk ends."""


@dataclass
class Merged:
    """`tree` is the root; `new` holds the trees that may be new, by oid; `conflicts` are paths
    that both sides changed, each in its way, and which `tree` has as they are on our side.

    Where `is_whole` is False, the walk ended early: there may be more conflicts, and no tree.
    """

    tree: str = ""
    new: dict[str, bytes] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    is_whole: bool = True


class _Enough(Exception):
    """A limit is reached."""


def merge(load: Load, base: str | None, ours: str, theirs: str) -> Merged:
    """Files are taken whole: there is no merging of lines."""
    walk = _Walk(load)
    try:
        walk.out.tree = walk.folder(base, ours, theirs, "", 0)
    except _Enough:
        return Merged(conflicts=walk.out.conflicts, is_whole=False)
    return walk.out


class _Walk:
    def __init__(self, load: Load) -> None:
        self._load, self.out = load, Merged()
        self._folders = self._entries = 0
        self._clean: dict[tuple[str | None, str, str], str] = {}
        """What was merged without a conflict: the same again needs no walk. With one it does, for
        its paths are others, and each of these is counted."""

    def folder(self, base: str | None, ours: str, theirs: str, above: str, depth: int) -> str:
        if theirs in (ours, base):
            return ours
        if base == ours:
            return theirs
        if known := self._clean.get((base, ours, theirs)):
            return known
        before = len(self.out.conflicts)
        sides = self._sides((base, ours, theirs), depth)
        entries = []
        for name in sorted({*sides[1], *sides[2]}):
            kept = self._entry([side.get(name) for side in sides], above + name, depth)
            if kept is not None:
                entries.append(kept)
        data = encode_tree(entries)
        oid = oid_of(Kind.TREE, data)
        self.out.new[oid] = data
        if len(self.out.conflicts) == before:
            self._clean[base, ours, theirs] = oid
        return oid

    def _sides(self, oids: tuple[str | None, ...], depth: int) -> list[Mapping[str, TreeEntry]]:
        self._folders += 1
        if self._folders > MAX_FOLDERS or depth > MAX_DEPTH:
            raise _Enough
        sides = [self._load(oid) if oid else {} for oid in oids]
        self._entries += sum(map(len, sides))
        if self._entries > MAX_ENTRIES:
            raise _Enough
        return sides

    def _entry(self, sides: list[TreeEntry | None], path: str, depth: int) -> TreeEntry | None:
        base, ours, theirs = sides
        if theirs in (ours, base):
            return ours
        if base == ours:
            return theirs
        if ours and theirs and ours.is_folder and theirs.is_folder:
            start = base.oid if base and base.is_folder else None
            oid = self.folder(start, ours.oid, theirs.oid, f"{path}/", depth + 1)
            return TreeEntry(ours.name, FOLDER, oid)
        if len(self.out.conflicts) == MAX_CONFLICTS:
            raise _Enough
        self.out.conflicts.append(path)
        return ours
