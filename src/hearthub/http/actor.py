"""Who is asking: the actor of a request, from its Authorization header and nothing else."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.context import Hub
from hearthub.errors import Forbidden, InvalidCredentials
from hearthub.events import came_with
from hearthub.http.callers import token_in
from hearthub.http.rates import rates_of
from hearthub.http.urls import hub_of, is_same_origin

T = TypeVar("T")


async def read(hub: Hub, function: Callable[..., T], *args: object) -> T:
    """Run a door's short read where it costs least: inline on SQLite, else in a thread.

    A point read on SQLite takes tens of microseconds, the hop to a thread more than that.
    """
    if hub.db.is_sqlite:
        return function(*args)
    return await run_in_threadpool(function, *args)


async def actor_of(request: Request) -> Actor:
    """The actor; ANONYMOUS without the header; raises InvalidCredentials for a bad token."""
    token = token_of(request)
    if token is None:
        return ANONYMOUS
    hub, rates = hub_of(request), rates_of(request.scope)
    try:
        actor = await read(hub, hub.accounts.authenticate, token)
    except InvalidCredentials:
        rates.reject(token)
        raise
    if actor.token:
        came_with(actor.token.id)
        rates.accept(token, actor.token.id, request.scope)
    return actor


def token_of(request: Request) -> str | None:
    """The Bearer token, or the password of Basic (git, git-lfs).

    Browsers add Basic credentials by themselves, to what pages of other sites send too: Forbidden.
    """
    header = request.headers.get("authorization")
    if not header:
        return None
    is_basic = header[:6].lower() == "basic "
    if is_basic and request.method not in ("GET", "HEAD") and not is_same_origin(request):
        raise Forbidden("This was sent by a page of another site, so nothing was done")
    return token_in(header)


# A coroutine, because the framework would give a plain function a thread of its own.
async def _hub(request: Request) -> Hub:
    return hub_of(request)


CurrentHub = Annotated[Hub, Depends(_hub)]
CurrentActor = Annotated[Actor, Depends(actor_of)]
