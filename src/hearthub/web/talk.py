"""Discussions and pull requests: the list of a repo's, each with what was said, its files."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hearthub.community import PAGE, Discussion, Proposal
from hearthub.errors import HearthubError, LoginRequired, NotFound
from hearthub.http.errors import status_of
from hearthub.registry import Right
from hearthub.web.comments import said
from hearthub.web.file_changes import shown_changes
from hearthub.web.repo_view import RepoView, numbered, repo_page, repo_routes, told

STATUSES = {"open": "Open", "closed": "Closed", "all": "All"}
KINDS = {"all": "All", "discussion": "Discussions", "pull_request": "Pull requests"}
MAX_PAGES = 2000
EVENTS = 50  # of a page
MAX_STEPS = 100  # commits of a pull request that its page lists


@dataclass(frozen=True)
class Draft:
    """What somebody typed that was not taken. `of`: a comment's id, `comment`, `title`."""

    of: str = ""
    text: str = ""


@dataclass(frozen=True)
class Thread:
    """A discussion as one visitor sees it."""

    at: RepoView
    it: Discussion

    @property
    def href(self) -> str:
        return f"{self.at.root}/discussions/{self.it.num}"

    @property
    def may_comment(self) -> bool:
        return self.at.right >= Right.PROPOSE

    @property
    def may_write(self) -> bool:
        return self.at.right >= Right.WRITE

    @property
    def may_change(self) -> bool:
        """Its title and whether it is open."""
        is_own = self.it.author_id is not None and self.it.author_id == self.at.actor.user_id
        return self.may_write or (is_own and self.may_comment)

    @property
    def is_open(self) -> bool:
        return self.it.status in ("open", "draft")

    @property
    def kind(self) -> str:
        return "pull request" if self.it.is_pull_request else "discussion"

    @property
    def last_page(self) -> int:
        return max(0, self.at.hub.community.discussions.length(self.it) - 1) // EVENTS


def readable(request: Request) -> RepoView:
    """The repo, for whoever may read what is said about it: nobody else learns that something is.

    RepoNotFound, LoginRequired for whom logging in may help, GatedRepo.
    """
    at = RepoView.of(request)
    if not at.readable and at.actor.is_anonymous:
        raise LoginRequired
    at.require(Right.READ)
    return at


def thread_of(request: Request) -> Thread:
    at, text = readable(request), request.path_params["num"]
    num = numbered(text, 10**9)
    if not num:
        raise NotFound(f"There is no discussion {text[:40]!r}")
    return Thread(at, at.hub.community.discussions.get(at.repo, num))


def list_page(request: Request) -> Response:
    at, query = readable(request), request.query_params
    status, kind = query.get("status", "open"), query.get("type", "all")
    status = status if status in STATUSES else "open"
    kind = kind if kind in KINDS else "all"
    number = numbered(query.get("p"), MAX_PAGES)
    found, total = at.hub.community.discussions.page(at.repo, kind, status, None, number)

    def href(status: str = status, kind: str = kind, p: int = 0) -> str:
        words = [("status", status, "open"), ("type", kind, "all"), ("p", str(p), "0")]
        chosen = "&".join(f"{word}={value}" for word, value, usual in words if value != usual)
        return f"{at.root}/discussions" + (f"?{chosen}" if chosen else "")

    return repo_page(
        at,
        "talk/list.html",
        "talk",
        found=found,
        total=total,
        statuses=[(label, href(status=key), key == status) for key, label in STATUSES.items()],
        kinds=[(label, href(kind=key), key == kind) for key, label in KINDS.items()],
        newer=href(p=number - 1) if number else None,
        older=href(p=number + 1) if (number + 1) * PAGE < total else None,
    )


def new_page(request: Request) -> Response:
    at = RepoView.of(request)
    if at.actor.is_anonymous:
        raise LoginRequired
    at.require(Right.PROPOSE)
    return show_new(at)


def show_new(
    at: RepoView,
    title: str = "",
    text: str = "",
    kind: str = "",
    error: HearthubError | None = None,
) -> Response:
    answer = repo_page(
        at, "talk/new.html", "talk", title=title, text_typed=text, kind=kind, error=error
    )
    answer.status_code = status_of(error, anonymous=False) if error else 200
    return answer


def thread_page(request: Request) -> Response:
    return show_thread(thread_of(request), numbered(request.query_params.get("p"), MAX_PAGES))


def show_thread(
    thread: Thread, number: int, error: HearthubError | None = None, draft: Draft | None = None
) -> Response:
    at, talk = thread.at, thread.at.hub.community.discussions
    events = talk.happenings(thread.it, skip=number * EVENTS, limit=EVENTS)
    proposal = talk.proposal(at.repo, thread.it) if thread.it.is_pull_request else None
    steps = proposal.commits[-MAX_STEPS:] if proposal else []
    answer = repo_page(
        at,
        "talk/thread.html",
        "talk",
        thread=thread,
        it=thread.it,
        events=said(at, events),
        number=number,
        last_page=thread.last_page,
        proposal=proposal,
        steps=[told(*step) for step in steps],
        error=error,
        draft=draft or Draft(),
    )
    answer.status_code = status_of(error, anonymous=False) if error else 200
    return answer


def files_page(request: Request) -> Response:
    """What a pull request changes since it left its branch."""
    thread = thread_of(request)
    at = thread.at
    if not thread.it.is_pull_request:
        raise NotFound("A discussion has no files")
    proposal = at.hub.community.discussions.proposal(at.repo, thread.it)
    values: dict[str, Any] = {"thread": thread, "it": thread.it, "proposal": proposal}
    if proposal is None:
        return repo_page(at, "talk/files.html", "talk", changes=None, **values)
    head, since = _sides(at, proposal)
    return repo_page(head, "talk/files.html", "talk", changes=shown_changes(head, since), **values)


def _sides(at: RepoView, proposal: Proposal) -> tuple[RepoView, str]:
    head = replace(at, rev=proposal.head, commit=proposal.head, path="")
    fork = at.hub.registry.pulls.fork(at.repo, proposal.base, proposal.head)
    return head, fork or proposal.base


routes = [
    *repo_routes(list_page, "discussions"),
    *repo_routes(new_page, "discussions/new"),
    *repo_routes(thread_page, "discussions/{num:seg}", slow=True),
    *repo_routes(files_page, "discussions/{num:seg}/files", slow=True),
]
