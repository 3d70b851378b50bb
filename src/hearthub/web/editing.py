"""Edit a card, or another small text, with a look at it before it is committed.

Whoever saves names the commit they saw. What others committed meanwhile to other files is no
reason to stop; where it is this file, both texts are shown and nothing is lost.
"""

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import (
    BadRequest,
    EntryNotFound,
    HearthubError,
    LoginRequired,
    RevisionNotFound,
    StaleParent,
    TooLarge,
    Unavailable,
)
from hearthub.http.errors import status_of
from hearthub.registry import (
    CommitHeader,
    PutFile,
    Right,
    clean_path,
    read_card,
    validate_card,
)
from hearthub.web.forms import Form, see_other
from hearthub.web.markdown import MAX_CARD, render_card
from hearthub.web.rendering import page
from hearthub.web.repo_view import RepoView, repo_acts, repo_routes

MAX_TEXT = 2**20  # bytes
PREVIEW_S = 3
WAIT_S = 2.0
_previews = BoundedSemaphore(2)
"""Log-ins wait for the same threads: previews that wait for the sandbox shall not hold them all."""
TRIES = 5
CARD = "README.md"


@dataclass(frozen=True)
class Draft:
    """What somebody is about to save: the text, on top of which commit, and why."""

    text: str
    parent: str
    summary: str = ""
    description: str = ""


def edit_page(request: Request) -> Response:
    at = _writable(request)
    return _page(at, Draft(_current(at, at.commit) or "", at.commit))


def edit(request: Request, form: Form) -> Response:
    """The button says what is wanted: `do` is preview or save."""
    at = _writable(request)
    draft = Draft(
        form.raw("text"), form.text("parent"), form.text("summary"), form.text("description")
    )
    try:
        if form.text("do") != "save":
            preview = _preview(at, draft.text)
            return _page(at, draft, preview=preview, warnings=_warnings(at, draft))
        _refuse_bad_card(at, draft)
        _save(at, draft)
    except StaleParent:
        return _conflict(at, draft)
    except HearthubError as error:
        return _page(at, draft, error=error)
    return see_other(at.root if at.path == CARD and at.rev == "main" else at.blob(at.path))


def _writable(request: Request) -> RepoView:
    at = RepoView.of(request)
    if at.actor.is_anonymous:
        raise LoginRequired
    at.require(Right.WRITE)
    clean_path(at.path)
    return at


def _save(at: RepoView, draft: Draft) -> None:
    """StaleParent when this file was changed since `draft.parent`."""
    try:
        seen = _current(at, at.hub.registry.commit_of(at.repo, draft.parent))
    except RevisionNotFound:  # squashed away, or forced off the branch
        raise StaleParent("The history was rewritten meanwhile") from None
    # What was written on another system keeps its line ends.
    text = draft.text.replace("\n", "\r\n") if seen and "\r\n" in seen else draft.text
    content = text.encode()
    if len(content) > MAX_TEXT:
        raise TooLarge(f"A text that is edited here has at most {MAX_TEXT} bytes")
    summary = draft.summary or f"{'Create' if seen is None else 'Update'} {at.path}"
    put = [PutFile(at.path, content)]
    for _ in range(TRIES):
        head = at.hub.registry.commit_of(at.repo, at.rev)
        if _current(at, head) != seen:
            raise StaleParent("This file was changed meanwhile")
        header = CommitHeader(summary, draft.description, head)
        try:
            at.hub.registry.commit(at.actor, at.repo, at.rev, header, put)
        except StaleParent:
            continue
        return
    raise Unavailable("The branch keeps moving: try again in a moment")


def _current(at: RepoView, commit: str) -> str | None:
    """The text at a commit; None when there is no such file. BadRequest for what is no text."""
    try:
        entry = at.hub.registry.browse.file(at.repo, commit, at.path)
    except EntryNotFound:
        return None
    if entry.pointer or entry.size > MAX_TEXT:
        raise BadRequest(f"{at.path} is too large to be edited here: upload it instead")
    try:
        return at.hub.registry.read_range(at.repo, entry, 0, MAX_TEXT).decode()
    except UnicodeDecodeError:
        raise BadRequest(f"{at.path} is no text that could be edited") from None


def _refuse_bad_card(at: RepoView, draft: Draft) -> None:
    if at.path == CARD:
        errors, _ = validate_card(draft.text, at.repo.type)
        if errors:
            raise BadRequest("; ".join(errors))


def _warnings(at: RepoView, draft: Draft) -> list[str]:
    if at.path != CARD:
        return []
    errors, warnings = validate_card(draft.text, at.repo.type)
    return [*errors, *warnings]


def _preview(at: RepoView, text: str) -> str | None:
    """As the page will show it; None for what is no Markdown. Unavailable when others' are made."""
    if not at.path.lower().endswith((".md", ".markdown")):
        return None
    folder = at.path.rpartition("/")[0]
    within = f"{folder}/x" if folder else "x"
    root, pages = at.file(within).removesuffix("x"), at.blob(within).removesuffix("x")
    _, body = read_card(text)
    run = at.hub.sandbox.run
    if not _previews.acquire(timeout=WAIT_S):
        raise Unavailable("The hub is busy with other previews: try again in a moment")
    try:
        html: str = run(render_card, body[:MAX_CARD], root, pages, timeout=PREVIEW_S)
    except Unavailable:
        return "<p>This text cannot be shown.</p>"
    finally:
        _previews.release()
    return html or "<p>There is nothing below the metadata yet.</p>"


def _conflict(at: RepoView, draft: Draft) -> Response:
    """Saving again from here is saving over what is shown as theirs."""
    head = at.hub.registry.commit_of(at.repo, at.rev)
    theirs = _current(at, head)
    again = Draft(draft.text, head, draft.summary, draft.description)
    return _page(at, again, status=409, theirs=theirs or "", is_deleted=theirs is None)


def _page(
    at: RepoView,
    draft: Draft,
    *,
    status: int = 200,
    preview: str | None = None,
    warnings: list[str] | None = None,
    error: HearthubError | None = None,
    theirs: str | None = None,
    is_deleted: bool = False,
) -> Response:
    values: dict[str, Any] = {
        "at": at,
        "repo": at.repo,
        "tab": "files",
        "may_settings": at.may_settings,
        "section": f"{at.repo.type}s",
    }
    return page(
        "edit.html",
        status if error is None else status_of(error, anonymous=False),
        draft=draft,
        action=at.href("edit", at.path),
        preview=preview,
        warnings=warnings or [],
        error=error,
        theirs=theirs,
        is_deleted=is_deleted,
        has_preview=at.path.lower().endswith((".md", ".markdown")),
        **values,
    )


routes = [
    *repo_routes(edit_page, "edit/{rev:seg}/{path:rest}"),
    *repo_acts(edit, "edit/{rev:seg}/{path:rest}"),
]
