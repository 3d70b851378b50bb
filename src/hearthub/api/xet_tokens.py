"""Short-lived tokens for the content-addressed store, each for one repo and one direction."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from hearthub.accounts import Actor
from hearthub.api import grants
from hearthub.api.grants import Grant
from hearthub.api.params import REPO, Segment, Target
from hearthub.api.xet_urls import cas_url
from hearthub.errors import Forbidden, InvalidCredentials
from hearthub.http.actor import read, token_of
from hearthub.http.urls import hub_of
from hearthub.registry import PULLS, Repo, Right

router = APIRouter(tags=["xet"])

TTL_S = 1800
PURPOSE = "xet"


@router.get(REPO + "/xet-write-token/{rev:seg}", summary="A token to upload by Xet")
def write_token(
    target: Target,
    rev: Segment,
    request: Request,
    response: Response,
    create_pr: bool = False,
) -> dict[str, Any]:
    repo = target.repo(Right.PROPOSE if create_pr or rev.startswith(PULLS) else Right.WRITE)
    by = target.hub.registry.proposer(target.actor, repo)
    target.hub.registry.require_room(repo.id, 0, by)
    target.hub.storage.require_room()
    return _issue(request, response, repo, target.actor, Right.PROPOSE)


@router.get(REPO + "/xet-read-token/{rev:seg}", summary="A token to download by Xet")
def read_token(
    target: Target,
    rev: Segment,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    repo = target.repo(Right.READ)
    target.hub.registry.commit_of(repo, rev)
    return _issue(request, response, repo, target.actor, Right.READ)


def _issue(
    request: Request, response: Response, repo: Repo, actor: Actor, right: Right
) -> dict[str, Any]:
    """The same facts as JSON (hf_xet reads it) and as headers (huggingface_hub reads them)."""
    headers = store_access(request, repo, actor, right)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return {
        "casUrl": headers["X-Xet-Cas-Url"],
        "accessToken": headers["X-Xet-Access-Token"],
        "exp": int(headers["X-Xet-Token-Expiration"]),
    }


def store_access(request: Request, repo: Repo, actor: Actor, right: Right) -> dict[str, str]:
    """A token for the store, to READ or to WRITE, as the headers clients know it by."""
    token = grants.issue(hub_of(request), PURPOSE, actor, repo, right, TTL_S)
    return {
        "X-Xet-Cas-Url": cas_url(request),
        "X-Xet-Access-Token": f"xet_{token}",
        "X-Xet-Token-Expiration": str(int(time.time()) + TTL_S),
    }


async def grant_of(request: Request, need: Right) -> Grant:
    """The caller's store token, still good; `need` is READ or PROPOSE, by which one may upload."""
    hub, token = hub_of(request), token_of(request) or ""
    try:
        grant = grants.verify(hub, PURPOSE, token.removeprefix("xet_"))
    except Forbidden as error:
        raise InvalidCredentials(f"The Xet token is no good: {error}") from None
    if need == Right.PROPOSE and not grant.may_upload:
        raise Forbidden("This Xet token may only read")
    await read(hub, grants.recheck, hub, grant)
    return grant
