"""Likes, and what users and organisations have."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from hearthub.api.params import REPO, Segment, Target
from hearthub.clock import iso
from hearthub.errors import LoginRequired, NotFound
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import next_link
from hearthub.registry import REPO_TYPES, Repo

router = APIRouter(tags=["people"])

Limit = Annotated[int, Query(ge=1, le=1000)]
Skip = Annotated[int, Query(ge=0, le=2**31)]


@router.post(REPO + "/like", summary="Like a repo")
def like(target: Target) -> dict[str, Any]:
    target.hub.community.like(target.actor, target.repo())
    return {}


@router.delete(REPO + "/like", summary="Take a like back")
def unlike(target: Target) -> dict[str, Any]:
    target.hub.community.unlike(target.actor, target.repo())
    return {}


@router.get(REPO + "/likers", summary="Who likes a repo")
def likers(
    target: Target,
    request: Request,
    response: Response,
    limit: Limit = 1000,
    skip: Skip = 0,
) -> list[dict[str, Any]]:
    repo = target.repo()
    found = target.hub.community.likers(repo, skip=skip, limit=limit + 1)
    if len(found) > limit:
        response.headers["Link"] = next_link(request, skip=skip + limit)
    return [
        {
            "user": like.user,
            "fullname": like.fullname,
            "type": "user",
            "isPro": False,
            "avatarUrl": "",
            "likedAt": iso(like.created),
        }
        for like in found[:limit]
    ]


@router.get("/api/users/{name:seg}/likes", summary="What a user likes")
def user_likes(
    name: Segment,
    request: Request,
    response: Response,
    hub: CurrentHub,
    actor: CurrentActor,
    limit: Limit = 1000,
    skip: Skip = 0,
) -> list[dict[str, Any]]:
    account = hub.accounts.account(name)
    if account is None or account.kind != "user":
        raise NotFound(f"There is no user called {name}")
    found, more = hub.community.liked_by(actor, account.id, skip=skip, limit=limit)
    if more:
        response.headers["Link"] = next_link(request, skip=skip + limit)
    return [
        {"createdAt": iso(when), "repo": {"name": repo.full_name, "type": repo.type}}
        for repo, when in found
    ]


@router.get("/api/users/{name:seg}/overview", summary="A user, with how much they have here")
def user_overview(name: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    account = hub.accounts.account(name)
    if account is None or account.kind != "user":
        raise NotFound(f"There is no user called {name}")
    orgs = [membership.account for membership in hub.accounts.orgs_of(account.id)]
    counts = hub.registry.counts(actor, account.id)
    life = hub.community.follows.sociable(account.id)
    return {
        "user": account.name,
        "fullname": account.fullname,
        "type": "user",
        "isPro": False,
        "avatarUrl": "",
        "createdAt": iso(account.created),
        "orgs": [{"name": org.name, "fullname": org.fullname, "avatarUrl": ""} for org in orgs],
        "numFollowers": life.followers,
        "numFollowing": life.following,
        "numLikes": life.likes,
        "numDiscussions": life.discussions,
        "numUpvotes": life.upvotes,
        "isFollowing": account.id in hub.community.follows.followed(actor, [account.id]),
        **{f"num{kind.capitalize()}s": counts.get(kind, 0) for kind in REPO_TYPES},
    }


@router.get("/api/organizations/{name:seg}/overview", summary="An organisation")
def org_overview(name: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    account = hub.accounts.account(name)
    if account is None or account.kind != "org":
        raise NotFound(f"There is no organisation called {name}")
    counts = hub.registry.counts(actor, account.id)
    return {
        "name": account.name,
        "fullname": account.fullname,
        "type": "org",
        "avatarUrl": "",
        "createdAt": iso(account.created),
        "numUsers": len(hub.accounts.members(account.id)),
        "numFollowers": hub.community.follows.sociable(account.id).followers,
        "isFollowing": account.id in hub.community.follows.followed(actor, [account.id]),
        **{f"num{kind.capitalize()}s": counts.get(kind, 0) for kind in REPO_TYPES},
    }


@router.get("/api/organizations/{name:seg}/members", summary="The members of an organisation")
def org_members(
    name: Segment,
    hub: CurrentHub,
    _actor: CurrentActor,  # a good token is none of its address's tries (rates.py)
) -> list[dict[str, Any]]:
    account = hub.accounts.account(name)
    if account is None or account.kind != "org":
        raise NotFound(f"There is no organisation called {name}")
    return [
        {
            "user": member.account.name,
            "fullname": member.account.fullname,
            "type": "user",
            "isPro": False,
            "avatarUrl": "",
        }
        for member in hub.accounts.members(account.id)
    ]


@router.get("/api/settings/repositories", summary="The caller's repos with the storage they use")
def own_repositories(
    request: Request, response: Response, hub: CurrentHub, actor: CurrentActor,
    limit: Limit = 1000, skip: Skip = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    if actor.user_id is None:
        raise LoginRequired
    found = hub.registry.owned(actor, actor.user_id, skip, limit + 1)
    if len(found) > limit:
        response.headers["Link"] = next_link(request, skip=skip + limit)
    return _stored(found[:limit], hub.registry.used_by(actor.user_id))


@router.get(
    "/api/organizations/{name:seg}/settings/repositories",
    summary="An organisation's repos with the storage they use, as far as the caller may see them",
)
def org_repositories(
    name: Segment, request: Request, response: Response, hub: CurrentHub, actor: CurrentActor,
    limit: Limit = 1000, skip: Skip = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    if actor.user_id is None:
        raise LoginRequired
    account = hub.accounts.account(name)
    if account is None or account.kind != "org":
        raise NotFound(f"There is no organisation called {name}")
    found = hub.registry.owned(actor, account.id, skip, limit + 1)
    if len(found) > limit:
        response.headers["Link"] = next_link(request, skip=skip + limit)
    # Of all it uses members alone hear; a stranger's repos are parts of what he sees.
    known = account.id in actor.roles or actor.is_admin
    whole = hub.registry.used_by(account.id) if known else sum(it.used_storage for it in found)
    return _stored(found[:limit], whole)


def _stored(repos: Sequence[Repo], whole: int) -> list[dict[str, Any]]:
    return [
        {
            "id": repo.full_name,
            "type": repo.type,
            "updatedAt": iso(repo.modified),
            "visibility": repo.visibility,
            "storage": repo.used_storage,
            "storagePercent": round(100 * repo.used_storage / (whole or 1), 2),
        }
        for repo in repos
    ]
