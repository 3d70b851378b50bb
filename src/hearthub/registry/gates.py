"""Gated repos: who asked to read their files, and what became of it.

What is decided here is not what it means: `access.right_of` says that, from the answer that
`seen_by` puts into a repo.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from hearthub.accounts import Account, Accounts, Actor
from hearthub.clock import now_ms
from hearthub.db import Database, batches
from hearthub.errors import BadRequest, Forbidden, LoginRequired, NotFound
from hearthub.events import AccessDecided, AccessRequested, EventLog
from hearthub.registry.access import Right, require, right_of
from hearthub.registry.gate_questions import questions_of, require_answers
from hearthub.registry.repo import Asked, Repo

STATUSES = ("pending", "accepted", "rejected")
MAX_FIELDS, MAX_NAME, MAX_VALUE = 50, 200, 2000
"""Answers in a form; characters of a question and of an answer."""
MAX_REASON = 2000
_COLUMNS = (
    "q.id, q.uid, q.status, q.created, a.name, a.fullname, "
    "case when q.asked = 1 then a.email end as email, q.fields, q.reason "
    "from access_request q join account a on a.id = q.user_id where q.repo_id = :repo "
)


@dataclass(frozen=True)
class AccessRequest:
    """`created` in milliseconds; `email` is that of users who asked themselves; `fields` is what
    they wrote into the repo's form."""

    id: int
    uid: str
    status: str
    created: int
    user: str
    fullname: str
    email: str | None
    fields: dict[str, Any] | None
    reason: str | None


class Gates:
    def __init__(self, db: Database, events: EventLog, accounts: Accounts) -> None:
        self._db, self._events, self._accounts = db, events, accounts

    # -- for access decisions ----------------------------------------------------------------

    def seen_by(self, actor: Actor, repo: Repo) -> Repo:
        """The repo with what became of the actor's request: one read, for gated ones alone."""
        if not repo.gated or actor.user_id is None:
            return repo
        status = self._status(repo, actor.user_id)
        return replace(repo, asked=None if status is None else Asked(actor.user_id, status))

    def all_seen_by(self, actor: Actor, repos: Sequence[Repo]) -> list[Repo]:
        """The same for many at once."""
        gated = [repo.id for repo in repos if repo.gated]
        if not gated or actor.user_id is None:
            return list(repos)
        found = {
            row.repo_id: Asked(actor.user_id, row.status)
            for some in batches(gated)
            for row in self._db.all(
                "select repo_id, status from access_request "
                "where user_id = :user and repo_id in (:ids)",
                user=actor.user_id,
                ids=some,
            )
        }
        return [replace(repo, asked=found.get(repo.id)) for repo in repos]

    def guests(self, repo: Repo, user_ids: Sequence[int]) -> list[int]:
        """Those of these users whose request was accepted."""
        if not repo.gated:
            return []
        sql = (
            "select user_id from access_request "
            "where repo_id = :repo and status = 'accepted' and user_id in (:users)"
        )
        return [
            user
            for some in batches(user_ids)
            for user in self._db.column(sql, repo=repo.id, users=some)
        ]

    # -- for whoever wants to read -----------------------------------------------------------

    def ask(
        self,
        actor: Actor,
        repo: Repo,
        card: Mapping[str, Any],
        fields: Mapping[str, Any] | None = None,
    ) -> str:
        """Ask for access; the status it leads to. Who may read already is accepted, and a
        rejection stays. `card`: the repo's, which says what the form asks for; `fields`: what the
        user wrote there by label, kept as it is. BadRequest where an answer is missing."""
        if actor.user_id is None:
            raise LoginRequired
        if not actor.can_write:
            raise Forbidden("This token may only read: use one with the write role")
        if right_of(actor, self.seen_by(actor, repo)) >= Right.READ:
            return "accepted"
        if not repo.gated:
            raise BadRequest(f"The {repo.type} {repo.full_name} is not gated")
        kept = _checked(fields or {})
        require_answers(questions_of(card), fields or {})
        status = "accepted" if repo.gated == "auto" else "pending"
        with self._db.transaction():
            changed = self._db.execute(
                "insert into access_request (uid, repo_id, user_id, status, asked, fields, created)"
                " values (:uid, :repo, :user, :status, 1, :fields, :now) "
                "on conflict (repo_id, user_id) do update set status = excluded.status, "
                "fields = coalesce(excluded.fields, access_request.fields), asked = 1 "
                "where access_request.status = 'pending'",
                uid=secrets.token_hex(12), repo=repo.id, user=actor.user_id, status=status,
                fields=kept, now=now_ms(),
            )  # fmt: skip
            if changed:
                self._events.append(
                    AccessRequested(repo.id, actor.name or "", status), actor.user_id
                )
            return self._status(repo, actor.user_id) or status

    def own(self, actor: Actor, repo: Repo) -> AccessRequest | None:
        """The actor's own request."""
        if actor.user_id is None:
            raise LoginRequired
        return self._find(repo, "and q.user_id = :user", user=actor.user_id)

    def withdraw(self, actor: Actor, repo: Repo) -> None:
        """Take the actor's own request back while it waits; what was decided stays. NotFound."""
        if actor.user_id is None:
            raise LoginRequired
        if not actor.can_write:
            raise Forbidden("This token may only read: use one with the write role")
        with self._db.transaction():
            if not self._db.execute(
                "delete from access_request where repo_id = :repo and user_id = :user "
                "and status = 'pending'",
                repo=repo.id,
                user=actor.user_id,
            ):
                raise NotFound("No request of yours waits here")
            event = AccessDecided(repo.id, actor.name or "", "withdrawn")
            self._events.append(event, actor.user_id)

    # -- for whoever owns it -----------------------------------------------------------------

    def requests(
        self, actor: Actor, repo: Repo, status: str, *, before: int | None = None, limit: int = 1000
    ) -> list[AccessRequest]:
        """Newest first, those with a smaller id than `before`. Raises BadRequest where the repo
        is not gated, NotFound for a status that there is not."""
        self._require_owner(actor, repo)
        if status not in STATUSES:
            raise NotFound(f"The status of a request is one of {', '.join(STATUSES)}")
        rows = self._db.all(
            f"select {_COLUMNS}and q.status = :status and q.id < :before "
            "order by q.id desc limit :limit",
            repo=repo.id, status=status, limit=limit,
            before=2**62 if before is None else before,
        )  # fmt: skip
        return [_request(row) for row in rows]

    def decide(
        self, actor: Actor, repo: Repo, status: str, *,
        user: str | None = None, uid: str | None = None, reason: str | None = None,
    ) -> None:  # fmt: skip
        """Accept a request, reject it, or take back what was decided (`pending`).

        It is named by its user or its id. NotFound where there is none, or it has that status.
        """
        self._require_owner(actor, repo)
        if status not in STATUSES or (user is None) == (uid is None):
            raise BadRequest(f"Send a user or a requestId, and a status: {', '.join(STATUSES)}")
        if reason is not None and (status != "rejected" or len(reason) > MAX_REASON):
            raise BadRequest(f"A reason, of up to {MAX_REASON} characters, is for a rejection")
        with self._db.transaction():
            if user is not None:
                found = self._find(repo, "and q.user_id = :user", user=self._user(user).id)
            else:
                found = self._find(repo, "and q.uid = :uid", uid=uid)
            if found is None or found.status == status:
                what = f"is {status} already" if found else "is not there"
                raise NotFound(f"The access request {what}")
            self._db.execute(
                "update access_request set status = :status, reason = :reason where id = :id",
                status=status, reason=reason, id=found.id,
            )  # fmt: skip
            self._events.append(AccessDecided(repo.id, found.user, status), actor.user_id)

    def grant(self, actor: Actor, repo: Repo, user: str) -> None:
        """Let in somebody who did not ask, or was not accepted. BadRequest for one who may read."""
        self._require_owner(actor, repo)
        account = self._user(user)
        with self._db.transaction():
            if not self._db.execute(
                "insert into access_request (uid, repo_id, user_id, status, asked, created) "
                "values (:uid, :repo, :user, 'accepted', 0, :now) "
                "on conflict (repo_id, user_id) do update set status = 'accepted', reason = null "
                "where access_request.status <> 'accepted'",
                uid=secrets.token_hex(12), repo=repo.id, user=account.id, now=now_ms(),
            ):  # fmt: skip
                raise BadRequest(f"{account.name} has access already")
            event = AccessDecided(repo.id, account.name, "accepted", granted=True)
            self._events.append(event, actor.user_id)

    # -- the steps ---------------------------------------------------------------------------

    def _require_owner(self, actor: Actor, repo: Repo) -> None:
        require(actor, repo, Right.ADMIN)
        if not repo.gated:
            raise BadRequest(f"The {repo.type} {repo.full_name} is not gated")

    def _user(self, name: str) -> Account:
        account = self._accounts.account(name)
        if account is None or account.kind != "user":
            raise NotFound(f"There is no user called {name[:100]!r}")
        return account

    def _status(self, repo: Repo, user_id: int) -> str | None:
        status: str | None = self._db.value(
            "select status from access_request where repo_id = :repo and user_id = :user",
            repo=repo.id,
            user=user_id,
        )
        return status

    def _find(self, repo: Repo, where: str, **named: object) -> AccessRequest | None:
        row = self._db.one(f"select {_COLUMNS}{where}", repo=repo.id, **named)
        return None if row is None else _request(row)


def _request(row: Any) -> AccessRequest:
    values = list(row)
    values[7] = orjson.loads(values[7]) if values[7] else None
    return AccessRequest(*values)


def _checked(fields: Mapping[str, Any]) -> str | None:
    """A form as JSON; raises BadRequest when it is too much."""
    if not fields:
        return None
    if len(fields) > MAX_FIELDS:
        raise BadRequest(f"A form has at most {MAX_FIELDS} fields")
    for name, value in fields.items():
        if not isinstance(value, str | bool | int | float) or len(str(value)) > MAX_VALUE:
            raise BadRequest(f"A field holds a text of up to {MAX_VALUE} characters, or a tick")
        if not 0 < len(name) <= MAX_NAME:
            raise BadRequest(f"A field's name has 1 to {MAX_NAME} characters")
    return orjson.dumps(dict(fields)).decode()
