"""Commits: checked cards, offered files, and the NDJSON commit itself."""

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from hearthub.accounts import Actor
from hearthub.api.params import REPO, Segment, Target
from hearthub.community import MAX_TEXT, MAX_TITLE
from hearthub.context import Hub
from hearthub.errors import BadRequest, TooLarge
from hearthub.http.actor import actor_of, read
from hearthub.http.body import spool_body
from hearthub.http.threads import run_heavy
from hearthub.http.urls import repo_url
from hearthub.registry import (
    PULLS,
    CommitHeader,
    DeleteFile,
    DeleteFolder,
    FileOffer,
    Operation,
    PutFile,
    PutLfs,
    Repo,
    Right,
    validate_card,
)
from hearthub.storage import Spool

router = APIRouter(tags=["commits"])

MAX_LINE = 64 * 2**20  # one inline file in base64 with room to spare
MAX_OFFERS = 1000
SPARE = 64 * 1024  # a body that deletes files is welcome on a disk that is nearly full


class Card(BaseModel):
    content: str = Field(max_length=2**21)
    repoType: str = "model"  # noqa: N815


class Offer(BaseModel):
    path: str
    size: int = Field(ge=0)
    sample: str = ""


class Preupload(BaseModel):
    files: list[Offer] = Field(max_length=MAX_OFFERS)
    gitAttributes: str | None = Field(None, max_length=2**20)  # noqa: N815
    gitIgnore: str | None = Field(None, max_length=2**20)  # noqa: N815


@router.post("/api/validate-yaml", summary="Check a card's metadata before it is committed")
def validate_yaml(card: Card) -> Response:
    errors, warnings = validate_card(card.content, card.repoType)
    answer = {
        "errors": [{"message": text} for text in errors],
        "warnings": [{"message": text} for text in warnings],
    }
    return JSONResponse(answer, 400 if errors else 200)


@router.post(REPO + "/preupload/{rev:seg}", summary="Which files go inline, which by Xet or LFS")
def preupload(
    target: Target,
    rev: Segment,
    body: Preupload,
    create_pr: bool = False,
) -> dict[str, Any]:
    # What is proposed is offered before there is a ref for it.
    repo = target.repo(Right.PROPOSE if create_pr or rev.startswith(PULLS) else Right.WRITE)
    verdicts = target.hub.registry.judge_uploads(
        repo,
        rev,
        [FileOffer(file.path, file.size, _decode(file.sample)) for file in body.files],
        attributes=body.gitAttributes,
        ignore=body.gitIgnore,
        by=target.hub.registry.proposer(target.actor, repo),
    )
    return {
        "files": [
            {
                "path": verdict.path,
                "uploadMode": verdict.mode,
                "shouldIgnore": verdict.ignored,
                "oid": verdict.oid,
            }
            for verdict in verdicts
        ]
    }


@router.post(
    REPO + "/commit/{rev:seg}",
    summary="Commit: NDJSON lines, all of them or none",
    openapi_extra={"requestBody": {"content": {"application/x-ndjson": {}}, "required": True}},
)
async def commit(
    target: Target,
    rev: Segment,
    request: Request,
    create_pr: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """Lines are `{"key": "header"|"file"|"lfsFile"|"deletedFile"|"deletedFolder", "value": {}}`.

    The body may have hundreds of megabytes: it is spooled to disk and read line by line.
    """
    hub = target.hub
    need = Right.PROPOSE if create_pr or rev.startswith(PULLS) else Right.WRITE
    await read(hub, target.repo, need)
    limit = hub.settings.max_commit_body
    async with spool_body(request, hub.storage, limit, hashed=False, spare=SPARE) as spool:
        # The body may have taken an hour: whether the caller still may is asked again.
        actor = await actor_of(request)
        repo = await read(hub, hub.registry.repo, actor, target.kind, target.full_name, need)
        make = _propose if create_pr else _commit
        oid, num = await run_heavy(make, hub, actor, repo, rev, spool)
    url = repo_url(request, repo.type, repo.full_name)
    answer = {
        "success": True,
        "commitOid": oid,
        "commitUrl": f"{url}/commit/{oid}",
        "hookOutput": "",
    }
    return answer | ({"pullRequestUrl": f"{url}/discussions/{num}"} if num else {})


def _commit(hub: Hub, actor: Actor, repo: Repo, rev: str, spool: Spool) -> tuple[str, int]:
    with spool.path.open("rb") as body:
        header = _header(next(_lines(body), None))
        operations = _Operations(body)
        return hub.registry.commit(actor, repo, rev, header, operations, spool.size).oid, 0


def _propose(hub: Hub, actor: Actor, repo: Repo, rev: str, spool: Spool) -> tuple[str, int]:
    """A pull request with this commit; none when the commit cannot be."""
    with spool.path.open("rb") as body:
        header = _header(next(_lines(body), None))
        discussions, title = hub.community.discussions, header.summary[:MAX_TITLE]
        found = discussions.open(actor, repo, title, header.description[:MAX_TEXT], base=rev)
        ref, operations = f"{PULLS}{found.num}", _Operations(body)
        try:
            done = hub.registry.commit(actor, repo, ref, header, operations, spool.size)
        except BaseException:
            discussions.withdraw(repo, found)
            raise
        return done.oid, found.num


class _Operations:
    """The lines after the header, read anew by each loop over them."""

    def __init__(self, body: BinaryIO) -> None:
        self.body, self.start = body, body.tell()

    def __iter__(self) -> Iterator[Operation]:
        self.body.seek(self.start)
        return map(_operation, _lines(self.body))


def _lines(body: BinaryIO) -> Iterator[dict[str, Any]]:
    while raw := body.readline(MAX_LINE + 1):
        if len(raw) > MAX_LINE:
            raise TooLarge(f"A line of the commit has more than {MAX_LINE} bytes")
        if raw.isspace():
            continue
        try:
            line = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"A line of the commit is not JSON: {error}") from None
        if not isinstance(line, dict) or not isinstance(line.get("value"), dict):
            raise BadRequest('Each line of a commit is {"key": ..., "value": {...}}')
        yield line


def _header(line: dict[str, Any] | None) -> CommitHeader:
    if line is None or line.get("key") != "header":
        raise BadRequest("A commit starts with its header line")
    value = line["value"]
    parent = value.get("parentCommit")
    return CommitHeader(
        summary=_text(value, "summary"),
        description=_text(value, "description", ""),
        parent=None if parent is None else _text(value, "parentCommit"),
    )


def _operation(line: dict[str, Any]) -> Operation:
    value = line["value"]
    match line.get("key"):
        case "file":
            return PutFile(_text(value, "path"), _content(value))
        case "lfsFile":
            size = value.get("size")
            if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
                raise BadRequest("size of an lfsFile must be a whole number")
            if value.get("algo", "sha256") != "sha256":
                raise BadRequest("algo of an lfsFile must be sha256")
            return PutLfs(_text(value, "path"), _text(value, "oid"), size)
        case "deletedFile":
            return DeleteFile(_text(value, "path"))
        case "deletedFolder" | "deletedEntry":
            return DeleteFolder(_text(value, "path"))
        case key:
            raise BadRequest(f"Unknown line in a commit: {str(key)[:40]!r}")


def _content(value: dict[str, Any]) -> bytes:
    text = _text(value, "content", "")
    if value.get("encoding", "utf-8") != "base64":
        return text.encode()
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise BadRequest("content of a file is not base64") from None


def _text(value: dict[str, Any], key: str, default: str | None = None) -> str:
    found = value.get(key, default)
    if not isinstance(found, str):
        raise BadRequest(f"{key} must be a text")
    return found


def _decode(sample: str) -> bytes:
    try:
        return base64.b64decode(sample)
    except (binascii.Error, ValueError):
        raise BadRequest("sample of a file is not base64") from None
