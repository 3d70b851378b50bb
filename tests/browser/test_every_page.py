"""No page of the hub is forgotten: each is among those that axe looks at."""

import re

from starlette.routing import Match

from browser import test_files, test_pages, test_refusals, test_writing
from hearthub.web import pages

NO_PAGES = {
    "/static/{asset:seg}": "styles and scripts",
    "/login/sso": "leads to the provider, or to the log-in with what went wrong",
    "/pulse/metrics/{name:seg}/chart.svg": "a picture",
    "/pulse/metrics/{name:seg}/feed.atom": "a feed",
    "/{namespace:owner}/{name:seg}/feed.atom": "a feed",
    "/{namespace:seg}/feed.atom": "a feed",
    "/feed/{key:seg}.atom": "a feed",
    "/settings": "leads to the first of its pages",
    "/admin": "leads to the first of its pages",
    "/admin/audit-log.csv": "a table to download",
    "/{namespace:owner}/{name:seg}/content/{rev:seg}/{path:rest}": "a file",
    "/{namespace:owner}/{name:seg}/upload/{rev:seg}/file": "how much of a file is here, as JSON",
    "/spaces/{namespace:seg}/{name:seg}/static/{path:rest}": "a file of a space",
    "/spaces/{namespace:seg}/{name:seg}/pass/{pass:seg}/{path:rest}": "a file of a space",
}
LOOKED_AT = [
    *test_pages.PAGES,
    *test_files.PAGES,
    *test_writing.OWN,
    *test_writing.OUTSIDE,
    *test_writing.VISITOR,
    *test_writing.ADMIN,
    *test_refusals.PAGES,
]


def kinds_alike(template: str) -> str:
    """Datasets and spaces have the views of models, under addresses of their own."""
    start = "/{kind:kind}/{namespace:seg}/{name:seg}/"
    return template.replace(start, "/{namespace:owner}/{name:seg}/")


def template_of(address: str) -> str:
    """Of the route that answers: the first that fits, as in the hub."""
    # What only the running hub knows stands in braces.
    address = re.sub(r"\{(\w+)\}", lambda it: {"shelf": "alice/x"}.get(it[1], "x"), address)
    scope = {"type": "http", "method": "GET", "path": re.split("[?#]", address)[0]}
    for route in pages.routes:
        if route.matches(scope)[0] is Match.FULL:
            return kinds_alike(route.path)
    raise AssertionError(f"no page is at {address}")


def test_every_page_is_looked_at() -> None:
    served = {kinds_alike(it.path) for it in pages.routes if "GET" in (it.methods or ())}
    seen = {template_of(address) for address in LOOKED_AT}
    assert served - seen - set(NO_PAGES) == set(), "put them on a list of tests/browser"
    assert set(NO_PAGES) - (served - seen) == set(), "these are pages, or no routes"
