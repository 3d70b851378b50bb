"""Tree algebra: what a commit does to a tree of files, reading and writing only what it touches.

Pure: a `load` function gives the entries of a tree by its oid.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from hearthub.errors import BadRequest, EntryNotFound, TooLarge
from hearthub.registry.gitformat import (
    EMPTY_TREE,
    FOLDER,
    Kind,
    TreeEntry,
    encode_tree,
    oid_of,
)

Load = Callable[[str], Mapping[str, TreeEntry]]


class Entry(NamedTuple):
    """What a path is to hold: a mode such as `gitformat.FILE`, and the oid of the content."""

    mode: int
    oid: str


class Deletion(NamedTuple):
    path: str
    kind: Literal["file", "folder"]


def apply(
    load: Load,
    root: str | None,
    deletions: Iterable[Deletion],
    puts: Mapping[str, Entry],
    max_entries: int = 0,
) -> tuple[str, dict[str, bytes]]:
    """The root tree after the change, and the trees it needs that may be new, by oid.

    Deletions happen first. A folder left without files is gone. Deleting a missing file raises
    EntryNotFound, deleting a missing folder does not; deleting a "file" that is a folder removes
    the folder. A put over a folder, or under a file, that is still there raises BadRequest. A
    folder that grows past `max_entries` (0: as many as there are) raises TooLarge.
    Paths are taken as `paths.clean_path` leaves them.
    """
    top = _Folder(load, root, max_entries)
    # Inner paths go before the folders around them, so that naming both is no contradiction.
    order = sorted(set(deletions), key=lambda d: (d.path, d.kind == "file"), reverse=True)
    for deletion in order:
        _delete(top, deletion)
    for path, entry in puts.items():
        _put(top, path, entry)
    new: dict[str, bytes] = {}
    oid = top.write(new)
    if oid is None:
        oid = EMPTY_TREE
        new[oid] = b""
    return oid, new


def find(load: Load, root: str, path: str) -> TreeEntry | None:
    """The entry at `path`; "" is the root itself."""
    entry = TreeEntry("", FOLDER, root)
    for name in path.split("/") if path else ():
        if not entry.is_folder:
            return None
        found = load(entry.oid).get(name)
        if found is None:
            return None
        entry = found
    return entry


def walk(
    load: Load, root: str, prefix: str = "", *, recursive: bool = True
) -> Iterator[tuple[str, TreeEntry]]:
    """Every (path, entry) below the tree `root`, in git's order, a folder before its content.

    `prefix` is the path of `root` itself, put before each path ("" for the top of a repo).
    Trees that share subtrees can have far more paths than bytes: callers stop at a limit.
    """
    # An explicit stack: generators nested a level per folder cost their depth on every entry.
    above = f"{prefix}/" if prefix else ""
    stack = [(above, iter(load(root).values()))]
    while stack:
        above, entries = stack[-1]
        for entry in entries:
            yield above + entry.name, entry
            if recursive and entry.is_folder:
                stack.append((f"{above}{entry.name}/", iter(load(entry.oid).values())))
                break
        else:
            stack.pop()


def _delete(top: "_Folder", deletion: Deletion) -> None:
    if not deletion.path:
        top.clear()
        return
    *above, name = deletion.path.split("/")
    folder: _Folder | TreeEntry | None = top
    for segment in above:
        folder = folder.get(segment) if isinstance(folder, _Folder) else None
    found = folder.get(name) if isinstance(folder, _Folder) else None
    if isinstance(folder, _Folder) and found is not None:
        if deletion.kind == "file" or isinstance(found, _Folder):
            folder.remove(name)
    elif deletion.kind == "file":
        raise EntryNotFound(f"There is no file {deletion.path!r} to delete")


def _put(top: "_Folder", path: str, entry: Entry) -> None:
    *above, name = path.split("/")
    folder = top
    for segment in above:
        found = folder.get(segment)
        if isinstance(found, TreeEntry):
            raise BadRequest(f"{path!r} cannot be put under {segment!r}, which is a file")
        folder = folder.make(segment) if found is None else found
    there = folder.get(name)
    if isinstance(there, _Folder) and not there.is_empty():
        raise BadRequest(f"{path!r} is a folder: delete it before a file takes its place")
    folder.put(TreeEntry(name, entry.mode, entry.oid))


class _Folder:
    """A tree being changed: read when it is first asked, written only if it changed."""

    def __init__(self, load: Load, oid: str | None, max_entries: int, path: str = "") -> None:
        self._load, self._max_entries, self._path = load, max_entries, path
        self._oid = oid
        self._items: dict[str, TreeEntry | _Folder] | None = None
        self._changed = False

    def get(self, name: str) -> "TreeEntry | _Folder | None":
        items = self._open()
        item = items.get(name)
        if isinstance(item, TreeEntry) and item.is_folder:
            item = items[name] = self._below(name, item.oid)
        return item

    def make(self, name: str) -> "_Folder":
        folder = self._open()[name] = self._below(name, None)
        return folder

    def _below(self, name: str, oid: str | None) -> "_Folder":
        path = f"{self._path}/{name}" if self._path else name
        return _Folder(self._load, oid, self._max_entries, path)

    def put(self, entry: TreeEntry) -> None:
        items = self._open()
        if items.get(entry.name) != entry:
            items[entry.name] = entry
            self._changed = True

    def remove(self, name: str) -> None:
        del self._open()[name]
        self._changed = True

    def clear(self) -> None:
        self._items = {}
        self._changed = True

    def is_empty(self) -> bool:
        """No file is left in it, at any depth."""
        if self._items is None:
            return self._oid in (None, EMPTY_TREE)
        return all(isinstance(i, _Folder) and i.is_empty() for i in self._items.values())

    def write(self, new: dict[str, bytes]) -> str | None:
        """The folder's oid now, or None when nothing is left in it; new trees are put in `new`."""
        if self._items is None:
            return self._oid
        changed = self._changed
        entries = []
        for name, item in self._items.items():
            if isinstance(item, TreeEntry):
                entries.append(item)
                continue
            oid = item.write(new)
            changed = changed or oid != item._oid
            if oid:
                entries.append(TreeEntry(name, FOLDER, oid))
        if not changed:
            return self._oid
        if not entries:
            return None
        self._check_size(len(entries))
        data = encode_tree(entries)
        oid = oid_of(Kind.TREE, data)
        new[oid] = data
        return oid

    def _check_size(self, count: int) -> None:
        """One that is too large already may stay so, and shrink."""
        if not 0 < self._max_entries < count:
            return
        before = len(self._load(self._oid)) if self._oid else 0
        if count > before:
            where = f"The folder {self._path!r}" if self._path else "The top of the repo"
            raise TooLarge(
                f"{where} would have {count} entries, the limit is {self._max_entries}: spread the "
                "files over several folders, or pack them into archives"
            )

    def _open(self) -> "dict[str, TreeEntry | _Folder]":
        if self._items is None:
            self._items = dict(self._load(self._oid)) if self._oid else {}
        return self._items
