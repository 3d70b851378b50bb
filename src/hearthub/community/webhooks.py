"""Webhooks: whose they are, what they watch, and where they post to."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hearthub.accounts import Actor
from hearthub.clock import now_ms
from hearthub.community.payloads import DISCUSSION, PREFIXES, REPO
from hearthub.community.posting import Poster
from hearthub.db import Database
from hearthub.errors import BadRequest, Forbidden, LoginRequired, Moved, NotFound, TooLarge
from hearthub.events import EventLog, WebhookChanged
from hearthub.registry import Registry

MAX_WEBHOOKS, MAX_WATCHED = 50, 100
"""Webhooks of a user, and what one of them watches."""
DOMAINS = (REPO, DISCUSSION)
ACCOUNTS = ("user", "org")

_SECRET = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?")
_COLUMNS = "id, uid, account_id, url, secret, on_repo, on_discussion, disabled"


@dataclass(frozen=True)
class Watched:
    """`type` is user, org, model, dataset or space."""

    type: str
    name: str


@dataclass(frozen=True)
class Webhook:
    """`secret` goes along with all that is posted."""

    id: int
    uid: str
    owner_id: int
    url: str
    secret: str | None
    domains: tuple[str, ...]
    disabled: bool
    watched: tuple[Watched, ...]


class Webhooks:
    """A webhook is its owner's alone: to everybody else there is none."""

    def __init__(self, db: Database, events: EventLog, registry: Registry, poster: Poster) -> None:
        self._db, self._events, self._registry, self._poster = db, events, registry, poster

    def all(self, actor: Actor) -> list[Webhook]:
        """Those of the caller, oldest first; without secrets for a token that may only read."""
        rows = self._db.all(
            f"select {_COLUMNS} from webhook where account_id = :owner order by id",  # noqa: S608
            owner=_user(actor),
        )
        return [self._webhook(actor, row) for row in rows]

    def get(self, actor: Actor, uid: str) -> Webhook:
        row = self._db.one(
            f"select {_COLUMNS} from webhook where uid = :uid and account_id = :owner",  # noqa: S608
            uid=uid,
            owner=_user(actor),
        )
        if row is None:
            raise NotFound(f"There is no webhook {uid[:40]}")
        return self._webhook(actor, row)

    def get_to_change(self, actor: Actor, uid: str) -> Webhook:
        """The same for a caller who may do more than look."""
        _writer(actor)
        return self.get(actor, uid)

    def create(
        self, actor: Actor, url: str, watched: Sequence[Watched], domains: Sequence[str],
        secret: str | None,
    ) -> Webhook:  # fmt: skip
        owner = _writer(actor)
        self._check(url, domains, secret)
        if not watched:
            raise BadRequest("A webhook watches at least one user, organisation or repo")
        uid = secrets.token_hex(12)
        with self._db.transaction():
            self._db.hold("account", owner)
            many = self._db.value(
                "select count(*) from webhook where account_id = :owner", owner=owner
            )
            if many >= MAX_WEBHOOKS:
                raise TooLarge(f"A user has at most {MAX_WEBHOOKS} webhooks: delete one")
            webhook_id = self._db.value(
                "insert into webhook (uid, account_id, url, secret, on_repo, on_discussion, "
                "disabled, failures, due, created) values (:uid, :owner, :url, :secret, :repo, "
                ":discussion, 0, 0, 0, :now) returning id",
                uid=uid, owner=owner, url=url, secret=secret, repo=int(REPO in domains),
                discussion=int(DISCUSSION in domains), now=now_ms(),
            )  # fmt: skip
            self._watch(actor, int(webhook_id), watched)
            return self._logged(actor, uid, "created")

    def change(
        self, actor: Actor, uid: str, *, url: str | None, watched: Sequence[Watched],
        domains: Sequence[str] | None, secret: str | None,
    ) -> Webhook:  # fmt: skip
        """None, and nothing watched, leave what there is: clients always send a list."""
        found = self.get_to_change(actor, uid)
        url, secret = url or found.url, secret or found.secret
        domains = found.domains if domains is None else domains
        self._check(url, domains, secret)
        with self._db.transaction():
            self._db.execute(
                "update webhook set url = :url, secret = :secret, on_repo = :repo, "
                "on_discussion = :discussion, failures = 0, due = 0 where id = :id",
                url=url, secret=secret, repo=int(REPO in domains),
                discussion=int(DISCUSSION in domains), id=found.id,
            )  # fmt: skip
            if watched:
                self._db.execute("delete from webhook_watch where webhook_id = :id", id=found.id)
                self._watch(actor, found.id, watched)
            return self._logged(actor, uid, "changed")

    def set_disabled(self, actor: Actor, uid: str, disabled: bool) -> Webhook:
        """What waits to be sent by one that is disabled never is."""
        found = self.get_to_change(actor, uid)
        with self._db.transaction():
            self._db.execute(
                "update webhook set disabled = :disabled, failures = 0, due = 0 where id = :id",
                disabled=int(disabled),
                id=found.id,
            )
            return self._logged(actor, uid, "disabled" if disabled else "enabled")

    def delete(self, actor: Actor, uid: str) -> None:
        """With all that is known of what it sent."""
        with self._db.transaction():
            found = self._logged(actor, self.get_to_change(actor, uid).uid, "deleted")
            self._db.execute("delete from webhook where id = :id", id=found.id)

    # -- the steps ---------------------------------------------------------------------------

    def _logged(self, actor: Actor, uid: str, what: str) -> Webhook:
        """As it is now, with an entry in its owner's audit log."""
        found = self.get(actor, uid)
        event = WebhookChanged(found.owner_id, uid, urlsplit(found.url).hostname or "", what)
        self._events.append(event, actor.user_id)
        return found

    def _check(self, url: str, domains: Sequence[str], secret: str | None) -> None:
        self._poster.check(url)
        if not domains or set(domains) - set(DOMAINS):
            raise BadRequest(f"domains are one or both of {', '.join(DOMAINS)}")
        if secret is not None and not _SECRET.fullmatch(secret):
            raise BadRequest("A webhook's secret has 1 to 256 printable characters of ASCII")

    def _watch(self, actor: Actor, webhook_id: int, watched: Iterable[Watched]) -> None:
        targets = dict.fromkeys(self._target(actor, it) for it in watched)
        if len(targets) > MAX_WATCHED:
            raise TooLarge(f"A webhook watches at most {MAX_WATCHED} users and repos")
        self._db.execute_many(
            "insert into webhook_watch (webhook_id, is_repo, target) "
            "values (:webhook, :is_repo, :target)",
            [{"webhook": webhook_id, "is_repo": kind, "target": it} for kind, it in targets],
        )

    def _target(self, actor: Actor, watched: Watched) -> tuple[int, int]:
        """Whether it is a repo, and its number; raises NotFound, RepoNotFound."""
        if watched.type in PREFIXES:
            try:
                repo = self._registry.repo(actor, watched.type, watched.name)
            except Moved as moved:  # clients send the names that they were told once
                repo = self._registry.repo(actor, watched.type, moved.new_name)
            return 1, repo.id
        if watched.type not in ACCOUNTS:
            raise BadRequest(f"What is watched is one of {', '.join([*ACCOUNTS, *PREFIXES])}")
        account = self._registry.accounts.account(watched.name)
        if account is None or account.kind != watched.type:
            raise NotFound(f"There is no {watched.type} called {watched.name[:100]}")
        return 0, account.id

    def _webhook(self, actor: Actor, row: Any) -> Webhook:
        asked = zip(DOMAINS, (row.on_repo, row.on_discussion), strict=True)
        domains = [name for name, is_asked in asked if is_asked]
        return Webhook(
            row.id,
            row.uid,
            row.account_id,
            row.url,
            row.secret if actor.can_write else None,
            tuple(domains),
            bool(row.disabled),
            tuple(self._watched(actor, row.id)),
        )

    def _watched(self, actor: Actor, webhook_id: int) -> list[Watched]:
        """As they are called now; without repos that the owner may not see any more."""
        rows = self._db.all(
            "select w.is_repo, w.target, a.kind, a.name from webhook_watch w "
            "left join account a on a.id = w.target and w.is_repo = 0 "
            "where w.webhook_id = :id order by w.is_repo, w.target",
            id=webhook_id,
        )
        repos = self._registry.by_ids(actor, [row.target for row in rows if row.is_repo])
        found = [Watched(row.kind, row.name) for row in rows if row.kind]
        return found + [Watched(repo.type, repo.full_name) for repo in repos]


def _user(actor: Actor) -> int:
    if actor.user_id is None:
        raise LoginRequired
    return actor.user_id


def _writer(actor: Actor) -> int:
    user = _user(actor)
    if not actor.can_write:
        raise Forbidden("This token may only read: use one with the write role")
    return user
