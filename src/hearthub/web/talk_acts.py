"""What people do about a repo: talk, propose, merge, like it."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import BadRequest, HearthubError
from hearthub.registry import MAIN
from hearthub.web.forms import Form, see_other
from hearthub.web.repo_view import RepoView, numbered, repo_acts
from hearthub.web.talk import (
    MAX_PAGES,
    Draft,
    Thread,
    readable,
    show_new,
    show_thread,
    thread_of,
)
from hearthub.web.visitor import member

LIMIT = 2**20  # bytes of a form: a comment is far shorter


def open_new(request: Request, form: Form) -> Response:
    at = readable(request)
    title, text, kind = form.text("title"), form.raw("text"), form.text("kind")
    try:
        if kind not in ("", "discussion", "pull_request"):
            raise BadRequest("It is a discussion or a pull_request")
        is_pull = kind == "pull_request"
        made = at.hub.community.discussions.open(
            at.actor, at.repo, title, text if text.strip() else "",
            base=MAIN if is_pull else None,
            status="draft" if is_pull else "open",
        )  # fmt: skip
    except HearthubError as error:
        return show_new(at, title, text, kind, error)
    return see_other(f"{at.root}/discussions/{made.num}")


def comment(thread: Thread, form: Form, _uid: str) -> str:
    at = thread.at
    made = at.hub.community.discussions.comment(at.actor, at.repo, thread.it.num, form.raw("text"))
    return made.uid


def edit(thread: Thread, form: Form, uid: str) -> None:
    at = thread.at
    at.hub.community.discussions.edit(at.actor, at.repo, thread.it.num, uid, form.raw("text"))


def hide(thread: Thread, _form: Form, uid: str) -> None:
    at = thread.at
    at.hub.community.discussions.hide(at.actor, at.repo, thread.it.num, uid)


def rename(thread: Thread, form: Form, _uid: str) -> str:
    at = thread.at
    made = at.hub.community.discussions.rename(at.actor, at.repo, thread.it.num, form.text("title"))
    return made.uid


def set_status(thread: Thread, form: Form, _uid: str) -> str:
    at = thread.at
    made = at.hub.community.discussions.set_status(
        at.actor, at.repo, thread.it.num, form.text("status"), None
    )
    return made.uid


def merge(thread: Thread, form: Form, _uid: str) -> str:
    at = thread.at
    seen = form.text("head") if thread.is_open else None
    at.hub.community.discussions.merge(at.actor, at.repo, thread.it.num, None, seen=seen)
    return "end"


def _acting(act: Callable[[Thread, Form, str], str | None]) -> Callable[[Request, Form], Response]:
    """`act` answers the id of what is new, at the end; None: what it changed stays where it is.

    What it refuses is told on the page of the discussion, with what was typed.
    """

    def view(request: Request, form: Form) -> Response:
        thread, uid = thread_of(request), request.path_params.get("comment", "")
        number = numbered(form.text("p"), MAX_PAGES)
        try:
            new = act(thread, form, uid)
        except HearthubError as error:
            field = "title" if form.has("title") else "text"
            draft = Draft(uid or ("title" if field == "title" else "comment"), form.raw(field))
            return show_thread(thread_of(request), number, error, draft)
        number = number if new is None else thread.last_page
        page = f"?p={number}" if number else ""
        return see_other(f"{thread.href}{page}#e-{new or uid}")

    return view


def like(request: Request, form: Form) -> Response:
    actor, at = member(request), RepoView.of(request)
    community = at.hub.community
    (community.unlike if form.text("like") == "no" else community.like)(actor, at.repo)
    return see_other(at.root)


ONE = "discussions/{num:seg}"
routes = [
    *repo_acts(open_new, "discussions/new", limit=LIMIT),
    *repo_acts(_acting(comment), f"{ONE}/comment", limit=LIMIT),
    *repo_acts(_acting(edit), f"{ONE}/comment/{{comment:seg}}/edit", limit=LIMIT),
    *repo_acts(_acting(hide), f"{ONE}/comment/{{comment:seg}}/hide", limit=LIMIT),
    *repo_acts(_acting(rename), f"{ONE}/title", limit=LIMIT),
    *repo_acts(_acting(set_status), f"{ONE}/status", limit=LIMIT),
    *repo_acts(_acting(merge), f"{ONE}/merge", limit=LIMIT),
    *repo_acts(like, "like", limit=LIMIT),
]
