"""A repo as people look through it: folders first, who changed what, what a commit did.

Everything here is bounded, because a page is made while somebody waits: what lies beyond a bound
is left out, and the answer says so.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from threading import Lock

from cachetools import LRUCache

from hearthub.errors import Damaged, EntryNotFound
from hearthub.registry import trees
from hearthub.registry.changes import compare
from hearthub.registry.files import Entry, Files
from hearthub.registry.gitformat import Commit, TreeEntry
from hearthub.registry.history import History
from hearthub.registry.objects import ObjectStore
from hearthub.registry.paths import clean_folder, clean_path
from hearthub.registry.repo import Repo

MAX_CHANGES = 300
MAX_MEASURED = 5000
"""Entries of a tree whose sizes are added up."""
MAX_WALK = 400
"""Commits read to learn who last changed what a page lists: 0.1 ms each where they are not in
memory."""
MAX_LOG_WALK = 1000

Log = list[tuple[str, Commit]]


@dataclass(frozen=True)
class Folder:
    """Some entries of a folder, folders first. `total`: how many it has; `more`: some follow."""

    entries: list[Entry]
    total: int
    more: bool


@dataclass(frozen=True)
class Measure:
    """Files below a folder, and their bytes; of a pointer those of the file it stands for."""

    files: int
    size: int


@dataclass(frozen=True)
class ChangedFile:
    """A file of a commit, before and after; None: it is not there. One that was only moved has
    another path in `before`."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        if self.after is None:
            return "deleted"
        return "changed" if self.before.path == self.after.path else "moved"


@dataclass(frozen=True)
class Changes:
    """`parent`: what it was compared with; None: with nothing. `is_whole`: no file was left out."""

    parent: str | None
    files: list[ChangedFile]
    is_whole: bool


class Browsing:
    """Who may look is asked before. Commits are 40 hex digits."""

    def __init__(self, objects: ObjectStore, files: Files, history: History) -> None:
        self._objects, self._files, self._history = objects, files, history
        self._measures: LRUCache[tuple[int, str], Measure] = LRUCache(4096)
        self._last: LRUCache[tuple[int, str, str], tuple[str, Commit] | None] = LRUCache(50_000)
        self._lock = Lock()

    def folder(
        self, repo: Repo, commit: str, path: str, *, after: str | None = None, limit: int
    ) -> Folder:
        """Up to `limit` entries after the name `after`; raises EntryNotFound where there is no
        folder, or no such name any more."""
        path = clean_folder(path)
        found = self._find(repo, commit, path)
        if found is None or not found.is_folder:
            raise EntryNotFound(f"{path} is no folder on {commit[:7]}", commit=commit)
        # Git's order within each; sorting a list that is nearly sorted costs next to nothing.
        listed = sorted(self._load(repo)(found.oid).values(), key=lambda it: not it.is_folder)
        start = 0
        if after is not None:
            names = [it.name for it in listed]
            if after not in names:
                raise EntryNotFound(f"There is no {after} here any more: go back to the folder")
            start = names.index(after) + 1
        above = f"{path}/" if path else ""
        shown = [(above + it.name, it) for it in listed[start : start + limit]]
        return Folder(self._files.describe(repo, shown), len(listed), start + limit < len(listed))

    def entry(self, repo: Repo, commit: str, path: str) -> Entry:
        """A file or a folder; raises EntryNotFound."""
        path = clean_path(path)
        found = self._find(repo, commit, path)
        if found is None:
            raise EntryNotFound(f"{path} does not exist on {commit[:7]}", commit=commit)
        return self._files.describe(repo, [(path, found)])[0]

    def file(self, repo: Repo, commit: str, path: str) -> Entry:
        """A file whose bytes are asked for; raises EntryNotFound, also for folders."""
        return self._files.entry(repo, commit, path)

    def measure(self, repo: Repo, commit: str) -> Measure | None:
        """All files at a commit; None where there are too many to add up, or one is damaged."""
        root = self._objects.commit(repo.id, commit).tree
        with self._lock:
            known = self._measures.get((repo.id, root))
        if known is not None:
            return known
        walked = list(islice(trees.walk(self._load(repo), root), MAX_MEASURED + 1))
        if len(walked) > MAX_MEASURED:
            return None
        try:
            entries = self._files.describe(repo, [it for it in walked if not it[1].is_folder])
        except Damaged:
            return None
        measure = Measure(len(entries), sum(entry.size for entry in entries))
        with self._lock:
            self._measures[repo.id, root] = measure
        return measure

    def with_last_commits(self, repo: Repo, commit: str, entries: list[Entry]) -> list[Entry]:
        """Entries of one folder with `last_commit`, where it is one of the newest MAX_WALK."""
        with self._lock:
            keys = {it.path: (repo.id, commit, it.path) for it in entries}
            known = {path: self._last[key] for path, key in keys.items() if key in self._last}
        if asked := [path for path in keys if path not in known]:
            folder = asked[0].rpartition("/")[0]
            names = [path.rpartition("/")[2] for path in asked]
            found = self._history.last_commits(repo.id, commit, folder, names, within=MAX_WALK)
            known |= {path: found.get(path) for path in asked}
            with self._lock:  # also what was not found: looking again would take as long
                self._last.update({keys[path]: known[path] for path in asked})
        return [replace(entry, last_commit=known[entry.path]) for entry in entries]

    def newest(self, repo: Repo, start: str, limit: int) -> Log:
        """The first commits of its history, with their ids."""
        return list(islice(self._history.log(repo.id, start), limit))

    def log(self, repo: Repo, start: str, path: str, limit: int) -> tuple[Log, str | None]:
        """Up to `limit` commits that changed a file or folder, newest first from `start` on, and
        the commit to ask from for more. Where histories meet it goes the way the content came.

        Raises EntryNotFound when nothing is there at `start`.
        """
        path = clean_path(path)
        if self._find(repo, start, path) is None:
            raise EntryNotFound(f"{path} does not exist on {start[:7]}", commit=start)
        return self._history.of_path(repo.id, start, path, limit, MAX_LOG_WALK)

    def changes(self, repo: Repo, commit: str, since: str | None = None) -> Changes:
        """What is not as it was at another commit; if none is named, at the first parent."""
        made = self._objects.commit(repo.id, commit)
        parent = since or (made.parents[0] if made.parents else None)
        before = self._objects.commit(repo.id, parent).tree if parent else None
        found, is_whole = compare(self._load(repo), before, made.tree, MAX_CHANGES)
        old, new = (
            {
                entry.path: entry
                for entry in self._files.describe(repo, [(path, it) for path, it in side if it])
            }
            for side in (
                [(change.path, change.before) for change in found],
                [(change.path, change.after) for change in found],
            )
        )
        files = [
            ChangedFile(change.path, old.get(change.path), new.get(change.path)) for change in found
        ]
        return Changes(parent, _moved(files), is_whole)

    # -- the steps ---------------------------------------------------------------------------

    def _load(self, repo: Repo) -> trees.Load:
        return partial(self._objects.tree, repo.id)

    def _find(self, repo: Repo, commit: str, path: str) -> TreeEntry | None:
        return trees.find(self._load(repo), self._objects.commit(repo.id, commit).tree, path)


def _moved(files: list[ChangedFile]) -> list[ChangedFile]:
    """Where the same content went from one path and came to another, one line tells both."""
    gone = {it.before.oid: it for it in files if it.before and not it.after}
    sources = {
        file.path: gone.pop(file.after.oid)
        for file in files
        if file.after and not file.before and file.after.oid in gone
    }
    told = {source.path for source in sources.values()}
    return [
        replace(file, before=sources[file.path].before) if file.path in sources else file
        for file in files
        if file.path not in told
    ]
