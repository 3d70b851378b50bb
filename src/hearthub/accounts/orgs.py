"""Who is in which organisation, and as what."""

from dataclasses import dataclass

from hearthub.accounts.users import COLUMNS, Account
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, NotFound

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
