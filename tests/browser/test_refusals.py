"""What a hub says when it will not: pages that are missing, forbidden or asked for too often, forms
that it does not take, and sign-on that was not begun here."""

import re
from collections.abc import Iterator

import pytest

from browser.looking import MODES, wrong_with
from browsing import PASSWORD, give_passwords
from calls import commit, new_repo, put
from live import LiveHub, live_hub
from web.provider import CLIENT, SECRET, running_provider

pytestmark = pytest.mark.browser
WRONG = {"fill": {"Name": "bob", "Password": "not his"}, "press": "Log in"}
STRANGER = {
    "/nobody": 404,
    "/alice/secret": 404,
    "/alice/shown/blob/main/missing.txt": 404,
    "/pulse/nothing": 404,
    "/pulse/metrics/nothing": 404,
    "/models?sort=nothing": 400,
    "/login/sso/callback": 403,
    "/login": None,  # with a button for the provider
    "/login#wrong": 401,
    "/signup#refused": 400,
}
MEMBER = {
    "/alice/shown/settings": 403,
    "/admin/users": 404,
    "/new#refused": 400,
    "/settings/profile#wrong": 401,
    "/organizations/new#refused": 400,
    "/oauth/device?user_code=ABCDEFGH": 404,
    "/settings/sessions#connect": None,
}
"""The status of each; None where nothing is wrong."""
PAGES = [*STRANGER, *MEMBER]
PASSWORDS = dict.fromkeys(["Current password", "New password", "New password again"], "not his own")
ACTS = {
    "/login#wrong": WRONG,
    "/login#too-often": WRONG,
    "/signup#refused": {"fill": {"Name": "a..b", "Password": PASSWORD}, "press": "Sign up"},
    "/new#refused": {"fill": {"Model name": "a..b"}, "press": "Create model"},
    "/organizations/new#refused": {"fill": {"Name": "a..b"}, "press": "Create organisation"},
    "/settings/profile#wrong": {"fill": PASSWORDS, "press": "Change password"},
    "/settings/sessions#connect": {
        "fill": {"Current password": PASSWORD},
        "press": "Connect Acme",
    },
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with (
        running_provider() as provider,
        live_hub(
            tmp_path_factory.mktemp("refusals"),
            sign_up="open",
            rate_logins=3 * len(MODES) + 1,  # a password that is right is tried, and given back
            rate_window=86_400,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_name="Acme",
        ) as running,
        running.client("alice") as alice,
    ):
        commit(alice, new_repo(alice, "shown"), put("a.txt"))
        new_repo(alice, "secret", private=True)
        give_passwords(running.data, "bob")
        yield running


def statuses(hub: LiveHub, pages: dict[str, int | None], **more: object) -> dict[str, list[str]]:
    """What is wrong with pages, but that the browser tells the status that each should have."""
    found = wrong_with(hub.url, list(pages), acts=ACTS, **more)
    for mode in MODES:
        for page, status in pages.items():
            said = found.setdefault(f"{mode} {page}", [])
            told = [it for it in said if re.search(rf"responded with a status of {status}\b", it)]
            if status is not None:
                said[:] = [it for it in said if it not in told] if told else [*said, "no status"]
    return {name: said for name, said in found.items() if said}


def test_to_strangers(hub: LiveHub) -> None:
    assert statuses(hub, STRANGER) == {}


def test_to_somebody(hub: LiveHub) -> None:
    assert statuses(hub, MEMBER, log_in=("bob", PASSWORD)) == {}


def test_after_too_many_passwords(hub: LiveHub) -> None:
    with hub.client() as anyone:
        page = anyone.get("/login")
        form = {"csrf": re.findall(r'name="csrf" value="([^"]+)', page.text)[0], "name": "bob"}
        while anyone.post("/login", data={**form, "password": "x"}).status_code != 429:
            pass
    assert statuses(hub, {"/login#too-often": 429}) == {}
