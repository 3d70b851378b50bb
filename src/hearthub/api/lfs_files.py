"""The large files of a repo, repos made of repos, and files copied between them: no bytes move."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from hearthub.api.params import REPO, Target
from hearthub.clock import iso
from hearthub.errors import BadRequest, Conflict, Moved, RepoNotFound
from hearthub.http.urls import next_link, repo_url
from hearthub.registry import REPO_TYPES, Right

router = APIRouter(tags=["large files"])

PAGE, MAX_PAGE = 100, 1000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Duplicate(BaseModel):
    """`visibility` wins over the older boolean; with neither, the new repo is as the old one."""

    repository: str = Field(max_length=300)
    visibility: str | None = None
    private: bool | None = None


class Deletions(BaseModel):
    sha: list[str] = Field(max_length=1000)
    rewriteHistory: bool = True  # noqa: N815


class DeleteFiles(BaseModel):
    deletions: Deletions


class CopyTarget(BaseModel):
    type: str
    name: str = Field(max_length=300)


class CopiedFile(BaseModel):
    sha256: str


class CopyFiles(BaseModel):
    target: CopyTarget
    files: list[CopiedFile] = Field(max_length=1000)


@router.post(REPO + "/duplicate", summary="Make a repo of this one, with its whole history")
def duplicate(target: Target, body: Duplicate, request: Request) -> dict[str, Any]:
    source, copies = target.repo(Right.READ), target.hub.registry.copies
    visibility = body.visibility
    if visibility is None and body.private is not None:
        visibility = "private" if body.private else "public"
    try:
        made = copies.duplicate(target.actor, source, body.repository, visibility)
    except Conflict as error:
        error.url = repo_url(request, source.type, body.repository)  # read on exist_ok=True
        raise
    return {"url": repo_url(request, made.type, made.full_name), "filesCopyPending": False}


@router.get(REPO + "/lfs-files", summary="The large files that a repo has, used or not")
def list_lfs_files(
    target: Target,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = PAGE,
    cursor: Annotated[str, Query(max_length=64)] = "",
) -> list[dict[str, Any]]:
    repo = target.repo(Right.WRITE)
    found = target.hub.registry.lfs_files.page(repo, cursor, limit + 1)
    if len(found) > limit:
        response.headers["Link"] = next_link(request, cursor=found[limit - 1].sha256)
    return [
        {
            "fileOid": it.sha256,
            "oid": it.sha256,
            "filename": it.path or it.sha256,
            "pushedAt": iso(it.created),
            "size": it.size,
            **({"ref": it.ref} if it.ref else {}),
        }
        for it in found[:limit]
    ]


@router.post(REPO + "/lfs-files/batch", summary="Delete large files for good")
def delete_lfs_files(target: Target, body: DeleteFiles) -> dict[str, Any]:
    repo, wanted = target.repo(Right.ADMIN), body.deletions
    target.hub.registry.lfs_files.delete(
        target.actor, repo, wanted.sha, rewrite=wanted.rewriteHistory
    )
    return {}


@router.post(REPO + "/lfs-files/duplicate", summary="Let another repo have large files of this one")
def copy_lfs_files(target: Target, body: CopyFiles) -> dict[str, Any]:
    source, registry = target.repo(Right.READ), target.hub.registry
    if body.target.type not in REPO_TYPES:
        raise BadRequest(f"A repo's type is one of {', '.join(REPO_TYPES)}")
    try:
        to = registry.repo(target.actor, body.target.type, body.target.name, Right.PROPOSE)
    except Moved as moved:  # no redirect changes a name in a body
        raise RepoNotFound(f"{moved}: use that name") from None
    names = [it.sha256 for it in body.files]
    if malformed := [name for name in names if not _SHA256.fullmatch(name)]:
        raise BadRequest(f"{malformed[0][:80]!r} is no sha256")
    copied = registry.copies.share(target.actor, source, to, names)
    error = "The source repo does not have this file"
    return {"failed": [{"sha256": it, "error": error} for it in names if it not in copied]}
