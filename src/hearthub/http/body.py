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


def declared_length(request: Request) -> int:
    """What the client says it will send, in bytes; 0 when it does not say."""
    header = request.headers.get("content-length", "")
    return int(header) if header.isdigit() else 0


async def short_body(request: Request, most: int) -> bytes:
    """The whole of a small body; BadRequest as soon as it has more than `most` bytes."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BadRequest(f"The body has more than {most} bytes")
    return body


@asynccontextmanager
async def spool_body(
    request: Request, storage: Storage, limit: int, *, hashed: bool, spare: int = 0
) -> AsyncIterator[Spool]:
    """The whole body in a temporary file that is gone after the block.

    Raises TooLarge past `limit` bytes (at once when the client said so), BadRequest when the
    client goes away in the middle, NoRoom when the disk is nearly full and the body has more than
    `spare` bytes. The next batch is received while the last one is written.
    """
    declared = declared_length(request)
    if declared > limit:
        raise TooLarge(f"The body has {declared} bytes, the limit is {limit}")
    with await run_in_threadpool(
        storage.spool, limit, hashed=hashed, expected=declared, spare=spare
    ) as spool:
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
