"""Bodies on their way in: spooled to disk in large batches, never held in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from hearthub.errors import BadRequest, TooLarge
from hearthub.storage import Spool, Storage

# The hop to a thread costs what writing 50 KB costs; at 4 MiB it no longer shows.
BATCH = 4 * 2**20


@asynccontextmanager
async def spool_body(
    request: Request, storage: Storage, limit: int, *, hashed: bool
) -> AsyncIterator[Spool]:
    """The whole body in a temporary file that is gone after the block.

    Raises TooLarge past `limit` bytes (at once when the client said so), BadRequest when the
    client goes away in the middle. The next batch is received while the last one is written.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"The body has {declared} bytes, the limit is {limit}")
    with await run_in_threadpool(storage.spool, limit, hashed=hashed) as spool:
        batch: list[bytes] = []
        waiting, writing = 0, None
        try:
            async for chunk in request.stream():
                batch.append(chunk)
                waiting += len(chunk)
                if waiting >= BATCH:
                    if writing is not None:
                        await writing
                    writing = asyncio.ensure_future(run_in_threadpool(spool.write, *batch))
                    batch, waiting = [], 0
        except ClientDisconnect:
            raise BadRequest("The connection was closed before the body was complete") from None
        finally:
            if writing is not None:
                await writing
        if batch:
            await run_in_threadpool(spool.write, *batch)
        spool.close()
        yield spool
