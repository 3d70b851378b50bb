"""Create, delete, move and change repos."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from hearthub.api.params import REPO, Target
from hearthub.errors import BadRequest, Conflict, LoginRequired, Moved, RepoNotFound
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import repo_url
from hearthub.registry import Right

router = APIRouter(tags=["repos"])


class CreateRepo(BaseModel):
    """`visibility` wins over the older boolean `private`; with neither, the namespace decides."""

    name: str
    organization: str | None = None
    type: str | None = None
    visibility: str | None = None
    private: bool | None = None
    sdk: str | None = Field(None, pattern="^(gradio|streamlit|docker|static)$")


class NamedRepo(BaseModel):
    name: str
    organization: str | None = None
    type: str | None = None


class MoveRepo(BaseModel):
    fromRepo: str  # noqa: N815
    toRepo: str  # noqa: N815
    type: str | None = None


class RepoSettings(BaseModel):
    visibility: str | None = None
    private: bool | None = None
    gated: Literal["auto", "manual", False] | None = None


@router.post("/api/repos/create", summary="Create a repo")
def create_repo(
    body: CreateRepo, request: Request, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    repo_type = body.type or "model"
    full_name = _full_name(body.name, body.organization, actor.name)
    visibility = _visibility(body.visibility, body.private)
    if body.sdk and repo_type != "space":
        raise BadRequest("Only spaces have an sdk")
    try:
        repo = hub.registry.create(actor, repo_type, full_name, visibility=visibility, sdk=body.sdk)
    except Conflict as error:
        error.url = repo_url(request, repo_type, full_name)  # clients read it on exist_ok=True
        raise
    url = repo_url(request, repo.type, repo.full_name)
    return {"url": url, "id": repo.full_name, "name": repo.full_name, "_id": repo.uid}


@router.delete("/api/repos/delete", summary="Delete a repo and all it holds")
def delete_repo(body: NamedRepo, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    full_name = _full_name(body.name, body.organization, actor.name)
    with _named_in_body():
        hub.registry.delete(actor, body.type or "model", full_name)
    return {}


@router.post("/api/repos/move", summary="Rename a repo, or move it to another namespace")
def move_repo(
    body: MoveRepo, request: Request, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    with _named_in_body():
        repo = hub.registry.move(actor, body.type or "model", body.fromRepo, body.toRepo)
    return {"url": repo_url(request, repo.type, repo.full_name)}


@router.put(REPO + "/settings", summary="Change visibility and gate")
def change_settings(
    target: Target,
    body: RepoSettings,
) -> dict[str, Any]:
    repo = target.hub.registry.change_settings(
        target.actor,
        target.kind,
        target.full_name,
        visibility=_visibility(body.visibility, body.private),
        gated=body.gated,
    )
    return {"visibility": repo.visibility, "private": repo.is_private, "gated": repo.gated or False}


@router.get(REPO + "/auth-check", summary="200 when the caller may read the files")
def auth_check(target: Target) -> dict[str, Any]:
    target.repo(Right.READ)
    return {}


@router.get(REPO + "/auth-check/write", summary="200 when the caller may commit")
def auth_check_write(target: Target) -> dict[str, Any]:
    target.repo(Right.WRITE)
    return {}


@contextmanager
def _named_in_body() -> Iterator[None]:
    """No redirect can change a name in a body, and an old one shall not delete a repo."""
    try:
        yield
    except Moved as moved:
        raise RepoNotFound(f"{moved}: use that name") from None


def _full_name(name: str, organization: str | None, caller: str | None) -> str:
    """`name` may be full already; else it goes to `organization`, else to the caller."""
    if "/" in name:
        return name
    namespace = organization or caller
    if namespace is None:
        raise LoginRequired
    return f"{namespace}/{name}"


def _visibility(visibility: str | None, private: bool | None) -> str | None:
    if visibility is not None:
        return visibility
    return None if private is None else ("private" if private else "public")
