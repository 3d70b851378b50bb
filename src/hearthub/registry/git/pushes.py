"""The push path: named steps from a pack to moved refs.

As with commits (commits.py), everything before a ref moves only adds bytes that nothing reaches,
so a push that fails at any step changes nothing.

A pack is read twice: nothing of it is stored before all of it was judged. What lies here is taken
for good by the next push, which need not bring it along: objects of a refused push must not be it.
Nor must the part that is here of a pack when the hub was killed: files are stored first, then at
once all that names others, so that what is here has everything that it rests on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.db import Database, batches
from hearthub.errors import BadRequest, Forbidden, HearthubError, TooLarge
from hearthub.events import CommitCreated, EventLog, RefCreated, RefDeleted
from hearthub.registry.access import Right, proposer, require
from hearthub.registry.git.fetches import Selector
from hearthub.registry.git.judging import links
from hearthub.registry.git.sight import Sight
from hearthub.registry.git.unpacking import Pack, Unpacked, unpack
from hearthub.registry.gitformat import Kind, decode_tag, decode_tree
from hearthub.registry.objects import ObjectStore
from hearthub.registry.pointers import MAX_POINTER, Pointer, parse_pointer
from hearthub.registry.quota import Quota
from hearthub.registry.refs import HEADS, MAIN, PULLS, TAGS, RefMoved, Refs
from hearthub.registry.repo import Repo
from hearthub.registry.submodules import check_modules, require_modules
from hearthub.settings import Settings
from hearthub.storage import Storage

ZERO = "0" * 40
SHOWN = 10
MAX_MODULES = 2**23
"""Bytes of lists of submodules that are judged for one push, which takes seconds."""


@dataclass(frozen=True)
class Update:
    """One ref of a push, from `old` to `new` (40 hex digits; ZERO: it is not there)."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True)
class Verdict:
    """`reason` is None for a ref that moved."""

    ref: str
    reason: str | None = None


@dataclass
class _Brought:
    """What a pack brought along. `sight`: what it may rest on; None: on all that is here."""

    sight: Sight | None = None
    kinds: dict[bytes, Kind] = field(default_factory=dict)
    wanted: dict[bytes, Kind] = field(default_factory=dict)
    pointers: dict[str, Pointer] = field(default_factory=dict)
    modules: set[bytes] = field(default_factory=set)
    """The files that its trees name as lists of submodules, which it may not have brought."""
    too_large: dict[bytes, int] = field(default_factory=dict)
    size: int = 0

    def want(self, oid: bytes, kind: Kind) -> None:
        """Raises BadRequest where another object names it as something else: one is wrong."""
        if (before := self.wanted.setdefault(oid, kind)) is not kind:
            raise BadRequest(f"Object {oid.hex()} cannot be a {before.word} and a {kind.word}")

    def outside(self) -> dict[bytes, Kind]:
        """What is named and not brought: the repo must have it."""
        return {oid: kind for oid, kind in self.wanted.items() if oid not in self.kinds}

    def hidden(self, oids: Iterable[bytes]) -> set[bytes]:
        """Those of what is here that are not the caller's to rest on."""
        others = [oid for oid in oids if oid not in self.kinds]
        return self.sight.hidden(others) if self.sight and others else set()


class Pushes:
    def __init__(
        self,
        db: Database,
        events: EventLog,
        objects: ObjectStore,
        refs: Refs,
        storage: Storage,
        quota: Quota,
        settings: Settings,
    ) -> None:
        self.db, self.events, self.objects, self.refs = db, events, objects, refs
        self.storage, self.quota, self.settings = storage, quota, settings
        self.selector = Selector(objects, refs.reach)

    def push(
        self,
        actor: Actor,
        repo: Repo,
        updates: Sequence[Update],
        pack: Pack | None,
        *,
        is_atomic: bool = False,
    ) -> list[Verdict]:
        """Judge a pack, store it, and move refs.

        Raises Forbidden where none of them is `actor`'s to move, and what is wrong with the pack:
        then nothing has moved. What is wrong with one ref is its verdict, and with `is_atomic`
        everybody's.
        """
        self._require_any(actor, repo, updates)
        brought = _Brought(self._sight(actor, repo, updates))
        if pack:
            self._judge(actor, repo, pack, brought)
        self._require_whole(repo, brought)
        self._check_modules(repo, pack, brought)
        self.storage.require(repo.id, [(it.sha256, it.size) for it in brought.pointers.values()])
        if pack:
            self._store(repo, pack, brought)
        if is_atomic:
            return self._move_all(actor, repo, updates, brought)
        return [self._verdict(actor, repo, update, brought) for update in updates]

    # -- the steps ---------------------------------------------------------------------------

    def _require_any(self, actor: Actor, repo: Repo, updates: Sequence[Update]) -> None:
        """Nobody fills a repo with packs that move nothing."""
        refused: HearthubError | None = None
        for update in updates:
            try:
                self._require(actor, repo, update)
            except HearthubError as error:
                refused = refused or error
            else:
                return
        if refused:
            raise refused

    def _require(self, actor: Actor, repo: Repo, update: Update) -> None:
        """Branches and tags by those who may write; a pull request, which the API opened, also by
        its author."""
        if update.ref.startswith(PULLS):
            if ZERO in (update.old, update.new):
                raise Forbidden("pull requests are opened and closed on the hub, not by a push")
            if self.refs.author(repo.id, update.ref) == actor.user_id:
                return
        elif not update.ref.startswith((HEADS, TAGS)):
            raise Forbidden("only branches, tags and pull requests can be pushed")
        require(actor, repo, Right.WRITE)

    def _sight(self, actor: Actor, repo: Repo, updates: Sequence[Update]) -> Sight | None:
        if proposer(actor, repo) is None:  # who may write may also take back what was lost
            return None
        near = {update.ref for update in updates}
        return Sight(self.objects, self.selector, repo.id, self.refs.all(repo.id), near)

    def _judge(self, actor: Actor, repo: Repo, pack: Pack, brought: _Brought) -> None:
        self.quota.require(repo.id, pack.size, proposer(actor, repo))
        self.storage.require_room(pack.size)
        for kind, oid, content, size in self._objects_of(repo, pack, brought):
            brought.kinds[oid] = kind
            if content is None:
                brought.too_large[oid] = size
                continue
            most = self.settings.max_folder_entries
            for named, wanted in links(kind, content, most, brought.modules):
                brought.want(named, wanted)
            brought.size += size
            if kind is Kind.BLOB and size <= MAX_POINTER and (it := parse_pointer(content)):
                brought.pointers[it.sha256] = it
        if brought.too_large:
            raise TooLarge(self._about_large(repo, pack, brought))

    def _objects_of(self, repo: Repo, pack: Pack, brought: _Brought) -> Iterator[Unpacked]:
        def outside(oid: bytes) -> tuple[Kind, bytes] | None:
            if not self.objects.has(repo.id, [oid.hex()]) or brought.hidden([oid]):
                return None
            return self.objects.read(repo.id, oid.hex())

        return unpack(pack, self.settings.max_regular_file, outside)

    def _store(self, repo: Repo, pack: Pack, brought: _Brought) -> None:
        found = self._objects_of(repo, pack, brought)
        for is_file, some in groupby(found, lambda it: it.kind is Kind.BLOB):  # see `unpack`
            with self.objects.writer(repo.id, at_once=not is_file) as writer:
                for kind, _, content, _ in some:
                    if content is not None:  # none is so large, or it was refused
                        writer.add(kind, content)

    def _about_large(self, repo: Repo, pack: Pack, brought: _Brought) -> str:
        """Which files are too large, by name, and what to do about it."""
        names: dict[bytes, str] = {}
        limit = self.settings.max_regular_file
        for kind, _, content, _ in self._objects_of(repo, pack, brought):
            if kind is Kind.TREE and content is not None and len(names) < SHOWN:
                for entry in decode_tree(content).values():
                    found = bytes.fromhex(entry.oid)
                    if found in brought.too_large:
                        names.setdefault(found, entry.name)
        told = [
            f"{ascii(names.get(oid, oid.hex()))[1:-1]} ({size:,} bytes)"
            for oid, size in list(brought.too_large.items())[:SHOWN]
        ]
        return (
            f"Too large for git, whose files have at most {limit:,} bytes here: {', '.join(told)}. "
            "Keep such files in LFS: git lfs migrate import --include=..., then push again"
        )

    def _require_whole(self, repo: Repo, brought: _Brought) -> None:
        """All that is named is there, of the kind it must be."""
        for oid, kind in brought.wanted.items():
            here = brought.kinds.get(oid, kind)
            if here is not kind:
                raise BadRequest(f"Object {oid.hex()} is a {here.word}, not a {kind.word}")
        for some in batches(list(brought.outside().items())):
            kinds = self.objects.kinds(repo.id, (oid.hex() for oid, _ in some))
            hidden = brought.hidden(oid for oid, _ in some)
            for oid, kind in some:
                found = None if oid in hidden else kinds.get(oid.hex())
                if found is not kind:
                    what = f"is a {found.word}, not a {kind.word}" if found else "is missing"
                    raise BadRequest(f"Object {oid.hex()} {what}")

    def _check_modules(self, repo: Repo, pack: Pack | None, brought: _Brought) -> None:
        total = 0
        for content in self._lists(repo, pack, brought):
            total += len(content)
            if total > MAX_MODULES:
                raise TooLarge(
                    f"The push has more than {MAX_MODULES} bytes of .gitmodules, in all its "
                    "versions: push an older commit first"
                )
            check_modules(content)

    def _lists(self, repo: Repo, pack: Pack | None, brought: _Brought) -> Iterator[bytes]:
        """Each list of submodules that the pack's trees name, in it or here already."""
        here = brought.modules - brought.kinds.keys()
        left = brought.modules - here
        if pack and left:
            for _, oid, content, _ in self._objects_of(repo, pack, brought):
                if oid in left and content is not None:
                    left.remove(oid)
                    yield content
        names = [oid.hex() for oid in sorted(here)]
        sizes = self.objects.sizes(repo.id, names)
        for name in names:
            require_modules(sizes[name])
            yield self.objects.read(repo.id, name)[1]

    def _verdict(self, actor: Actor, repo: Repo, update: Update, brought: _Brought) -> Verdict:
        try:
            with self.db.transaction():
                self.quota.add_git(repo.id, brought.size, proposer(actor, repo))
                self._move(actor, repo, update, brought)
            brought.size = 0  # the first ref that moves has it counted
        except RefMoved:
            return Verdict(update.ref, "somebody else moved it first: fetch, then push again")
        except HearthubError as error:
            return Verdict(update.ref, " ".join(str(error).split()))
        return Verdict(update.ref)

    def _move_all(
        self, actor: Actor, repo: Repo, updates: Sequence[Update], brought: _Brought
    ) -> list[Verdict]:
        verdicts: list[Verdict] = []

        class Undone(Exception):
            """Takes the transaction back."""

        try:
            with self.db.transaction():
                verdicts += [self._verdict(actor, repo, it, brought) for it in updates]
                if any(it.reason for it in verdicts):
                    raise Undone
        except Undone:
            reason = "the push is atomic, and another ref could not be moved"
            verdicts = [it if it.reason else Verdict(it.ref, reason) for it in verdicts]
        return verdicts

    def _move(self, actor: Actor, repo: Repo, update: Update, brought: _Brought) -> None:
        name = update.ref
        self._require(actor, repo, update)
        if update.new == ZERO:
            self._delete(actor, repo, update)
            return
        if brought.hidden([bytes.fromhex(update.new)]):
            raise BadRequest(f"{update.ref} must name a commit")
        commit = self._commit_of(repo, update)
        self._require_stays(repo, update, brought)
        if update.old == ZERO:
            self.refs.create(repo.id, name, update.new, commit)
        else:
            self.refs.move(repo.id, name, update.old, update.new, commit)
        self._announce(actor, repo, update, commit, is_new=bytes.fromhex(commit) in brought.kinds)

    def _delete(self, actor: Actor, repo: Repo, update: Update) -> None:
        if update.ref == MAIN:
            raise Forbidden("the branch main cannot be deleted")
        old = self.refs.delete(repo.id, update.ref)
        if old.oid != update.old:
            raise RefMoved(update.ref)
        self.events.append(RefDeleted(repo.id, update.ref, old.commit_oid), actor.user_id)

    def _commit_of(self, repo: Repo, update: Update) -> str:
        """The commit that a ref would name; a tag may stand between."""
        oid = update.new
        while True:
            kind = self.objects.kinds(repo.id, [oid]).get(oid)
            if kind is Kind.COMMIT:
                return oid
            if kind is not Kind.TAG or not update.ref.startswith(TAGS):
                raise BadRequest(f"{update.ref} must name a commit")
            oid = decode_tag(self.objects.read(repo.id, oid)[1]).target

    def _require_stays(self, repo: Repo, update: Update, brought: _Brought) -> None:
        """Nothing that the ref rests on is about to be collected (see garbage.py)."""
        needed = {bytes.fromhex(update.new), *brought.outside()}
        if not self.objects.all_stay(repo.id, sorted(needed), now_ms()):
            raise BadRequest("what it rests on is about to be collected: push again tomorrow")

    def _announce(
        self, actor: Actor, repo: Repo, update: Update, commit: str, *, is_new: bool
    ) -> None:
        ref, old = update.ref, None if update.old == ZERO else update.old
        self.db.execute("update repo set modified = :now where id = :id", now=now_ms(), id=repo.id)
        if ref.startswith(TAGS) or (old is None and not is_new):
            self.events.append(RefCreated(repo.id, ref, commit), actor.user_id)
            return
        message = self.objects.commit(repo.id, commit).title
        self.events.append(CommitCreated(repo.id, ref, old, commit, message), actor.user_id)
