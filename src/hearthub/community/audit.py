"""The audit log: who did what. The event log, read backwards, by those whom it concerns.

It cannot be changed: events are only ever appended, in the transaction that they tell of. What a
repo's events say belongs to the account that had it then, also once it is deleted or moved.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from hearthub.accounts import Account, Actor
from hearthub.community.event_times import SLACK_MS, first_from
from hearthub.db import Database, Row
from hearthub.errors import Forbidden, LoginRequired

_COLUMNS = (
    'e.id, e.kind, e."at", a.name as actor, o.name as account, '
    # What another has by now, and calls as he likes, is not named.
    "case when r.owner_id = e.account_id then r.type end as repo_type, "
    "case when r.owner_id = e.account_id then r.namespace || '/' || r.name end as repo, e.payload, "
    "e.token_id, t.name as token "
    "from event e left join account a on a.id = e.actor_id "
    "left join account o on o.id = e.account_id left join repo r on r.id = e.repo_id "
    "left join token t on t.id = e.token_id "
)


@dataclass(frozen=True)
class Deed:
    """One event. `actor` None: an operator on the machine, or a job; `account` is whose log it is
    in, `repo` what the repo is called now. `token` is the label of the access token that it was
    done with, `token_id` its number; None: in a browser, or on the machine. `at` in milliseconds
    since 1970."""

    id: int
    kind: str
    at: int
    actor: str | None
    account: str | None
    repo_type: str | None
    repo: str | None
    detail: dict[str, Any]
    token_id: int | None = None
    token: str | None = None


class Audit:
    def __init__(self, db: Database) -> None:
        self._db = db

    def page(
        self, actor: Actor, account: Account | None, *,
        by: Account | None = None, kind: str | None = None, before: int | None = None,
        limit: int = 100,
    ) -> list[Deed]:  # fmt: skip
        """Newest first, those with a smaller id than `before`; of one account, or of the hub.

        For users their own, for administrators of organisations theirs, for the hub's all of it.
        """
        _require(actor, account)
        where, named = "e.id < :before ", dict[str, Any]()
        if account is not None:
            where, named = where + "and e.account_id = :account ", {"account": account.id}
        if by is not None:
            where, named = where + "and e.actor_id = :by ", {**named, "by": by.id}
        if kind is not None:
            where, named = where + "and e.kind = :kind ", {**named, "kind": kind}
        rows = self._db.all(
            f"select {_COLUMNS}where {where}order by e.id desc limit :limit",
            before=2**62 if before is None else before,
            limit=limit,
            **named,
        )
        return [_deed(row) for row in rows]

    def everything(
        self, actor: Actor, *,
        by: Account | None = None, kind: str | None = None,
        since: int | None = None, until: int | None = None,
        before: int | None = None, limit: int = 100,
    ) -> list[Deed]:  # fmt: skip
        """The hub's, for its administrators: as `page`, of events with `since <= at < until` (ms),
        by an account, of a kind."""
        _require(actor, None)
        last = 2**62 if before is None else before
        last = last if until is None else min(last, first_from(self._db, until + SLACK_MS))
        rows = self._db.all(
            f"select {_COLUMNS}where e.id < :before and e.id >= :first"
            ' and e."at" >= :since and e."at" < :until'
            f"{'' if by is None else ' and e.actor_id = :by'}"
            f"{'' if kind is None else ' and e.kind = :kind'}"
            " order by e.id desc limit :limit",
            before=last,
            first=0 if since is None else first_from(self._db, since - SLACK_MS),
            since=-(2**62) if since is None else since,
            until=2**62 if until is None else until,
            limit=limit,
            **({} if by is None else {"by": by.id}),
            **({} if kind is None else {"kind": kind}),
        )
        return [_deed(row) for row in rows]


def _deed(row: Row[Any]) -> Deed:
    detail = orjson.loads(row.payload)
    return Deed(
        row.id, row.kind, row.at, row.actor, row.account, row.repo_type, row.repo, detail,
        row.token_id, row.token,
    )  # fmt: skip


def _require(actor: Actor, account: Account | None) -> None:
    if actor.user_id is None:
        raise LoginRequired
    if actor.is_admin:
        return
    if account is None:
        raise Forbidden("The hub's audit log is for its administrators")
    if account.id != actor.user_id and actor.roles.get(account.id) != "admin":
        raise Forbidden(f"The audit log of {account.name} is for its administrators")
