"""Errors as one table: each class of the domain's tree to a status, once.

Every error carries its text in `X-Error-Message` (HEAD answers have no body) and in the JSON body;
clients tell cases apart by `X-Error-Code`.
"""

import errno
import logging
import re

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from hearthub import errors
from hearthub.db import DatabaseError, IntegrityError, is_busy, is_full
from hearthub.http.plain import plain_page, wants_page
from hearthub.http.urls import redirect_target

log = logging.getLogger("hearthub.http")

GONE = "What this request names was changed by another one in the same moment: try again"
_LFS = re.compile(r"\.git/info/lfs/|^/lfs/objects/")

# The first class that fits decides.
STATUS: list[tuple[type[errors.HearthubError], int]] = [
    (errors.InvalidCredentials, 401),
    (errors.LoginRequired, 401),
    (errors.GatedRepo, 403),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.StaleParent, 412),
    (errors.TooLarge, 413),
    (errors.RangeNotSatisfiable, 416),
    (errors.Unprocessable, 422),
    (errors.BadRequest, 400),
    (errors.UpstreamFailed, 502),
    (errors.TooManyRequests, 429),
    (errors.NoRoom, 507),  # which clients do not repeat
    (errors.Unavailable, 503),
    (errors.HearthubError, 400),
]


def status_of(error: errors.HearthubError, *, anonymous: bool) -> int:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    # The Hub asks strangers to log in where it tells its users "not found" or "ask for access".
    if anonymous and isinstance(error, (errors.RepoNotFound, errors.GatedRepo)):
        return 401
    return status


async def render(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for HearthubError."""
    if isinstance(error, errors.Moved):
        return Response(status_code=307, headers={"Location": redirect_target(request, error)})
    if not isinstance(error, errors.HearthubError):
        raise error
    anonymous = "authorization" not in request.headers
    status = status_of(error, anonymous=anonymous)
    answer = error_response(error, status, challenged=not is_browser(request))
    return _for_git_lfs(answer, error) if _LFS.search(request.scope["path"]) else answer


def _for_git_lfs(answer: Response, error: errors.HearthubError) -> Response:
    """git-lfs shows `message`; without one it shows the address, with the token that is in it."""
    text = printable(str(error))
    headers = {k: v for k, v in answer.headers.items() if not k.startswith("content-")}
    body = {"error": text, "message": text}
    return JSONResponse(body, answer.status_code, headers, "application/vnd.git-lfs+json")


def is_browser(request: Request) -> bool:
    """It would ask its user for a password, and send that along from then on, whoever's page asks;
    git and git-lfs name no such mode."""
    return "sec-fetch-mode" in request.headers


def error_response(
    error: errors.HearthubError, status: int, *, challenged: bool = True
) -> Response:
    """`challenged`: a 401 asks for Basic credentials."""
    text = str(error)
    headers = {"X-Error-Message": header_safe(text)}
    if error.code:
        headers["X-Error-Code"] = error.code
    body: dict[str, object] = {"error": printable(text)}
    if isinstance(error, errors.EntryNotFound) and error.commit:
        headers["X-Repo-Commit"] = error.commit
    if isinstance(error, errors.Conflict) and error.url:
        body["url"] = error.url
    if isinstance(error, errors.Conflict) and error.slug:
        body["slug"] = error.slug
    if isinstance(error, errors.RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, errors.TooManyRequests):
        headers |= _rate_limit(error)
    if isinstance(error, errors.Unavailable) and error.retry_s is not None:
        headers["Retry-After"] = str(error.retry_s)
    if status == 401 and challenged:
        headers["WWW-Authenticate"] = 'Basic realm="Hearthub", charset="UTF-8"'
    return JSONResponse(body, status, headers)


def _rate_limit(error: errors.TooManyRequests) -> dict[str, str]:
    """As huggingface_hub reads it (client-protocol: RateLimit fields of the IETF draft)."""
    return {
        "Retry-After": str(error.retry_s),
        "RateLimit": f'"{error.policy}";r=0;t={error.retry_s}',
        "RateLimit-Policy": f'"fixed window";"{error.policy}";q={error.quota};w={error.window_s}',
    }


async def render_http(_request: Request, error: Exception) -> Response:
    """For the framework's own errors: an unknown route, a method not allowed."""
    if not isinstance(error, HTTPException):
        raise error
    text = str(error.detail)
    headers = {**(error.headers or {}), "X-Error-Message": header_safe(text)}
    return JSONResponse({"error": text}, error.status_code, headers)


async def render_invalid(_request: Request, error: Exception) -> Response:
    """For parameters and bodies that do not fit their declaration: names the first that fails."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return error_response(errors.BadRequest(f"{where}: {first['msg']}"), 400)


async def render_not_unicode(_request: Request, _error: Exception) -> Response:
    """For bad UTF-8 in a URL, lone surrogates in JSON: text that no database can hold."""
    return error_response(errors.BadRequest("A text of the request is not valid Unicode"), 400)


def render_crash(scope: Scope, error: Exception) -> Response:
    """What no part foresaw. The details are for the log alone."""
    request_id = scope["request_id"]
    log.error(
        "unhandled error on %s %s",
        scope["method"],
        scope["path"],
        exc_info=error,
        extra={"request_id": request_id},
    )
    if wants_page(scope):
        text = (
            "That is a mistake of the hub's. Try again in a moment; if it stays, tell its "
            f"administrator of request {request_id}, under which the hub's log has it."
        )
        return plain_page(500, "That went wrong", text)
    text = f"Internal error; the hub's log has it under request id {request_id}"
    return JSONResponse({"error": text}, 500, {"X-Error-Message": header_safe(text)})


def known(error: BaseException) -> errors.HearthubError | None:
    """What an error of the database or the disk is to the caller; None: a crash."""
    if isinstance(error, errors.HearthubError):
        return error
    if isinstance(error, DatabaseError):
        if is_full(error):
            return errors.NoRoom()
        return errors.Unavailable("The database is busy: try again") if is_busy(error) else None
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return errors.NoRoom()
    return None


async def render_refused(request: Request, error: Exception) -> Response:
    """For DatabaseError and OSError: a disk that is full is no crash."""
    return await render(request, refused(request, error))


async def render_gone(request: Request, error: Exception) -> Response:
    """For IntegrityError: what a write pointed at was deleted, or made, in the same moment."""
    return error_response(refused(request, error), 409)


def refused(request: Request, error: Exception) -> errors.HearthubError:
    """What such an error is to the caller, with a line in the log; raises it when it is a crash."""
    if isinstance(error, IntegrityError):
        return errors.Conflict(GONE)
    found = known(error)
    if found is None:
        raise error
    log.error("%s: %s %s: %s", found, request.method, request.scope["path"], error)
    return found


def printable(text: str) -> str:
    """Text without lone surrogates, which no UTF-8 body can carry."""
    return text.encode(errors="replace").decode()


def header_safe(text: str) -> str:
    """One line of printable latin-1, as headers allow."""
    line = " ".join(text.split())[:500]
    return "".join(c if " " <= c <= "~" else "?" for c in line)
