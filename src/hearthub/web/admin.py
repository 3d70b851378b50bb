"""For administrators: users, jobs, storage. For everybody else there are no such pages."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Actor
from hearthub.errors import BadRequest, HearthubError, NotFound
from hearthub.http.errors import status_of
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.rendering import page, shown
from hearthub.web.visitor import visitor

PAGE = 100
LARGEST = 20
SAID = {
    "added": "The account is made.",
    "changed": "Changed.",
    "retried": "The job waits again.",
}


def administrator(request: Request) -> Actor:
    """NotFound for everybody else, as for any address that is none."""
    actor = visitor(request)
    if not actor.is_admin:
        raise NotFound("There is no such user, organisation or page.")
    return actor


def index(request: Request) -> Response:
    administrator(request)
    return see_other("/admin/users")


def users_page(request: Request) -> Response:
    return _users(request)


def add_user(request: Request, form: Form) -> Response:
    actor = administrator(request)
    typed = {key: form.text(key) for key in ("name", "fullname", "email")}
    try:
        hub_of(request).accounts.add_user(
            typed["name"],
            fullname=typed["fullname"] or None,
            email=typed["email"] or None,
            password=form.raw("password") or None,
            by=actor.user_id,
        )
    except HearthubError as error:
        return _users(request, typed, error)
    return see_other("/admin/users?said=added")


def change_user(request: Request, form: Form) -> Response:
    actor, accounts, user = administrator(request), hub_of(request).accounts, form.number("user")
    if user == actor.user_id:
        raise BadRequest("This is your own account: let another administrator change it.")
    match form.text("do"):
        case "disable" | "enable" as wanted:
            accounts.set_disabled(user, wanted == "disable", by=actor.user_id)
        case "raise" | "lower" as wanted:
            accounts.change_user(user, admin=wanted == "raise", by=actor.user_id)
        case _:
            raise BadRequest("Choose what to do")
    return see_other("/admin/users?said=changed")


def jobs_page(request: Request) -> Response:
    administrator(request)
    jobs = hub_of(request).jobs
    return page(
        "admin/jobs.html",
        here="jobs",
        said=SAID.get(request.query_params.get("said", "")),
        counts=jobs.counts(),
        dead=jobs.dead()[:PAGE],
        queued=jobs.queued(PAGE),
    )


def retry_job(request: Request, form: Form) -> Response:
    administrator(request)
    hub_of(request).jobs.retry(form.number("job"))
    return see_other("/admin/jobs?said=retried")


def storage_page(request: Request) -> Response:
    actor, hub = administrator(request), hub_of(request)
    largest, counts = hub.registry.largest(actor, LARGEST)
    return page(
        "admin/storage.html",
        here="storage",
        figures=hub.storage.figures(),
        counts=counts,
        largest=[(repo, f"/{PREFIXES[repo.type]}{repo.full_name}") for repo in largest],
        min_free=hub.settings.min_free,
    )


def _users(
    request: Request, typed: dict[str, Any] | None = None, error: HearthubError | None = None
) -> Response:
    actor = administrator(request)
    search = request.query_params.get("search", "")[:100]
    after = request.query_params.get("after", "")[:100]
    found = hub_of(request).accounts.page_of_users(search, after, PAGE + 1)
    more = {"search": search, "after": found[PAGE - 1].name} if len(found) > PAGE else None
    return page(
        "admin/users.html",
        200 if error is None else status_of(error, anonymous=False),
        here="users",
        said=SAID.get(request.query_params.get("said", "")),
        users=found[:PAGE],
        search=search,
        more=f"/admin/users?{urlencode(more)}" if more else None,
        own=actor.user_id,
        typed=typed or {"name": "", "fullname": "", "email": ""},
        error=error,
    )


routes = [
    Route("/admin", shown(index)),
    Route("/admin/users", shown(users_page)),
    Route("/admin/users", acted(add_user, heavy=True), methods=["POST"]),
    Route("/admin/users/change", acted(change_user), methods=["POST"]),
    Route("/admin/jobs", shown(jobs_page)),
    Route("/admin/jobs/retry", acted(retry_job), methods=["POST"]),
    Route("/admin/storage", shown(storage_page)),
]
