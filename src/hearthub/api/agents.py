"""`/mcp`: the hub for agents, by the Model Context Protocol. Read-only, one answer a request."""

from importlib import import_module
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hearthub.errors import Forbidden
from hearthub.http.actor import actor_of
from hearthub.http.body import short_body
from hearthub.http.urls import base_url

SERVER = "hearthub.api.agent_server"
MAX_BODY = 2**16
"""Bytes: what is asked is read while all others wait, and of anybody."""


async def mcp(request: Request) -> ASGIApp:
    """With the caller's own token, or none. Raises Forbidden for pages of other sites, BadRequest
    for what is too long."""
    if request.method != "POST":
        return JSONResponse(
            {"error": "Ask /mcp by POST: there is no stream to listen to"}, 405, {"Allow": "POST"}
        )
    _check_origin(request)
    request.scope["hearthub.actor"] = await actor_of(request)
    waiting: list[Message] = [
        {"type": "http.request", "body": await short_body(request, MAX_BODY), "more_body": False}
    ]
    # The first time it takes half a second, in which others are served.
    server = await run_in_threadpool(import_module, SERVER)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        await server.answer(scope, again, send)

    return app


def _check_origin(request: Request) -> None:
    """A browser says whose page asks, also after a trick with DNS that makes it one of this host:
    then `base_url` does not believe the Host. Agents are no browsers and say nothing."""
    origin = request.headers.get("origin")
    own = urlsplit(base_url(request))
    if origin is not None and origin != f"{own.scheme}://{own.netloc}":
        raise Forbidden("A page of another site may not ask /mcp")


routes = [Route("/mcp", mcp, methods=["GET", "POST", "DELETE"])]
