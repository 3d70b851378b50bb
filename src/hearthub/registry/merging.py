"""Three trees into one: what one side changed since the base, onto the other side. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hearthub.registry.gitformat import FOLDER, Kind, TreeEntry, encode_tree, oid_of

Load = Callable[[str], Mapping[str, TreeEntry]]


@dataclass
class Merged:
    """`tree` is the root; `new` holds the trees that may be new, by oid; `conflicts` are paths
    that both sides changed, each in its way, and which `tree` has as they are on our side."""

    tree: str = ""
    new: dict[str, bytes] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)


def merge(load: Load, base: str | None, ours: str, theirs: str) -> Merged:
    """Files are taken whole: there is no merging of lines."""
    merged = Merged()
    merged.tree = _merge(load, base, ours, theirs, "", merged)
    return merged


def _merge(load: Load, base: str | None, ours: str, theirs: str, above: str, out: Merged) -> str:
    if theirs in (ours, base):
        return ours
    if base == ours:
        return theirs
    sides = [dict(load(oid)) if oid else {} for oid in (base, ours, theirs)]
    entries = []
    for name in sorted({*sides[1], *sides[2]}):
        kept = _entry(load, [side.get(name) for side in sides], above + name, out)
        if kept is not None:
            entries.append(kept)
    data = encode_tree(entries)
    oid = oid_of(Kind.TREE, data)
    out.new[oid] = data
    return oid


def _entry(load: Load, sides: list[TreeEntry | None], path: str, out: Merged) -> TreeEntry | None:
    base, ours, theirs = sides
    if theirs in (ours, base):
        return ours
    if base == ours:
        return theirs
    if ours and theirs and ours.is_folder and theirs.is_folder:
        start = base.oid if base and base.is_folder else None
        oid = _merge(load, start, ours.oid, theirs.oid, f"{path}/", out)
        return TreeEntry(ours.name, FOLDER, oid)
    out.conflicts.append(path)
    return ours
