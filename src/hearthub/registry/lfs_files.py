"""The large files of a repo: which it has, and taking them out of it for good.

With the history rewritten no commit of any branch, tag or pull request names them any more: trees
without them are written, commits upon those, and all refs are moved at once. Else their pointers
stay, and lead nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hearthub.accounts import Actor
from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, NotFound, TooLarge
from hearthub.events import CommitCreated, EventLog, LargeFilesDeleted
from hearthub.registry.access import Right, require
from hearthub.registry.files import Files
from hearthub.registry.gitformat import (
    EMPTY_TREE,
    FOLDER,
    Commit,
    Kind,
    TreeEntry,
    decode_tag,
    encode_commit,
    encode_tag,
    encode_tree,
)
from hearthub.registry.objects import ObjectStore, Writer
from hearthub.registry.pointers import MAX_POINTER, parse_pointer
from hearthub.registry.quota import Quota
from hearthub.registry.refs import HEADS, MAIN, PULLS, Ref, RefMoved, Refs
from hearthub.registry.repo import Repo
from hearthub.storage import Storage

MAX_TREES = 20_000
"""How many folders one page looks through for the names of its files."""
MAX_COMMITS = 200_000
MAX_DELETIONS, MAX_TOLD = 1000, 10
"""Files at once; sums of them that the audit log has."""
ATTEMPTS = 5
# What a commit says of its own bytes, which are others now.
_BOUND = frozenset({"gpgsig", "gpgsig-sha256", "encoding"})


@dataclass(frozen=True)
class LargeFile:
    """`created` in ms. `path` and `ref`: a place where it is, or was; None where none was found."""

    sha256: str
    size: int
    created: int
    path: str | None
    ref: str | None


class LfsFiles:
    def __init__(
        self, db: Database, events: EventLog, objects: ObjectStore, refs: Refs, files: Files,
        storage: Storage, quota: Quota,
    ) -> None:  # fmt: skip
        self._db, self._events, self._objects, self._refs = db, events, objects, refs
        self._files, self._storage, self._quota = files, storage, quota

    def page(self, repo: Repo, after: str, limit: int) -> list[LargeFile]:
        """By sha256, from behind `after`; also those that no commit names."""
        claims = self._storage.claims(repo.id, after, limit)
        places = self._places(repo, {claim.sha256 for claim in claims})
        nowhere = (None, None)
        return [
            LargeFile(it.sha256, it.size, it.created, *places.get(it.sha256, nowhere))
            for it in claims
        ]

    def delete(self, actor: Actor, repo: Repo, sha256s: Sequence[str], *, rewrite: bool) -> None:
        """For good. Raises NotFound for one that the repo does not have."""
        require(actor, repo, Right.ADMIN)
        names = list(dict.fromkeys(sha256s))
        if not names or len(names) > MAX_DELETIONS:
            raise BadRequest(f"Name 1 to {MAX_DELETIONS} files to delete")
        missing = set(names) - self._storage.objects(repo.id, names).keys()
        if missing:
            raise NotFound(f"This repo has no large file {min(missing)[:64]}")
        for _ in range(ATTEMPTS):
            before = self._named(repo)
            moves = self._rewritten(repo, set(names)) if rewrite else {}
            try:
                with self._db.transaction():
                    if rewrite and self._named(repo) != before:
                        raise RefMoved("The refs are others")  # a new one too
                    # First, for it takes the locks that uploads take before events add jobs.
                    self._storage.forget_objects(repo.id, names)
                    for ref, (oid, commit) in moves.items():
                        self._move(actor, repo, ref, oid, commit)
                    told = LargeFilesDeleted(repo.id, len(names), names[:MAX_TOLD], rewrite)
                    self._events.append(told, actor.user_id)
            except RefMoved:
                continue
            self._quota.measure(repo.id)
            return
        raise Conflict("The branches keep moving: try again in a moment")

    def _named(self, repo: Repo) -> dict[str, str]:
        return {ref.name: ref.oid for ref in self._refs.all(repo.id)}

    # -- where a file is ----------------------------------------------------------------------

    def _places(self, repo: Repo, wanted: set[str]) -> dict[str, tuple[str, str]]:
        """A path and a ref by sha256, of the main branch where it has it."""
        found: dict[str, tuple[str, str]] = {}
        seen: set[str] = set()
        for ref, commit in self._every_commit(repo):
            for folder, tree in self._new_trees(repo, commit.tree, seen):
                inside = [(folder + name, it) for name, it in tree.items() if not it.is_folder]
                for entry in self._files.describe(repo, inside):
                    if entry.pointer and entry.pointer.sha256 in wanted:
                        found.setdefault(entry.pointer.sha256, (entry.path, ref.name))
            if len(found) == len(wanted) or len(seen) > MAX_TREES:
                break
        return found

    def _every_commit(self, repo: Repo) -> Iterator[tuple[Ref, Commit]]:
        """Each once, from the heads downwards, with the first ref that leads to it."""
        seen: set[str] = set()
        for ref in sorted(self._refs.all(repo.id), key=_main_first):
            todo = [ref.commit_oid]
            while todo and len(seen) < MAX_COMMITS:
                oid = todo.pop()
                if oid not in seen:
                    seen.add(oid)
                    commit = self._objects.commit(repo.id, oid)
                    yield ref, commit
                    todo += reversed(commit.parents)

    def _new_trees(
        self, repo: Repo, root: str, seen: set[str]
    ) -> Iterator[tuple[str, Mapping[str, TreeEntry]]]:
        todo = [("", root)]
        while todo and len(seen) <= MAX_TREES:
            above, oid = todo.pop()
            if oid in seen:
                continue
            seen.add(oid)
            tree = self._objects.tree(repo.id, oid)
            yield above, tree
            todo += [(f"{above}{name}/", it.oid) for name, it in tree.items() if it.is_folder]

    # -- history without a file -------------------------------------------------------------------

    def _rewritten(self, repo: Repo, names: set[str]) -> dict[Ref, tuple[str, str]]:
        """What each ref that changes is to name, and the commit behind it."""
        moves: dict[Ref, tuple[str, str]] = {}
        pointers = self._pointers(repo, names)
        with self._objects.writer(repo.id) as writer:
            rewriting = _Rewriting(self._objects, repo.id, writer, pointers)
            for ref in self._refs.all(repo.id):
                commit = rewriting.commit(ref.commit_oid)
                if commit != ref.commit_oid:
                    moves[ref] = (rewriting.named(ref.oid, ref.commit_oid, commit), commit)
        return moves

    def _pointers(self, repo: Repo, names: set[str]) -> set[str]:
        """The blobs that point to these, however they are written."""
        found: set[str] = set()
        for page in self._objects.pages(repo.id, smaller_than=MAX_POINTER + 1, kind=Kind.BLOB):
            for row in page:
                pointer = parse_pointer(self._objects.unpack(repo.id, row))
                if pointer and pointer.sha256 in names:
                    found.add(bytes(row.oid).hex())
        return found

    def _move(self, actor: Actor, repo: Repo, ref: Ref, oid: str, commit: str) -> None:
        self._refs.move(repo.id, ref.name, ref.oid, oid, commit)
        if ref.name.startswith((HEADS, PULLS)):
            told = "Large files were deleted from the history"
            event = CommitCreated(repo.id, ref.name, ref.commit_oid, commit, told)
            self._events.append(event, actor.user_id)


class _Rewriting:
    """Each tree and commit once, parents first. What has none of the files stays as it is."""

    def __init__(
        self, objects: ObjectStore, repo_id: int, writer: Writer, pointers: set[str]
    ) -> None:
        self._objects, self._repo_id = objects, repo_id
        self._writer, self._pointers = writer, pointers
        self._trees: dict[str, str | None] = {}
        self._commits: dict[str, str] = {}

    def commit(self, head: str) -> str:
        todo = [head]
        while todo:
            oid = todo[-1]
            if oid in self._commits:
                todo.pop()
                continue
            old = self._objects.commit(self._repo_id, oid)
            if ahead := [it for it in old.parents if it not in self._commits]:
                todo += ahead
                continue
            if len(self._commits) >= MAX_COMMITS:
                raise TooLarge(f"A history of more than {MAX_COMMITS} commits is not rewritten")
            self._commits[oid] = self._anew(oid, old)
        return self._commits[head]

    def _anew(self, oid: str, old: Commit) -> str:
        tree = self._tree(old.tree) or self._empty()
        parents = tuple(self._commits[it] for it in old.parents)
        if (tree, parents) == (old.tree, old.parents):
            return oid
        extra = tuple(it for it in old.extra if it[0] not in _BOUND)
        new = replace(old, tree=tree, parents=parents, extra=extra)
        return self._writer.add(Kind.COMMIT, encode_commit(new))

    def named(self, oid: str, old: str, new: str) -> str:
        """What a ref names: a commit, or a tag of one (or of a tag) that is written anew."""
        if oid == old:
            return new
        _, content = self._objects.read(self._repo_id, oid)
        tag = decode_tag(content)
        anew = replace(tag, target=self.named(tag.target, old, new))
        return self._writer.add(Kind.TAG, encode_tag(anew))

    def _tree(self, oid: str) -> str | None:
        """None: nothing is left in it."""
        if oid in self._trees:
            return self._trees[oid]
        entries = list(self._objects.tree(self._repo_id, oid).values())
        kept = [it for it in map(self._entry, entries) if it is not None]
        result: str | None = oid
        if kept != entries:
            result = self._writer.add(Kind.TREE, encode_tree(kept)) if kept else None
        self._trees[oid] = result
        return result

    def _entry(self, entry: TreeEntry) -> TreeEntry | None:
        if entry.mode != FOLDER:
            return None if entry.oid in self._pointers else entry
        oid = self._tree(entry.oid)
        return None if oid is None else TreeEntry(entry.name, entry.mode, oid)

    def _empty(self) -> str:
        self._writer.add(Kind.TREE, b"")
        return EMPTY_TREE


def _main_first(ref: Ref) -> tuple[bool, bool, str]:
    return ref.name != MAIN, not ref.name.startswith(HEADS), ref.name
