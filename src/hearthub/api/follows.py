"""Followers: lists as huggingface_hub reads them, and following at the addresses of our own."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from hearthub.accounts import Account
from hearthub.api.params import Segment
from hearthub.community import Face
from hearthub.context import Hub
from hearthub.errors import NotFound
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import next_link

router = APIRouter(tags=["people"])

USER, ORG = "/api/users/{name:seg}", "/api/organizations/{name:seg}"
Limit = Annotated[int, Query(ge=1, le=1000)]
Skip = Annotated[int, Query(ge=0, le=2**31)]


def account_of(hub: Hub, name: str, kind: str) -> Account:
    """The user or the organisation (`org`) of this name; raises NotFound."""
    account = hub.accounts.account(name)
    if account is None or account.kind != kind:
        what = "user" if kind == "user" else "organisation"
        raise NotFound(f"There is no {what} called {name[:100]}")
    return account


@router.get(USER + "/followers", summary="Who follows a user")
def user_followers(
    name: Segment, request: Request, response: Response, hub: CurrentHub,
    _actor: CurrentActor, limit: Limit = 1000, skip: Skip = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    found = hub.community.follows.followers(
        account_of(hub, name, "user").id, skip=skip, limit=limit + 1
    )
    return _page(request, response, found, skip, limit)


@router.get(ORG + "/followers", summary="Who follows an organisation")
def org_followers(
    name: Segment, request: Request, response: Response, hub: CurrentHub,
    _actor: CurrentActor, limit: Limit = 1000, skip: Skip = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    found = hub.community.follows.followers(
        account_of(hub, name, "org").id, skip=skip, limit=limit + 1
    )
    return _page(request, response, found, skip, limit)


@router.get(USER + "/following", summary="Whom a user follows: users and organisations")
def user_following(
    name: Segment, request: Request, response: Response, hub: CurrentHub,
    _actor: CurrentActor, limit: Limit = 1000, skip: Skip = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    found = hub.community.follows.following(
        account_of(hub, name, "user").id, skip=skip, limit=limit + 1
    )
    return _page(request, response, found, skip, limit)


@router.post(USER + "/follow", summary="Follow a user")
def follow_user(name: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    hub.community.follows.follow(actor, account_of(hub, name, "user"))
    return {}


@router.delete(USER + "/follow", summary="Follow a user no longer")
def unfollow_user(name: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    hub.community.follows.unfollow(actor, account_of(hub, name, "user"))
    return {}


@router.post(ORG + "/follow", summary="Follow an organisation")
def follow_org(name: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    hub.community.follows.follow(actor, account_of(hub, name, "org"))
    return {}


@router.delete(ORG + "/follow", summary="Follow an organisation no longer")
def unfollow_org(name: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    hub.community.follows.unfollow(actor, account_of(hub, name, "org"))
    return {}


def _page(
    request: Request, response: Response, found: list[Face], skip: int, limit: int
) -> list[dict[str, Any]]:
    if len(found) > limit:
        response.headers["Link"] = next_link(request, skip=skip + limit)
    return [
        {
            # An organisation, too, has its name where clients look for a user's.
            "user": it.name,
            "fullname": it.fullname,
            "type": it.kind,
            "isPro": False,
            "avatarUrl": "",
        }
        for it in found[:limit]
    ]
