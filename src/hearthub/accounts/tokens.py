"""Access tokens: `hf_`, 34 random characters, and 6 that check them. Only a hash is stored.

The checksum is the CRC-32 of everything before it, in base 62, as in GitHub's token format: it lets
secret scanners tell a token from noise. Clients ask for the prefix and for 37 characters or more,
all alphanumeric (client-protocol.md A1).
"""

import re
import secrets
import string
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from hearthub.accounts.users import Account
from hearthub.clock import now_ms
from hearthub.db import Database, Row, Rows
from hearthub.errors import BadRequest, Conflict, InvalidCredentials, NotFound

PREFIX = "hf_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 34
CHECKSUM_LENGTH = 6
ROLES = ("read", "write")
MAX_NAME = 100  # characters
DAY_MS = 86_400_000

_GIVEN = re.compile(r"hf_[A-Za-z0-9_]{16,}", re.ASCII)
_COLUMNS = "id, name, role, hint, created, expires, revoked, last_used"


@dataclass(frozen=True)
class Token:
    """What is known of a token. Times in ms; `hint` is its last four characters."""

    id: int
    name: str
    role: str
    hint: str
    created: int
    expires: int | None
    revoked: int | None
    last_used: int | None

    @classmethod
    def of(cls, row: Row[Any]) -> "Token":
        return cls(*(getattr(row, column) for column in cls.__dataclass_fields__))

    def is_valid(self, now: int) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)


def generate() -> str:
    body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + checksum(body)


def checksum(body: str) -> str:
    """Six base-62 digits, most significant first, of the CRC-32 of `body`."""
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def check(name: str, role: str, expires_days: int | None, value: str | None) -> None:
    """BadRequest for a token that nobody may have."""
    if role not in ROLES:
        raise BadRequest(f"A token's role is read or write, not {role!r}")
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise BadRequest(f"A token's name has 1 to {MAX_NAME} printable characters")
    if expires_days is not None and not 1 <= expires_days <= 36_500:
        raise BadRequest("A token expires after 1 to 36500 days")
    if value is not None and not _GIVEN.fullmatch(value):
        raise BadRequest("A token is 'hf_' and at least 16 letters, digits or '_'")


def add(
    db: Database, user: Account, name: str, role: str, expires_days: int | None, value: str | None
) -> str:
    check(name, role, expires_days, value)
    token = value or generate()
    now = now_ms()
    written = db.execute(
        "insert into token (user_id, name, role, hash, hint, created, expires)"
        " values (:user_id, :name, :role, :hash, :hint, :now, :expires) on conflict do nothing",
        user_id=user.id,
        name=name,
        role=role,
        hash=digest(token),
        hint=token[-4:],
        now=now,
        expires=expires_days and now + expires_days * DAY_MS,
    )
    if not written:
        raise Conflict("This token is registered already")
    return token


def of_user(db: Database, user_id: int) -> list[Token]:
    """All tokens of a user, expired and revoked ones too, oldest first."""
    rows = db.all(f"select {_COLUMNS} from token where user_id = :id order by id", id=user_id)  # noqa: S608
    return [Token.of(row) for row in rows]


def find(db: Database, value: str) -> tuple[int, Token] | None:
    """The id of the user who has this token, good or not, and what is known of it."""
    sql = f"select user_id, {_COLUMNS} from token where hash = :hash"  # noqa: S608
    row = db.one(sql, hash=digest(value))
    return None if row is None else (row.user_id, Token.of(row))


def by_id(db: Database, token_id: int) -> Token:
    """The token, if it is still good; else InvalidCredentials."""
    row = db.one(f"select {_COLUMNS} from token where id = :id", id=token_id)  # noqa: S608
    if row is None or not Token.of(row).is_valid(now_ms()):
        raise InvalidCredentials
    return Token.of(row)


def revoke(db: Database, user: Account, name_or_id: str | int) -> None:
    """NotFound without such a token that is still valid, Conflict when a name means several."""
    valid = [token for token in of_user(db, user.id) if token.revoked is None]
    found = [token for token in valid if token.name == name_or_id] or [
        token for token in valid if str(token.id) == str(name_or_id)
    ]
    if not found:
        raise NotFound(f"{user.name} has no token {name_or_id!r} to revoke")
    if len(found) > 1:
        numbers = ", ".join(str(token.id) for token in found)
        raise Conflict(f"{len(found)} tokens are named {name_or_id!r}: give a number ({numbers})")
    db.execute("update token set revoked = :now where id = :id", now=now_ms(), id=found[0].id)


def lookup(db: Database, token: str) -> Rows:
    """The token with its user, once per membership (`org_id`, `org_role`), in one query.

    InvalidCredentials, always with the same words, when the token is unknown, expired, revoked, or
    its user is disabled.
    """
    rows = db.all(
        "select t.id, t.name, t.role, t.hint, t.created, t.expires, t.revoked, t.last_used,"
        " a.id as user_id, a.name as user_name, a.is_admin, a.disabled,"
        " m.org_id, m.role as org_role"
        " from token t join account a on a.id = t.user_id"
        " left join member m on m.user_id = a.id where t.hash = :hash",
        hash=digest(token),
    )
    if not rows or rows[0].disabled or not Token.of(rows[0]).is_valid(now_ms()):
        raise InvalidCredentials
    return rows


def digest(token: str) -> str:
    # The token is 200 random bits: a plain hash cannot be searched, and costs a request nothing.
    return sha256(token.encode(errors="replace")).hexdigest()
