"""What a caller may do with a repo: the one place where that is decided."""

from enum import IntEnum

from hearthub.accounts import Actor
from hearthub.errors import Forbidden, GatedRepo, LoginRequired, RepoNotFound
from hearthub.registry.repo import Repo


class Right(IntEnum):
    """Each right includes those below it."""

    NONE = 0
    METADATA = 1  # name, card metadata, tree: what a gated repo shows to strangers
    READ = 2  # file contents
    PROPOSE = 3  # discussions, pull requests and what is uploaded for them
    WRITE = 4  # commits, branches, tags
    ADMIN = 5  # settings, move, delete


# What an organisation's role gives on the organisation's repos. A contributor has more on those
# he created himself.
ROLE_RIGHTS = {
    "admin": Right.ADMIN,
    "write": Right.ADMIN,
    "contributor": Right.READ,
    "read": Right.READ,
}
CREATOR_ROLES = frozenset({"admin", "write", "contributor"})


def right_of(actor: Actor, repo: Repo) -> Right:
    """The highest right of `actor` on `repo`; a read-only token never gives more than READ."""
    right = max(_public_right(repo), _guest_right(actor, repo), _personal_right(actor, repo))
    if not actor.can_write:
        return min(right, Right.READ)
    # Whoever may read may propose, if it is known who that is.
    return Right.PROPOSE if right == Right.READ and actor.user_id is not None else right


def _public_right(repo: Repo) -> Right:
    if repo.visibility == "private":
        return Right.NONE
    # A protected space runs for everybody; its files are its members' alone.
    gated = repo.gated or repo.visibility == "protected"
    return Right.METADATA if gated else Right.READ


def _guest_right(actor: Actor, repo: Repo) -> Right:
    """Whose request was accepted reads a gated repo; one that is private now shows nothing."""
    if not repo.gated or repo.visibility != "public" or actor.user_id is None:
        return Right.NONE
    asked = repo.asked
    is_guest = asked and asked.user_id == actor.user_id and asked.status == "accepted"
    return Right.READ if is_guest else Right.NONE


def _personal_right(actor: Actor, repo: Repo) -> Right:
    if actor.user_id is None:
        return Right.NONE
    if actor.is_admin or actor.user_id == repo.owner_id:
        return Right.ADMIN
    role = actor.roles.get(repo.owner_id)
    if role == "contributor" and repo.created_by == actor.user_id:
        return Right.ADMIN
    return ROLE_RIGHTS[role] if role else Right.NONE


def require(actor: Actor, repo: Repo, need: Right) -> None:
    """Raise what the caller should be told; nothing when he has the right.

    A repo that may not be seen answers like one that does not exist.
    """
    right = right_of(actor, repo)
    if right >= need:
        return
    if right == Right.NONE:
        raise RepoNotFound
    if right < Right.READ <= need <= Right.PROPOSE:
        raise GatedRepo(_refusal(actor, repo))
    if actor.user_id is None:
        raise LoginRequired
    if not actor.can_write:
        raise Forbidden("This token may only read: use one with the write role")
    raise Forbidden(f"You have no {need.name.lower()} access to {repo.type} {repo.full_name}")


def _refusal(actor: Actor, repo: Repo) -> str:
    """Why a gated repo's files stay closed, and what to do about it."""
    name = f"{repo.type} {repo.full_name}"
    asked = repo.asked
    if asked and asked.user_id == actor.user_id and asked.status == "pending":
        return f"Your request to access {name} is awaiting a review from its owners."
    if asked and asked.user_id == actor.user_id and asked.status == "rejected":
        return f"Your request to access {name} was rejected by its owners."
    return (
        f"Access to {name} is restricted and you are not in the authorized list. "
        "Ask its owner for access."
    )


def proposer(actor: Actor, repo: Repo) -> int | None:
    """Who may not write: what he brings is a proposal, and counted as his. None: who may."""
    return actor.user_id if right_of(actor, repo) < Right.WRITE else None


def require_creator(actor: Actor, owner_id: int, namespace: str) -> None:
    """Whether `actor` may make repos in a namespace."""
    if actor.user_id is None:
        raise LoginRequired
    if not actor.can_write:
        raise Forbidden("This token may only read: use one with the write role")
    if actor.is_admin or actor.user_id == owner_id:
        return
    if actor.roles.get(owner_id) not in CREATOR_ROLES:
        raise Forbidden(f"You may not create repositories in the namespace {namespace}")
