"""What somebody sets for themselves: profile, password, tokens, hardware, sessions."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Account
from hearthub.clock import now_ms
from hearthub.errors import BadRequest, HearthubError, InvalidCredentials, LoginRequired
from hearthub.fit import find_hardware, hardware_catalogue
from hearthub.http.errors import status_of
from hearthub.http.urls import base_url, hub_of
from hearthub.web.entering import agent_of
from hearthub.web.forms import Form, accept_password, acted, see_other, try_password
from hearthub.web.rendering import page, shown
from hearthub.web.visitor import member, visit_of

LIFETIMES = {"": "Never", "7": "7 days", "30": "30 days", "90": "90 days", "365": "A year"}
SAID = {
    "saved": "Saved.",
    "password": "The password is another one now. Your other sessions have ended.",
    "revoked": "The token is revoked: nothing gets in with it any more.",
    "ended": "The session has ended.",
    "all-ended": "Your other sessions have ended.",
    "linked": "You can log in that way from now on.",
    "unlinked": "Nobody gets in that way any more. Your other sessions have ended.",
}


def said(request: Request, words: Mapping[str, str] = SAID) -> str | None:
    """What the form before this page did: `?said=` is a word of ours, never a text."""
    return words.get(request.query_params.get("said", ""))


def account_of(request: Request) -> Account:
    """Of whoever is logged in; LoginRequired."""
    actor = member(request)
    account = hub_of(request).accounts.account_by_id(actor.user_id or 0)
    if account is None:
        raise LoginRequired
    return account


def index(_request: Request) -> Response:
    return see_other("/settings/profile")


def profile_page(request: Request) -> Response:
    return _profile(request)


def save_profile(request: Request, form: Form) -> Response:
    account = account_of(request)
    typed = {"fullname": form.text("fullname"), "email": form.text("email")}
    try:
        hub_of(request).accounts.change_user(
            account.id,
            fullname=typed["fullname"] or account.name,
            email=typed["email"],
            by=account.id,
        )
    except BadRequest as error:
        return _profile(request, typed=typed, error=error)
    return see_other("/settings/profile?said=saved")


def save_password(request: Request, form: Form) -> Response:
    """The one there is must be known: who finds an open browser shall not take the account."""
    account, accounts = account_of(request), hub_of(request).accounts
    try:
        if form.raw("new") != form.raw("again"):
            raise BadRequest("The two new passwords differ")
        try_password(request, account.name)
        if not accounts.has_password(account.id, form.raw("password")):
            raise InvalidCredentials("The current password is another one")
        accept_password(request, account.name)
        accounts.set_password(account.id, form.raw("new"), by=account.id)
    except HearthubError as error:
        return _profile(request, password_error=error)
    # This browser's session is a new one too: its cookie may be why the password was changed.
    visit_of(request).log_in(accounts.start_session(account.id, agent_of(request)))
    return see_other("/settings/profile?said=password")


def tokens_page(request: Request) -> Response:
    return _tokens(request)


def create_token(request: Request, form: Form) -> Response:
    """The token is in this answer and nowhere else, ever."""
    account, days = account_of(request), form.text("days")
    try:
        if days not in LIFETIMES:
            raise BadRequest("Choose how long the token is good")
        token = hub_of(request).accounts.add_token(
            account.id,
            form.text("name"),
            form.text("role"),
            int(days) if days else None,
            by=account.id,
        )
    except BadRequest as error:
        return _tokens(request, error=error)
    return _tokens(request, token=token)


def revoke_token(request: Request, form: Form) -> Response:
    account = account_of(request)
    hub_of(request).accounts.revoke_token(account.id, form.number("token"), by=account.id)
    return see_other("/settings/tokens?said=revoked")


def hardware_page(request: Request) -> Response:
    account = account_of(request)
    makers = sorted(hardware_catalogue(), key=lambda each: each.vendor)
    return page(
        "settings/hardware.html",
        here="hardware",
        said=said(request),
        chosen=hub_of(request).accounts.hardware_of(account.id),
        groups=[
            (vendor, [it for it in some if it.memory_gib])
            for vendor, some in groupby(makers, key=lambda each: each.vendor)
        ],
    )


def save_hardware(request: Request, form: Form) -> Response:
    account, name = account_of(request), form.text("hardware")
    key = find_hardware(name).key if name else None
    hub_of(request).accounts.set_hardware(account.id, key)
    return see_other("/settings/hardware?said=saved")


def sessions_page(request: Request) -> Response:
    return show_sessions(request)


def show_sessions(request: Request, error: HearthubError | None = None) -> Response:
    """`error`: why a sign-in was not connected."""
    account, session = account_of(request), visit_of(request).session
    accounts = hub_of(request).accounts
    return page(
        "settings/sessions.html",
        200 if error is None else status_of(error, anonymous=False),
        here="sessions",
        said=said(request),
        sessions=accounts.sessions(account.id),
        own=session.id if session else None,
        sso=hub_of(request).sso,
        sign_ins=accounts.sign_ins.of(account.id),
        has_password=accounts.sign_ins.has_password(account.id),
        error=error,
    )


def end_session(request: Request, form: Form) -> Response:
    account, session = account_of(request), visit_of(request).session
    accounts = hub_of(request).accounts
    if form.has("all"):
        accounts.end_sessions(account.id, keep=session.id if session else None)
        return see_other("/settings/sessions?said=all-ended")
    accounts.end_session(account.id, form.number("session"))
    return see_other("/settings/sessions?said=ended")


def _profile(
    request: Request,
    typed: dict[str, Any] | None = None,
    error: HearthubError | None = None,
    password_error: HearthubError | None = None,
) -> Response:
    account = account_of(request)
    wrong = error or password_error
    return page(
        "settings/profile.html",
        200 if wrong is None else status_of(wrong, anonymous=False),
        here="profile",
        said=said(request),
        account=account,
        typed=typed or {"fullname": account.fullname, "email": account.email or ""},
        error=error,
        password_error=password_error,
        orgs=hub_of(request).accounts.orgs_of(account.id),
    )


def _tokens(
    request: Request, token: str | None = None, error: HearthubError | None = None
) -> Response:
    account = account_of(request)
    tokens = hub_of(request).accounts.tokens(account.id)
    now = now_ms()
    return page(
        "settings/tokens.html",
        200 if error is None else status_of(error, anonymous=False),
        here="tokens",
        said=said(request),
        tokens=[it for it in reversed(tokens) if it.is_valid(now)],
        token=token,
        error=error,
        lifetimes=LIFETIMES,
        base=base_url(request),
    )


routes = [
    Route("/settings", shown(index)),
    Route("/settings/profile", shown(profile_page)),
    Route("/settings/profile", acted(save_profile), methods=["POST"]),
    Route("/settings/password", acted(save_password, heavy=True), methods=["POST"]),
    Route("/settings/tokens", shown(tokens_page)),
    Route("/settings/tokens", acted(create_token), methods=["POST"]),
    Route("/settings/tokens/revoke", acted(revoke_token), methods=["POST"]),
    Route("/settings/hardware", shown(hardware_page)),
    Route("/settings/hardware", acted(save_hardware), methods=["POST"]),
    Route("/settings/sessions", shown(sessions_page)),
    Route("/settings/sessions/end", acted(end_session), methods=["POST"]),
]
