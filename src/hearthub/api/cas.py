"""The content-addressed store Xet clients talk to: chunks, xorbs, shards, reconstructions.

Plain routes below `/cas/{generation}`; answers and statuses are those hf_xet acts on. A 404 on a
grant sends it to the plain upload; a 200 there means "stored already".
"""

import asyncio
import json
import logging
import queue
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from hearthub.api import grants
from hearthub.api.grants import Grant
from hearthub.api.xet_tokens import grant_of
from hearthub.api.xet_urls import cas_url
from hearthub.context import Hub
from hearthub.errors import NoRoom, NotFound, Unavailable
from hearthub.http.actor import read
from hearthub.http.body import declared_length, spool_body
from hearthub.http.errors import known, printable
from hearthub.http.files import BytesResponse, MultiRangeResponse
from hearthub.http.ranges import parse_range, parse_ranges
from hearthub.http.threads import run_heavy
from hearthub.http.urls import hub_of
from hearthub.registry import Right

log = logging.getLogger("hearthub.cas")

MAX_OFFSET = 2**60
HEARTBEAT_S = 10
ROOT = "/cas/{generation:seg}"


async def chunk(request: Request) -> Response:
    """`GET /v1/chunks/{prefix}/{hash}`: where a chunk is known from, as a shard; 404 when new."""
    hub, grant = hub_of(request), await grant_of(request, Right.READ)
    answer = await run_in_threadpool(
        hub.storage.dedup, grant.repo, request.path_params["hash"], _readable(hub, grant)
    )
    if answer is None:
        raise NotFound("No file of yours begins or aligns with this chunk")
    return Response(answer, media_type="application/octet-stream")


async def xorb_grant(request: Request) -> Response:
    """`POST /v1/xorb-grants/{prefix}/{hash}`: only tells whether the xorb is stored."""
    hub, grant = hub_of(request), await grant_of(request, Right.PROPOSE)
    xorb = request.path_params["hash"]
    known = await run_in_threadpool(
        hub.storage.is_xorb_known, grant.repo, xorb, _readable(hub, grant)
    )
    return JSONResponse({}, 200) if known else JSONResponse({"error": "no grants"}, 404)


async def post_xorb(request: Request) -> Response:
    """`POST /v1/xorbs/{prefix}/{hash}`: acknowledged only after every hash was recomputed."""
    hub, grant = hub_of(request), await grant_of(request, Right.PROPOSE)
    xorb = request.path_params["hash"]
    by = await read(hub, _admit, hub, grant, xorb, declared_length(request))
    async with spool_body(request, hub.storage, hub.storage.max_xorb, hashed=False) as spool:
        inserted = await run_heavy(hub.storage.receive_xorb, grant.repo, xorb, spool, by)
    return JSONResponse({"was_inserted": inserted})


async def post_shard_v1(request: Request) -> Response:
    hub, grant = hub_of(request), await grant_of(request, Right.PROPOSE)
    by = await read(hub, grants.proposer_of, hub, grant)
    async with spool_body(request, hub.storage, hub.storage.max_shard, hashed=False) as spool:
        await run_heavy(hub.storage.register_shard, grant.repo, spool, None, by)
    return JSONResponse({"result": 1})


async def post_shard_v2(request: Request) -> "ShardAnswer":
    return ShardAnswer(hub_of(request), await grant_of(request, Right.PROPOSE))


class ShardAnswer:
    """Progress as NDJSON frames: hashing 80 GB takes a minute and clients give up in silence.

    An ASGI response of its own, because the framework's streaming one reads the connection while
    it sends, and because the work must end with its body still there, even for a client that left.
    """

    def __init__(self, hub: Hub, grant: Grant) -> None:
        self.hub, self.grant = hub, grant
        self.progress: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        storage, request = self.hub.storage, Request(scope, receive)
        headers = [(b"content-type", b"application/x-ndjson")]
        by = await read(self.hub, grants.proposer_of, self.hub, self.grant)
        async with spool_body(request, storage, storage.max_shard, hashed=False) as spool:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            work = asyncio.ensure_future(
                run_heavy(storage.register_shard, self.grant.repo, spool, self._note, by)
            )
            await send(_frame(type="validating", verified=0, total=1))
            while not (await asyncio.wait({work}, timeout=HEARTBEAT_S))[0]:
                done, total = 0, 1
                while not self.progress.empty():
                    done, total = self.progress.get_nowait()
                await send(_frame(type="validating", verified=done, total=total))
        await self._end(work, send)
        await send({"type": "http.response.body", "body": b""})

    async def _end(self, work: "asyncio.Future[Any]", send: Send) -> None:
        error = work.exception()
        if error is None:
            await send(_frame(type="committing", stage="syncing"))
            await send(_frame(type="result", result=1))
            return
        told = known(error)
        text = printable(str(told)) if told else "Internal error; the hub's log has it"
        retryable = isinstance(told, Unavailable) and not isinstance(told, NoRoom)
        await send(_frame(type="error", message=text, retryable=retryable))
        if told is None:
            log.error("a shard could not be registered", exc_info=error)

    def _note(self, done: int, total: int) -> None:
        self.progress.put((done, total))


async def reconstruction(request: Request) -> Response:
    """`GET /v1|v2/reconstructions/{file}`: which ranges of which xorbs make these bytes."""
    hub, grant = hub_of(request), await grant_of(request, Right.READ)
    params = request.path_params
    if params["version"] not in ("v1", "v2"):
        raise NotFound("Reconstructions come as v1 and v2")
    url = f"{cas_url(request)}/xorb-data"

    def url_for(xorb: str, ranges: list[tuple[int, int]]) -> str:
        return f"{url}/{xorb}?sig={hub.storage.sign_xorb(xorb, ranges)}"

    def plan() -> dict[str, Any]:
        # Sizes are the store's to know: it clamps the end, and refuses a start past it.
        start, end = parse_range(request.headers.get("range"), MAX_OFFSET) or (0, None)
        version = int(params["version"][1:])
        return hub.storage.reconstruction(grant.repo, params["file"], start, end, url_for, version)

    return JSONResponse(await run_in_threadpool(plan))


async def xorb_data(request: Request) -> Response | BytesResponse | MultiRangeResponse:
    """Bytes of a xorb, for the ranges its URL was signed for and parts of them, nothing else."""
    hub, xorb = hub_of(request), request.path_params["hash"]
    wanted = parse_ranges(request.headers.get("range"), MAX_OFFSET)
    location = await read(
        hub,
        hub.storage.open_xorb,
        xorb,
        request.query_params.get("sig", ""),
        [(start, end - 1) for start, end in wanted],
    )
    if len(wanted) > 1:
        return MultiRangeResponse(location, location.size, wanted)
    # What was allowed is what is sent: no other header may turn the range into all of the xorb.
    start, end = wanted[0]
    return BytesResponse(location, location.size, {"range": f"bytes={start}-{end - 1}"}, {})


async def telemetry(_request: Request) -> Response:
    """Accepted and forgotten: nothing is recorded."""
    return JSONResponse({})


def _admit(hub: Hub, grant: Grant, xorb: str, size: int) -> int | None:
    """Who proposes it, if anybody does. Raises OverQuota, NoRoom.

    What a repo of the same owner sent adds nothing to both together; of what others have whoever
    proposes is told nothing.
    """
    by = grants.proposer_of(hub, grant)
    is_shared = by is None and hub.storage.is_owners_xorb(grant.repo, xorb)
    hub.registry.require_room(grant.repo, size, by, shared=size if is_shared else 0)
    if not is_shared:
        hub.storage.require_xorb(grant.repo, size, by)
    return by


def _readable(hub: Hub, grant: Grant) -> Callable[[list[int]], set[int]]:
    """Which repos the grant's holder may read, asked when the answer depends on it."""

    def readable(repo_ids: list[int]) -> set[int]:
        return hub.registry.readable(grants.owner_of(hub, grant), repo_ids)

    return readable


def _frame(**fields: object) -> Message:
    line = json.dumps(fields).encode() + b"\n"
    return {"type": "http.response.body", "body": line, "more_body": True}


routes = [
    Route(f"{ROOT}/v1/chunks/{{prefix:seg}}/{{hash:seg}}", chunk, methods=["GET"]),
    Route(f"{ROOT}/v1/xorb-grants/{{prefix:seg}}/{{hash:seg}}", xorb_grant, methods=["POST"]),
    Route(f"{ROOT}/v1/xorbs/{{prefix:seg}}/{{hash:seg}}", post_xorb, methods=["POST"]),
    Route(f"{ROOT}/v1/shards", post_shard_v1, methods=["POST"]),
    Route(f"{ROOT}/v2/shards", post_shard_v2, methods=["POST"]),
    Route(f"{ROOT}/{{version:seg}}/reconstructions/{{file:seg}}", reconstruction),
    Route(f"{ROOT}/xorb-data/{{hash:seg}}", xorb_data),
    Route("/v1/telemetry", telemetry, methods=["POST"]),
]
