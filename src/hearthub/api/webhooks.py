"""Webhooks of the caller, as huggingface_hub asks for them, and the log of what they sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from hearthub.api.params import Segment
from hearthub.clock import iso
from hearthub.community import Delivery, Watched, Webhook
from hearthub.errors import BadRequest
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import next_link

router = APIRouter(tags=["webhooks"])

ALL = "/api/settings/webhooks"
ONE = ALL + "/{webhook:seg}"
LOG = ONE + "/deliveries"


class WatchedItem(BaseModel):
    type: str = Field(max_length=20)
    name: str = Field(max_length=200)


class NewWebhook(BaseModel):
    url: str | None = None
    watched: list[WatchedItem] = Field(max_length=1000)
    domains: list[str] = ["repo", "discussion"]
    secret: str | None = None
    jobSourceId: str | None = None  # noqa: N815


class ChangedWebhook(NewWebhook):
    watched: list[WatchedItem] = Field([], max_length=1000)
    domains: list[str] | None = None  # type: ignore[assignment]


@router.get(ALL, summary="The caller's webhooks")
def list_webhooks(hub: CurrentHub, actor: CurrentActor) -> list[dict[str, Any]]:
    return [_told(it) for it in hub.community.webhooks.all(actor)]


@router.post(ALL, summary="Have events posted to an address")
def create_webhook(hub: CurrentHub, actor: CurrentActor, body: NewWebhook) -> dict[str, Any]:
    _refuse_jobs(body)
    made = hub.community.webhooks.create(
        actor, body.url or "", _watched(body), body.domains, body.secret
    )
    return {"webhook": _told(made)}


@router.get(ONE, summary="A webhook")
def get_webhook(hub: CurrentHub, actor: CurrentActor, webhook: Segment) -> dict[str, Any]:
    return {"webhook": _told(hub.community.webhooks.get(actor, webhook))}


@router.post(ONE, summary="Change a webhook; what is not named, or empty, stays as it is")
def change_webhook(
    hub: CurrentHub, actor: CurrentActor, webhook: Segment, body: ChangedWebhook
) -> dict[str, Any]:
    _refuse_jobs(body)
    changed = hub.community.webhooks.change(
        actor,
        webhook,
        url=body.url,
        watched=_watched(body),
        domains=body.domains,
        secret=body.secret,
    )
    return {"webhook": _told(changed)}


@router.post(ONE + "/enable", summary="Send again from now on")
def enable_webhook(hub: CurrentHub, actor: CurrentActor, webhook: Segment) -> dict[str, Any]:
    return {"webhook": _told(hub.community.webhooks.set_disabled(actor, webhook, False))}


@router.post(ONE + "/disable", summary="Send nothing any more")
def disable_webhook(hub: CurrentHub, actor: CurrentActor, webhook: Segment) -> dict[str, Any]:
    return {"webhook": _told(hub.community.webhooks.set_disabled(actor, webhook, True))}


@router.delete(ONE, summary="Delete a webhook and its log")
def delete_webhook(hub: CurrentHub, actor: CurrentActor, webhook: Segment) -> dict[str, Any]:
    hub.community.webhooks.delete(actor, webhook)
    return {}


@router.get(LOG, summary="What a webhook sent, newest first")
def list_deliveries(
    hub: CurrentHub,
    actor: CurrentActor,
    webhook: Segment,
    request: Request,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=24)] = None,
) -> list[dict[str, Any]]:
    found = hub.community.deliveries.log(hub.community.webhooks.get(actor, webhook), cursor)
    if found:  # the page after the last one is empty
        response.headers["Link"] = next_link(request, cursor=found[-1].uid)
    return [_line(it) for it in found]


@router.get(LOG + "/{delivery:seg}", summary="One delivery, with what was sent")
def get_delivery(
    hub: CurrentHub, actor: CurrentActor, webhook: Segment, delivery: Segment
) -> dict[str, Any]:
    found = hub.community.deliveries.get(hub.community.webhooks.get(actor, webhook), delivery)
    return _line(found) | {"payload": found.payload}


@router.post(LOG + "/{delivery:seg}/replay", summary="Send the same once more")
def replay_delivery(
    hub: CurrentHub, actor: CurrentActor, webhook: Segment, delivery: Segment
) -> dict[str, Any]:
    owned = hub.community.webhooks.get_to_change(actor, webhook)
    return _line(hub.community.deliveries.replay(owned, delivery))


def _refuse_jobs(body: NewWebhook) -> None:
    if body.jobSourceId is not None:
        raise BadRequest("This hub runs no jobs: a webhook has a url")


def _watched(body: NewWebhook) -> list[Watched]:
    return [Watched(it.type, it.name) for it in body.watched]


def _told(it: Webhook) -> dict[str, Any]:
    return {
        "id": it.uid,
        "url": it.url,
        "job": None,
        "watched": [{"type": one.type, "name": one.name} for one in it.watched],
        "domains": list(it.domains),
        "secret": it.secret,
        "disabled": it.disabled,
    }


def _line(it: Delivery) -> dict[str, Any]:
    action, _, scope = it.event.partition(" ")
    return {
        "id": it.uid,
        "event": {"action": action, "scope": scope},
        "state": it.state,
        "attempts": it.attempts,
        "status": it.status,
        "answer": it.answer,
        "error": it.error,
        "createdAt": iso(it.created),
        "finishedAt": None if it.finished is None else iso(it.finished),
    }
