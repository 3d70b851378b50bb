"""Organisations: make one, its name and members, and leave it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import ROLES, Account
from hearthub.errors import BadRequest, Conflict, Forbidden, HearthubError, NotFound
from hearthub.http.errors import status_of
from hearthub.http.urls import hub_of
from hearthub.names import MAX_NAME
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.rendering import page, shown, with_query
from hearthub.web.settings_pages import said
from hearthub.web.visitor import member

PAGE = 100  # members
SAID = {
    "saved": "Saved.",
    "added": "The member is added.",
    "changed": "The role is changed.",
    "removed": "The member is removed, and loses what the role gave.",
}
ROLES_SAY = {
    "admin": "settings, members and all repos",
    "write": "create and change all repos",
    "contributor": "create repos, and change their own",
    "read": "read private repos",
}


def new_page(request: Request) -> Response:
    return _new(request, {})


def create(request: Request, form: Form) -> Response:
    actor = member(request)
    typed = {key: form.text(key) for key in ("name", "fullname")}
    try:
        hub = hub_of(request)
        org = hub.accounts.add_org(
            typed["name"],
            typed["fullname"] or None,
            creator=actor.user_id,
            most=hub.settings.max_orgs,
        )
    except HearthubError as error:
        return _new(request, typed, error)
    return see_other(f"/organizations/{org.name}/settings")


def settings_page(request: Request) -> Response:
    return _settings(request)


def save(request: Request, form: Form) -> Response:
    actor, org = member(request), _administered(request)
    typed = {"fullname": form.text("fullname"), "private": form.has("private")}
    try:
        hub_of(request).accounts.change_org(
            org.id,
            fullname=form.text("fullname") or org.name,
            default_private=form.has("private"),
            by=actor.user_id,
        )
    except BadRequest as error:
        return _settings(request, typed=typed, error=error)
    return see_other(f"/organizations/{org.name}/settings?said=saved")


def add(request: Request, form: Form) -> Response:
    actor, org, accounts = member(request), _administered(request), hub_of(request).accounts
    name, role = form.text("name"), form.text("role")
    try:
        if len(name) > MAX_NAME:
            raise BadRequest(f"A name has {MAX_NAME} characters at most")
        if any(it.account.name.lower() == name.lower() for it in accounts.members(org.id)):
            raise Conflict(f"{name} is a member already: the role can be changed in the list")
        accounts.set_member(org.id, name, role, by=actor.user_id)
    except (BadRequest, Conflict, NotFound) as error:
        return _settings(request, added={"name": name, "role": role}, member_error=error)
    return see_other(f"/organizations/{org.name}/settings?said=added")


def change(request: Request, form: Form) -> Response:
    """Another role for a member, or out with them. Who went meanwhile does not come back by it."""
    actor, org, accounts = member(request), _administered(request), hub_of(request).accounts
    user, does = form.number("user"), form.text("do")
    try:
        if all(it.account.id != user for it in accounts.members(org.id)):
            raise NotFound(f"This is not a member of {org.name}, or not any more")
        if does == "remove":
            accounts.remove_member(org.id, user, by=actor.user_id)
        elif does == "role":
            accounts.set_member(org.id, user, form.text("role"), by=actor.user_id)
        else:
            raise BadRequest("Choose what to do")
    except (BadRequest, Conflict, NotFound) as error:
        return _settings(request, member_error=error)
    # Who gave up their own role may not see the settings any more.
    if user == actor.user_id:
        return see_other(f"/{org.name}")
    word = "removed" if does == "remove" else "changed"
    return see_other(f"/organizations/{org.name}/settings?said={word}")


def leave(request: Request, _form: Form) -> Response:
    actor, org = member(request), _organisation(request)
    hub_of(request).accounts.remove_member(org.id, actor.user_id or 0, by=actor.user_id)
    return see_other(f"/{org.name}")


def _organisation(request: Request) -> Account:
    account = hub_of(request).accounts.account(request.path_params["name"])
    if account is None or account.kind != "org":
        raise NotFound("There is no such organisation.")
    return account


def _administered(request: Request) -> Account:
    """Forbidden for who may not see its settings; the door looks again when they are changed."""
    actor, org = member(request), _organisation(request)
    if not actor.is_admin and actor.roles.get(org.id) != "admin":
        raise Forbidden(f"The settings of {org.name} are for its administrators.")
    return org


def _new(request: Request, typed: dict[str, str], error: HearthubError | None = None) -> Response:
    member(request)
    return page(
        "organizations/new.html",
        200 if error is None else status_of(error, anonymous=False),
        typed={"name": "", "fullname": ""} | typed,
        error=error,
    )


def _settings(
    request: Request,
    *,
    typed: dict[str, Any] | None = None,
    error: HearthubError | None = None,
    added: dict[str, str] | None = None,
    member_error: HearthubError | None = None,
) -> Response:
    org, wrong = _administered(request), error or member_error
    after = request.query_params.get("after", "").lower()
    found = hub_of(request).accounts.members(org.id)
    rest = [it for it in found if it.account.name.lower() > after]
    return page(
        "organizations/settings.html",
        200 if wrong is None else status_of(wrong, anonymous=False),
        said=said(request, SAID),
        org=org,
        own=member(request).user_id,
        count=len(found),
        members=rest[:PAGE],
        more=with_query(request, after=rest[PAGE - 1].account.name) if len(rest) > PAGE else None,
        roles={role: ROLES_SAY[role] for role in ROLES},
        typed=typed or {"fullname": org.fullname, "private": org.default_private},
        error=error,
        added=added or {"name": "", "role": "write"},
        member_error=member_error,
    )


ORG = "/organizations/{name:seg}"
routes = [
    Route("/organizations/new", shown(new_page)),
    Route("/organizations/new", acted(create), methods=["POST"]),
    Route(f"{ORG}/settings", shown(settings_page)),
    Route(f"{ORG}/settings", acted(save), methods=["POST"]),
    Route(f"{ORG}/members", acted(add), methods=["POST"]),
    Route(f"{ORG}/members/change", acted(change), methods=["POST"]),
    Route(f"{ORG}/leave", acted(leave), methods=["POST"]),
]
