"""The audit log. Our own addresses: no client asks for one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from hearthub.accounts import Account
from hearthub.api.params import Segment
from hearthub.clock import iso
from hearthub.context import Hub
from hearthub.errors import LoginRequired, NotFound
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import hub_of, next_link

router = APIRouter(tags=["audit"])

Limit = Annotated[int, Query(ge=1, le=1000)]
Before = Annotated[int | None, Query(ge=1, le=2**62)]
Kind = Annotated[str | None, Query(max_length=100)]


@router.get("/api/audit", summary="Who did what on this hub, newest first")
def hub_log(
    request: Request, response: Response, actor: CurrentActor, user: str | None = None,
    kind: Kind = None, before: Before = None, limit: Limit = 100,
) -> list[dict[str, Any]]:  # fmt: skip
    return _page(request, response, actor, None, user, kind, before, limit)


@router.get("/api/settings/audit-log", summary="Who did what in the caller's namespace")
def own_log(
    request: Request, response: Response, actor: CurrentActor, user: str | None = None,
    kind: Kind = None, before: Before = None, limit: Limit = 100,
) -> list[dict[str, Any]]:  # fmt: skip
    if actor.user_id is None:
        raise LoginRequired
    account = hub_of(request).accounts.account_by_id(actor.user_id)
    return _page(request, response, actor, account, user, kind, before, limit)


@router.get("/api/organizations/{name:seg}/audit-log", summary="Who did what in an organisation")
def org_log(
    name: Segment, request: Request, response: Response, hub: CurrentHub, actor: CurrentActor,
    user: str | None = None, kind: Kind = None, before: Before = None, limit: Limit = 100,
) -> list[dict[str, Any]]:  # fmt: skip
    account = hub.accounts.account(name)
    if account is None or account.kind != "org":
        raise NotFound(f"There is no organisation called {name[:100]}")
    return _page(request, response, actor, account, user, kind, before, limit)


def _page(
    request: Request, response: Response, actor: CurrentActor, account: Account | None,
    user: str | None, kind: str | None, before: int | None, limit: int,
) -> list[dict[str, Any]]:  # fmt: skip
    hub = hub_of(request)
    by = None if user is None else _named(hub, user)
    found = hub.community.audit.page(
        actor, account, by=by, kind=kind, before=before, limit=limit + 1
    )
    if len(found) > limit:
        response.headers["Link"] = next_link(request, before=found[limit - 1].id)
    return [
        {
            "id": it.id,
            "at": iso(it.at),
            "action": it.kind,
            "actor": {"name": it.actor} if it.actor else None,
            "token": {"id": it.token_id, "name": it.token} if it.token_id else None,
            "account": {"name": it.account} if it.account else None,
            "repo": {"type": it.repo_type, "name": it.repo} if it.repo else None,
            "detail": it.detail,
        }
        for it in found[:limit]
    ]


def _named(hub: Hub, name: str) -> Account:
    account = hub.accounts.account(name)
    if account is None:
        raise NotFound(f"There is no user called {name[:100]}")
    return account
