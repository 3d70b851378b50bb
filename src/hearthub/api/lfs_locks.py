"""Locks of git-lfs (its locking API)."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hearthub.api.lfs import MEDIA_TYPE, read_json
from hearthub.api.params import named_repo
from hearthub.clock import iso
from hearthub.errors import BadRequest
from hearthub.http.urls import hub_of
from hearthub.registry import Lock, Locked, Repo, Right

PAGE = 100


class NewLock(BaseModel):
    path: str = Field(max_length=4096)


class Page(BaseModel):
    cursor: str = ""
    limit: int = Field(PAGE, ge=0)


class Unlock(BaseModel):
    force: bool = False


async def create(request: Request) -> Response:
    """`POST /{repo}.git/info/lfs/locks`: lock a file."""
    body = await read_json(NewLock, request)
    actor, repo = await named_repo(request, Right.WRITE)
    locks = hub_of(request).registry.locks
    try:
        lock = await run_in_threadpool(locks.create, actor, repo, body.path)
    except Locked as error:
        return _answer({"lock": _told(error.lock), "message": str(error)}, 409)
    return _answer({"lock": _told(lock)}, 201)


async def listed(request: Request) -> Response:
    """`GET /{repo}.git/info/lfs/locks`: who has what."""
    query = request.query_params
    _, repo = await named_repo(request, Right.READ)
    limit = _number(query.get("limit") or str(PAGE))
    after, lock_id = _number(query.get("cursor") or "0"), query.get("id")
    locks, following = await _page(
        request, repo, after, limit, path=query.get("path"),
        lock_id=_number(lock_id) if lock_id else None,
    )  # fmt: skip
    return _answer({"locks": [_told(it) for it in locks], **following})


async def verify(request: Request) -> Response:
    """`POST /{repo}.git/info/lfs/locks/verify`: before a push, which of them are others'.

    Also before one to a pull request, by its author: git-lfs stops, or warns, where this fails.
    """
    body = await read_json(Page, request)
    actor, repo = await named_repo(request, Right.PROPOSE)
    locks, following = await _page(request, repo, _number(body.cursor or "0"), body.limit)
    ours = [_told(it) for it in locks if it.owner_id == actor.user_id]
    theirs = [_told(it) for it in locks if it.owner_id != actor.user_id]
    return _answer({"ours": ours, "theirs": theirs, **following})


async def unlock(request: Request) -> Response:
    """`POST /{repo}.git/info/lfs/locks/{id}/unlock`."""
    body = await read_json(Unlock, request)
    actor, repo = await named_repo(request, Right.WRITE)
    locks, lock_id = hub_of(request).registry.locks, _number(request.path_params["lock"])
    lock = await run_in_threadpool(lambda: locks.delete(actor, repo, lock_id, force=body.force))
    return _answer({"lock": _told(lock)})


async def _page(
    request: Request, repo: Repo, after: int, limit: int, **chosen: Any
) -> tuple[list[Lock], dict[str, str]]:
    locks = hub_of(request).registry.locks
    limit = min(max(1, limit), PAGE)
    found = await run_in_threadpool(lambda: locks.of(repo, after=after, limit=limit + 1, **chosen))
    following = {"next_cursor": str(found[limit - 1].id)} if len(found) > limit else {}
    return found[:limit], following


def _told(lock: Lock) -> dict[str, Any]:
    return {
        "id": str(lock.id),
        "path": lock.path,
        "locked_at": iso(lock.created),
        "owner": {"name": lock.owner},
    }


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadRequest(f"{text[:40]!r} is no number")
    return int(text)


_Handler = Callable[[Request], Awaitable[Response]]
_PATHS: tuple[tuple[str, _Handler, str], ...] = (
    ("", create, "POST"),
    ("", listed, "GET"),
    ("/verify", verify, "POST"),
    ("/{lock:seg}/unlock", unlock, "POST"),
)
routes = [
    Route(
        f"{prefix}{{namespace:seg}}/{{name:seg}}.git/info/lfs/locks{path}",
        handler,
        methods=[method],
    )
    for prefix in ("/{kind:kind}/", "/")
    for path, handler, method in _PATHS
]
