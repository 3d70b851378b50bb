"""Git LFS: the batch API, and uploads and downloads by signed URLs that need no header.

Clients send these bytes without a token, so each URL carries its own permission: one repo, one
object, one size, for a while, and as long as its holder has the right.
"""

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hearthub.accounts import Actor
from hearthub.api import grants
from hearthub.api.grants import Grant
from hearthub.api.params import named_repo
from hearthub.api.xet_tokens import store_access
from hearthub.api.xet_urls import token_url
from hearthub.context import Hub
from hearthub.errors import BadRequest, Forbidden, HearthubError, NotFound
from hearthub.http.actor import read
from hearthub.http.body import spool_body
from hearthub.http.errors import status_of
from hearthub.http.files import STRANGER, BytesResponse
from hearthub.http.threads import run_heavy
from hearthub.http.urls import base_url, hub_of, repo_url
from hearthub.registry import Repo, Right
from hearthub.storage import Ticket, Upload

T = TypeVar("T", bound=BaseModel)

MEDIA_TYPE = "application/vnd.git-lfs+json"
PURPOSE = "lfs"
TTL_S = 24 * 3600
MAX_BODY = 8 * 2**20


class LfsObject(BaseModel):
    oid: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Batch(BaseModel):
    operation: str = Field(pattern="^(upload|download)$")
    objects: list[LfsObject] = Field(max_length=1000)
    transfers: list[str] = ["basic"]
    hash_algo: str = Field("sha256", pattern="^sha_?256$")

    @property
    def by_xet(self) -> bool:
        """Whoever can upload by Xet does: only new chunks travel."""
        return self.operation == "upload" and "xet" in self.transfers


class Part(BaseModel):
    partNumber: int = Field(ge=1)  # noqa: N815
    etag: str


class Completion(BaseModel):
    oid: str
    parts: list[Part] = Field(max_length=100_000)


async def batch(request: Request) -> Response:
    """`POST /{repo}.git/info/lfs/objects/batch`: where each object goes, or comes from."""
    body = await read_json(Batch, request)
    hub, need = hub_of(request), Right.PROPOSE if body.operation == "upload" else Right.READ
    actor, repo = await named_repo(request, need)
    describe = _upload if body.operation == "upload" else _download
    answers = await run_in_threadpool(describe, request, hub, actor, repo, body)
    transfer = "multipart" if any("chunk_size" in _header(item) for item in answers) else "basic"
    if body.by_xet:
        transfer = "xet"
    return JSONResponse(
        {"transfer": transfer, "objects": answers, "hash_algo": "sha256"}, media_type=MEDIA_TYPE
    )


async def put_object(request: Request) -> Response:
    """`PUT /lfs/objects/{oid}?sig=`: one whole object; its sha256 and size must be as promised."""
    hub, ticket = hub_of(request), await _ticket(request)
    await read(hub, _require, hub, ticket)
    async with spool_body(request, hub.storage, ticket.size, hashed=True) as spool:
        await run_heavy(hub.storage.lfs.receive, ticket, spool)
    return Response(status_code=200)


async def put_part(request: Request) -> Response:
    """`PUT /lfs/objects/{oid}/{part}?sig=`: one part of a multipart upload."""
    hub, ticket = hub_of(request), await _ticket(request)
    number = request.path_params["part"]
    if not (number.isascii() and number.isdigit() and len(number) < 8):
        raise BadRequest("A part is named by its number")
    limit = ticket.part_length(int(number))
    await read(hub, hub.registry.require_room, ticket.repo_id, 0, ticket.by)
    async with spool_body(request, hub.storage, limit, hashed=False) as spool:
        etag = await run_heavy(hub.storage.lfs.receive_part, ticket, int(number), spool)
    return Response(status_code=200, headers={"ETag": f'"{etag}"'})


async def complete(request: Request) -> Response:
    """`POST /lfs/objects/{oid}?sig=`: all parts are there; put together, hashed, kept."""
    hub, ticket = hub_of(request), await _ticket(request)
    body = await read_json(Completion, request)
    if body.oid != ticket.sha256:
        raise BadRequest("This URL was signed for another object")
    numbers = [part.partNumber for part in body.parts]
    await run_heavy(hub.storage.lfs.complete, ticket, numbers)
    return JSONResponse({})


async def verify(request: Request) -> Response:
    """`POST /{repo}.git/info/lfs/verify`: whether the repo has an object of this size."""
    hub, body = hub_of(request), await read_json(LfsObject, request)
    _, repo = await named_repo(request, Right.PROPOSE)
    stored = (await run_in_threadpool(hub.storage.objects, repo.id, [body.oid])).get(body.oid)
    if stored is None or stored.size != body.size:
        raise NotFound(f"Object {body.oid} of {body.size} bytes is not stored for this repo")
    return JSONResponse({}, media_type=MEDIA_TYPE)


async def get_object(request: Request) -> Response | BytesResponse:
    """`GET /lfs/objects/{oid}?sig=`: the bytes, by range if asked."""
    hub, oid = hub_of(request), request.path_params["oid"]
    grant = await _grant(request, Right.READ)
    location = await read(hub, hub.storage.locate, grant.repo, oid)
    return BytesResponse(location, location.size, request.headers, {"ETag": f'"{oid}"', **STRANGER})


def _upload(
    request: Request, hub: Hub, actor: Actor, repo: Repo, body: Batch
) -> list[dict[str, Any]]:
    wanted = [(item.oid, item.size) for item in body.objects]
    by, multipart = hub.registry.proposer(actor, repo), "multipart" in body.transfers
    uploads = hub.storage.lfs.batch_upload(repo.id, wanted, multipart=multipart, by=by)
    room = _Room(hub, repo, by)
    answers, seen = [], dict[tuple[str, int], dict[str, Any]]()
    for upload in uploads:
        if answer := seen.get((upload.sha256, upload.size), {}):  # named twice, and sent once
            answers.append(answer)
            continue
        answer |= {"oid": upload.sha256, "size": upload.size}
        seen[upload.sha256, upload.size] = answer
        if upload.error:
            answer["error"] = {"code": 422, "message": upload.error}
        elif upload.token and (refusal := room.take(upload)):
            answer["error"] = refusal
        elif upload.token and body.by_xet:
            answer["actions"] = _xet_actions(request, actor, repo)
        elif upload.token:
            answer["actions"] = _upload_actions(request, actor, repo, upload)
        answers.append(answer)
    return answers


class _Room:
    """What a repo has left, taken by the objects of a batch one after the other."""

    def __init__(self, hub: Hub, repo: Repo, by: int | None) -> None:
        self._hub, self._repo, self._by = hub, repo, by
        self._taken = self._shared = 0
        self._refused: dict[bool, tuple[int, dict[str, Any]]] = {}

    def take(self, upload: Upload) -> dict[str, Any] | None:
        """None, or the error of an object that does not fit after those before it."""
        size, is_shared = upload.size, upload.is_shared
        # Where one did not fit no larger one will; a repo is measured before it is refused.
        refused = self._refused.get(is_shared)
        if refused and size >= refused[0]:
            return refused[1]
        more, shared = self._taken + size, self._shared + (size if is_shared else 0)
        try:
            self._hub.registry.require_room(self._repo.id, more, self._by, shared=shared)
        except HearthubError as error:
            answer = {"code": status_of(error, anonymous=False), "message": str(error)}
            self._refused[is_shared] = size, answer
            return answer
        self._taken, self._shared = more, shared
        return None


def _require(hub: Hub, ticket: Ticket) -> None:
    """Raises OverQuota, NoRoom."""
    hub.storage.require_files(ticket.repo_id, {ticket.sha256: ticket.size}, ticket.by)
    hub.storage.require_room(ticket.size)


def _upload_actions(request: Request, actor: Actor, repo: Repo, upload: Upload) -> dict[str, Any]:
    grant = grants.issue(hub_of(request), PURPOSE, actor, repo, Right.PROPOSE, TTL_S)
    query = f"?sig={upload.token}&grant={grant}"
    url = f"{base_url(request)}/lfs/objects/{upload.sha256}"
    action: dict[str, Any] = {"href": f"{url}{query}"}
    if upload.part_size:
        # Nothing else may stand in this header: git's transfer agent takes every other value,
        # in order, for a part URL.
        action["header"] = {"chunk_size": str(upload.part_size)} | {
            str(number): f"{url}/{number}{query}" for number in range(1, upload.parts + 1)
        }
    verify_url = f"{repo_url(request, repo.type, repo.full_name)}.git/info/lfs/verify"
    return {"upload": action, "verify": {"href": verify_url}}


def _xet_actions(request: Request, actor: Actor, repo: Repo) -> dict[str, Any]:
    """The store's address and token; at `href` a client gets a new token when that one ends."""
    href = token_url(request, repo, "main", "write")
    return {"upload": {"href": href, "header": store_access(request, repo, actor, Right.PROPOSE)}}


def _download(
    request: Request, hub: Hub, actor: Actor, repo: Repo, body: Batch
) -> list[dict[str, Any]]:
    stored = hub.storage.objects(repo.id, [item.oid for item in body.objects])
    grant = grants.issue(hub, PURPOSE, actor, repo, Right.READ, TTL_S)
    answers = []
    for item in body.objects:
        answer: dict[str, Any] = {"oid": item.oid, "size": item.size}
        if item.oid in stored:
            url = f"{base_url(request)}/lfs/objects/{item.oid}?grant={grant}"
            answer["actions"] = {"download": {"href": url}}
        else:
            answer["error"] = {"code": 404, "message": "This repo has no such object"}
        answers.append(answer)
    return answers


def _header(answer: dict[str, Any]) -> dict[str, str]:
    header: dict[str, str] = answer.get("actions", {}).get("upload", {}).get("header", {})
    return header


async def _ticket(request: Request) -> Ticket:
    """What an upload URL allows, if its holder still may write to the repo."""
    ticket = hub_of(request).storage.lfs.ticket(request.query_params.get("sig", ""))
    grant = await _grant(request, Right.PROPOSE)
    if ticket.sha256 != request.path_params["oid"] or ticket.repo_id != grant.repo:
        raise BadRequest("This URL was signed for another object")
    return ticket


async def _grant(request: Request, right: Right) -> Grant:
    hub = hub_of(request)
    grant = grants.verify(hub, PURPOSE, request.query_params.get("grant", ""))
    if grant.right != right.name:
        raise Forbidden(f"This URL was not signed to {right.name.lower()}")
    await read(hub, grants.recheck, hub, grant)
    return grant


async def read_json(model: type[T], request: Request) -> T:
    """The body as this model; raises BadRequest, saying what is wrong with it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BadRequest(f"The body has more than {MAX_BODY} bytes")
    try:
        return model.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{where}: {first['msg']}") from None


_GIT = "{namespace:seg}/{name:seg}.git/info/lfs"
routes = [
    *(
        Route(prefix + _GIT + path, handler, methods=["POST"])
        for prefix in ("/{kind:kind}/", "/")
        for path, handler in (("/objects/batch", batch), ("/verify", verify))
    ),
    Route("/lfs/objects/{oid:seg}", put_object, methods=["PUT"]),
    Route("/lfs/objects/{oid:seg}", complete, methods=["POST"]),
    Route("/lfs/objects/{oid:seg}", get_object, methods=["GET", "HEAD"]),
    Route("/lfs/objects/{oid:seg}/{part:seg}", put_part, methods=["PUT"]),
]
