"""What happened before a commit: its log, its length, and who last changed each file."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from threading import Lock

from cachetools import LRUCache

from hearthub.registry import trees
from hearthub.registry.gitformat import Commit, TreeEntry
from hearthub.registry.objects import ObjectStore

MAX_WALK = 20_000  # commits that one question about last changes may read

Changed = dict[str, tuple[str, Commit]]  # a path (or name), and the commit that last changed it


class History:
    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._counts: LRUCache[tuple[int, str], int] = LRUCache(4096)
        self._last: LRUCache[tuple[int, str, str], Changed] = LRUCache(50_000, len)
        self._lock = Lock()

    def log(self, repo_id: int, start: str) -> Iterator[tuple[str, Commit]]:
        """(oid, commit) for `start` and all its ancestors, each once, newest first."""
        queue = _Newest(partial(self._objects.commit, repo_id))
        queue.push(start)
        while queue:
            oid, commit = queue.pop()
            yield oid, commit
            for parent in commit.parents:
                queue.push(parent)

    def count(self, repo_id: int, start: str) -> int:
        """How many commits `log` gives."""
        oid, steps = start, 0
        while True:
            with self._lock:
                known = self._counts.get((repo_id, oid))
            parents = self._objects.commit(repo_id, oid).parents if known is None else ()
            if known is not None or len(parents) != 1:
                break
            oid, steps = parents[0], steps + 1
        # Only along a line is a count its parent's plus one; from a merge on, count them all.
        rest = known or (sum(1 for _ in self.log(repo_id, oid)) if parents else 1)
        with self._lock:
            self._counts[repo_id, oid] = rest
            self._counts[repo_id, start] = rest + steps
        return rest + steps

    def last_commits(
        self,
        repo_id: int,
        start: str,
        folder: str,
        names: Iterable[str],
        *,
        within: int = MAX_WALK,
    ) -> Changed:
        """The newest commit that changed each of `names` in `folder`, by full path.

        Follows, as `git log` does, the first parent that has the same content. Names that are not
        there at `start`, or did not change in the newest `within` commits, are left out.
        """
        here = self._entries(repo_id, start, folder)
        pending = {start: {name for name in names if name in here}}
        queue = _Newest(partial(self._objects.commit, repo_id), again=True)
        queue.push(start)
        found: Changed = {}
        steps = 0
        while queue and steps < within:
            oid, commit = queue.pop()
            steps += 1
            open_names = pending.pop(oid, set())
            known = self._known(repo_id, oid, folder)
            found |= {name: known[name] for name in open_names if name in known}
            open_names -= known.keys()
            for parent in commit.parents:
                same = self._unchanged(repo_id, oid, parent, folder, open_names)
                if same:
                    pending.setdefault(parent, set()).update(same)
                    queue.push(parent)
                    open_names -= same
            found |= dict.fromkeys(open_names, (oid, commit))
        self._remember(repo_id, start, folder, found)
        above = f"{folder}/" if folder else ""
        return {above + name: change for name, change in found.items()}

    def of_path(
        self, repo_id: int, start: str, path: str, limit: int, within: int
    ) -> tuple[list[tuple[str, Commit]], str | None]:
        """Up to `limit` commits that changed what is at `path`, newest first, and the commit to go
        on from: None where it came into being. At most `within` commits are read.

        Follows the first parent that has the same content, else the first that has any.
        """
        found: list[tuple[str, Commit]] = []
        oid: str | None = start
        here = self._at(repo_id, start, path)
        for _ in range(within):
            if oid is None or here is None or len(found) == limit:
                break
            commit = self._objects.commit(repo_id, oid)
            before = [(parent, self._at(repo_id, parent, path)) for parent in commit.parents]
            same = next((parent for parent, entry in before if entry == here), None)
            if same is not None:
                oid = same
                continue
            found.append((oid, commit))
            oid, here = next((pair for pair in before if pair[1] is not None), (None, None))
        return found, oid

    def _at(self, repo_id: int, oid: str, path: str) -> TreeEntry | None:
        return trees.find(
            partial(self._objects.tree, repo_id), self._objects.commit(repo_id, oid).tree, path
        )

    def _unchanged(
        self, repo_id: int, oid: str, parent: str, folder: str, names: set[str]
    ) -> set[str]:
        """Those of `names` that the parent has with the same content."""
        if not names:
            return set()
        here = self._entries(repo_id, oid, folder)
        before = self._entries(repo_id, parent, folder)
        if here is before:  # one tree, from the cache: by far the most common case
            return set(names)
        return {name for name in names if before.get(name) == here.get(name)}

    def _entries(self, repo_id: int, oid: str, folder: str) -> Mapping[str, TreeEntry]:
        load = partial(self._objects.tree, repo_id)
        found = trees.find(load, self._objects.commit(repo_id, oid).tree, folder)
        return load(found.oid) if found and found.is_folder else {}

    def _known(self, repo_id: int, oid: str, folder: str) -> Changed:
        with self._lock:
            return self._last.get((repo_id, oid, folder)) or {}

    def _remember(self, repo_id: int, oid: str, folder: str, found: Changed) -> None:
        with self._lock:
            merged = (self._last.get((repo_id, oid, folder)) or {}) | found
            if len(merged) < self._last.maxsize:
                self._last[repo_id, oid, folder] = merged


class _Newest:
    """Commits waiting to be visited, the newest first; of the same second, the first pushed.

    Each is taken once, or with `again` as often as it is pushed after it was taken.
    """

    def __init__(self, load: "partial[Commit]", *, again: bool = False) -> None:
        self._load, self._again = load, again
        self._heap: list[tuple[int, int, str, Commit]] = []
        self._seen: set[str] = set()
        self._pushed = 0

    def __bool__(self) -> bool:
        return bool(self._heap)

    def push(self, oid: str) -> None:
        if oid not in self._seen:
            self._seen.add(oid)
            commit = self._load(oid)
            self._pushed += 1
            heapq.heappush(self._heap, (-commit.committer.when, self._pushed, oid, commit))

    def pop(self) -> tuple[str, Commit]:
        _, _, oid, commit = heapq.heappop(self._heap)
        if self._again:
            self._seen.discard(oid)
        return oid, commit
