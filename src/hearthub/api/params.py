"""What every route of one repo shares: its path, and the repo it means."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from hearthub.accounts import Actor
from hearthub.context import Hub
from hearthub.http.actor import CurrentActor, actor_of, read
from hearthub.http.urls import hub_of
from hearthub.registry import Repo, Right

REPO = "/api/{kind:kind}/{namespace:seg}/{name:seg}"

Kind = Annotated[str, Path(description="models, datasets, spaces or kernels")]
Segment = Annotated[str, Path()]


@dataclass(frozen=True)
class _Target:
    """The repo a request names, and who asks. Nothing is looked up before `repo` is called."""

    hub: Hub
    actor: Actor
    kind: str
    full_name: str

    def repo(self, need: Right = Right.METADATA) -> Repo:
        """The repo, if the caller has the right on it."""
        return self.hub.registry.repo(self.actor, self.kind, self.full_name, need)


# A coroutine, because the framework would give a plain function a thread of its own.
async def _target(
    request: Request, kind: Kind, namespace: Segment, name: Segment, actor: CurrentActor
) -> _Target:
    return _Target(hub_of(request), actor, kind, f"{namespace}/{name}")


Target = Annotated[_Target, Depends(_target)]


async def named_repo(request: Request, need: Right) -> tuple[Actor, Repo]:
    """The same for routes of bytes, which have no Target: who asks, and the repo of the path."""
    hub, params = hub_of(request), request.path_params
    actor = await actor_of(request)
    name, kind = f"{params['namespace']}/{params['name']}", params.get("kind", "model")
    return actor, await read(hub, hub.registry.repo, actor, kind, name, need)
