"""A pass in the address of a space that not everybody may read: its files know no cookies.

    /spaces/{namespace}/{name}/pass/{pass}/{path}

It stands in the path, so that relative links within the space keep it. It says which repo, which
reader and which of their log-ins, signed with the hub's key; at each use the rights of that reader
are asked for again. Each is another text, even for the same reader: the page that it stands in is
compressed together with words of strangers, and by that nothing is learnt of a secret used once.
"""

import secrets

from hearthub.accounts import Actor
from hearthub.context import Hub
from hearthub.errors import Forbidden, InvalidCredentials, RepoNotFound
from hearthub.registry import Repo, Right
from hearthub.web.visitor import Visit

PURPOSE = "static space"
TTL_S = 30 * 60


def make_pass(hub: Hub, seen: Visit, repo: Repo) -> str | None:
    """For whoever is logged in and may read the repo's files; None for everybody else."""
    if seen.session is None or hub.registry.right(seen.actor, repo) < Right.READ:
        return None
    claims = {
        "repo": repo.id,
        "user": seen.actor.user_id,
        "session": seen.session.id,
        "nonce": secrets.token_urlsafe(9),
    }
    return hub.storage.signer.sign(PURPOSE, claims, TTL_S)


def repo_by_pass(hub: Hub, text: str, full_name: str) -> Repo:
    """The space, if the pass is for it and its holder may read it now; else GatedRepo for those
    who may know that it is there, and RepoNotFound."""
    try:
        claims = hub.storage.signer.verify(PURPOSE, text)
        reader = _reader(hub, claims["user"], claims["session"])
    except (Forbidden, InvalidCredentials) as error:
        raise RepoNotFound from error
    repo = hub.registry.repo(reader, "space", full_name, Right.READ)
    if repo.id != claims["repo"]:
        raise RepoNotFound
    return repo


def _reader(hub: Hub, user_id: int, session_id: int) -> Actor:
    """As they are now; InvalidCredentials when they logged out, or are no more."""
    reader = hub.accounts.actor(user_id)
    if all(it.id != session_id for it in hub.accounts.sessions(user_id)):
        raise InvalidCredentials("This log-in has ended")
    return reader
