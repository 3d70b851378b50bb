"""Branches, tags and history."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from hearthub.api.discussions import number_of
from hearthub.api.params import REPO, Segment, Target
from hearthub.clock import iso
from hearthub.http.urls import next_link
from hearthub.registry import CONVERTS, HEADS, PULLS, TAGS, Ref, Right

router = APIRouter(tags=["refs"])


class NewBranch(BaseModel):
    startingPoint: str | None = None  # noqa: N815


class NewTag(BaseModel):
    tag: str
    message: str | None = None


class Squash(BaseModel):
    message: str = "Super-squash branch"


@router.get(REPO + "/refs", summary="Branches and tags")
def list_refs(
    target: Target,
    include_prs: bool = False,
) -> dict[str, Any]:
    repo = target.repo()
    refs = target.hub.registry.refs(repo)
    answer = {
        "branches": _under(refs, HEADS),
        "converts": _under(refs, CONVERTS),
        "tags": _under(refs, TAGS),
    }
    if include_prs:
        answer["pullRequests"] = _under(refs, PULLS)
    return answer


@router.post(REPO + "/branch/{branch:rest}", summary="Create a branch")
def create_branch(
    target: Target,
    branch: str,
    body: NewBranch | None = None,
) -> dict[str, Any]:
    repo = target.repo(Right.WRITE)
    target.hub.registry.branches.create_branch(
        target.actor, repo, branch, body.startingPoint if body else None
    )
    return {}


@router.delete(REPO + "/branch/{branch:rest}", summary="Delete a branch")
def delete_branch(
    target: Target,
    branch: str,
) -> dict[str, Any]:
    repo = target.repo(Right.WRITE)
    target.hub.registry.branches.delete_branch(target.actor, repo, branch)
    return {}


@router.post(REPO + "/tag/{rev:seg}", summary="Tag a revision")
def create_tag(
    target: Target,
    rev: Segment,
    body: NewTag,
) -> dict[str, Any]:
    repo = target.repo(Right.WRITE)
    target.hub.registry.branches.create_tag(target.actor, repo, body.tag, rev, body.message)
    return {}


@router.delete(REPO + "/tag/{tag:rest}", summary="Delete a tag")
def delete_tag(target: Target, tag: str) -> dict[str, Any]:
    repo = target.repo(Right.WRITE)
    target.hub.registry.branches.delete_tag(target.actor, repo, tag)
    return {}


@router.post(REPO + "/super-squash/{rev:seg}", summary="Replace a branch's history by one commit")
def super_squash(
    target: Target,
    rev: Segment,
    body: Squash | None = None,
) -> dict[str, Any]:
    """Of a pull request, which its author may squash too, only what it adds to its branch."""
    base = None
    if rev.startswith(PULLS):
        repo = target.repo(Right.PROPOSE)
        num = number_of(rev.removeprefix(PULLS))
        base = target.hub.community.discussions.get(repo, num).base
    else:
        repo = target.repo(Right.WRITE)
    message = (body or Squash()).message
    return {"commitOid": target.hub.registry.squash(target.actor, repo, rev, message, base)}


@router.get(REPO + "/commits/{rev:seg}", summary="History, newest first")
def list_commits(
    target: Target,
    rev: Segment,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    skip: Annotated[int, Query(ge=0, le=2**31)] = 0,
    expand: Annotated[list[str] | None, Query(alias="expand[]")] = None,
) -> list[dict[str, Any]]:
    repo = target.repo()
    commits, total = target.hub.registry.history(repo, rev, skip=skip, limit=limit)
    response.headers["X-Total-Count"] = str(total)
    if skip + len(commits) < total:
        response.headers["Link"] = next_link(request, skip=skip + len(commits))
    answer = []
    for oid, commit in commits:
        title, _, message = commit.message.partition("\n\n")
        item: dict[str, Any] = {
            "id": oid,
            "title": title.strip(),
            "message": message.strip(),
            "date": iso(commit.author.when * 1000),
            "authors": [{"user": commit.author.name, "avatar": ""}],
        }
        if expand and "formatted" in expand:
            item["formatted"] = {"title": item["title"], "message": item["message"]}
        answer.append(item)
    return answer


def _under(refs: list[Ref], prefix: str) -> list[dict[str, str]]:
    return [
        {"name": ref.short_name, "ref": ref.name, "targetCommit": ref.commit_oid}
        for ref in refs
        if ref.name.startswith(prefix)
    ]
