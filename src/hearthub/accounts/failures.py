"""Log-ins that failed, for the audit log: some of each account in an hour, and of all together.

Whoever guesses writes one row anew and fills no disk; what was not written down is counted, and
the next one that is tells how many there were.
"""

from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest
from hearthub.events import EventLog, LogInFailed
from hearthub.names import check_namespace

HOUR_MS = 3_600_000
MOST, MOST_UNKNOWN, MOST_OF_ALL = 5, 20, 100
"""Written down in an hour: of an account, of names that nobody has, and together."""
MAX_NAME = 40  # characters
_UNKNOWN, _ALL = 0, -1


def note(db: Database, events: EventLog, account_id: int | None, name: str, way: str) -> None:
    """`name` is what was typed: where nobody has it, it may be anything, a password too, so that
    it is kept only if a user could be called so."""
    hour = now_ms() // HOUR_MS
    with db.transaction():
        most = MOST if account_id else MOST_UNKNOWN
        key = account_id or _UNKNOWN
        many, unrecorded = _counted(db, key, hour)
        if many < most and (of_all := _counted(db, _ALL, hour)[0]) < MOST_OF_ALL:
            typed = None if account_id else _name(name)
            events.append(LogInFailed(account_id, way, typed, unrecorded), None)
            _count(db, _ALL, hour, of_all + 1, 0)
            unrecorded = -1
        _count(db, key, hour, many + 1, unrecorded + 1)


def _counted(db: Database, key: int, hour: int) -> tuple[int, int]:
    """How many there were in this hour, and how many were not written down."""
    db.execute(
        "insert into login_failure (account_id, hour, many, unrecorded) values (:key, 0, 0, 0) "
        "on conflict (account_id) do nothing",
        key=key,
    )
    lock = "" if db.is_sqlite else " for update"
    row = db.one(f"select hour, many, unrecorded from login_failure where account_id = :key{lock}",  # noqa: S608
                 key=key)  # fmt: skip
    if row is None:
        return 0, 0
    return row.many if row.hour == hour else 0, row.unrecorded


def _count(db: Database, key: int, hour: int, many: int, unrecorded: int) -> None:
    db.execute(
        "update login_failure set hour = :hour, many = :many, unrecorded = :unrecorded "
        "where account_id = :key",
        key=key,
        hour=hour,
        many=many,
        unrecorded=unrecorded,
    )


def _name(typed: str) -> str | None:
    try:
        check_namespace(typed)
    except BadRequest:
        return None
    return typed[:MAX_NAME]
