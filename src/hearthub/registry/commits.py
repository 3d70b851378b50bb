"""The commit path: named steps from operations to a moved ref.

Everything before the ref moves only adds unreachable bytes, so a failure at any step, or a
kill -9, leaves the repo as it was and some garbage for `gc`.
"""

import re
from dataclasses import dataclass, field

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.db import Database, require_text
from hearthub.errors import (
    BadRequest,
    Conflict,
    RevisionNotFound,
    StaleParent,
    TooLarge,
    Unprocessable,
)
from hearthub.events import CommitCreated, EventLog
from hearthub.registry import trees
from hearthub.registry.access import proposer
from hearthub.registry.gitformat import FILE, Commit, Kind, Signature, encode_commit
from hearthub.registry.objects import ObjectStore, Writer
from hearthub.registry.operations import (
    CommitHeader,
    DeleteFile,
    DeleteFolder,
    Operations,
    PutFile,
    PutLfs,
)
from hearthub.registry.paths import clean_folder, clean_path
from hearthub.registry.pointers import Pointer, parse_pointer
from hearthub.registry.quota import Quota
from hearthub.registry.refs import HEADS, MAIN, PULLS, TAGS, Ref, RefMoved, Refs
from hearthub.registry.repo import Repo
from hearthub.registry.submodules import check_modules, check_place
from hearthub.storage import Storage

# Clients that retry know this text.
STALE = "The branch was updated since you opened this page. Please refresh and try again."
BUSY = "The branch keeps moving: try again in a moment"
MAX_INITIAL = 2**30
MAX_OPERATIONS = 200_000
MAX_MESSAGE = 64 * 1024
ATTEMPTS = 50
MAX_DURATION_MS = 24 * 60 * 60 * 1000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PARENT = re.compile(r"[0-9a-f]{5,40}")


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
    lfs: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # path: sha256, size


class Commits:
    def __init__(
        self,
        db: Database,
        events: EventLog,
        objects: ObjectStore,
        refs: Refs,
        storage: Storage,
        quota: Quota,
        max_entries: int,
    ) -> None:
        self.db, self.events, self.objects = db, events, objects
        self.refs, self.storage, self.quota = refs, storage, quota
        self.max_entries = max_entries

    def commit(
        self,
        actor: Actor,
        repo: Repo,
        rev: str,
        header: CommitHeader,
        operations: Operations,
        max_regular_file: int,
        most_bytes: int | None = None,
    ) -> CommitResult:
        """Apply `operations` to the branch `rev`, all or none; rights are the caller's to check.

        They are read twice where a quota is near; `most_bytes` is all they can hold together.
        """
        began = now_ms()
        branch = self._branch(repo, rev)
        self._check_header(header)
        self._check_parent(branch, header.parent)
        new_bytes = self.quota.weigh(repo.id, operations, most_bytes, proposer(actor, repo))
        with self.objects.writer(repo.id) as writer:
            change = self._stage(writer, operations, max_regular_file)
            if change.puts or change.lfs:
                self.storage.require_room()
            self._put_pointers(repo, writer, change)
            for _ in range(ATTEMPTS):
                base = self.objects.commit(repo.id, branch.commit_oid)
                root = self._put_trees(repo, writer, base.tree, change)
                if root == base.tree:
                    return CommitResult(branch.commit_oid, created=False)
                oid = self._put_commit(actor, writer, header.message, root, branch, base)
                writer.flush()
                self._check_duration(began)
                try:
                    self._move(actor, repo, branch, oid, header.summary, new_bytes)
                except RefMoved:
                    branch = self._branch(repo, rev)
                    self._check_parent(branch, header.parent)
                    continue
                return CommitResult(oid, created=True)
        raise Conflict(BUSY)

    def create_initial(self, actor: Actor, repo: Repo, files: dict[str, bytes]) -> None:
        """The first commit of a new repo, on `main`. Joins the open transaction."""
        with self.objects.writer(repo.id) as writer:
            puts = [PutFile(path, data) for path, data in files.items()]
            root = self._put_trees(repo, writer, None, self._stage(writer, puts, MAX_INITIAL))
            oid = self._put_commit(actor, writer, "initial commit", root, None, None)
        self.refs.create(repo.id, MAIN, oid, oid)
        self._announce(actor, repo, MAIN, None, oid, "initial commit")

    def squash(
        self, actor: Actor, repo: Repo, rev: str, message: str, onto: str | None = None
    ) -> str:
        """Replace a branch's history, from behind `onto`, by one commit with the same files."""
        self._check_header(CommitHeader(message))
        for _ in range(ATTEMPTS):
            branch = self._branch_to_squash(repo, rev)
            root = self.objects.commit(repo.id, branch.commit_oid).tree
            with self.objects.writer(repo.id) as writer:
                below = Ref(branch.name, onto, onto) if onto else None
                parent = self.objects.commit(repo.id, onto) if onto else None
                oid = self._put_commit(actor, writer, message, root, below, parent)
            try:
                self._move(actor, repo, branch, oid, message)
            except RefMoved:
                continue
            return oid
        raise Conflict(BUSY)

    def put_tree(
        self, actor: Actor, repo: Repo, branch: Ref, tree: str, new: dict[str, bytes], message: str
    ) -> str:
        """A commit with this tree, whose new parts are `new`, on top of a branch.

        Raises RefMoved when the branch is not where it was.
        """
        self._check_header(CommitHeader(message))
        with self.objects.writer(repo.id) as writer:
            for data in new.values():
                writer.add(Kind.TREE, data)
            base = self.objects.commit(repo.id, branch.commit_oid)
            oid = self._put_commit(actor, writer, message, tree, branch, base)
        self._move(actor, repo, branch, oid, CommitHeader(message).summary)
        return oid

    # -- the steps ---------------------------------------------------------------------------

    def _branch(self, repo: Repo, rev: str) -> Ref:
        full = {"HEAD": MAIN}.get(rev, rev if rev.startswith("refs/") else HEADS + rev)
        ref = self.refs.get(repo.id, full)
        if ref is None or not full.startswith((HEADS, PULLS)):
            raise RevisionNotFound(f"Invalid rev id: {rev}. Commits go to a branch that exists")
        return ref

    def _branch_to_squash(self, repo: Repo, rev: str) -> Ref:
        """Clients tell a tag, which cannot be squashed, from a branch that is not there."""
        try:
            return self._branch(repo, rev)
        except RevisionNotFound:
            if self.refs.get(repo.id, TAGS + rev.removeprefix(TAGS)):
                raise BadRequest(f"{rev[:100]} is a tag: only branches are squashed") from None
            raise

    def _check_header(self, header: CommitHeader) -> None:
        require_text(header.message)
        if not header.summary.strip():
            raise BadRequest("A commit needs a summary")
        try:
            size = len(header.message.encode())
        except UnicodeEncodeError:
            raise BadRequest("The commit message is not valid Unicode") from None
        if size > MAX_MESSAGE:
            raise TooLarge(f"The commit message has more than {MAX_MESSAGE} bytes")

    def _check_parent(self, branch: Ref, parent: str | None) -> None:
        if parent is None:
            return
        if not _PARENT.fullmatch(parent):
            raise BadRequest("parentCommit must be 5 to 40 hex digits")
        if not branch.commit_oid.startswith(parent):
            raise StaleParent(STALE)

    def _check_duration(self, began: int) -> None:
        """What a commit wrote or required stays, unreached, for days: time enough to end in."""
        if now_ms() - began > MAX_DURATION_MS:
            raise Conflict("This commit took longer than a day: send it again")

    def _stage(self, writer: Writer, operations: Operations, max_regular_file: int) -> _Change:
        change = _Change()
        for number, operation in enumerate(operations, 1):
            if number > MAX_OPERATIONS:
                raise TooLarge(f"A commit has at most {MAX_OPERATIONS} operations: send several")
            match operation:
                case PutFile(path, content):
                    self._stage_file(writer, change, clean_path(path), content, max_regular_file)
                case PutLfs(path, sha256, size):
                    if not _SHA256.fullmatch(sha256):
                        raise BadRequest(f"{path}: oid must be 64 lower-case hex digits")
                    if check_place(path):
                        raise Unprocessable(f"{path} must be a regular file")
                    change.lfs[clean_path(path)] = (sha256, size)
                case DeleteFile(path):
                    change.deletions.append(trees.Deletion(clean_path(path), "file"))
                case DeleteFolder(path):
                    change.deletions.append(trees.Deletion(clean_folder(path), "folder"))
        return change

    def _stage_file(
        self, writer: Writer, change: _Change, path: str, content: bytes, limit: int
    ) -> None:
        if len(content) > limit:
            raise TooLarge(
                f"{path}: {len(content)} bytes is too large for a regular file "
                f"(limit {limit}); upload it with Xet or LFS"
            )
        if check_place(path):
            check_modules(content)
        # A pointer written by hand promises as much, and is stored when its object is here: what is
        # stored, a push may name without bringing it along.
        if pointer := parse_pointer(content):
            change.lfs[path] = (pointer.sha256, pointer.size)
        else:
            change.puts[path] = trees.Entry(FILE, writer.add(Kind.BLOB, content))
            change.lfs.pop(path, None)

    def _put_pointers(self, repo: Repo, writer: Writer, change: _Change) -> None:
        """Every object a pointer names must have been proved by this repo; then store pointers."""
        sizes = self.storage.require(repo.id, list(change.lfs.values()))
        for path, (sha256, _) in change.lfs.items():
            oid = writer.add(Kind.BLOB, Pointer(sha256, sizes[sha256]).encode())
            change.puts[path] = trees.Entry(FILE, oid)

    def _put_trees(self, repo: Repo, writer: Writer, root: str | None, change: _Change) -> str:
        new_root, new_trees = trees.apply(
            lambda oid: self.objects.tree(repo.id, oid),
            root,
            change.deletions,
            change.puts,
            self.max_entries,
        )
        for data in new_trees.values():
            writer.add(Kind.TREE, data)
        return new_root

    def _put_commit(
        self,
        actor: Actor,
        writer: Writer,
        message: str,
        tree: str,
        branch: Ref | None,
        parent: Commit | None,
    ) -> str:
        """A commit never claims to be older than its parent, whatever the clock did since."""
        name = actor.name or "hearthub"
        when = max(now_ms() // 1000, parent.committer.when if parent else 0)
        who = Signature(name, f"{name}@users.noreply.hearthub", when)
        parents = (branch.commit_oid,) if branch else ()
        return writer.add(Kind.COMMIT, encode_commit(Commit(tree, parents, who, who, message)))

    def _move(
        self, actor: Actor, repo: Repo, branch: Ref, oid: str, message: str, new_bytes: int = 0
    ) -> None:
        with self.db.transaction():
            self.quota.add_git(repo.id, new_bytes, proposer(actor, repo))
            self.refs.move(repo.id, branch.name, branch.oid, oid)
            self._announce(actor, repo, branch.name, branch.commit_oid, oid, message)

    def _announce(
        self, actor: Actor, repo: Repo, ref: str, old: str | None, new: str, message: str
    ) -> None:
        self.db.execute("update repo set modified = :now where id = :id", now=now_ms(), id=repo.id)
        self.events.append(CommitCreated(repo.id, ref, old, new, message), actor.user_id)
