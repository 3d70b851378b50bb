"""What the pages of one repo share: who looks, at which revision of what, and addresses."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.clock import LAST_MS
from hearthub.context import Hub
from hearthub.errors import RevisionNotFound
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.registry import CONVERTS, HEADS, MAIN, PULLS, TAGS, Commit, Ref, Repo, Right
from hearthub.web.forms import MAX_FORM, Act, acted
from hearthub.web.rendering import View, day, page, shown
from hearthub.web.visitor import visitor

STARTS = ("/{kind:kind}/{namespace:seg}/{name:seg}/", "/{namespace:owner}/{name:seg}/")
CHOICES = 40  # branches and tags to choose from; a page of their own lists all


@dataclass(frozen=True)
class RepoView:
    """A repo at a revision, as one visitor may see it. `rev` as it was asked for; `path` is that
    of the file or folder looked at, "" for the top."""

    hub: Hub
    actor: Actor
    repo: Repo
    rev: str
    commit: str
    path: str

    @classmethod
    def of(cls, request: Request, rev: str = "main") -> "RepoView":
        """At the revision of the address; where it has none, at `rev`. Raises RepoNotFound, Moved,
        RevisionNotFound."""
        hub, params = hub_of(request), request.path_params
        actor = visitor(request)
        full_name = f"{params['namespace']}/{params['name']}"
        repo = hub.registry.repo(actor, params.get("kind", "model"), full_name)
        rev = params.get("rev", rev)
        commit = commit_of(hub, repo, rev)
        return cls(hub, actor, repo, rev, commit, params.get("path", "").strip("/"))

    # -- rights ------------------------------------------------------------------------------

    @cached_property
    def right(self) -> Right:
        return self.hub.registry.right(self.actor, self.repo)

    @property
    def readable(self) -> bool:
        """Whether the visitor may see what is in the files, and not only that they are there."""
        return self.right >= Right.READ

    def require(self, need: Right) -> None:
        """LoginRequired, GatedRepo, Forbidden."""
        self.hub.registry.recheck(self.actor, self.repo.id, need)

    @cached_property
    def may_commit(self) -> bool:
        """Whether the visitor may change files here: this is a branch, and they may write."""
        if self.right < Right.WRITE:
            return False
        return any(ref.name == f"{HEADS}{self.rev}" for ref in self.refs)

    @property
    def may_settings(self) -> bool:
        return self.right >= Right.ADMIN

    @cached_property
    def open_talk(self) -> int:
        """Discussions and pull requests that are open; 0 where the visitor may not read them."""
        return self.hub.community.discussions.open_count(self.repo) if self.readable else 0

    @cached_property
    def _is_open(self) -> bool:
        return self.hub.registry.right(ANONYMOUS, self.repo) >= Right.READ

    # -- addresses ---------------------------------------------------------------------------

    @cached_property
    def root(self) -> str:
        return f"/{PREFIXES[self.repo.type]}{quote(self.repo.full_name)}"

    def href(self, verb: str, path: str = "", rev: str | None = None) -> str:
        name = quote(self.rev if rev is None else rev, safe="")
        below = f"/{quote(path, errors='surrogateescape')}" if path else ""
        return f"{self.root}/{verb}/{name}{below}"

    def tree(self, path: str = "", rev: str | None = None) -> str:
        return self.href("tree", path, rev)

    def blob(self, path: str) -> str:
        return self.href("blob", path)

    def log(self, path: str = "", rev: str | None = None) -> str:
        return self.href("commits", path, rev)

    def change(self, oid: str) -> str:
        return self.href("commit", rev=oid)

    def file(self, path: str, *, raw: bool = False) -> str:
        """The bytes. Clients' own address, which knows no sessions, where everybody may read."""
        if self._is_open:
            return self.href("raw" if raw else "resolve", path)
        return self.href("content", path) + ("?raw=true" if raw else "")

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """Name and path of each folder above and of what is looked at."""
        parts = self.path.split("/") if self.path else []
        return [(part, "/".join(parts[: at + 1])) for at, part in enumerate(parts)]

    # -- revisions ---------------------------------------------------------------------------

    @cached_property
    def refs(self) -> list[Ref]:
        return self.hub.registry.refs(self.repo)

    def refs_under(self, prefix: str) -> list[Ref]:
        """`main` first."""
        found = [ref for ref in self.refs if ref.name.startswith(prefix)]
        return sorted(found, key=lambda ref: ref.name != MAIN)

    def choices(self) -> list[tuple[str, list[Ref]]]:
        """Branches and tags, a few of each."""
        kinds = (("Branches", HEADS), ("Tags", TAGS))
        return [(name, self.refs_under(prefix)[:CHOICES]) for name, prefix in kinds]

    @property
    def other_refs(self) -> list[tuple[str, list[Ref]]]:
        kinds = (("Pull requests", PULLS), ("Converted", CONVERTS))
        return [(name, found) for name, prefix in kinds if (found := self.refs_under(prefix))]

    @property
    def is_ref(self) -> bool:
        """Whether the revision is a name, and no commit."""
        return self.rev != self.commit and not self.commit.startswith(self.rev)


def commit_of(hub: Hub, repo: Repo, rev: str) -> str:
    """The commit a revision of an address means; raises RevisionNotFound."""
    if rev.encode(errors="replace").decode() != rev:
        raise RevisionNotFound("Invalid rev id: not valid Unicode")
    return hub.registry.commit_of(repo, rev)


@dataclass(frozen=True)
class Told:
    """A commit as lists show it; `day` is empty where its clock was wrong by millennia."""

    oid: str
    title: str
    author: str
    day: str


def told(oid: str, commit: Commit) -> Told:
    return Told(oid, commit.title or "No message", commit.author.name, day_of(commit))


def day_of(commit: Commit) -> str:
    ms = commit.author.when * 1000
    return day(ms) if 0 <= ms <= LAST_MS else ""


def repo_page(at: RepoView, template: str, tab: str, policy: str = "", **values: Any) -> Response:
    """A page below a repo's name and tabs."""
    return page(
        template,
        section=f"{at.repo.type}s",
        policy=policy,
        at=at,
        repo=at.repo,
        tab=tab,
        may_settings=at.may_settings,
        **values,
    )


def repo_routes(view: View, *endings: str, slow: bool = False) -> list[Route]:
    """A page at addresses that begin with a repo's."""
    endpoint = shown(view, slow=slow)
    return [Route(start + ending, endpoint) for start in STARTS for ending in endings]


def repo_acts(view: Act, *endings: str, limit: int = MAX_FORM) -> list[Route]:
    """What forms are sent to, likewise."""
    endpoint = acted(view, heavy=True, limit=limit)
    return [
        Route(start + ending, endpoint, methods=["POST"]) for start in STARTS for ending in endings
    ]


def numbered(text: str | None, most: int) -> int:
    """A number of the query; 0 for what is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        return 0
    return min(int(text), most)
