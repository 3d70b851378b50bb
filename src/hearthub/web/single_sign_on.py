"""Log in by the provider of single sign-on, and connect it to an account."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Account
from hearthub.errors import (
    Conflict,
    Forbidden,
    HearthubError,
    InvalidCredentials,
    NotFound,
    TooManyRequests,
)
from hearthub.http.urls import base_url, hub_of
from hearthub.sso import Asked, Person, Provider, require_open_to
from hearthub.web.entering import agent_of, entered, login_form
from hearthub.web.forms import Form, accept_password, acted, local_path, see_other, try_password
from hearthub.web.rendering import page, shown
from hearthub.web.settings_pages import account_of, show_sessions
from hearthub.web.visitor import cookie_of, visit_of

SSO = "hearthub_sso"
LASTS_S = 600
"""How long somebody may take at the provider."""
CALLBACK = "/login/sso/callback"
MAX_TARGET = 1500
PURPOSE = "single sign-on"


def begin(request: Request) -> Response:
    """To the provider; back to us with a code, and then to `?next=`. Another site's link shall
    make nobody somebody else, so whoever is logged in stays who they are."""
    provider = _provider(request)
    target = local_path(request.query_params.get("next", ""))
    if not visit_of(request).actor.is_anonymous:
        return see_other(target)
    try:
        return see_other(_asked(request, provider, target))
    except HearthubError as error:
        return login_form(request, target, error=error)


def connect(request: Request, form: Form) -> Response:
    """A link, because browsers let no form of ours end at another host. The password must be
    known, as for another password: who finds an open browser shall not come back for ever."""
    account, accounts = account_of(request), hub_of(request).accounts
    provider = _provider(request)
    if accounts.sign_ins.has_password(account.id):
        try:
            try_password(request, account.name)
            if not accounts.has_password(account.id, form.raw("password")):
                raise InvalidCredentials("The current password is another one")
        except (InvalidCredentials, TooManyRequests) as error:
            return show_sessions(request, error)
        accept_password(request, account.name)
    url = _asked(request, provider, None)
    return page("settings/connect.html", here="sessions", provider=provider, url=url)


def disconnect(request: Request, form: Form) -> Response:
    """Whoever got in that way goes, as with another password."""
    account, session = account_of(request), visit_of(request).session
    accounts = hub_of(request).accounts
    accounts.sign_ins.unlink(account.id, form.number("sign_in"))
    accounts.end_sessions(account.id, keep=session.id if session else None)
    return see_other("/settings/sessions?said=unlinked")


def come_back(request: Request) -> Response:
    """The provider sent somebody back: with a code, or with what went wrong."""
    provider = _provider(request)
    target, asked, session_id = _kept(request)
    # It is good for one answer, whatever that is.
    visit_of(request).set_cookie(SSO, "", 0)
    try:
        person = _person(request, provider, asked)
        if target is None:
            account = _connecting(request, session_id)
            hub_of(request).accounts.sign_ins.link(
                account.id, person.issuer, person.subject, person.email or person.name
            )
            return see_other("/settings/sessions?said=linked")
        account = _account(request, person)
    except HearthubError as error:
        return login_form(request, target or "/", error=error)
    accounts = hub_of(request).accounts
    accounts.note_login(account.id, "oidc")
    return entered(request, accounts.start_session(account.id, agent_of(request)), target)


def _asked(request: Request, provider: Provider, target: str | None) -> str:
    """Where the browser goes; what it is asked about there is kept in a cookie. Without a target
    whoever is logged in shall be known by it."""
    url, asked = provider.ask(f"{base_url(request)}{CALLBACK}")
    session = visit_of(request).session
    # Browsers keep no cookie of more than 4 KiB.
    if target and len(target) > MAX_TARGET:
        target = "/"
    claims = {"target": target, "session": session.id if session else None, **asdict(asked)}
    # Signed: whoever has somebody else's code must not be able to say what was asked.
    kept = hub_of(request).storage.signer.sign(PURPOSE, claims, LASTS_S)
    visit_of(request).set_cookie(SSO, kept, LASTS_S)
    return url


def _kept(request: Request) -> tuple[str | None, Asked, int | None]:
    """Target, what was asked, and in which session; Forbidden where nothing was asked here."""
    try:
        claims = hub_of(request).storage.signer.verify(PURPOSE, cookie_of(request, SSO))
    except Forbidden:
        raise Forbidden(
            "This sign-in was not begun in this browser, or more than ten minutes ago. Go to the "
            "log-in page and begin again."
        ) from None
    asked = Asked(claims["state"], claims["nonce"], claims["verifier"])
    return claims["target"], asked, claims["session"]


def _connecting(request: Request, session_id: int | None) -> Account:
    """Who began it: browsers are shared, and somebody else may have logged in meanwhile."""
    account, session = account_of(request), visit_of(request).session
    if session is None or session.id != session_id:
        raise Forbidden("This was begun before you logged in: begin again in your settings")
    return account


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
        try:
            return hub.accounts.sign_ins.sign_up(
                person.issuer, person.subject, person.name, person.fullname, person.email
            )
        except Conflict:
            # Unless the same person came by another tab, and was a moment earlier.
            account = hub.accounts.sign_ins.owner(person.issuer, person.subject)
            if account is None:
                raise
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
