"""The audit log: who did what. The event log, read backwards, by those whom it concerns.

It cannot be changed: events are only ever appended, in the transaction that they tell of. What a
repo's events say belongs to the account that had it then, also once it is deleted or moved.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from hearthub.accounts import Account, Actor
from hearthub.db import Database
from hearthub.errors import Forbidden, LoginRequired

_COLUMNS = (
    'e.id, e.kind, e."at", a.name, o.name, '
    # What another has by now, and calls as he likes, is not named.
    "case when r.owner_id = e.account_id then r.type end, "
    "case when r.owner_id = e.account_id then r.namespace || '/' || r.name end, e.payload "
    "from event e left join account a on a.id = e.actor_id "
    "left join account o on o.id = e.account_id left join repo r on r.id = e.repo_id "
)


@dataclass(frozen=True)
class Deed:
    """One event. `actor` None: an operator on the machine, or a job; `account` is whose log it is
    in, `repo` what the repo is called now. `at` in milliseconds since 1970."""

    id: int
    kind: str
    at: int
    actor: str | None
    account: str | None
    repo_type: str | None
    repo: str | None
    detail: dict[str, Any]


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


def _deed(row: Any) -> Deed:
    values = list(row)
    values[-1] = orjson.loads(values[-1])
    return Deed(*values)


def _require(actor: Actor, account: Account | None) -> None:
    if actor.user_id is None:
        raise LoginRequired
    if actor.is_admin:
        return
    if account is None:
        raise Forbidden("The hub's audit log is for its administrators")
    if account.id != actor.user_id and actor.roles.get(account.id) != "admin":
        raise Forbidden(f"The audit log of {account.name} is for its administrators")
