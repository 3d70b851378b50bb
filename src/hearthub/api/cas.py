"""The content-addressed store Xet clients talk to: chunks, xorbs, shards, reconstructions.

Plain routes below `/cas/{generation}`; answers and statuses are those hf_xet acts on. A 404 on a
grant sends it to the plain upload; a 200 there means "stored already".
"""

import asyncio
import json
import queue
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.api.xet_tokens import claims_of
from hearthub.api.xet_urls import cas_url
from hearthub.context import Hub
from hearthub.errors import HearthubError, InvalidCredentials, NotFound
from hearthub.http.actor import read
from hearthub.http.body import spool_body
from hearthub.http.errors import printable
from hearthub.http.files import BytesResponse, MultiRangeResponse
from hearthub.http.ranges import parse_range, parse_ranges
from hearthub.http.urls import hub_of
from hearthub.registry import Right
from hearthub.storage import Spool

MAX_OFFSET = 2**60
HEARTBEAT_S = 10
ROOT = "/cas/{generation:seg}"


async def chunk(request: Request) -> Response:
    """`GET /v1/chunks/{prefix}/{hash}`: where a chunk is known from, as a shard; 404 when new."""
    hub, claims = hub_of(request), claims_of(request, "read")
    await run_in_threadpool(_still_there, hub, claims)
    answer = await run_in_threadpool(
        hub.storage.dedup, claims["repo"], request.path_params["hash"], _readable(hub, claims)
    )
    if answer is None:
        raise NotFound("No file of yours begins or aligns with this chunk")
    return Response(answer, media_type="application/octet-stream")


async def grant(request: Request) -> Response:
    """`POST /v1/xorb-grants/{prefix}/{hash}`: only tells whether the xorb is stored."""
    hub, claims = hub_of(request), claims_of(request, "write")
    xorb = request.path_params["hash"]
    await run_in_threadpool(_still_there, hub, claims)
    known = await run_in_threadpool(
        hub.storage.is_xorb_known, claims["repo"], xorb, _readable(hub, claims)
    )
    return JSONResponse({}, 200) if known else JSONResponse({"error": "no grants"}, 404)


async def post_xorb(request: Request) -> Response:
    """`POST /v1/xorbs/{prefix}/{hash}`: acknowledged only after every hash was recomputed."""
    hub, claims = hub_of(request), claims_of(request, "write")
    await run_in_threadpool(_still_there, hub, claims)
    async with spool_body(request, hub.storage, hub.storage.max_xorb, hashed=False) as spool:
        inserted = await run_in_threadpool(
            hub.storage.receive_xorb, claims["repo"], request.path_params["hash"], spool
        )
    return JSONResponse({"was_inserted": inserted})


async def post_shard_v1(request: Request) -> Response:
    hub, claims = hub_of(request), claims_of(request, "write")
    await run_in_threadpool(_still_there, hub, claims)
    async with spool_body(request, hub.storage, hub.storage.max_shard, hashed=False) as spool:
        await run_in_threadpool(hub.storage.register_shard, claims["repo"], spool)
    return JSONResponse({"result": 1})


async def post_shard_v2(request: Request) -> Response:
    """Progress as NDJSON frames: hashing 80 GB takes a minute and clients give up in silence."""
    hub, claims = hub_of(request), claims_of(request, "write")
    await run_in_threadpool(_still_there, hub, claims)
    # The body is read before the answer starts: from then on the framework listens to the
    # connection itself.
    stack = AsyncExitStack()
    body = spool_body(request, hub.storage, hub.storage.max_shard, hashed=False)
    spool = await stack.enter_async_context(body)
    frames = _register(hub, claims["repo"], spool, stack)
    return StreamingResponse(frames, media_type="application/x-ndjson")


async def _register(
    hub: Hub, repo_id: int, spool: Spool, stack: AsyncExitStack
) -> AsyncIterator[bytes]:
    progress: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()

    def note(done: int, total: int) -> None:
        progress.put((done, total))

    async with stack:
        work = asyncio.ensure_future(
            run_in_threadpool(hub.storage.register_shard, repo_id, spool, note)
        )
        yield _frame(type="validating", verified=0, total=1)
        while not (await asyncio.wait({work}, timeout=HEARTBEAT_S))[0]:
            done, total = 0, 1
            while not progress.empty():
                done, total = progress.get_nowait()
            yield _frame(type="validating", verified=done, total=total)
        try:
            work.result()
        except HearthubError as error:
            yield _frame(type="error", message=printable(str(error)), retryable=False)
        else:
            yield _frame(type="committing", stage="syncing")
            yield _frame(type="result", result=1)


async def reconstruction(request: Request) -> Response:
    """`GET /v1|v2/reconstructions/{file}`: which ranges of which xorbs make these bytes."""
    hub, claims = hub_of(request), claims_of(request, "read")
    params = request.path_params
    if params["version"] not in ("v1", "v2"):
        raise NotFound("Reconstructions come as v1 and v2")
    url = f"{cas_url(request)}/xorb-data"

    def url_for(xorb: str, ranges: list[tuple[int, int]]) -> str:
        return f"{url}/{xorb}?sig={hub.storage.sign_xorb(xorb, ranges)}"

    def plan() -> dict[str, Any]:
        _still_there(hub, claims)
        # Sizes are the store's to know: it clamps the end, and refuses a start past it.
        start, end = parse_range(request.headers.get("range"), MAX_OFFSET) or (0, None)
        version = int(params["version"][1:])
        return hub.storage.reconstruction(
            claims["repo"], params["file"], start, end, url_for, version
        )

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


def _readable(hub: Hub, claims: dict[str, Any]) -> Callable[[list[int]], set[int]]:
    """Which repos the token's owner may read, asked when the answer depends on it."""

    def readable(repo_ids: list[int]) -> set[int]:
        return hub.registry.readable(_owner(hub, claims), repo_ids)

    return readable


def _still_there(hub: Hub, claims: dict[str, Any]) -> None:
    """A store token outlives neither its repo nor its owner's rights on it."""
    hub.registry.recheck(_owner(hub, claims), claims["repo"], Right[claims["scope"].upper()])


def _owner(hub: Hub, claims: dict[str, Any]) -> Actor:
    """Who was given the token; raises InvalidCredentials when he may not log in any more."""
    if claims["user"] is None:
        return ANONYMOUS
    account = hub.accounts.account_by_id(claims["user"])
    if account is None or account.disabled:
        raise InvalidCredentials("The Xet token is no good: its user is gone")
    return hub.accounts.actor(account.id)


def _frame(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


routes = [
    Route(f"{ROOT}/v1/chunks/{{prefix:seg}}/{{hash:seg}}", chunk, methods=["GET"]),
    Route(f"{ROOT}/v1/xorb-grants/{{prefix:seg}}/{{hash:seg}}", grant, methods=["POST"]),
    Route(f"{ROOT}/v1/xorbs/{{prefix:seg}}/{{hash:seg}}", post_xorb, methods=["POST"]),
    Route(f"{ROOT}/v1/shards", post_shard_v1, methods=["POST"]),
    Route(f"{ROOT}/v2/shards", post_shard_v2, methods=["POST"]),
    Route(f"{ROOT}/{{version:seg}}/reconstructions/{{file:seg}}", reconstruction),
    Route(f"{ROOT}/xorb-data/{{hash:seg}}", xorb_data),
    Route("/v1/telemetry", telemetry, methods=["POST"]),
]
