"""Log in by the provider of single sign-on, and connect it to an account."""

import base64
import binascii
from dataclasses import astuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Account
from hearthub.errors import Forbidden, HearthubError, NotFound
from hearthub.http.urls import base_url, hub_of
from hearthub.sso import Asked, Person, Provider, require_open_to
from hearthub.web.entering import agent_of, entered, login_form
from hearthub.web.forms import Form, accept_password, acted, local_path, see_other, try_password
from hearthub.web.rendering import page, shown
from hearthub.web.settings_pages import account_of
from hearthub.web.visitor import cookie_of, visit_of

SSO = "hearthub_sso"
LASTS_S = 600
"""How long somebody may take at the provider."""
CALLBACK = "/login/sso/callback"
MAX_TARGET = 1500
CONNECT = "connect"
"""In the place of where a log-in leads: the account that is logged in wants to be known by it."""


def begin(request: Request) -> Response:
    """To the provider; back to us with a code, and then to `?next=`."""
    provider = _provider(request)
    target = local_path(request.query_params.get("next", ""))
    try:
        return see_other(_asked(request, provider, target))
    except HearthubError as error:
        return login_form(request, target, error=error)


def connect(request: Request, _form: Form) -> Response:
    """A link, because browsers let no form of ours end at another host."""
    account_of(request)
    provider = _provider(request)
    url = _asked(request, provider, CONNECT)
    return page("settings/connect.html", here="sessions", provider=provider, url=url)


def disconnect(request: Request, form: Form) -> Response:
    account = account_of(request)
    hub_of(request).accounts.sign_ins.unlink(account.id, form.number("sign_in"))
    return see_other("/settings/sessions?said=unlinked")


def come_back(request: Request) -> Response:
    """The provider sent somebody back: with a code, or with what went wrong."""
    provider = _provider(request)
    target, asked = _kept(request)
    # It is good for one answer, whatever that is.
    visit_of(request).set_cookie(SSO, "", 0)
    try:
        person = _person(request, provider, asked)
        if target == CONNECT:
            account = account_of(request)
            hub_of(request).accounts.sign_ins.link(
                account.id, person.issuer, person.subject, person.email or person.name
            )
            return see_other("/settings/sessions?said=linked")
        account = _account(request, person)
    except HearthubError as error:
        return login_form(request, "/" if target == CONNECT else target, error=error)
    accounts = hub_of(request).accounts
    accounts.note_login(account.id, "oidc")
    return entered(request, accounts.start_session(account.id, agent_of(request)), target)


def _asked(request: Request, provider: Provider, target: str) -> str:
    """Where the browser goes; what it is asked about there is kept in a cookie."""
    url, asked = provider.ask(f"{base_url(request)}{CALLBACK}")
    # Browsers keep no cookie of more than 4 KiB.
    kept = "\n".join([target if len(target) <= MAX_TARGET else "/", *astuple(asked)])
    visit_of(request).set_cookie(SSO, base64.urlsafe_b64encode(kept.encode()).decode(), LASTS_S)
    return url


def _kept(request: Request) -> tuple[str, Asked]:
    """Forbidden where nothing was asked in this browser."""
    try:
        text = base64.urlsafe_b64decode(cookie_of(request, SSO).encode("ascii")).decode()
        target, state, nonce, verifier = text.split("\n")
    except (binascii.Error, ValueError):
        raise Forbidden(
            "This sign-in was not begun in this browser, or more than ten minutes ago. Go to the "
            "log-in page and begin again."
        ) from None
    return target if target == CONNECT else local_path(target), Asked(state, nonce, verifier)


def _person(request: Request, provider: Provider, asked: Asked) -> Person:
    """Counted as a password is: each of these makes us ask the provider."""
    try_password(request, None)
    person = provider.answer(asked, request.url.query, f"{base_url(request)}{CALLBACK}")
    accept_password(request, None)
    return person


def _account(request: Request, person: Person) -> Account:
    hub = hub_of(request)
    account = hub.accounts.sign_ins.owner(person.issuer, person.subject)
    if account is None:
        require_open_to(person, hub.settings.oidc_sign_up)
        return hub.accounts.sign_ins.sign_up(
            person.issuer, person.subject, person.name, person.fullname, person.email
        )
    if account.disabled:
        raise Forbidden(f"The account {account.name} is disabled: ask an administrator")
    return account


def _provider(request: Request) -> Provider:
    provider = hub_of(request).sso
    if provider is None:
        raise NotFound("This hub has no single sign-on.")
    return provider


routes = [
    Route("/login/sso", shown(begin)),
    Route(CALLBACK, shown(come_back)),
    Route("/settings/sign-ins", acted(connect, heavy=True), methods=["POST"]),
    Route("/settings/sign-ins/unlink", acted(disconnect), methods=["POST"]),
]
