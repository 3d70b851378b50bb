"""Short-lived tokens for the content-addressed store, each for one repo and one direction."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from hearthub.accounts import Actor
from hearthub.api.params import REPO, Segment, Target
from hearthub.api.xet_urls import cas_url
from hearthub.errors import Forbidden, InvalidCredentials, Unprocessable
from hearthub.http.actor import token_of
from hearthub.http.urls import hub_of
from hearthub.registry import Repo, Right

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
    if create_pr:
        raise Unprocessable("This hub takes no pull requests yet: commit to a branch instead")
    repo = target.repo(Right.WRITE)
    return _issue(request, response, repo, target.actor, "write")


@router.get(REPO + "/xet-read-token/{rev:seg}", summary="A token to download by Xet")
def read_token(
    target: Target,
    rev: Segment,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    repo = target.repo(Right.READ)
    target.hub.registry.commit_of(repo, rev)
    return _issue(request, response, repo, target.actor, "read")


def _issue(
    request: Request, response: Response, repo: Repo, actor: Actor, scope: str
) -> dict[str, Any]:
    """The same facts as JSON (hf_xet reads it) and as headers (huggingface_hub reads them)."""
    headers = store_access(request, repo, actor, scope)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return {
        "casUrl": headers["X-Xet-Cas-Url"],
        "accessToken": headers["X-Xet-Access-Token"],
        "exp": int(headers["X-Xet-Token-Expiration"]),
    }


def store_access(request: Request, repo: Repo, actor: Actor, scope: str) -> dict[str, str]:
    """A token for the store, `scope` read or write, as the headers clients know it by."""
    claims = {"scope": scope, "repo": repo.id, "user": actor.user_id}
    return {
        "X-Xet-Cas-Url": cas_url(request),
        "X-Xet-Access-Token": "xet_" + hub_of(request).storage.signer.sign(PURPOSE, claims, TTL_S),
        "X-Xet-Token-Expiration": str(int(time.time()) + TTL_S),
    }


def claims_of(request: Request, need: str) -> dict[str, Any]:
    """The claims of the caller's store token; `need` is read or write (which includes read)."""
    token = token_of(request) or ""
    try:
        claims = hub_of(request).storage.signer.verify(PURPOSE, token.removeprefix("xet_"))
    except Forbidden as error:
        raise InvalidCredentials(f"The Xet token is no good: {error}") from None
    if need == "write" and claims["scope"] != "write":
        raise Forbidden("This Xet token may only read")
    return claims
