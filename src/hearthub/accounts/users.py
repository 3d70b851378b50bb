"""Accounts: users and organisations share one name space."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zlib import crc32

from hearthub.clock import now_ms
from hearthub.db import Database, Row
from hearthub.errors import BadRequest, Conflict, NotFound
from hearthub.names import check_namespace

KINDS = {"user": "user", "org": "organisation"}
MAX_FULLNAME = 200  # characters
MAX_EMAIL = 254


@dataclass(frozen=True)
class Account:
    """A user or an organisation, as stored. `created` in ms."""

    id: int
    name: str
    kind: str
    """user or org."""
    fullname: str
    email: str | None
    is_admin: bool
    default_private: bool
    """Whether new repos of this organisation are private unless their creator says otherwise."""
    disabled: bool
    created: int

    @classmethod
    def of(cls, row: Row[Any]) -> "Account":
        flags = {name: bool(getattr(row, name)) for name in _FLAGS}
        return cls(**{name: getattr(row, name) for name in _FIELDS} | flags)


_FIELDS = tuple(Account.__dataclass_fields__)
_FLAGS = ("is_admin", "default_private", "disabled")
COLUMNS = ", ".join(f"a.{name}" for name in _FIELDS)  # of `account a`
_NAMES = ", ".join(_FIELDS)


def insert(
    db: Database,
    kind: str,
    name: str,
    *,
    fullname: str | None,
    email: str | None = None,
    password: str | None = None,
    is_admin: bool = False,
    default_private: bool = False,
) -> Account:
    """A new account; `password` is a hash. BadRequest for its words, Conflict for a taken name."""
    check_namespace(name)
    check_text(fullname, email)
    with db.transaction():
        account_id = db.value(
            "insert into account (key, name, kind, fullname, email, password, is_admin,"
            " default_private, created) values (:key, :name, :kind, :fullname, :email, :password,"
            " :is_admin, :default_private, :now) on conflict do nothing returning id",
            key=name.lower(),
            name=name,
            kind=kind,
            fullname=fullname or name,
            email=email,
            password=password,
            is_admin=int(is_admin),
            default_private=int(default_private),
            now=now_ms(),
        )
        if account_id is None:
            taken = require(db, name)
            raise Conflict(f"The name {name!r} is taken: the {KINDS[taken.kind]} {taken.name!r}")
        return require(db, account_id)


def change(
    db: Database,
    account: Account,
    *,
    fullname: str | None = None,
    email: str | None = None,
    is_admin: bool | None = None,
    default_private: bool | None = None,
) -> None:
    """None leaves a value as it is, an empty `email` takes it away. BadRequest for its words."""
    check_text(fullname, email or None)
    db.execute(
        "update account set fullname = coalesce(:fullname, fullname),"
        " email = nullif(coalesce(:email, email), ''), is_admin = coalesce(:is_admin, is_admin),"
        " default_private = coalesce(:default_private, default_private) where id = :id",
        id=account.id,
        fullname=fullname,
        email=email,
        is_admin=None if is_admin is None else int(is_admin),
        default_private=None if default_private is None else int(default_private),
    )


def find(db: Database, who: str | int) -> Account | None:
    """By id, or by name in any case."""
    column, value = ("id", who) if isinstance(who, int) else ("key", who.lower())
    row = db.one(f"select {COLUMNS} from account a where {column} = :value", value=value)  # noqa: S608
    return None if row is None else Account.of(row)


def require(db: Database, who: str | int, kind: str | None = None) -> Account:
    """As `find`; NotFound when there is none, or when it is of the other kind."""
    account = find(db, who)
    what = KINDS[kind] if kind else "account"
    if account is None:
        raise NotFound(f"There is no {what} {who!r}")
    if kind and account.kind != kind:
        raise NotFound(f"{account.name!r} is no {what} but the {KINDS[account.kind]} of this name")
    return account


def of_kind(db: Database, kind: str) -> list[Account]:
    """By name."""
    rows = db.all(f"select {COLUMNS} from account a where kind = :kind order by key", kind=kind)  # noqa: S608
    return [Account.of(row) for row in rows]


def page(db: Database, typed: str, after: str, limit: int) -> list[Account]:
    """Users by name, from behind `after`; only those whose name begins as typed."""
    key = typed.lower()
    rows = db.all(
        f"select {COLUMNS} from account a where kind = 'user' and key > :after"  # noqa: S608
        " and key >= :first and key < :last order by key limit :limit",
        after=after.lower(),
        first=key,
        last=f"{key}\U0010ffff",  # behind all that begins so
        limit=limit,
    )
    return [Account.of(row) for row in rows]


def avatar_url(name: str) -> str:
    """The account's first letter on a colour of its own, as a `data:` URL."""
    hue = crc32(name.lower().encode()) % 360
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'>"
        f"<rect width='40' height='40' fill='hsl({hue},45%,40%)'/>"
        "<text x='20' y='27' font-family='sans-serif' font-size='20' text-anchor='middle'"
        f" fill='white'>{name[0].upper()}</text></svg>"
    )
    return "data:image/svg+xml," + quote(svg)


def check_text(fullname: str | None, email: str | None) -> None:
    """BadRequest for words that no account may have."""
    if fullname is not None and not (0 < len(fullname) <= MAX_FULLNAME and fullname.isprintable()):
        raise BadRequest(f"A full name has 1 to {MAX_FULLNAME} printable characters")
    if email is not None:
        name, at, host = email.partition("@")
        if (
            not (name and at and host)
            or len(email) > MAX_EMAIL
            or " " in email
            or not email.isprintable()
        ):
            raise BadRequest(f"{email[:MAX_EMAIL]!r} is not an e-mail address")
