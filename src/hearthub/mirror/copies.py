"""The copy here: found or made, guarded against overwriting anybody's work, and recorded."""

from dataclasses import replace

from hearthub.errors import Conflict, NotFound, RepoNotFound
from hearthub.mirror.origins import Origin
from hearthub.mirror.wanted import Order, Parts
from hearthub.names import split_id
from hearthub.registry import CommitHeader, Repo, Right
from hearthub.upstream import Endpoint, State, printable

_GATES = (None, "auto", "manual")
_VISIBILITIES = ("public", "protected", "private")


def import_header(
    endpoint: Endpoint, repo_type: str, name: str, commit: str, parent: str
) -> CommitHeader:
    """The words of an import's commit, by which one that was killed right after it is known."""
    page = endpoint.page(repo_type, name)
    return CommitHeader(f"Import {name} at {commit[:12]}", f"From {page}, commit {commit}", parent)


class Copies:
    def __init__(self, parts: Parts, order: Order, endpoint: Endpoint) -> None:
        self.db, self.origins = parts.db, parts.origins
        self.accounts, self.registry = parts.accounts, parts.registry
        self.actor, self.wanted, self.progress = order.actor, order.wanted, order.progress
        self.endpoint = endpoint

    def is_here(self, target: str) -> bool:
        """Whether there is a repo of this id that the actor sees; Forbidden when they may not
        write it."""
        try:
            self.registry.repo(self.actor, self.wanted.type, target, Right.ADMIN)
        except RepoNotFound:
            return False
        return True

    def find_or_create(self, state: State, target: str) -> tuple[Repo, Origin]:
        """The repo here and its origin, `head` being the head of main. Raises Conflict when it
        is something else than a copy of this upstream repo, or has commits of its own."""
        try:
            repo = self.registry.repo(self.actor, self.wanted.type, target, Right.ADMIN)
        except RepoNotFound:
            return self._create(state, target)
        origin = self.origins.find(repo.id)
        if origin is None or (origin.commit is None and not self._is_of(origin, state)):
            origin = self._adopt(repo, origin, state)
        elif not self._is_of(origin, state):
            raise Conflict(
                f"{repo.full_name} is here already, as a copy of {origin.name} from "
                f"{origin.endpoint}. Import under another id with --as"
            )
        else:
            origin = self._guard(repo, origin)
        return self._tighten(repo, origin, state), origin

    def announce(self, repo: Repo, origin: Origin, state: State) -> None:
        """Note what the next commit will be."""
        self.origins.write(repo.id, replace(origin, name=state.name, pending=state.commit))

    def record(self, repo: Repo, origin: Origin, state: State, head: str) -> tuple[Repo, Origin]:
        """The import has ended: `head` holds the upstream commit. A hidden repo is shown."""
        recorded = replace(
            origin,
            endpoint=self.endpoint.url,
            name=state.name,
            revision=self.wanted.revision,
            commit=state.commit,
            head=head,
            pending=None,
            hidden=False,
            licence=state.licence,
            gated=state.gated,
            visibility=state.visibility,
            include=self.wanted.include,
        )
        if recorded == origin:
            return repo, origin
        with self.db.transaction():
            if origin.hidden:
                repo = self._show(repo, state)
            self.origins.write(repo.id, recorded)
        return repo, self.origins.find(repo.id) or recorded

    def _is_of(self, origin: Origin, state: State) -> bool:
        names = {state.name.lower(), self.wanted.name.lower()}
        return origin.endpoint == self.endpoint.url and origin.name.lower() in names

    def _create(self, state: State, target: str) -> tuple[Repo, Origin]:
        """Private until the first import has ended, so that nobody meets an empty repo."""
        namespace, _ = split_id(target)
        with self.db.transaction():
            if self.accounts.account(namespace) is None:
                self._add_namespace(namespace)
            kind = self.wanted.type
            repo = self.registry.create(
                self.actor, kind, target, visibility="private", sdk=state.sdk
            )
            if state.gated:
                repo = self.registry.change_settings(
                    self.actor, kind, repo.full_name, gated=state.gated
                )
            origin = self._new_origin(repo, state, hidden=True)
            self.origins.write(repo.id, origin)
        return repo, origin

    def _add_namespace(self, name: str) -> None:
        """Upstream's own namespace is made when it is missing; one of the person's words may be
        a slip."""
        if self.wanted.target or not self.actor.is_admin:
            raise NotFound(
                f"There is no user or organisation {name} here: add one with "
                f"`hearthub org add {name}`, or choose another with --as"
            )
        org = self.accounts.add_org(name)
        self.progress.note(f"Added the organisation {org.name}")

    def _adopt(self, repo: Repo, origin: Origin | None, state: State) -> Origin:
        """An empty repo may become a copy; nothing of anybody's is lost."""
        head = self.registry.commit_at(repo, self.registry.head(repo))
        entries = self.registry.tree(repo, self.registry.head(repo), limit=2)
        if head.parents or any(entry.path != ".gitattributes" for entry in entries):
            raise Conflict(
                f"{repo.full_name} is here already and was not imported: an import never "
                "overwrites it. Import under another id with --as"
            )
        adopted = self._new_origin(repo, state, hidden=origin is not None and origin.hidden)
        self.origins.write(repo.id, adopted)
        return adopted

    def _new_origin(self, repo: Repo, state: State, *, hidden: bool) -> Origin:
        head = self.registry.head(repo)
        return Origin(self.endpoint.url, state.name, self.wanted.revision, head, hidden=hidden)

    def _guard(self, repo: Repo, origin: Origin) -> Origin:
        """The origin at the head of main, if imports alone moved it there."""
        head = self.registry.head(repo)
        if head == origin.head:
            return origin
        commit = self.registry.commit_at(repo, head)
        if origin.pending and commit.parents == (origin.head,):
            ours = import_header(self.endpoint, repo.type, origin.name, origin.pending, origin.head)
            if commit.message.strip() == ours.message.strip():
                return replace(origin, head=head)  # killed between the commit and its record
        raise Conflict(
            f"The main branch of {repo.full_name} has commits of its own since the last import "
            f"(the newest is {head[:12]}, {printable(commit.title, 80)!r}): an import never "
            "overwrites them. Import under another id with --as"
        )

    def _tighten(self, repo: Repo, origin: Origin, state: State) -> Repo:
        """What upstream has closed since the last import is closed here, before new files come.
        Nothing is ever opened: that is for the owner to do."""
        gate = visibility = None
        if state.gated != origin.gated and _GATES.index(state.gated) > _GATES.index(repo.gated):
            gate = state.gated
        ranks = _VISIBILITIES.index
        if state.visibility != origin.visibility and ranks(state.visibility) > ranks(
            repo.visibility
        ):
            visibility = state.visibility
        if not gate and not visibility:
            return repo
        return self.registry.change_settings(
            self.actor, repo.type, repo.full_name, visibility=visibility, gated=gate
        )

    def _show(self, repo: Repo, state: State) -> Repo:
        """As open as upstream, unless the namespace keeps new repos private."""
        owner = self.accounts.account_by_id(repo.owner_id)
        if owner is None or owner.default_private:
            return repo
        return self.registry.change_settings(
            self.actor, repo.type, repo.full_name, visibility=state.visibility
        )
