"""One import, in named steps: pin, find the copy here, compare, fetch, commit, record.

Nothing of a repo changes before the one commit; a kill at any step leaves the repo as it was and
files that the next run goes on with.
"""

from collections.abc import Iterator

from hearthub.errors import BadRequest, Conflict, StaleParent, Unavailable
from hearthub.mirror.copies import Copies, import_header
from hearthub.mirror.downloads import Downloads
from hearthub.mirror.origins import Origin
from hearthub.mirror.plan import MAX_CHANGES, Plan, make_plan, select
from hearthub.mirror.wanted import Imported, Order, Parts, Wanted
from hearthub.mirror.workplace import Workplace, workplace
from hearthub.names import check_repo_name, split_id
from hearthub.registry import DeleteFile, Entry, Operation, PutFile, PutLfs, Repo
from hearthub.upstream import EMPTY, Endpoint, File, Pace, State, Upstream

TYPES = ("model", "dataset", "space")


class Import:
    def __init__(self, parts: Parts, order: Order) -> None:
        self.settings, self.registry, self.storage = parts.settings, parts.registry, parts.storage
        self.wanted, self.progress = _checked(order.wanted), order.progress
        self.actor = order.actor
        self.endpoint = Endpoint.parse(self.wanted.endpoint or self.settings.upstream)
        self.copies = Copies(parts, order, self.endpoint)

    def run(self) -> Imported:
        timeout = self.settings.upstream_timeout
        upstream = Upstream(self.endpoint, self._token(), Pace(), timeout)
        try:
            wanted = self.wanted
            state = upstream.state(wanted.type, wanted.name, wanted.revision)
            target = self._target(state)
            with workplace(self.settings.data, wanted.type, target) as place:
                return self._bring(upstream, state, target, place)
        finally:
            upstream.close()

    def _token(self) -> str | None:
        """The token to send upstream; that of the settings belongs to the hub of the settings."""
        settings, token = self.settings, self.wanted.token
        if token is None and settings.upstream_token:
            if self.endpoint.origin == Endpoint.parse(settings.upstream).origin:
                token = settings.upstream_token
            else:
                self.progress.note(
                    f"HEARTHUB_UPSTREAM_TOKEN belongs to {settings.upstream} and is not sent to "
                    f"{self.endpoint.url}; set HEARTHUB_UPSTREAM to that hub, or use --token-stdin"
                )
        if token and self.endpoint.is_readable_by_others:
            self.progress.note(f"warning: the token travels unencrypted to {self.endpoint.url}")
        return token

    def _target(self, state: State) -> str:
        """The id here. Upstream may complete a name (`gpt2`) or its case, never choose another."""
        asked = self.wanted.name
        if self.wanted.target:
            return self.wanted.target
        if "/" in asked:
            return state.name if state.name.lower() == asked.lower() else asked
        if state.name.lower().endswith(f"/{asked.lower()}"):
            return state.name
        raise BadRequest(f"{asked} is {state.name} upstream: say its id here with --as")

    def _bring(self, upstream: Upstream, state: State, target: str, place: Workplace) -> Imported:
        files = None if self.copies.is_here(target) else self._files(upstream, state)
        repo, origin = self.copies.find_or_create(state, target)
        here = self._here(repo, origin.head)
        damaged = {entry.etag for entry in here if self.registry.is_damaged(repo, entry)}
        is_same = origin.commit == state.commit and origin.include == self.wanted.include
        if is_same and not damaged:
            repo, origin = self.copies.record(repo, origin, state, origin.head)
            here = select(here, self.wanted.include)
            size = sum(entry.size for entry in here)
            return Imported(repo, origin, len(here), 0, size, changed=False)
        files = self._files(upstream, state) if files is None else files
        plan = make_plan(
            files,
            here,
            self.storage.objects(repo.id, [file.sha256 for file in files if file.sha256]),
            keep_others=bool(self.wanted.include),
            max_regular=self.settings.max_regular_file,
            damaged=damaged,
        )
        downloads = Downloads(upstream, state, self.storage, repo, place, self.progress)
        missing = self._fetch(downloads, plan)
        head = self._commit(repo, origin, state, plan, place)
        repo, recorded = self.copies.record(repo, origin, state, head)
        place.clear()
        reused = sum(file.size for file in files) - missing
        changed = head != origin.head or origin.commit != state.commit
        return Imported(repo, recorded, len(files), downloads.received, reused, changed)

    def _files(self, upstream: Upstream, state: State) -> list[File]:
        """What is wanted of the upstream repo. Before a repo is made here: should nothing fit,
        none is left empty."""
        max_file = self.settings.max_file
        listed = upstream.tree(self.wanted.type, state.name, state.commit, max_file)
        return select(listed, self.wanted.include)

    def _here(self, repo: Repo, head: str) -> list[Entry]:
        entries = self.registry.tree(repo, head, recursive=True, limit=4 * MAX_CHANGES)
        return [entry for entry in entries if entry.is_file]

    def _fetch(self, downloads: Downloads, plan: Plan) -> int:
        """The bytes that were not here."""
        size, done = sum(file.size for file in plan.fetch), downloads.here(plan.fetch)
        self.storage.require_room(size - done)
        if plan.fetch:
            self.progress.begin(len(plan.fetch), size, done)
            downloads.run(plan.fetch)
            self.progress.end()
        return size - done

    def _commit(
        self,
        repo: Repo,
        origin: Origin,
        state: State,
        plan: Plan,
        place: Workplace,
    ) -> str:
        """The head that holds it all."""
        if plan.changes_nothing:
            return origin.head
        self.copies.announce(repo, origin, state)
        header = import_header(self.endpoint, repo.type, state.name, state.commit, origin.head)
        operations = self._operations(repo, plan, place)
        try:
            return self.registry.commit(self.actor, repo, "main", header, operations).oid
        except StaleParent:
            raise Conflict(
                f"The main branch of {repo.full_name} moved during the import: run it again"
            ) from None

    def _operations(self, repo: Repo, plan: Plan, place: Workplace) -> Iterator[Operation]:
        for path in plan.deletions:
            yield DeleteFile(path)
        for file in plan.puts:
            if file.sha256:
                yield PutLfs(file.path, file.sha256, file.size)
            elif file.oid == EMPTY:
                yield PutFile(file.path, b"")
            elif entry := plan.copies.get(file.oid):
                yield PutFile(file.path, self.registry.read_range(repo, entry, 0, entry.size))
            else:
                content = place.content(file.oid)
                if content is None:
                    raise Unavailable(f"{file.path} is gone from {place.folder}: import again")
                yield PutFile(file.path, content)


def _checked(wanted: Wanted) -> Wanted:
    """Names that may stand in an address and in a path."""
    if wanted.type not in TYPES:
        raise BadRequest(f"The type of a repo to import is one of {', '.join(TYPES)}")
    if "/" in wanted.name:
        split_id(wanted.name)
    else:
        check_repo_name(wanted.name)
    if wanted.target is not None:
        split_id(wanted.target)
    revision = wanted.revision
    if not 0 < len(revision) <= 255 or not revision.isprintable() or set(revision) <= {"."}:
        raise BadRequest("A revision is a branch, a tag or a commit")
    return wanted
