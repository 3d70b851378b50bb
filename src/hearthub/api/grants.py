"""Permissions that travel in URLs and short tokens: signed, and asked about again at each use.

A signature proves who was given what. It does not prove that they still may: their access token may
have been revoked, their role changed, the repo deleted.
"""

from dataclasses import asdict, dataclass

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.context import Hub
from hearthub.registry import Repo, Right


@dataclass(frozen=True)
class Grant:
    """`right` on the repo, to a user (None: to anybody) who showed an access token (None: none)."""

    repo: int
    right: str
    user: int | None
    token: int | None

    @property
    def may_upload(self) -> bool:
        return self.right == Right.PROPOSE.name


def issue(hub: Hub, purpose: str, actor: Actor, repo: Repo, right: Right, ttl_s: int) -> str:
    """A signed grant for `ttl_s` seconds; the caller has checked that `actor` has the right."""
    token = actor.token.id if actor.token else None
    grant = Grant(repo.id, right.name, actor.user_id, token)
    return hub.storage.signer.sign(purpose, asdict(grant), ttl_s)


def verify(hub: Hub, purpose: str, text: str) -> Grant:
    """The grant, by its signature alone; raises Forbidden. Follow with `recheck`."""
    claims = hub.storage.signer.verify(purpose, text)
    return Grant(claims["repo"], claims["right"], claims["user"], claims["token"])


def owner_of(hub: Hub, grant: Grant) -> Actor:
    """Who holds the grant, with the rights they have now; raises InvalidCredentials."""
    if grant.user is None:
        return ANONYMOUS
    return hub.accounts.actor(grant.user, token_id=grant.token)


def proposer_of(hub: Hub, grant: Grant) -> int | None:
    """The holder, if what they upload is a proposal; None: they may write."""
    repo = hub.registry.by_id(grant.repo)
    return hub.registry.proposer(owner_of(hub, grant), repo) if repo else None


def recheck(hub: Hub, grant: Grant) -> None:
    """Whether the grant's holder still has the right; raises what the registry would."""
    hub.registry.recheck(owner_of(hub, grant), grant.repo, Right[grant.right])
