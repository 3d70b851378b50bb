"""Absolute URLs of this hub as the caller can reach it."""

import re
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request

from hearthub.context import Hub
from hearthub.errors import Moved
from hearthub.http.paths import PREFIXES
from hearthub.settings import LOOPBACK

_HOST = re.compile(r"(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d{1,5})?", re.ASCII)


def hub_of(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def base_url(request: Request) -> str:
    """The hub's own URL, without a trailing slash.

    The public URL where one is set. Else the request's Host, but only when it names the address
    we listen on or the local machine: a forged Host must not end up in other people's links.
    """
    settings = hub_of(request).settings
    if settings.public_url:
        return settings.public_url
    host = _HOST.fullmatch(request.headers.get("host", ""))
    if host and host[1].strip("[]").lower() in LOOPBACK | {settings.host.lower()}:
        return f"http://{host[0]}"
    return settings.base_url


def repo_url(request: Request, repo_type: str, full_name: str) -> str:
    return f"{base_url(request)}/{PREFIXES[repo_type]}{full_name}"


def is_own_host(host: str) -> bool:
    """Whether a Host header names this machine by a loopback address."""
    match = _HOST.fullmatch(host)
    return match is not None and match[1].strip("[]").lower() in LOOPBACK


def redirect_target(request: Request, moved: Moved) -> str:
    """The request's own URL with the repo's new name in the place of the old.

    Without scheme and host: huggingface_hub up to 1.29 follows no other redirect of a download.
    """
    old, new = moved.old_name.split("/"), moved.new_name.split("/")
    parts = request.scope["path"].split("/")
    for at in range(1, len(parts) - 1):
        name = unquote(parts[at + 1])
        suffix = ".git" if name == f"{old[1]}.git" else ""
        if [unquote(parts[at]), name.removesuffix(suffix)] == old:
            parts[at : at + 2] = [quote(new[0]), quote(new[1]) + suffix]
            break
    path = "/".join(parts)
    query = request.scope["query_string"].decode("latin-1")
    return urlsplit(base_url(request)).path + path + (f"?{query}" if query else "")


def next_link(request: Request, path: str | None = None, **changed: object) -> str:
    """A `Link` header to the next page: this URL (or `path`) with some parameters changed.

    Absolute, because clients fetch it as it stands.
    """
    url = request.url.include_query_params(**{k: str(v) for k, v in changed.items()})
    return f'<{base_url(request)}{path or request.scope["path"]}?{url.query}>; rel="next"'


def is_same_origin(request: Request) -> bool:
    """By what browsers say and no script can change. Tools that are no browser say nothing."""
    if is_led_by_another_site(request):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    public = hub_of(request).settings.public_url
    if public and origin == _origin(public):
        return True
    # Without a public URL: what was typed. A name that leads here by trickery (DNS rebinding) has
    # cookies of its own, so that nobody is logged in there.
    host = request.headers.get("host", "")
    is_known = is_own_host(host) if public else bool(host)
    return is_known and origin in (f"http://{host}", f"https://{host}")


def is_led_by_another_site(request: Request) -> bool:
    """By a link, a form or a script of another one, as far as the browser says."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
