"""Who is in which organisation, and as what."""

from dataclasses import dataclass

from hearthub.accounts.users import COLUMNS, Account
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, Forbidden, NotFound

ROLES = ("admin", "write", "contributor", "read")


@dataclass(frozen=True)
class Member:
    """One side of a membership: the user (in a list of members) or the organisation."""

    account: Account
    role: str


def set_member(db: Database, org: Account, user: Account, role: str) -> None:
    if role not in ROLES:
        raise BadRequest(f"A role is one of {', '.join(ROLES)}, not {role!r}")
    db.execute(
        "insert into member (org_id, user_id, role, created) values (:org, :user, :role, :now)"
        " on conflict (org_id, user_id) do update set role = excluded.role",
        org=org.id,
        user=user.id,
        role=role,
        now=now_ms(),
    )


def remove_member(db: Database, org: Account, user: Account) -> None:
    removed = db.execute(
        "delete from member where org_id = :org and user_id = :user", org=org.id, user=user.id
    )
    if not removed:
        raise NotFound(f"{user.name!r} is not a member of {org.name!r}")


def require_room(db: Database, creator: int, most: int) -> None:
    """Forbidden for a user (by id) who made `most` organisations; the hub's administrators may.

    Those they made count, not those they are in: leaving one makes no room, and nobody uses up
    another's room by appointing them.
    """
    # Takes the row: of two who ask at once the second waits, and is counted after the first.
    db.execute("update account set name = name where id = :id", id=creator)
    if db.value("select is_admin from account where id = :id", id=creator):
        return
    made = db.value(
        "select count(*) from event e join account a on a.id = e.account_id"
        " where e.actor_id = :id and e.kind = 'AccountAdded' and a.kind = 'org'",
        id=creator,
    )
    if made >= most:
        raise Forbidden(
            f"You made {made} organisations, and this hub allows {most}:"
            " an administrator of the hub can make more"
        )


def require_chief(db: Database, org: Account, by: int | None) -> None:
    """Forbidden for a user (by id) who administers neither the organisation nor the hub.

    None is an operator on the machine, who may.
    """
    if by is None or db.value("select is_admin from account where id = :by", by=by):
        return
    if roles(db, by).get(org.id) != "admin":
        raise Forbidden(f"The settings of {org.name} are for its administrators")


def require_other_chief(db: Database, org: Account, user: Account) -> None:
    """Conflict where `user` is the last administrator: one who is disabled is no other."""
    if roles(db, user.id).get(org.id) != "admin":
        return
    # Takes the row: of two who go at once the second waits, and sees that they are the last.
    db.execute("update account set name = name where id = :org", org=org.id)
    others = db.value(
        "select count(*) from member m join account a on a.id = m.user_id"
        " where m.org_id = :org and m.role = 'admin' and m.user_id <> :user and a.disabled = 0",
        org=org.id,
        user=user.id,
    )
    if not others:
        raise Conflict(
            f"{user.name} is the last administrator of {org.name}: make another one first"
        )


def members(db: Database, org_id: int) -> list[Member]:
    """By name."""
    return _members(db, "m.user_id = a.id where m.org_id = :id", org_id)


def orgs_of(db: Database, user_id: int) -> list[Member]:
    """By name."""
    return _members(db, "m.org_id = a.id where m.user_id = :id", user_id)


def roles(db: Database, user_id: int) -> dict[int, str]:
    rows = db.all("select org_id, role from member where user_id = :id", id=user_id)
    return {row.org_id: row.role for row in rows}


def _members(db: Database, condition: str, account_id: int) -> list[Member]:
    rows = db.all(
        f"select {COLUMNS}, m.role from account a"  # noqa: S608 - constants
        f" join member m on {condition} order by a.key",
        id=account_id,
    )
    return [Member(Account.of(row), row.role) for row in rows]
