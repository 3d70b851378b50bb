"""Addresses that no page has, and what no page takes: a page says so to whoever looks."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import NotFound
from hearthub.http import errors as http_errors
from hearthub.http.plain import wants_page
from hearthub.web.rendering import guarded, page

NOTHING = "There is no such page. The address may be mistyped, or be of an older version."
NOT_SO = (
    "This address does not take what was sent to it. Go back, load the page again, and send it "
    "once more."
)


async def render_http(request: Request, error: Exception) -> Response:
    """For the framework's own errors, in place of `http.errors.render_http`."""
    if not isinstance(error, HTTPException) or not wants_page(request.scope):
        return await http_errors.render_http(request, error)
    return await run_in_threadpool(guarded, partial(_unknown, error), request)


def _unknown(error: HTTPException, _request: Request) -> Response:
    if error.status_code == 404:
        raise NotFound(NOTHING)
    answer = page(
        "error.html",
        error.status_code,
        title="That did not work",
        text=NOT_SO,
        instead=None,
        back=("/", "the home page"),
    )
    answer.headers.update(error.headers or {})
    return answer
