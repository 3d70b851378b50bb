"""Who am I, and what clients ask before anything else."""

from typing import Any

from fastapi import APIRouter, Response

from hearthub.errors import LoginRequired
from hearthub.http.actor import CurrentActor, CurrentHub

router = APIRouter(tags=["auth"])


@router.get("/api/whoami-v2", summary="The account and token of the caller")
async def whoami(hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    if actor.user_id is None:
        raise LoginRequired("Invalid username or password.")
    return hub.accounts.whoami(actor)


@router.get("/api/agent-harnesses", summary="Asked by clients at start; this hub has none")
async def agent_harnesses() -> dict[str, Any]:
    return {"standardEnvVars": [], "harnesses": {}}


@router.head("/api/telemetry/{topic:rest}", summary="Accepted and forgotten: nothing is recorded")
async def telemetry(topic: str) -> Response:
    return Response()
