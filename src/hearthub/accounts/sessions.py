"""Log-ins of browsers: 256 random bits in a cookie, of which only a hash is stored.

A session ends when its user logs out or changes the password, after `IDLE_MS` in which nobody came
with it, and after `LONGEST_MS` in any case.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from hearthub.accounts.tokens import digest
from hearthub.clock import now_ms
from hearthub.db import Database, Row, Rows
from hearthub.errors import NotFound

DAY_MS = 86_400_000
IDLE_MS = 14 * DAY_MS
LONGEST_MS = 90 * DAY_MS
NOTE_MS = 3_600_000  # that somebody came is written once an hour
MOST = 50  # of one user
MAX_AGENT = 100  # characters
MAX_TOKEN = 200

_COLUMNS = "id, agent, created, seen, expires"


@dataclass(frozen=True)
class Session:
    """What is known of a log-in. Times in ms; `agent` is a hint of the browser."""

    id: int
    agent: str
    created: int
    seen: int
    expires: int

    @classmethod
    def of(cls, row: Row[Any]) -> "Session":
        return cls(*(getattr(row, column) for column in cls.__dataclass_fields__))


def start(db: Database, user_id: int, agent: str) -> str:
    """A new session; returns what the cookie holds."""
    token, now = secrets.token_urlsafe(32), now_ms()
    with db.transaction():
        db.execute("delete from session where expires < :now", now=now)
        db.execute(
            "delete from session where user_id = :user and id not in (select id from session"
            " where user_id = :user order by seen desc, id desc limit :rest)",
            user=user_id,
            rest=MOST - 1,
        )
        db.execute(
            "insert into session (user_id, hash, agent, created, seen, expires)"
            " values (:user, :hash, :agent, :now, :now, :expires)",
            user=user_id,
            hash=digest(token),
            agent="".join(c for c in agent if c.isprintable())[:MAX_AGENT],
            now=now,
            expires=now + IDLE_MS,
        )
    return token


def lookup(db: Database, token: str) -> Rows:
    """A good session with its user, once per membership (`org_id`, `org_role`); else nothing."""
    if not 0 < len(token) <= MAX_TOKEN:
        return []
    rows = db.all(
        "select s.id, s.agent, s.created, s.seen, s.expires,"
        " a.id as user_id, a.name as user_name, a.is_admin, a.disabled,"
        " m.org_id, m.role as org_role"
        " from session s join account a on a.id = s.user_id"
        " left join member m on m.user_id = a.id where s.hash = :hash",
        hash=digest(token),
    )
    if not rows or rows[0].disabled or rows[0].expires <= now_ms():
        return []
    return rows


def note(db: Database, session: Session) -> None:
    """That somebody came with it just now, so that it does not end yet."""
    now = now_ms()
    if now - session.seen < NOTE_MS:
        return
    db.execute(
        "update session set seen = :now, expires = :expires where id = :id",
        id=session.id,
        now=now,
        expires=min(now + IDLE_MS, session.created + LONGEST_MS),
    )


def of_user(db: Database, user_id: int) -> list[Session]:
    """Those that are good, the one used last first."""
    rows = db.all(
        f"select {_COLUMNS} from session where user_id = :id and expires > :now"  # noqa: S608
        " order by seen desc, id desc",
        id=user_id,
        now=now_ms(),
    )
    return [Session.of(row) for row in rows]


def close(db: Database, token: str) -> int | None:
    """Whose it was; None when there is no such session."""
    user_id: int | None = db.value(
        "delete from session where hash = :hash returning user_id", hash=digest(token)
    )
    return user_id


def end(db: Database, user_id: int, session_id: int) -> None:
    """NotFound when the user has no such session."""
    ended = db.execute(
        "delete from session where id = :id and user_id = :user", id=session_id, user=user_id
    )
    if not ended:
        raise NotFound("There is no such session, or it has ended already")


def end_all(db: Database, user_id: int, keep: int | None) -> int:
    """All of a user, but the one with the id `keep`; how many."""
    return db.execute(
        "delete from session where user_id = :user and id <> :keep", user=user_id, keep=keep or 0
    )
