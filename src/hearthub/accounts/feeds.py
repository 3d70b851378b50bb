"""The address of a user's own feed: 256 random bits, of which only a hash is stored.

It is no token: it opens that feed and nothing else. There is one for each user at most.
"""

import secrets

from hearthub.accounts.tokens import digest
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import NotFound

MAX_KEY = 200  # characters


def made(db: Database, user_id: int) -> int | None:
    """When a user's address was made, in ms; None when there is none."""
    created: int | None = db.value("select created from feed where user_id = :id", id=user_id)
    return created


def make(db: Database, user_id: int) -> str:
    """A new one; the one there was is no longer good."""
    key = secrets.token_urlsafe(32)
    db.execute(
        "insert into feed (user_id, hash, created) values (:id, :hash, :now) on conflict (user_id)"
        " do update set hash = excluded.hash, created = excluded.created",
        id=user_id,
        hash=digest(key),
        now=now_ms(),
    )
    return key


def revoke(db: Database, user_id: int) -> None:
    """NotFound when there is none."""
    if not db.execute("delete from feed where user_id = :id", id=user_id):
        raise NotFound("Your feed has no address that could be revoked")


def owner(db: Database, key: str) -> int | None:
    """The id of the user whose feed it opens."""
    if not 0 < len(key) <= MAX_KEY:
        return None
    found: int | None = db.value("select user_id from feed where hash = :hash", hash=digest(key))
    return found
