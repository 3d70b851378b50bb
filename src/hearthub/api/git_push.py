"""Pushes: commands and a pack in, a report out (gitprotocol-pack(5))."""

import re
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from hearthub.accounts import Actor
from hearthub.errors import BadRequest, HearthubError
from hearthub.http.actor import read
from hearthub.http.body import declared_length, spool_body
from hearthub.http.pktlines import PACK, PROGRESS, Mark, in_band, line, read_lines
from hearthub.http.threads import run_heavy
from hearthub.http.urls import hub_of
from hearthub.registry import Pack, Registry, Repo, Update, Verdict

MAX_PACK = 16 * 2**30
MAX_COMMANDS = 2**20
POST_BUFFER = 2**20
"""Bytes that git sends whole, with their length. Of a status git shows only the number: these are
read, to say in the report why there is no room for them."""
CAPABILITIES = (
    "report-status delete-refs side-band-64k quiet atomic ofs-delta no-thin object-format=sha1"
)
_COMMAND = re.compile(r"([0-9a-f]{40}) ([0-9a-f]{40}) (\S+)")


async def answer(request: Request, actor: Actor, repo: Repo) -> Response:
    hub = hub_of(request)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise BadRequest("A push cannot be packed once more")
    by = hub.registry.proposer(actor, repo)
    if (size := declared_length(request)) > POST_BUFFER:
        await read(hub, hub.registry.require_room, repo.id, size, by)
    async with spool_body(request, hub.storage, MAX_PACK, hashed=False, spare=POST_BUFFER) as spool:
        body = await run_heavy(_push, hub.registry, actor, repo, spool.path)
    return Response(
        body,
        media_type="application/x-git-receive-pack-result",
        headers={"Cache-Control": "no-cache, max-age=0, must-revalidate"},
    )


def _push(registry: Registry, actor: Actor, repo: Repo, path: Path) -> bytes:
    with path.open("rb") as file:
        updates, flags, end = _commands(file.read(MAX_COMMANDS))
    if not updates:  # before git sends much it asks whether it may
        return b""
    pack = Pack(path, end)
    try:
        verdicts = registry.git.push(
            actor, repo, updates, pack if pack.size else None, is_atomic="atomic" in flags
        )
        problem = None
    except HearthubError as error:
        problem = " ".join(str(error).split())
        verdicts = [Verdict(update.ref, "nothing was changed") for update in updates]
    return _report(verdicts, problem, flags)


def _commands(head: bytes) -> tuple[list[Update], set[str], int]:
    """What is to move, the client's capabilities, and where the pack begins."""
    updates, flags = list[Update](), set[str]()
    for it, end in read_lines(head):
        if not isinstance(it, bytes):
            return updates, flags, end
        command, _, told = it.decode(errors="surrogateescape").partition("\0")
        flags |= set(told.split())
        if command.startswith("shallow "):
            continue  # whether all that is pushed is here is looked at in any case
        found = _COMMAND.fullmatch(command)
        if found is None:
            raise BadRequest(f"receive-pack: {command[:100]!r} is no command")
        updates.append(Update(found[3], found[1], found[2]))
    raise BadRequest("receive-pack: the list of commands does not end")


def _report(verdicts: Sequence[Verdict], problem: str | None, flags: set[str]) -> bytes:
    if "report-status" not in flags:
        return b""
    told = [f"unpack {problem or 'ok'}\n"]
    told += [f"ng {it.ref} {it.reason}\n" if it.reason else f"ok {it.ref}\n" for it in verdicts]
    encoded = [it.encode(errors="surrogateescape") for it in told]
    report = b"".join(line(it) for it in encoded) + Mark.FLUSH.value
    if not flags & {"side-band", "side-band-64k"}:
        return report
    said = in_band(PROGRESS, f"error: {problem}\n".encode(errors="replace")) if problem else b""
    return said + in_band(PACK, report) + Mark.FLUSH.value
