"""Finding users and organisations by what somebody typed of a name."""

import string

from hearthub.accounts.users import COLUMNS, Account
from hearthub.db import Database, batches
from hearthub.names import misspellings

LAST = "\U0010ffff"
"""Sorts after whatever may follow a prefix."""

_ASCII_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}


def search(db: Database, typed: str, kind: str, limit: int) -> list[Account]:
    """Active accounts of a kind: the name itself, then names and full names that start like it.

    When there are none, those whose name is one mistake away. Upper and lower case are the same.
    """
    wanted = typed.strip().lower()
    if not wanted:
        return []
    found = _starting(db, "a.key", wanted, kind, limit)
    for form in _forms(typed.strip()):
        found += _starting(db, "lower(a.fullname)", form, kind, limit)
    if not found:
        found = _misspelled(db, wanted, kind)
    accounts = {account.id: account for account in found}.values()
    return sorted(accounts, key=lambda it: (it.name.lower() != wanted, len(it.name), it.name))[
        :limit
    ]


def _forms(typed: str) -> set[str]:
    """A text as `lower()` may leave it: SQLite's knows the letters of ASCII alone."""
    forms = {typed, typed.lower(), typed.upper(), typed.capitalize(), typed.title()}
    return {form.translate(_ASCII_LOWER) for form in forms}


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
