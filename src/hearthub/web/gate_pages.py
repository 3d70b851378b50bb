"""Gated repos: asking for access on a repo's page, and the page where its owner decides."""

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import BadRequest, HearthubError, LoginRequired
from hearthub.http.errors import status_of
from hearthub.registry import Right, questions_of
from hearthub.web.forms import Form, see_other
from hearthub.web.gate_form import answers
from hearthub.web.rendering import with_query
from hearthub.web.repo_view import RepoView, repo_acts, repo_page, repo_routes
from hearthub.web.settings_pages import said

PAGE = 50  # requests
STATUSES = {"pending": "Waiting", "accepted": "Accepted", "rejected": "Rejected"}
ACTS = {"accept": "accepted", "reject": "rejected", "cancel": "pending"}
SAID = {
    "accepted": "Accepted: they may read the files from now on.",
    "rejected": "Rejected.",
    "pending": "Taken back: the request waits again.",
    "granted": "They may read the files from now on.",
}


def ask(request: Request, form: Form) -> Response:
    """The address of clients, `/ask-access`, knows tokens alone (api/gates.py)."""
    at = RepoView.of(request)
    card = at.hub.catalogue.facts(at.repo, at.commit).card
    at.hub.registry.gates.ask(at.actor, at.repo, card, answers(questions_of(card), form))
    return see_other(at.root)


def withdraw(request: Request, _form: Form) -> Response:
    at = RepoView.of(request)
    at.hub.registry.gates.withdraw(at.actor, at.repo)
    return see_other(at.root)


def requests_page(request: Request) -> Response:
    return _page(request, _owned(request))


def decide(request: Request, form: Form) -> Response:
    at = _owned(request)
    status = ACTS.get(form.text("do"))
    reason = form.text("reason") or None
    try:
        if status is None:
            raise BadRequest("Accept it, reject it, or take back what was decided")
        at.hub.registry.gates.decide(
            at.actor, at.repo, status,
            uid=form.text("request"), reason=reason if status == "rejected" else None,
        )  # fmt: skip
    except HearthubError as error:
        return _page(request, at, error)
    back = form.text("status")
    shown = back if back in STATUSES else "pending"
    return see_other(f"{at.root}/settings/access?status={shown}&said={status}")


def grant(request: Request, form: Form) -> Response:
    at = _owned(request)
    try:
        at.hub.registry.gates.grant(at.actor, at.repo, form.text("user"))
    except HearthubError as error:
        return _page(request, at, error, form.text("user"))
    return see_other(f"{at.root}/settings/access?status=accepted&said=granted")


def _owned(request: Request) -> RepoView:
    """RepoNotFound for those who may not see it, LoginRequired, Forbidden."""
    at = RepoView.of(request)
    if at.actor.is_anonymous:
        raise LoginRequired
    at.require(Right.ADMIN)
    return at


def _page(
    request: Request, at: RepoView, error: HearthubError | None = None, user: str = ""
) -> Response:
    status = request.query_params.get("status", "pending")
    status = status if status in STATUSES else "pending"
    before = request.query_params.get("before", "")
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = (
        at.hub.registry.gates.requests(at.actor, at.repo, status, before=last, limit=PAGE + 1)
        if at.repo.gated
        else []
    )
    return repo_page(
        at,
        "repo_access.html",
        "settings",
        status=200 if error is None else status_of(error, anonymous=False),
        said=said(request, SAID),
        error=error,
        statuses=STATUSES,
        chosen=status,
        requests=found[:PAGE],
        older=with_query(request, before=str(found[PAGE - 1].id), said=None)
        if len(found) > PAGE
        else None,
        user=user[:100],
    )


routes = [
    *repo_acts(ask, "access"),
    *repo_acts(withdraw, "access/cancel"),
    *repo_routes(requests_page, "settings/access"),
    *repo_acts(decide, "settings/access/decide"),
    *repo_acts(grant, "settings/access/grant"),
]
