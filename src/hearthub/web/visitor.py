"""Who looks at a page."""

from starlette.requests import Request

from hearthub.accounts import ANONYMOUS, Actor


def visitor(_request: Request) -> Actor:
    """The one place that pages learn it from; the API's tokens say nothing here."""
    return ANONYMOUS
