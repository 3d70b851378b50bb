"""Finding users and organisations by what somebody typed of a name."""

from hearthub.accounts.users import COLUMNS, Account
from hearthub.db import Database, batches
from hearthub.names import misspellings

LAST = "\uffff"
"""Sorts after whatever may follow a prefix."""


def search(db: Database, typed: str, kind: str, limit: int) -> list[Account]:
    """Active accounts of a kind: the name itself, then names and full names that start like it.

    When there are none, those whose name is one mistake away. Upper and lower case are the same.
    """
    wanted = typed.strip().lower()
    if not wanted:
        return []
    found = _starting(db, "a.key", wanted, kind, limit)
    found += _starting(db, "lower(a.fullname)", wanted, kind, limit)
    if not found:
        found = _misspelled(db, wanted, kind)
    accounts = {account.id: account for account in found}.values()
    return sorted(accounts, key=lambda it: (it.name.lower() != wanted, len(it.name), it.name))[
        :limit
    ]


def _starting(db: Database, column: str, prefix: str, kind: str, limit: int) -> list[Account]:
    rows = db.all(
        f"select {COLUMNS} from account a where a.kind = :kind and a.disabled = 0 "  # noqa: S608
        f"and {column} >= :prefix and {column} < :end order by {column} limit :limit",
        kind=kind,
        prefix=prefix,
        end=prefix + LAST,
        limit=4 * limit,
    )
    return [Account.of(row) for row in rows]


def _misspelled(db: Database, wanted: str, kind: str) -> list[Account]:
    rows = [
        row
        for some in batches(sorted(misspellings(wanted)))
        for row in db.all(
            f"select {COLUMNS} from account a where a.key in (:some) and a.kind = :kind "  # noqa: S608
            "and a.disabled = 0",
            some=some,
            kind=kind,
        )
    ]
    return [Account.of(row) for row in rows]
