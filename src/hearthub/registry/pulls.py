"""What pull requests are to a repo: refs of their own, compared with a branch and merged into it.

Numbers, titles and talk are the community's; here are refs and trees alone.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from hearthub.accounts import Actor
from hearthub.errors import Conflict, RevisionNotFound
from hearthub.registry import trees
from hearthub.registry.access import Right, require
from hearthub.registry.changes import Change, compare
from hearthub.registry.commits import BUSY, Commits
from hearthub.registry.gitformat import SUBMODULE, Commit, Kind, TreeEntry, printable
from hearthub.registry.history import History
from hearthub.registry.merging import Merged, merge
from hearthub.registry.objects import ObjectStore
from hearthub.registry.refs import HEADS, PULLS, Ref, RefMoved, Refs
from hearthub.registry.repo import Repo

Unified = Callable[[str, str, tuple[str, str]], str]
"""Two texts and their names to the lines of a diff. It gets strangers' texts: see to its time."""

ATTEMPTS = 20
MAX_COMMITS = 1000
MAX_STEPS = 10_000
"""Commits that are looked at for where two histories part."""
MAX_DIFF_FILES, MAX_DIFF_FILE, MAX_DIFF = 300, 128 * 1024, 2**20
"""Files, bytes of one, and bytes of all that a diff shows."""


class _TooFar(Conflict):
    """Nobody knows where they part: to merge as if they had nothing in common brought back what
    one side deleted."""


@dataclass(frozen=True)
class Attempt:
    """What merging the commit `head` into a branch at `base` gives."""

    base: str
    head: str
    merged: Merged

    def check(self) -> None:
        """Raises Conflict where it cannot be merged."""
        found, rest = self.merged.conflicts, not self.merged.is_whole
        if found:
            more = " and more" if rest or len(found) > 10 else ""
            raise Conflict(f"Both sides changed {', '.join(found[:10])}{more}")
        if rest:
            raise Conflict("Too much differs between both sides to merge them here")


class Pulls:
    def __init__(
        self, objects: ObjectStore, refs: Refs, history: History, commits: Commits
    ) -> None:
        self._objects, self._refs = objects, refs
        self._history, self._commits = history, commits

    def open(self, actor: Actor, repo: Repo, num: int, base: str) -> str:
        """A ref for a new pull request, equal to the branch `base`; its commit."""
        require(actor, repo, Right.PROPOSE)
        start = self.branch(repo, base).commit_oid
        self._refs.create(repo.id, f"{PULLS}{num}", start, start, author_id=actor.user_id)
        return start

    def close(self, repo: Repo, num: int) -> None:
        """Take back what `open` made."""
        if self._refs.get(repo.id, f"{PULLS}{num}"):
            self._refs.delete(repo.id, f"{PULLS}{num}")

    def branch(self, repo: Repo, name: str) -> Ref:
        ref = self._refs.get(repo.id, name if name.startswith(HEADS) else HEADS + name)
        if ref is None:
            raise RevisionNotFound(f"Invalid rev id: {name}. A pull request is for a branch")
        return ref

    def head(self, repo: Repo, num: int | str) -> str:
        """Of a pull request, by its number or ref."""
        name = num if isinstance(num, str) else f"{PULLS}{num}"
        ref = self._refs.get(repo.id, name)
        if ref is None:
            raise RevisionNotFound(f"Invalid rev id: {name}")
        return ref.commit_oid

    def fork(self, repo: Repo, one: str, other: str) -> str | None:
        """The newest commit that both have in their history; None too where it is too far back."""
        try:
            return self._fork(repo, one, other)
        except _TooFar:
            return None

    def _fork(self, repo: Repo, one: str, other: str) -> str | None:
        sides = {one: 1}
        sides[other] = sides.get(other, 0) | 2
        heap = [(-self._when(repo, oid), oid) for oid in sides]
        heapq.heapify(heap)
        steps = 0
        while heap:
            steps += 1
            if steps > MAX_STEPS:
                raise _TooFar(f"More than {MAX_STEPS} commits lie between the two")
            _, oid = heapq.heappop(heap)
            if sides[oid] == 3:
                return oid
            for parent in self._objects.commit(repo.id, oid).parents:
                known = sides.get(parent, 0)
                if known | sides[oid] != known:
                    sides[parent] = known | sides[oid]
                    heapq.heappush(heap, (-self._when(repo, parent), parent))
        return None

    def fork_of(self, repo: Repo, ref: str, base: str) -> str | None:
        """Where a pull request left its branch; raises Conflict where that is too far back."""
        return self._fork(repo, self.branch(repo, base).commit_oid, self.head(repo, ref))

    def commits(self, repo: Repo, base: str, head: str) -> list[tuple[str, Commit]]:
        """What a pull request consists of, oldest first; the newest MAX_COMMITS where histories
        have nothing in common."""
        fork, found = self.fork(repo, base, head), list[tuple[str, Commit]]()
        for oid, commit in self._history.log(repo.id, head):
            if oid == fork or len(found) == MAX_COMMITS:
                break
            found.append((oid, commit))
        return found[::-1]

    def attempt(self, repo: Repo, base: str, head: str) -> Attempt:
        """What merging would give, for `merge`; writes nothing."""
        try:
            fork = self._fork(repo, base, head)
        except _TooFar:
            return Attempt(base, head, Merged(is_whole=False))
        start = self._tree(repo, fork) if fork else None
        sides = self._tree(repo, base), self._tree(repo, head)
        return Attempt(base, head, merge(self._load(repo), start, *sides))

    def changes(self, repo: Repo, base: str, head: str) -> list[Change]:
        """The files that differ, by path; at most one more than a diff shows."""
        before, after = self._tree(repo, base), self._tree(repo, head)
        return compare(self._load(repo), before, after, MAX_DIFF_FILES + 1)[0]

    def diff(self, repo: Repo, base: str, head: str, unified: Unified) -> str:
        """What a pull request changes since it left its base, as git writes it; large files and
        those that are no text are only named, the lines of others are for `unified` to write."""
        fork = self.fork(repo, base, head) or base
        parts, size = list[str](), 0
        for change in self.changes(repo, fork, head):
            part = self._file_diff(repo, change, unified)
            size += len(part)
            if size > MAX_DIFF:
                parts.append("The rest of the diff is too large to show\n")
                break
            parts.append(part)
        return "".join(parts)

    def merge(self, actor: Actor, repo: Repo, attempt: Attempt, base: str, message: str) -> str:
        """Put what a pull request changes onto its branch as one commit; that commit's oid.

        Raises Conflict, naming the files that both sides changed.
        """
        require(actor, repo, Right.WRITE)
        for _ in range(ATTEMPTS):
            branch = self.branch(repo, base)
            if attempt.base != branch.commit_oid:
                attempt = self.attempt(repo, branch.commit_oid, attempt.head)
            merged = attempt.merged
            attempt.check()
            try:
                return self._commits.put_tree(actor, repo, branch, merged.tree, merged.new, message)
            except RefMoved:
                continue
        raise Conflict(BUSY)

    # -- the steps ---------------------------------------------------------------------------

    def _when(self, repo: Repo, oid: str) -> int:
        return self._objects.commit(repo.id, oid).committer.when

    def _tree(self, repo: Repo, commit: str) -> str:
        return self._objects.commit(repo.id, commit).tree

    def _load(self, repo: Repo) -> trees.Load:
        return lambda oid: self._objects.tree(repo.id, oid)

    def _file_diff(self, repo: Repo, change: Change, unified: Unified) -> str:
        path = printable(change.path)
        texts = [self._text(repo, entry) for entry in (change.before, change.after)]
        head = f"diff --git a/{path} b/{path}\n"
        if change.before is None and change.after:
            head += f"new file mode {change.after.mode:o}\n"
        if change.after is None and change.before:
            head += f"deleted file mode {change.before.mode:o}\n"
        oids = [entry.oid[:7] if entry else "0" * 7 for entry in (change.before, change.after)]
        head += f"index {oids[0]}..{oids[1]}\n"
        names = ("/dev/null" if change.before is None else f"a/{path}",
                 "/dev/null" if change.after is None else f"b/{path}")  # fmt: skip
        if None in texts:
            return f"{head}Binary files {names[0]} and {names[1]} differ\n"
        return head + unified(str(texts[0]), str(texts[1]), names)

    def _text(self, repo: Repo, entry: TreeEntry | None) -> str | None:
        """None for what is no text, or too much of it, and for a submodule, whose id may be that
        of a file nobody is to see."""
        if entry is None:
            return ""
        if entry.mode == SUBMODULE:
            return None
        size = self._objects.sizes(repo.id, [entry.oid]).get(entry.oid)
        if size is None or size > MAX_DIFF_FILE:
            return None
        kind, content = self._objects.read(repo.id, entry.oid)
        if kind is not Kind.BLOB or b"\0" in content:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None
