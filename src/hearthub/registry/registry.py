"""The door of the registry: everything that can be done with a repo.

Repos are named as callers name them (`type`, `namespace/name`); each method starts by asking
`repo()` for the one meant, which is where access is decided.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from hearthub.accounts import Account, Accounts, Actor
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    LoginRequired,
    Moved,
    RepoNotFound,
    RevisionNotFound,
)
from hearthub.events import (
    EventLog,
    RepoCreated,
    RepoDeleted,
    RepoHandedOver,
    RepoMoved,
    RepoSettingsChanged,
)
from hearthub.names import split_id
from hearthub.registry import uploads
from hearthub.registry.access import Right, proposer, require, require_creator, right_of
from hearthub.registry.arrivals import Arrivals
from hearthub.registry.attributes import DEFAULT_GITATTRIBUTES
from hearthub.registry.branches import Branches
from hearthub.registry.browsing import Browsing
from hearthub.registry.checks import Checker, CheckReport, Sample
from hearthub.registry.commits import CommitResult, Commits
from hearthub.registry.copies import Copies
from hearthub.registry.files import Entry, Files
from hearthub.registry.garbage import Collector
from hearthub.registry.gates import Gates
from hearthub.registry.git import Pushes, Wire
from hearthub.registry.gitformat import Commit
from hearthub.registry.history import History
from hearthub.registry.lfs_files import LfsFiles
from hearthub.registry.locks import Locks
from hearthub.registry.objects import ObjectStore
from hearthub.registry.operations import CommitHeader, Operations
from hearthub.registry.pulls import Pulls
from hearthub.registry.quota import Quota
from hearthub.registry.reach import Reach
from hearthub.registry.refs import MAIN, PULLS, Ref, Refs
from hearthub.registry.repo import Repo
from hearthub.registry.repos import Reader, Repos
from hearthub.registry.revisions import Revisions
from hearthub.registry.uploads import FileOffer, FileVerdict
from hearthub.settings import Settings
from hearthub.storage import Location, Storage, Tally

__all__ = ["CommitResult", "Registry"]


class Registry:
    def __init__(
        self,
        db: Database,
        objects_db: Database,
        settings: Settings,
        events: EventLog,
        accounts: Accounts,
        storage: Storage,
    ) -> None:
        self.db, self.settings, self.events = db, settings, events
        self.accounts, self.storage = accounts, storage
        self._repos = Repos(db)
        self.locks = Locks(db)
        self.gates = Gates(db, events, accounts)
        self._objects = ObjectStore(objects_db, storage)
        self._reach = Reach(db, self._objects)
        self._refs = Refs(db, self._reach)
        self._history = History(self._objects)
        self._files = Files(self._objects, self._history, storage)
        self.browse = Browsing(self._objects, self._files, self._history)
        self._revisions = Revisions(self._refs, self._objects, self._reach)
        self._quota = Quota(db, self._objects, storage, settings)
        storage.limit_growth(self._quota)
        store = (db, objects_db, self._objects, self._refs, storage, settings.data / "tmp")
        pushes = Pushes(db, events, self._objects, self._refs, storage, self._quota, settings)
        self.git = Wire(self._objects, self._refs, pushes)
        self._collector, self._checker = Collector(*store), Checker(*store)
        self._commits = Commits(
            db,
            events,
            self._objects,
            self._refs,
            storage,
            self._quota,
            settings.max_folder_entries,
        )
        self.arrivals = Arrivals(storage, self.require_move, self.judge_uploads, self.commit)
        self.pulls = Pulls(self._objects, self._refs, self._history, self._commits)
        git = (db, events, self._objects, self._refs)
        self.branches = Branches(*git, self._revisions)
        self.lfs_files = LfsFiles(*git, self._files, storage, self._quota)
        temporary = settings.data / "tmp"
        self.copies = Copies(*git, self._repos, storage, self._quota, temporary, self._namespace)

    # -- repos -------------------------------------------------------------------------------

    def repo(
        self, actor: Actor, repo_type: str, full_name: str, need: Right = Right.METADATA
    ) -> Repo:
        """The repo, if `actor` has the right on it.

        Raises RepoNotFound (also when it may not be seen), Moved when this is an old name,
        GatedRepo, Forbidden or LoginRequired.
        """
        repo = self.gates.seen_by(actor, self._repos.find(repo_type, full_name))
        require(actor, repo, min(need, Right.METADATA))
        if repo.full_name.lower() != full_name.lower():
            raise Moved(full_name, repo.full_name)
        require(actor, repo, need)
        return repo

    def right(self, actor: Actor, repo: Repo) -> Right:
        return right_of(actor, self.gates.seen_by(actor, repo))

    def right_then(self, actor: Actor, repo: Repo) -> Right:
        """The same on a repo that is gone, as it is remembered."""
        return right_of(actor, repo)

    def readable(self, actor: Actor, repo_ids: Sequence[int]) -> set[int]:
        """Those of these repos whose files `actor` may read."""
        repos = self.gates.all_seen_by(actor, self._repos.by_ids(repo_ids))
        return {repo.id for repo in repos if right_of(actor, repo) >= Right.READ}

    def recheck(self, actor: Actor, repo_id: int, need: Right) -> None:
        """Whether a right once proved still holds; raises what `repo` would."""
        repo = self._repos.by_id(repo_id)
        if repo is None:
            raise RepoNotFound
        require(actor, self.gates.seen_by(actor, repo), need)

    def by_id(self, repo_id: int) -> Repo | None:
        return self._repos.by_id(repo_id)

    def by_ids(self, actor: Actor, repo_ids: Sequence[int]) -> list[Repo]:
        """Those of these repos that `actor` may see."""
        repos = self._repos.by_ids(repo_ids)
        return [repo for repo in repos if right_of(actor, repo) >= Right.METADATA]

    def create(
        self,
        actor: Actor,
        repo_type: str,
        full_name: str,
        *,
        visibility: str | None = None,
        sdk: str | None = None,
        files: dict[str, bytes] | None = None,
    ) -> Repo:
        """A new repo with one commit. `visibility` None means the namespace's default."""
        namespace, name = split_id(full_name)
        owner = self._namespace(actor, namespace)
        if visibility is None:
            visibility = "private" if owner.default_private else "public"
        content = {".gitattributes": DEFAULT_GITATTRIBUTES.encode()} | (files or {})
        with self.db.transaction():
            repo = self._repos.insert(
                repo_type,
                owner.id,
                owner.name,
                name,
                visibility=visibility,
                sdk=sdk,
                created_by=actor.user_id,
            )
            self.events.append(RepoCreated(repo.id, repo.type, repo.full_name), actor.user_id)
            self._commits.create_initial(actor, repo, content)
        return repo

    def _namespace(self, actor: Actor, name: str) -> Account:
        """The user or organisation, if `actor` may make repos in its namespace."""
        owner = self.accounts.account(name)
        if owner is None:
            if actor.is_anonymous:
                raise LoginRequired
            raise Forbidden(f"There is no user or organisation called {name}")
        require_creator(actor, owner.id, owner.name)
        return owner

    def delete(self, actor: Actor, repo_type: str, full_name: str) -> None:
        with self.db.transaction():
            repo = self.repo(actor, repo_type, full_name, Right.ADMIN)
            # First, for it takes the locks that commits and uploads take before they add jobs.
            self.storage.shares.let_go(repo.id)
            self.events.append(RepoDeleted(repo.id, repo.type, repo.full_name), actor.user_id)
            self._repos.delete(repo)

    def move(self, actor: Actor, repo_type: str, source: str, target: str) -> Repo:
        """Rename, or hand over to another namespace; the old name redirects from now on."""
        namespace, name = split_id(target)
        with self.db.transaction():
            repo = self.repo(actor, repo_type, source, Right.ADMIN)
            owner = self._namespace(actor, namespace)
            if owner.id != repo.owner_id:
                self._quota.require_move(repo, owner.id, owner.name)
                self.storage.shares.hand_over(repo.id, owner.id)
            moved = self._repos.rename(repo, owner.id, owner.name, name)
            event = RepoMoved(repo.id, repo.full_name, moved.full_name)
            self.events.append(event, actor.user_id)
            if owner.id != repo.owner_id:
                left = RepoHandedOver(repo.owner_id, repo.type, repo.full_name, moved.full_name)
                self.events.append(left, actor.user_id)
        return moved

    def change_settings(
        self,
        actor: Actor,
        repo_type: str,
        full_name: str,
        *,
        visibility: str | None = None,
        gated: str | bool | None = None,
    ) -> Repo:
        """`gated` is "auto", "manual" or False; None leaves a setting as it is."""
        if gated is True:
            raise BadRequest("gated must be auto, manual or false")
        with self.db.transaction():
            repo = self.repo(actor, repo_type, full_name, Right.ADMIN)
            changed = self._repos.change(
                repo,
                visibility=repo.visibility if visibility is None else visibility,
                gated=repo.gated if gated is None else (gated or None),
            )
            before = {"visibility": repo.visibility, "gated": repo.gated}
            after = {"visibility": changed.visibility, "gated": changed.gated}
            changes = {name: value for name, value in after.items() if value != before[name]}
            if changes:
                self.events.append(RepoSettingsChanged(repo.id, changes), actor.user_id)
        return changed

    def all_repos(self) -> Iterator[list[tuple[Repo, str]]]:
        """Every repo with its head, in batches by ascending id. For jobs: no access is checked."""
        return self._repos.all_with_heads()

    def former_names(self, repo_ids: Sequence[int]) -> dict[int, list[str]]:
        """Names that lead to these repos now, in lower case. For jobs: no access is checked."""
        return self._repos.former_names(repo_ids)

    def repos(self, repo_ids: Sequence[int]) -> list[Repo]:
        """Those of these repos that exist. For jobs: no access is checked."""
        return self._repos.by_ids(repo_ids)

    def largest(self, actor: Actor, limit: int) -> tuple[list[Repo], dict[str, int]]:
        """The repos that use most, and how many there are of each type: for administrators."""
        if not actor.is_admin:
            raise Forbidden("Only administrators see how much all repos use")
        return self._repos.largest(limit)

    def heads(self, repo_ids: Sequence[int]) -> dict[int, str]:
        """The newest commit of `main` of many repos, by repo id."""
        return self._refs.commits(repo_ids, MAIN)

    def counts(self, actor: Actor, owner_id: int) -> dict[str, int]:
        """How many repos of each type an account has, counting what `actor` may see."""
        return self._repos.counts(owner_id, _reader(actor))

    def owned(self, actor: Actor, owner_id: int, skip: int, limit: int) -> list[Repo]:
        """An account's repos that `actor` may see, the largest first."""
        return self._repos.of_owner(owner_id, _reader(actor), skip, limit)

    def changed_last(self, actor: Actor, owner_ids: Sequence[int], limit: int) -> list[Repo]:
        """Repos of these accounts that `actor` may see, the one changed last first."""
        return self._repos.changed_last(owner_ids, _reader(actor), limit)

    def used_by(self, owner_id: int) -> int:
        """The bytes that an account's repos use together; what several have counts once."""
        return self._quota.used_by(owner_id)

    # -- refs --------------------------------------------------------------------------------

    def refs(self, repo: Repo) -> list[Ref]:
        return self._refs.all(repo.id)

    def squash(
        self, actor: Actor, repo: Repo, rev: str, message: str, base: str | None = None
    ) -> str:
        """One commit instead of a history; of a pull request for the branch `base`, what it has
        and that branch has not, so that it can still be merged."""
        self.require_move(actor, repo, rev)
        onto = self.pulls.fork_of(repo, rev, base) if base else None
        return self._commits.squash(actor, repo, rev, message, onto)

    def commit_of(self, repo: Repo, rev: str) -> str:
        """The commit a revision means, 40 hex digits; raises RevisionNotFound, also for a commit
        that no ref reaches."""
        return self._revisions.commit_of(repo, rev)

    def require_move(self, actor: Actor, repo: Repo, rev: str) -> None:
        """Whether `actor` may commit there: a pull request is also its author's."""
        if rev.startswith(PULLS) and actor.user_id is not None:
            require(actor, repo, Right.PROPOSE)
            if self._refs.author(repo.id, rev) == actor.user_id:
                return
        require(actor, repo, Right.WRITE)

    # -- commits -----------------------------------------------------------------------------

    def judge_uploads(
        self,
        repo: Repo,
        rev: str,
        offers: Sequence[FileOffer],
        *,
        attributes: str | None,
        ignore: str | None,
        by: int | None = None,
    ) -> list[FileVerdict]:
        """Which of these files go inline and which by Xet or LFS.

        Raises OverQuota or NoRoom when they certainly do not fit.
        """
        verdicts = uploads.judge(
            self._files,
            repo,
            self.commit_of(repo, rev),
            offers,
            attributes=attributes,
            ignore=ignore,
            max_regular=self.settings.max_regular_file,
        )
        changed = [verdict.size for verdict in verdicts if verdict.is_new]
        here, there = self.storage.new_bytes(repo.id, changed)
        self.require_room(repo.id, here, by, shared=0 if by else here - there)
        return verdicts

    def proposer(self, actor: Actor, repo: Repo) -> int | None:
        """Who may not write: what he uploads is a proposal. None: who may."""
        return proposer(actor, repo)

    def adopt(self, repo: Repo, user_id: int) -> None:
        """What this user proposed counts as the repo's own from now on."""
        self._quota.adopt(repo.id, user_id)

    def require_room(
        self, repo_id: int, more: int, by: int | None = None, *, shared: int = 0
    ) -> None:
        """Raises OverQuota or NoRoom when a repo may not have so many bytes in addition, of which
        `shared` are in other repos of its owner.

        `by`: the proposer who brings them, who has less room.
        """
        self._quota.require(repo_id, more, by, shared=shared)
        if more:
            self.storage.require_room(more)

    def commit(
        self,
        actor: Actor,
        repo: Repo,
        rev: str,
        header: CommitHeader,
        operations: Operations,
        most_bytes: int | None = None,
    ) -> CommitResult:
        """One atomic change of a branch; raises StaleParent when `header.parent` is behind.

        Operations may be read twice. `most_bytes`: all that they can hold together.
        """
        self.require_move(actor, repo, rev)
        return self._commits.commit(
            actor, repo, rev, header, operations, self.settings.max_regular_file, most_bytes
        )

    def history(
        self, repo: Repo, rev: str, *, skip: int = 0, limit: int = 50
    ) -> tuple[list[tuple[str, Commit]], int]:
        """Commits newest first with their ids, and how many there are in all."""
        start = self.commit_of(repo, rev)
        commits = list(islice(self._history.log(repo.id, start), skip, skip + limit))
        return commits, self._history.count(repo.id, start)

    def commit_at(self, repo: Repo, oid: str) -> Commit:
        return self._objects.commit(repo.id, oid)

    # -- files -------------------------------------------------------------------------------

    def tree(
        self,
        repo: Repo,
        commit: str,
        folder: str = "",
        *,
        recursive: bool = False,
        after: str | None = None,
        limit: int = 10_000,
    ) -> list[Entry]:
        return self._files.tree(repo, commit, folder, recursive=recursive, after=after, limit=limit)

    def paths(self, repo: Repo, commit: str, paths: Sequence[str]) -> list[Entry]:
        return self._files.paths(repo, commit, paths)

    def with_last_commits(self, repo: Repo, commit: str, entries: Iterable[Entry]) -> list[Entry]:
        return self._files.with_last_commits(repo, commit, list(entries))

    def read_range(self, repo: Repo, entry: Entry, start: int, end: int) -> bytes:
        """Bytes of a file from `start` to before `end`; fewer at its end. All at once in memory."""
        return self._files.read_range(repo, entry, start, end)

    def is_damaged(self, repo: Repo, entry: Entry) -> bool:
        """Whether a file's bytes are known to be damaged, so that it must be sent again."""
        return self._files.is_damaged(repo, entry)

    def text(self, repo: Repo, commit: str, path: str) -> str | None:
        """A small text file's content; None when missing, large, LFS or not UTF-8."""
        return self._files.text(repo, commit, path)

    def resolve(
        self, actor: Actor, repo_type: str, full_name: str, rev: str, path: str
    ) -> tuple[Repo, str, Entry]:
        """A file to download: its repo, the commit its revision means, and the entry there."""
        repo = self.repo(actor, repo_type, full_name, Right.READ)
        commit = self.commit_of(repo, rev)
        entry = self._files.entry(repo, commit, path)
        self._files.refuse_damaged(repo, entry)
        return repo, commit, entry

    def content(self, repo: Repo, entry: Entry) -> bytes | Location:
        """An entry's bytes, or where in storage they lie."""
        return self._files.content(repo, entry)

    # -- jobs --------------------------------------------------------------------------------

    def purge(self, payload: dict[str, int]) -> None:
        """After a repo is gone: its git objects and its claims on stored bytes."""
        self._objects.delete_repo(payload["repo_id"])
        self.storage.forget_repo(payload["repo_id"])

    def measure(self, payload: dict[str, int]) -> None:
        """How much a repo uses: its git objects and the LFS objects it proved, in bytes."""
        self._quota.measure(payload["repo_id"])

    def reach(self, _payload: dict[str, int]) -> None:
        """Note which commits refs reach, for repos that are older than these notes."""
        for repo_id in self._reach.repos_without():
            self._reach.complete(repo_id)

    def collect(
        self, *, dry: bool = False, report: Callable[[str], None] = lambda _text: None
    ) -> Tally:
        """Delete what no ref and no upload of the last days needs; see docs/operations.md.

        `dry`: only look. `report` is told where it is. Raises Conflict while a backup, or another
        collection, wants the store for itself.
        """
        if dry:
            return self._collect(dry, report)
        with self.storage.deleting() as may:
            if not may:
                raise Conflict("A backup or another collection is under way: try again later")
            return self._collect(dry, report)

    def _collect(self, dry: bool, report: Callable[[str], None]) -> Tally:
        """Needs no lock among collectors: the one above is for backups."""
        tally = Tally(now_ms(), dry)
        self.storage.collect(tally, report)
        changed = self._collector.collect(tally, report)
        if changed and not dry:
            self._objects.forget()
            self._files.forget()
            self.git.forget()
            for repo_id in changed:
                self.measure({"repo_id": repo_id})
        return tally

    def check(
        self,
        sample: Sample,
        *,
        deep: bool = False,
        report: Callable[[str], None] = lambda _text: None,
    ) -> CheckReport:
        """Read stored bytes again, walk what refs reach, and note what is damaged."""
        self._objects.forget()
        return self._checker.check(sample, deep=deep, report=report)

    def head(self, repo: Repo) -> str:
        """The newest commit of `main`."""
        ref = self._refs.get(repo.id, MAIN)
        if ref is None:
            raise RevisionNotFound("Invalid rev id: main")
        return ref.commit_oid


def _reader(actor: Actor) -> Reader:
    own = {actor.user_id} if actor.user_id is not None else set()
    return Reader(frozenset(own | set(actor.roles)), sees_all=actor.is_admin)
