"""What a browser does to sign in by a provider, and the hub that it does so at."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from browsing import PASSWORD, Browser
from live import LiveHub, live_hub
from web.provider import CLIENT, SECRET, Provider


@contextmanager
def running(provider: Provider, folder: Path) -> Iterator[LiveHub]:
    with live_hub(
        folder,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_name="Acme",
        oidc_sign_up="acme.example",
        rate_logins=0,
    ) as found:
        yield found


def at_provider(browser: Browser, url: str) -> str:
    """Where the provider sends the browser back to, as a path here."""
    with httpx.Client(verify=False) as outside:
        back = outside.get(url).headers["location"]
    assert back.startswith(str(browser.base_url).rstrip("/"))
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def sign_in(browser: Browser, target: str = "/") -> httpx.Response:
    begun = browser.get("/login/sso", params={"next": target})
    assert begun.status_code == 303, begun.text
    return browser.get(at_provider(browser, begun.headers["location"]))


def begin_connecting(browser: Browser) -> str:
    """By the form in one's settings, whose answer has the link to the provider; where it ends."""
    page = browser.submit("/settings/sessions", "/settings/sign-ins", password=PASSWORD).text
    url = next(it for it in re.findall(r'href="([^"]+)"', page) if "/authorize" in it)
    return at_provider(browser, html.unescape(url))


def connect(browser: Browser) -> httpx.Response:
    return browser.get(begin_connecting(browser))
