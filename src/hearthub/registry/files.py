"""Reading a repo at a commit: trees, single paths, and where a file's bytes are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from threading import Lock

from cachetools import LRUCache

from hearthub.errors import Damaged, EntryNotFound, NotFound
from hearthub.registry import trees
from hearthub.registry.gitformat import SUBMODULE, Commit, TreeEntry
from hearthub.registry.history import History
from hearthub.registry.objects import MAX_INLINE, ObjectStore, blob_key
from hearthub.registry.paths import clean_folder, clean_path
from hearthub.registry.pointers import MAX_POINTER, Pointer, parse_pointer
from hearthub.registry.repo import Repo
from hearthub.storage import ADVICE, Location, Storage


@dataclass(frozen=True)
class Entry:
    """One path at one commit. `size` in bytes is the real file's, not its pointer's.

    `oid` is git's; `pointer` is there when the content lies in LFS or Xet, `xet_hash` when it can
    be fetched by Xet; `last_commit` (oid and commit) only where it was asked for. A submodule is
    a commit of another repository, `oid`: neither a folder nor a file with bytes.
    """

    path: str
    oid: str
    is_folder: bool
    size: int = 0
    pointer: Pointer | None = None
    pointer_size: int = 0
    xet_hash: str | None = None
    last_commit: tuple[str, Commit] | None = None
    is_submodule: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it has bytes."""
        return not self.is_folder and not self.is_submodule

    @property
    def as_git_has_it(self) -> "Entry":
        """The same entry with its pointer as the content."""
        if self.pointer is None:
            return self
        return replace(self, pointer=None, size=self.pointer_size, xet_hash=None)

    @property
    def etag(self) -> str:
        """sha256 for LFS and Xet files, git's blob id for the others."""
        return self.pointer.sha256 if self.pointer else self.oid


ELSEWHERE = "is a submodule, a commit of another repository: its files are not here"
MAX_BLOBS = 2**16
"""Remembered blobs; each takes about 450 bytes, 29 MiB in all."""


@dataclass(frozen=True, slots=True)
class _Blob:
    size: int
    pointer: Pointer | None


class Files:
    def __init__(self, objects: ObjectStore, history: History, storage: Storage) -> None:
        self.objects, self.history, self.storage = objects, history, storage
        self._blobs: LRUCache[tuple[int, str], _Blob] = LRUCache(MAX_BLOBS)
        self._blobs_lock = Lock()

    def tree(
        self,
        repo: Repo,
        commit: str,
        folder: str,
        *,
        recursive: bool,
        after: str | None,
        limit: int,
    ) -> list[Entry]:
        """Up to `limit` entries below `folder`, in git's order, after the path `after`."""
        folder = clean_folder(folder)
        root = self.objects.commit(repo.id, commit).tree
        load = self._loader(repo)
        if folder:
            found = trees.find(load, root, folder)
            if found is None or not found.is_folder:
                raise EntryNotFound(f"{folder} does not exist on {commit[:7]}", commit=commit)
            root = found.oid
        walk: Iterator[tuple[str, TreeEntry]] = trees.walk(load, root, folder, recursive=recursive)
        if after is not None:
            walk = _after(walk, after)
        return self.describe(repo, list(islice(walk, limit)))

    def paths(self, repo: Repo, commit: str, wanted: Sequence[str]) -> list[Entry]:
        """The entries at these paths; those that do not exist are left out."""
        root = self.objects.commit(repo.id, commit).tree
        load = self._loader(repo)
        found: dict[str, TreeEntry] = {}
        for path in map(clean_folder, wanted):
            entry = trees.find(load, root, path) if path else None
            if entry is not None:
                found[path] = entry
        return self.describe(repo, list(found.items()))

    def entry(self, repo: Repo, commit: str, path: str) -> Entry:
        """The file at `path`; raises EntryNotFound, also for folders and submodules."""
        path = clean_path(path)
        root = self.objects.commit(repo.id, commit).tree
        found = trees.find(self._loader(repo), root, path)
        if found is None or found.is_folder:
            raise EntryNotFound(f"{path} does not exist on {commit[:7]}", commit=commit)
        if found.mode == SUBMODULE:
            raise EntryNotFound(f"{path} {ELSEWHERE}", commit=commit)
        entry = self.describe(repo, [(path, found)])[0]
        if entry.pointer is None and entry.size <= MAX_POINTER and not self._knows(repo, entry.oid):
            self.objects.read(repo.id, entry.oid)  # raises: a list had to leave open what it is
        return entry

    def content(self, repo: Repo, entry: Entry) -> bytes | Location:
        """The file's bytes, or where they lie; behind a pointer, those of the object it names.

        Raises Damaged for a submodule, too: its id is whatever somebody wrote, and that of a file
        which no ref reaches would show it.
        """
        if entry.is_submodule:
            raise Damaged(f"{entry.path} {ELSEWHERE}")
        if entry.pointer:
            return self.storage.locate(repo.id, entry.pointer.sha256)
        if entry.size > MAX_INLINE:
            return self.storage.locate_blob(blob_key(repo.id, entry.oid), entry.size)
        try:
            return self.objects.read(repo.id, entry.oid)[1]
        except NotFound as error:
            raise missing(entry.oid) from error

    def read_range(self, repo: Repo, entry: Entry, start: int, end: int) -> bytes:
        content = self.content(repo, entry)
        if isinstance(content, bytes):
            return content[start:end]
        return b"".join(content.read(start, min(end, content.size)))

    def text(self, repo: Repo, commit: str, path: str, limit: int = 2**20) -> str | None:
        """A small text file, or None when it is missing, large, LFS or not UTF-8."""
        try:
            entry = self.entry(repo, commit, path)
        except EntryNotFound:
            return None
        if entry.pointer or entry.size > limit:
            return None
        try:
            return self.objects.read(repo.id, entry.oid)[1].decode()
        except UnicodeDecodeError:
            return None

    def with_last_commits(self, repo: Repo, commit: str, entries: list[Entry]) -> list[Entry]:
        """Fill `last_commit`: the newest commit that changed each entry."""
        by_folder: dict[str, list[str]] = {}
        for entry in entries:
            folder, _, name = entry.path.rpartition("/")
            by_folder.setdefault(folder, []).append(name)
        found: dict[str, tuple[str, Commit]] = {}
        for folder, names in by_folder.items():
            found |= self.history.last_commits(repo.id, commit, folder, names)
        return [replace(entry, last_commit=found.get(entry.path)) for entry in entries]

    def describe(self, repo: Repo, found: Sequence[tuple[str, TreeEntry]]) -> list[Entry]:
        """Sizes, pointers and Xet hashes for tree entries, in a handful of queries."""
        blobs = self._describe_blobs(
            repo, [e.oid for _, e in found if not e.is_folder and e.mode != SUBMODULE]
        )
        pointers = [blob.pointer.sha256 for blob in blobs.values() if blob.pointer]
        stored = self.storage.objects(repo.id, pointers) if pointers else {}
        entries = []
        for path, item in found:
            if item.is_folder or item.mode == SUBMODULE:
                is_other = item.mode == SUBMODULE
                entries.append(Entry(path, item.oid, item.is_folder, is_submodule=is_other))
                continue
            blob = blobs.get(item.oid)
            if blob is None:
                raise missing(item.oid)
            if blob.pointer is None:
                entries.append(Entry(path, item.oid, is_folder=False, size=blob.size))
                continue
            known = stored.get(blob.pointer.sha256)
            entries.append(
                Entry(
                    path,
                    item.oid,
                    is_folder=False,
                    size=blob.pointer.size,
                    pointer=blob.pointer,
                    pointer_size=blob.size,
                    xet_hash=known.xet_hash if known else None,
                )
            )
        return entries

    def refuse_damaged(self, repo: Repo, entry: Entry) -> None:
        """For an answer that promises a file's bytes without opening them (HEAD): raises Damaged
        when they are known to be. Costs no query where nothing is."""
        if not self.storage.damage.listed():
            return
        self.storage.damage.refuse(blob_key(repo.id, entry.oid), f"Git object {entry.oid}")
        if entry.pointer:
            self.storage.refuse_damaged(entry.pointer.sha256, entry.xet_hash)

    def is_damaged(self, repo: Repo, entry: Entry) -> bool:
        """Whether a file's bytes are known to be damaged. Costs no query where nothing is."""
        try:
            self.refuse_damaged(repo, entry)
        except Damaged:
            return True
        return False

    def forget(self) -> None:
        with self._blobs_lock:
            self._blobs.clear()

    def _loader(self, repo: Repo) -> Callable[[str], Mapping[str, TreeEntry]]:
        return lambda oid: self.objects.tree(repo.id, oid)

    def _describe_blobs(self, repo: Repo, oids: list[str]) -> dict[str, _Blob]:
        """Immutable facts of blobs, remembered: a content address never changes its meaning."""
        known: dict[str, _Blob] = {}
        with self._blobs_lock:
            for oid in oids:
                if blob := self._blobs.get((repo.id, oid)):
                    known[oid] = blob
        if missing := [oid for oid in oids if oid not in known]:
            sizes = self.objects.sizes(repo.id, missing)
            small = [oid for oid, size in sizes.items() if size <= MAX_POINTER]
            contents = self._whole(repo, small)
            for oid, size in sizes.items():
                content = contents.get(oid)
                known[oid] = _Blob(size, parse_pointer(content) if content else None)
            lost = set(small) - contents.keys()
            with self._blobs_lock:
                self._blobs.update({(repo.id, oid): known[oid] for oid in sizes.keys() - lost})
        return known

    def _knows(self, repo: Repo, oid: str) -> bool:
        with self._blobs_lock:
            return (repo.id, oid) in self._blobs

    def _whole(self, repo: Repo, oids: list[str]) -> dict[str, bytes]:
        """The contents that can be read: one damaged file must not hide the rest of its folder."""
        try:
            return self.objects.read_many(repo.id, oids)
        except Damaged:
            found = {}
            for oid in oids:
                with suppress(Damaged, NotFound):
                    found[oid] = self.objects.read(repo.id, oid)[1]
            return found


def missing(oid: str) -> Damaged:
    return Damaged(f"Git object {oid} is missing from this hub's store. {ADVICE}")


def _after(walk: Iterator[tuple[str, TreeEntry]], path: str) -> Iterator[tuple[str, TreeEntry]]:
    for found, _ in walk:
        if found == path:
            break
    yield from walk
