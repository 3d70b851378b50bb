"""What happened, as one log. An event is appended in the transaction that made it happen.

Subscribers run inside that transaction and do one thing: add jobs. There are no cursors over
event ids, because on PostgreSQL rows may become visible out of order and a cursor would skip some.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import orjson

from hearthub.clock import now_ms
from hearthub.db import Database


@dataclass(frozen=True)
class Event:
    """Base of everything that happens to a repo. The class name is the `kind` in the log."""

    repo_id: int


@dataclass(frozen=True)
class AccountEvent:
    """Base of what happens to a user or an organisation, for the audit log."""

    account_id: int | None
    """None: to none that there is."""


@dataclass(frozen=True)
class RepoCreated(Event):
    repo_type: str
    full_name: str


@dataclass(frozen=True)
class CommitCreated(Event):
    """`ref` (a full name, `refs/heads/main`) moved from `old_oid` to `new_oid`."""

    ref: str
    old_oid: str | None
    """None: the ref is new."""
    new_oid: str
    message: str


@dataclass(frozen=True)
class RefCreated(Event):
    """A branch or tag that names a commit which was there before."""

    ref: str
    new_oid: str


@dataclass(frozen=True)
class RefDeleted(Event):
    ref: str
    old_oid: str


@dataclass(frozen=True)
class RepoMoved(Event):
    old_name: str
    new_name: str


@dataclass(frozen=True)
class RepoDeleted(Event):
    """The repo's rows are gone, or will be when the transaction ends."""

    repo_type: str
    full_name: str


@dataclass(frozen=True)
class RepoSettingsChanged(Event):
    """`changes`: the new value of each setting that changed (`visibility`, `gated`, `sdk`...)."""

    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RepoLiked(Event):
    user_id: int


@dataclass(frozen=True)
class RepoUnliked(Event):
    user_id: int


@dataclass(frozen=True)
class DiscussionOpened(Event):
    num: int
    title: str
    is_pull_request: bool


@dataclass(frozen=True)
class DiscussionChanged(Event):
    """`what` is status-change or title-change."""

    num: int
    what: str


@dataclass(frozen=True)
class Commented(Event):
    num: int
    comment: str
    """The comment's id, 24 hex digits."""


@dataclass(frozen=True)
class AccessRequested(Event):
    """`user` (a name) asked to read a gated repo; `status` is what became of it at once."""

    user: str
    status: str


@dataclass(frozen=True)
class AccessDecided(Event):
    """`status`: accepted, rejected, pending again, or withdrawn by whoever asked; `granted`
    without having asked."""

    user: str
    status: str
    granted: bool = False


@dataclass(frozen=True)
class RepoHandedOver(AccountEvent):
    """A repo of this account has gone to another; the new owner's log has RepoMoved."""

    repo_type: str
    old_name: str
    new_name: str


@dataclass(frozen=True)
class AccountAdded(AccountEvent):
    name: str


@dataclass(frozen=True)
class AccountChanged(AccountEvent):
    """`changes`: the new value of each setting that changed; of a password only that it did."""

    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberSet(AccountEvent):
    """A user (by name) has this role in the organisation now."""

    user: str
    role: str


@dataclass(frozen=True)
class MemberRemoved(AccountEvent):
    user: str


@dataclass(frozen=True)
class TokenAdded(AccountEvent):
    name: str
    role: str


@dataclass(frozen=True)
class TokenRevoked(AccountEvent):
    name: str


@dataclass(frozen=True)
class LoggedIn(AccountEvent):
    """`way`: password, oidc or whatever proved who it is."""

    way: str


@dataclass(frozen=True)
class LogInFailed(AccountEvent):
    """A password was wrong. `name`: what was typed, where no user has it and one might.

    `unrecorded`: how many more there were before, which were too many to be written down.
    """

    way: str
    name: str | None = None
    unrecorded: int = 0


@dataclass(frozen=True)
class SignInLinked(AccountEvent):
    """A user may sign in as somebody of a provider, named by its address."""

    issuer: str


@dataclass(frozen=True)
class SignInUnlinked(AccountEvent):
    issuer: str


@dataclass(frozen=True)
class SessionsEnded(AccountEvent):
    """By the user: `what` is log-out (this browser), one (another) or all (others)."""

    what: str


@dataclass(frozen=True)
class CollectionChanged(AccountEvent):
    """`what` is created, changed or deleted; what is in it is nobody's to answer for."""

    collection: str
    title: str
    what: str


@dataclass(frozen=True)
class WebhookChanged(AccountEvent):
    """`what` is created, changed, enabled, disabled or deleted by its owner. Of where it posts to
    the host alone: the rest of such an address is often a secret."""

    webhook: str
    host: str
    what: str


@dataclass(frozen=True)
class LargeFilesDeleted(Event):
    """For good; `first` are some of the sha256 sums."""

    count: int
    first: list[str]
    rewritten: bool


@dataclass(frozen=True)
class CommentChanged(Event):
    """Its author changed a comment, or it was hidden."""

    num: int
    comment: str


E = TypeVar("E", bound=Event)

_token: ContextVar[int | None] = ContextVar("token", default=None)


def came_with(token_id: int | None) -> None:
    """What is done from here on, in the request at hand, is done by this access token.

    Known to the task of the request and to the threads that work for it.
    """
    _token.set(token_id)


class EventLog:
    """The table `event`, and who wants to hear of what."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._handlers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, event_type: type[E], handler: Callable[[E], None]) -> None:
        """Call `handler` for each event of exactly this type, in the order of subscription."""
        self._handlers[event_type].append(handler)

    def append(self, event: Event | AccountEvent, actor_id: int | None) -> None:
        """Write `event` into the open transaction (or one of its own) and tell the subscribers.

        An error in a subscriber undoes the transaction: the change and its jobs go together.
        """
        payload = asdict(event)
        repo_id, account_id = payload.pop("repo_id", None), payload.pop("account_id", None)
        with self._db.transaction():
            self._db.execute(
                "insert into event (kind, repo_id, account_id, actor_id, token_id, at, payload) "
                "values (:kind, :repo_id, "
                "coalesce(:account_id, (select owner_id from repo where id = :repo_id)), "
                ":actor_id, :token_id, :at, :payload)",
                kind=type(event).__name__,
                repo_id=repo_id,
                account_id=account_id,
                actor_id=actor_id,
                token_id=None if actor_id is None else _token.get(),
                at=now_ms(),
                payload=orjson.dumps(payload).decode(),
            )
            if isinstance(event, Event):
                for handler in self._handlers[type(event)]:
                    handler(event)
