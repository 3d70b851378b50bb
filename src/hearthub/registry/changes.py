"""What differs between two trees of files. Pure: a `load` function gives a tree by its oid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hearthub.registry.gitformat import TreeEntry
from hearthub.registry.trees import Load

MAX_FOLDERS = 5000
"""Compared at most: trees that share subtrees can have far more folders than bytes."""

Pair = tuple[TreeEntry | None, TreeEntry | None]


@dataclass(frozen=True)
class Change:
    """A file on both sides, as oids; None: it is not there."""

    path: str
    before: TreeEntry | None
    after: TreeEntry | None


def compare(
    load: Load, before: str | None, after: str | None, limit: int
) -> tuple[list[Change], bool]:
    """The first `limit` files that differ, by path, and whether these are all."""
    found = list[Change]()
    folders = 1
    stack = [("", _pairs(load, before, after))]
    while stack:
        above, pairs = stack[-1]
        for name, (one, two) in pairs:
            old_file, new_file = (it if it and not it.is_folder else None for it in (one, two))
            if old_file or new_file:
                if len(found) == limit:
                    return found, False
                found.append(Change(above + name, old_file, new_file))
            old, new = (it.oid if it and it.is_folder else None for it in (one, two))
            if old or new:
                folders += 1
                if folders > MAX_FOLDERS:
                    return found, False
                stack.append((f"{above}{name}/", _pairs(load, old, new)))
                break
        else:
            stack.pop()
    return found, True


def _pairs(load: Load, before: str | None, after: str | None) -> Iterator[tuple[str, Pair]]:
    """What is not the same on both sides, by name."""
    empty: Mapping[str, TreeEntry] = {}
    old, new = (load(oid) if oid else empty for oid in (before, after))
    for name in sorted({*old, *new}):
        pair = old.get(name), new.get(name)
        if pair[0] != pair[1]:
            yield name, pair
