"""Log in, log out, sign up."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.errors import HearthubError, InvalidCredentials, NotFound, TooManyRequests
from hearthub.http.errors import status_of
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, accept_password, acted, local_path, see_other, try_password
from hearthub.web.rendering import page, shown
from hearthub.web.visitor import SESSION, cookie_of, visit_of

_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")


def login_page(request: Request) -> Response:
    target = local_path(request.query_params.get("next", ""))
    if not visit_of(request).actor.is_anonymous:
        return see_other(target)
    return login_form(request, target)


def log_in(request: Request, form: Form) -> Response:
    hub, name, target = hub_of(request), form.text("name"), local_path(form.text("next"))
    try:
        try_password(request, name)
        # The password is no text to be tidied: blanks are part of it.
        token = hub.accounts.open_session(name, form.raw("password"), agent_of(request))
    except (InvalidCredentials, TooManyRequests) as error:
        return login_form(request, target, name, error)
    accept_password(request, name)
    return entered(request, token, target)


def log_out(request: Request, _form: Form) -> Response:
    if token := cookie_of(request, SESSION):
        hub_of(request).accounts.close_session(token)
    visit_of(request).log_out()
    return see_other("/")


def sign_up_page(request: Request) -> Response:
    _require_open(request)
    if not visit_of(request).actor.is_anonymous:
        return see_other("/")
    return _sign_up_form(request)


def sign_up(request: Request, form: Form) -> Response:
    _require_open(request)
    hub, typed = hub_of(request), {key: form.text(key) for key in ("name", "fullname", "email")}
    try:
        try_password(request, None)
        account = hub.accounts.add_user(
            typed["name"],
            fullname=typed["fullname"] or None,
            email=typed["email"] or None,
            password=form.raw("password"),
        )
    except HearthubError as error:
        return _sign_up_form(request, typed, error)
    token = hub.accounts.start_session(account.id, agent_of(request))
    return entered(request, token, f"/{account.name}")


def agent_of(request: Request) -> str:
    """What a list of sessions calls this browser: Firefox on Linux."""
    text = request.headers.get("user-agent", "")[:500]
    browser = next((name for sign, name in _BROWSERS if re.search(rf"\b{sign}", text)), "A browser")
    system = next((name for name in _SYSTEMS if name in text), None)
    return f"{browser} on {system.replace('Macintosh', 'macOS')}" if system else browser


def entered(request: Request, token: str, target: str) -> Response:
    """Logged in, by this session's token. The session that was there before, if one was, ends: its
    cookie is overwritten."""
    if old := cookie_of(request, SESSION):
        hub_of(request).accounts.close_session(old)
    visit_of(request).log_in(token)
    return see_other(target)


def login_form(
    request: Request, target: str, name: str = "", error: HearthubError | None = None
) -> Response:
    return page(
        "login.html",
        200 if error is None else status_of(error, anonymous=False),
        target=target,
        name=name,
        error=error,
        may_sign_up=hub_of(request).settings.sign_up == "open",
        sso=hub_of(request).sso,
    )


def _sign_up_form(
    _request: Request, typed: dict[str, str] | None = None, error: HearthubError | None = None
) -> Response:
    return page(
        "sign_up.html",
        200 if error is None else status_of(error, anonymous=False),
        typed=typed or {"name": "", "fullname": "", "email": ""},
        error=error,
    )


def _require_open(request: Request) -> None:
    if hub_of(request).settings.sign_up != "open":
        raise NotFound("On this hub accounts are made by its administrator: ask them for one.")


routes = [
    Route("/login", shown(login_page)),
    Route("/login", acted(log_in, anybody=True, heavy=True), methods=["POST"]),
    Route("/logout", acted(log_out, anybody=True), methods=["POST"]),
    Route("/signup", shown(sign_up_page)),
    Route("/signup", acted(sign_up, anybody=True, heavy=True), methods=["POST"]),
]
