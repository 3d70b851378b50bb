"""Upload from a browser: as a form, or in pieces that survive a broken connection.

The form is the page's own and works without script, within the limit of one request. With script
(static/upload.js) each file comes in pieces, of which the hub knows how many there are:

    POST  .../files     {"files": [{"path", "size"}]}       an `upload` for each: a signed token
    GET   .../file?upload=                                   {"offset": bytes that are here}
    PUT   .../file?upload=&offset=   a piece                 the same, after it
    POST  .../commit    {"files": [{"path", "upload"}], "summary", "description"}

Whoever sends these is known by the session and by the token of the page, in `X-CSRF-Token`.
"""

import shutil
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hearthub.errors import BadRequest, Conflict, HearthubError, LoginRequired
from hearthub.http.body import declared_length, spool_body
from hearthub.http.errors import printable, status_of
from hearthub.http.threads import run_heavy
from hearthub.http.urls import hub_of
from hearthub.registry import Arrival, CommitHeader, Right, clean_path
from hearthub.storage import Piece
from hearthub.web.forms import Form, require_csrf, require_ours, see_other
from hearthub.web.rendering import page
from hearthub.web.repo_view import STARTS, RepoView, repo_acts, repo_routes

MOST_FILES = 2000
MOST_JSON = 2 * 2**20  # bytes
PIECE = 8 * 2**20
NO_LIMIT = 2**62  # of our own: the Edge has one for every request
POLICY = "script-src 'self'; connect-src 'self'"


def upload_page(request: Request) -> Response:
    return _page(request, _writable(request))


def upload(request: Request, form: Form) -> Response:
    """Without script: all files in one request."""
    at = _writable(request)
    header = CommitHeader(form.text("summary") or "Upload files", form.text("description"))
    limit = at.hub.settings.max_request_body
    try:
        with ExitStack() as stack:
            arrivals = []
            for name, file in form.files:
                if name != "files" or not (file.filename or file.size):
                    continue  # a field that was left empty is sent as a file without a name
                spool = stack.enter_context(at.hub.storage.spool(limit, expected=file.size or 0))
                spool.close()
                with spool.path.open("wb") as target:
                    shutil.copyfileobj(file.file, target)
                    size = target.tell()
                path = _below(form.text("folder"), file.filename or "")
                arrivals.append(Arrival(path, spool.path, size))
            at.hub.registry.arrivals.commit(at.actor, at.repo, at.rev, header, arrivals)
    except HearthubError as error:
        return _page(request, at, form, error)
    return see_other(at.tree(form.text("folder").strip("/")))


def announce(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """What will come: an upload for each file that may."""
    at = _writable(request)
    files = [(clean_path(_text(it, "path")), _size(it)) for it in _files(body)]
    at.hub.registry.require_room(at.repo.id, sum(size for _, size in files))
    user = at.actor.user_id or 0
    return {
        "files": [
            {"path": path, "upload": at.hub.storage.pieces.open(at.repo.id, user, size)}
            for path, size in files
        ]
    }


def finish(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """One commit of all that came. Asking again after a failure is no harm."""
    at, pieces = _writable(request), hub_of(request).storage.pieces
    found = [(_text(it, "path"), _piece(at, _text(it, "upload"))) for it in _files(body)]
    arrivals = [Arrival(path, pieces.whole(it), it.size, it.upload) for path, it in found]
    summary = _text(body, "summary", "").strip() or "Upload files"
    header = CommitHeader(summary, _text(body, "description", "").strip())
    with pieces.ending([piece for _, piece in found]):
        done = at.hub.registry.arrivals.commit(at.actor, at.repo, at.rev, header, arrivals)
    for _, piece in found:
        pieces.drop(piece)
    return {"commit": done.oid, "url": at.tree()}


def received(request: Request) -> dict[str, Any]:
    at = _writable(request)
    piece = _piece(at, request.query_params.get("upload", ""))
    return {"offset": at.hub.storage.pieces.received(piece)}


async def put_piece(request: Request) -> dict[str, Any]:
    hub, offset = hub_of(request), request.query_params.get("offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 19):
        raise BadRequest("offset must be a whole number")

    def found() -> Piece:
        at = _writable(request)
        piece = _piece(at, request.query_params.get("upload", ""))
        if int(offset) == hub.storage.pieces.received(piece):  # else it is here, and counted
            hub.registry.require_room(at.repo.id, declared_length(request))
        return piece

    piece = await run_in_threadpool(found)
    async with spool_body(request, hub.storage, PIECE, hashed=False) as spool:
        try:
            here = await run_heavy(hub.storage.pieces.append, piece, int(offset), spool)
        except Conflict:  # it came already, and the answer was lost
            here = await run_in_threadpool(hub.storage.pieces.received, piece)
    return {"offset": here}


def _writable(request: Request) -> RepoView:
    at = RepoView.of(request)
    if at.actor.is_anonymous:
        raise LoginRequired
    at.require(Right.WRITE)
    if not at.may_commit:
        raise BadRequest(f"Files are uploaded to a branch, and {at.rev[:200]} is none")
    return at


def _piece(at: RepoView, token: str) -> Piece:
    return at.hub.storage.pieces.piece(token, at.repo.id, at.actor.user_id or 0)


def _below(folder: str, name: str) -> str:
    """Browsers send a folder's files with their path in it. What is wrong with it is said later."""
    folder = folder.strip("/")
    return f"{folder}/{name}" if folder else name


def _page(
    request: Request, at: RepoView, form: Form | None = None, error: HearthubError | None = None
) -> Response:
    asked = request.query_params.get("folder", "")
    typed = {name: form.text(name) if form else "" for name in ("folder", "summary", "description")}
    values: dict[str, Any] = {
        "at": at,
        "repo": at.repo,
        "tab": "files",
        "may_settings": at.may_settings,
        "section": f"{at.repo.type}s",
    }
    return page(
        "upload.html",
        200 if error is None else status_of(error, anonymous=False),
        policy=POLICY,
        action=at.href("upload"),
        typed=typed if form else typed | {"folder": asked},
        error=error,
        most_bytes=at.hub.settings.max_request_body,
        most_files=MOST_FILES,
        piece=min(PIECE, at.hub.settings.max_request_body),
        **values,
    )


# -- what the script sends ------------------------------------------------------------------------


def _endpoint(view: Callable[[Request], Awaitable[dict[str, Any]]]) -> Callable[[Request], Any]:
    """Errors are JSON. Each request has the token of the page."""

    async def endpoint(request: Request) -> Response:
        try:
            await run_in_threadpool(_require, request)
            answer, status = await view(request), 200
        except HearthubError as error:
            # Without WWW-Authenticate, at which browsers ask for a password of their own.
            answer, status = {"error": printable(str(error))}, status_of(error, anonymous=False)
        headers = {"Cache-Control": "private, no-store", "Vary": "Cookie"}
        return JSONResponse(answer, status, headers)

    return endpoint


def _require(request: Request) -> None:
    require_ours(request)
    require_csrf(request, request.headers.get("x-csrf-token", ""))


def _json(view: Callable[[Request, dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    async def with_body(request: Request) -> dict[str, Any]:
        return await run_heavy(view, request, await _body(request))

    return _endpoint(with_body)


async def _body(request: Request) -> dict[str, Any]:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_JSON:
            raise BadRequest(f"The body has more than {MOST_JSON} bytes")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadRequest("The body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The body is an object")
    return body


def _files(body: dict[str, Any]) -> list[dict[str, Any]]:
    files = body.get("files")
    if not isinstance(files, list) or not all(isinstance(it, dict) for it in files):
        raise BadRequest("files must be a list of objects")
    if not 0 < len(files) <= MOST_FILES:
        raise BadRequest(f"An upload has 1 to {MOST_FILES} files: send several")
    return files


def _text(body: dict[str, Any], key: str, default: str | None = None) -> str:
    found = body.get(key, default)
    if not isinstance(found, str):
        raise BadRequest(f"{key} must be a text")
    return found


def _size(body: dict[str, Any]) -> int:
    size = body.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise BadRequest("size must be a whole number of bytes")
    return size


async def _received(request: Request) -> dict[str, Any]:
    return await run_in_threadpool(received, request)


def _script_routes() -> Iterable[Route]:
    for start in STARTS:
        root = f"{start}upload/{{rev:seg}}"
        yield Route(f"{root}/files", _json(announce), methods=["POST"])
        yield Route(f"{root}/file", _endpoint(_received))
        yield Route(f"{root}/file", _endpoint(put_piece), methods=["PUT"])
        yield Route(f"{root}/commit", _json(finish), methods=["POST"])


routes = [
    *repo_routes(upload_page, "upload/{rev:seg}"),
    *repo_acts(upload, "upload/{rev:seg}", limit=NO_LIMIT),
    *_script_routes(),
]
