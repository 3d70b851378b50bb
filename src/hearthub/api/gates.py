"""Gated repos: asking for access, and deciding about it.

Whoever asks does it at the address to which the Hub's own page posts; the rest is as
huggingface_hub has it.
"""

from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from hearthub.accounts import Actor
from hearthub.api.params import REPO, Segment, Target
from hearthub.clock import iso
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.http.actor import CurrentActor
from hearthub.http.body import short_body
from hearthub.http.urls import hub_of, next_link
from hearthub.registry import AccessRequest, Repo, Right

router = APIRouter(tags=["gated repos"])

REQUESTS = REPO + "/user-access-request"
ASK = "/{namespace:seg}/{name:seg}/ask-access"
MAX_FORM = 200_000


class Decision(BaseModel):
    status: str
    user: str | None = None
    requestId: str | None = None  # noqa: N815
    rejectionReason: str | None = None  # noqa: N815


class Guest(BaseModel):
    user: str


async def _form(request: Request) -> dict[str, Any]:
    """What was written into the repo's form: JSON, or as a page posts it."""
    body = await short_body(request, MAX_FORM)
    if not body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), max_num_fields=100))
        fields = orjson.loads(body)
    except ValueError:
        raise BadRequest("The form is neither JSON nor what a page posts") from None
    if not isinstance(fields, dict):
        raise BadRequest("The form is no JSON object")
    return fields


Form = Annotated[dict[str, Any], Depends(_form)]


@router.post("/{kind:kind}" + ASK, summary="Ask for access to a gated data set or space")
def ask(target: Target, form: Form) -> dict[str, Any]:
    return _asked(target.hub, target.actor, target.repo(), form)


@router.post(ASK, summary="Ask for access to a gated model")
def ask_for_model(
    request: Request, namespace: Segment, name: Segment, actor: CurrentActor, form: Form
) -> dict[str, Any]:
    hub = hub_of(request)
    repo = hub.registry.repo(actor, "model", f"{namespace}/{name}")
    return _asked(hub, actor, repo, form)


def _asked(hub: Hub, actor: Actor, repo: Repo, form: dict[str, Any]) -> dict[str, Any]:
    card = hub.catalogue.facts(repo).card
    return {"status": hub.registry.gates.ask(actor, repo, card, form)}


@router.get(REQUESTS, summary="What became of the caller's own request")
def own_request(target: Target) -> dict[str, Any]:
    found = target.hub.registry.gates.own(target.actor, target.repo())
    if found is None:
        return {"status": None}
    reason = {"rejectionReason": found.reason} if found.reason else {}
    return {"status": found.status, "timestamp": iso(found.created)} | reason


@router.get(REQUESTS + "/{status:seg}", summary="Requests that are pending, accepted or rejected")
def requests(
    target: Target,
    status: Segment,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> list[dict[str, Any]]:
    repo = target.repo(Right.ADMIN)
    found = target.hub.registry.gates.requests(
        target.actor, repo, status, before=before, limit=limit + 1
    )
    if len(found) > limit:
        response.headers["Link"] = next_link(request, before=found[limit - 1].id)
    return [_told(it) for it in found[:limit]]


@router.post(REQUESTS + "/handle", summary="Accept a request, reject it, or take that back")
def decide(target: Target, body: Decision) -> dict[str, Any]:
    repo = target.repo(Right.ADMIN)
    target.hub.registry.gates.decide(
        target.actor, repo, body.status,
        user=body.user, uid=body.requestId, reason=body.rejectionReason,
    )  # fmt: skip
    return {}


@router.post(REQUESTS + "/grant", summary="Let somebody in")
def grant(target: Target, body: Guest) -> dict[str, Any]:
    target.hub.registry.gates.grant(target.actor, target.repo(Right.ADMIN), body.user)
    return {}


def _told(it: AccessRequest) -> dict[str, Any]:
    user = {"user": it.user, "fullname": it.fullname, "type": "user", "isPro": False}
    answer = {
        "requestId": it.uid,
        "user": user | ({"email": it.email} if it.email else {}),
        "status": it.status,
        "timestamp": iso(it.created),
    }
    answer |= {"fields": it.fields} if it.fields else {}
    return answer | ({"rejectionReason": it.reason} if it.reason else {})
