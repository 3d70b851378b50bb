"""The commit path: named steps from operations to a moved ref.

Everything before the ref moves only adds unreachable bytes, so a failure at any step, or a
kill -9, leaves the repo as it was and some garbage for `gc`.
"""

import re
from dataclasses import dataclass, field

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, RevisionNotFound, StaleParent, TooLarge
from hearthub.events import CommitCreated, EventLog
from hearthub.registry import trees
from hearthub.registry.gitformat import Commit, Kind, Signature, encode_commit, oid_of
from hearthub.registry.objects import ObjectStore
from hearthub.registry.operations import (
    CommitHeader,
    DeleteFile,
    DeleteFolder,
    Operations,
    PutFile,
    PutLfs,
)
from hearthub.registry.paths import clean_folder, clean_path
from hearthub.registry.pointers import Pointer
from hearthub.registry.refs import HEADS, PULLS, Ref, RefMoved, Refs
from hearthub.registry.repo import Repo
from hearthub.storage import Storage

STALE = (
    "The branch was updated since you opened this page. Please refresh and try again."  # matched
)  # by clients that retry
MAX_MESSAGE = 64 * 1024
ATTEMPTS = 50
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PARENT = re.compile(r"[0-9a-f]{5,40}")
FILE_MODE = 0o100644


@dataclass(frozen=True)
class CommitResult:
    """`oid` is the branch's head now; `created` is False when nothing changed."""

    oid: str
    created: bool


@dataclass
class _Change:
    """The operations of one commit, staged: contents stored, paths checked."""

    puts: dict[str, trees.Entry] = field(default_factory=dict)
    deletions: list[trees.Deletion] = field(default_factory=list)
    lfs: list[tuple[str, str, int | None]] = field(default_factory=list)  # path, sha256, size


class Commits:
    def __init__(
        self, db: Database, events: EventLog, objects: ObjectStore, refs: Refs, storage: Storage
    ) -> None:
        self.db, self.events, self.objects = db, events, objects
        self.refs, self.storage = refs, storage

    def commit(
        self,
        actor: Actor,
        repo: Repo,
        rev: str,
        header: CommitHeader,
        operations: Operations,
        max_regular_file: int,
    ) -> CommitResult:
        """Apply `operations` to the branch `rev`, all or none. The caller has checked the rights."""
        branch = self._branch(repo, rev)
        self._check_header(header)
        self._check_parent(repo, branch, header.parent)
        change = self._stage(repo, operations, max_regular_file)
        self._put_pointers(repo, change)
        for _ in range(ATTEMPTS):
            root = self._apply(repo, branch, change)
            if root == self.objects.commit(repo.id, branch.commit_oid).tree:
                return CommitResult(branch.commit_oid, created=False)
            oid = self._write_commit(actor, repo, header.message, root, [branch.commit_oid])
            try:
                self._move(actor, repo, branch, oid, header.summary)
            except RefMoved:
                branch = self._branch(repo, rev)
                self._check_parent(repo, branch, header.parent)
                continue
            return CommitResult(oid, created=True)
        raise Conflict("The branch keeps moving: try again in a moment")

    def create_initial(self, actor: Actor, repo: Repo, files: dict[str, bytes]) -> str:
        """The first commit of a new repo, on `main`. Joins the open transaction."""
        change = self._stage(repo, [PutFile(path, data) for path, data in files.items()], 2**30)
        root = self._write_tree(repo, None, change)
        oid = self._write_commit(actor, repo, "initial commit", root, [])
        self.refs.create(repo.id, HEADS + "main", oid, oid)
        self._announce(actor, repo, HEADS + "main", None, oid, "initial commit")
        return oid

    def squash(self, actor: Actor, repo: Repo, rev: str, message: str) -> str:
        """Replace a branch's history by one commit with the same files."""
        branch = self._branch(repo, rev)
        self._check_header(CommitHeader(message))
        for _ in range(ATTEMPTS):
            root = self.objects.commit(repo.id, branch.commit_oid).tree
            oid = self._write_commit(actor, repo, message, root, [])
            try:
                self._move(actor, repo, branch, oid, message)
            except RefMoved:
                branch = self._branch(repo, rev)
                continue
            return oid
        raise Conflict("The branch keeps moving: try again in a moment")

    # -- the steps ---------------------------------------------------------------------------

    def _branch(self, repo: Repo, rev: str) -> Ref:
        full = {"HEAD": HEADS + "main"}.get(rev, rev if rev.startswith("refs/") else HEADS + rev)
        ref = self.refs.get(repo.id, full)
        if ref is None or not full.startswith((HEADS, PULLS)):
            raise RevisionNotFound(f"Invalid rev id: {rev}. Commits go to a branch that exists")
        return ref

    def _check_header(self, header: CommitHeader) -> None:
        if not header.summary.strip():
            raise BadRequest("A commit needs a summary")
        if len(header.message.encode(errors="replace")) > MAX_MESSAGE:
            raise TooLarge(f"The commit message has more than {MAX_MESSAGE} bytes")

    def _check_parent(self, repo: Repo, branch: Ref, parent: str | None) -> None:
        if parent is None:
            return
        if not _PARENT.fullmatch(parent):
            raise BadRequest("parentCommit must be 5 to 40 hex digits")
        if not branch.commit_oid.startswith(parent):
            raise StaleParent(STALE)

    def _stage(self, repo: Repo, operations: Operations, max_regular_file: int) -> _Change:
        change = _Change()
        with self.objects.writer(repo.id) as writer:
            for operation in operations:
                match operation:
                    case PutFile(path, content):
                        path = clean_path(path)
                        if len(content) > max_regular_file:
                            raise TooLarge(
                                f"{path}: {len(content)} bytes is too large for a regular file "
                                f"(limit {max_regular_file}); upload it with Xet or LFS"
                            )
                        oid = writer.add(Kind.BLOB, content)
                        change.puts[path] = trees.Entry(FILE_MODE, oid)
                    case PutLfs(path, sha256, size):
                        if not _SHA256.fullmatch(sha256):
                            raise BadRequest(f"{path}: oid must be 64 lower-case hex digits")
                        path = clean_path(path)
                        change.puts.pop(path, None)
                        change.lfs.append((path, sha256, size))
                    case DeleteFile(path):
                        change.deletions.append(trees.Deletion(clean_path(path), "file"))
                    case DeleteFolder(path):
                        change.deletions.append(trees.Deletion(clean_folder(path), "folder"))
        return change

    def _put_pointers(self, repo: Repo, change: _Change) -> None:
        """Every object a pointer names must have been proved by this repo; then store pointers."""
        sizes = self.storage.require(repo.id, [(sha, size) for _, sha, size in change.lfs])
        with self.objects.writer(repo.id) as writer:
            for path, sha256, _ in change.lfs:
                oid = writer.add(Kind.BLOB, Pointer(sha256, sizes[sha256]).encode())
                change.puts[path] = trees.Entry(FILE_MODE, oid)

    def _apply(self, repo: Repo, branch: Ref, change: _Change) -> str:
        root = self.objects.commit(repo.id, branch.commit_oid).tree
        return self._write_tree(repo, root, change)

    def _write_tree(self, repo: Repo, root: str | None, change: _Change) -> str:
        new_root, new_trees = trees.apply(
            lambda oid: self.objects.tree(repo.id, oid), root, change.deletions, change.puts
        )
        with self.objects.writer(repo.id) as writer:
            for data in new_trees.values():
                writer.add(Kind.TREE, data)
        return new_root

    def _write_commit(
        self, actor: Actor, repo: Repo, message: str, tree: str, parents: list[str]
    ) -> str:
        name = actor.name or "hearthub"
        parent_times = [self.objects.commit(repo.id, p).committer.when for p in parents]
        who = Signature(
            name, f"{name}@users.noreply.hearthub", max([now_ms() // 1000, *parent_times]), "+0000"
        )
        data = encode_commit(Commit(tree, tuple(parents), who, who, message))
        with self.objects.writer(repo.id) as writer:
            writer.add(Kind.COMMIT, data)
        return oid_of(Kind.COMMIT, data)

    def _move(self, actor: Actor, repo: Repo, branch: Ref, oid: str, message: str) -> None:
        with self.db.transaction():
            self.refs.move(repo.id, branch.name, branch.oid, oid)
            self._announce(actor, repo, branch.name, branch.commit_oid, oid, message)

    def _announce(
        self, actor: Actor, repo: Repo, ref: str, old: str | None, new: str, message: str
    ) -> None:
        self.db.execute(
            "update repo set modified = :now where id = :id", now=now_ms(), id=repo.id
        )
        self.events.append(CommitCreated(repo.id, ref, old, new, message), actor.user_id)
