"""What the owner of a repo sets: who sees it, its name, its end."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import BadRequest, HearthubError, LoginRequired
from hearthub.http.errors import status_of
from hearthub.http.paths import PREFIXES
from hearthub.registry import Right
from hearthub.web.forms import Form, see_other
from hearthub.web.new_repo import owners
from hearthub.web.rendering import page
from hearthub.web.repo_view import RepoView, repo_acts, repo_routes
from hearthub.web.settings_pages import said

VISIBILITIES = {
    "public": "Everybody",
    "protected": "Everybody may use it; its files are for its members",
    "private": "Only you, or the members of its organisation",
}
GATES = {
    "": "Whoever sees it may read its files",
    "auto": "Whoever asks for access gets it",
    "manual": "You decide who gets access",
}


def settings_page(request: Request) -> Response:
    return _page(request, _owned(request))


def save(request: Request, form: Form) -> Response:
    at = _owned(request)
    try:
        at.hub.registry.change_settings(
            at.actor,
            at.repo.type,
            at.repo.full_name,
            visibility=form.text("visibility") or None,
            gated=(form.text("gated") or False) if form.has("gated") else None,
        )
    except HearthubError as error:
        return _page(request, at, error)
    return see_other(f"{at.root}/settings?said=saved")


def move(request: Request, form: Form) -> Response:
    at = _owned(request)
    target = f"{form.text('owner')}/{form.text('name')}"
    try:
        if target == at.repo.full_name:
            raise BadRequest("That is its name already")
        moved = at.hub.registry.move(at.actor, at.repo.type, at.repo.full_name, target)
    except HearthubError as error:
        return _page(request, at, error)
    return see_other(f"/{PREFIXES[moved.type]}{moved.full_name}/settings?said=saved")


def delete(request: Request, form: Form) -> Response:
    at = _owned(request)
    try:
        if form.text("typed") != at.repo.full_name:
            raise BadRequest(f"Type {at.repo.full_name} to delete it")
        at.hub.registry.delete(at.actor, at.repo.type, at.repo.full_name)
    except HearthubError as error:
        return _page(request, at, error)
    return see_other(f"/{at.repo.namespace}")


def _owned(request: Request) -> RepoView:
    """RepoNotFound for those who may not see it, LoginRequired, Forbidden."""
    at = RepoView.of(request)
    if at.actor.is_anonymous:
        raise LoginRequired
    at.require(Right.ADMIN)
    return at


def _page(request: Request, at: RepoView, error: HearthubError | None = None) -> Response:
    kinds = {key: label for key, label in VISIBILITIES.items() if key != "protected"}
    values: dict[str, Any] = {
        "at": at,
        "repo": at.repo,
        "tab": "settings",
        "may_settings": True,
        "section": f"{at.repo.type}s",
    }
    return page(
        "repo_settings.html",
        200 if error is None else status_of(error, anonymous=False),
        said=said(request),
        error=error,
        visibilities=VISIBILITIES if at.repo.type == "space" else kinds,
        gates=GATES,
        owners=list(dict.fromkeys([at.repo.namespace, *owners(at.hub, request)])),
        **values,
    )


routes = [
    *repo_routes(settings_page, "settings"),
    *repo_acts(save, "settings"),
    *repo_acts(move, "settings/move"),
    *repo_acts(delete, "settings/delete"),
]
