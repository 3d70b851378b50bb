"""Who somebody is at a provider of single sign-on, and here.

A user is known by issuer and subject. An e-mail address or a name is never proof: whoever has an
account connects it while logged in.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hearthub.accounts import users
from hearthub.accounts.users import Account
from hearthub.clock import now_ms
from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, NotFound
from hearthub.events import AccountAdded, EventLog, SignInLinked, SignInUnlinked
from hearthub.names import MAX_NAME

MOST = 10  # of one user
FEW = 20
"""Tries of a number in order, and then of one by chance."""
_STRANGE = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True)
class SignIn:
    """`called` is what its provider calls this person; strangers may have written it."""

    id: int
    issuer: str
    called: str
    created: int


class SignIns:
    def __init__(self, db: Database, events: EventLog) -> None:
        self._db, self._events = db, events

    def owner(self, issuer: str, subject: str) -> Account | None:
        """Whose account it is, who may be disabled."""
        user_id = self._db.value(
            "select user_id from sign_in where issuer = :issuer and subject = :subject",
            issuer=issuer,
            subject=subject,
        )
        return None if user_id is None else users.find(self._db, int(user_id))

    def of(self, user_id: int) -> list[SignIn]:
        """A user's, the oldest first."""
        rows = self._db.all(
            "select id, issuer, called, created from sign_in where user_id = :id order by id",
            id=user_id,
        )
        return [SignIn(row.id, row.issuer, row.called, row.created) for row in rows]

    def link(self, user_id: int, issuer: str, subject: str, called: str) -> None:
        """Conflict when it is another account's; nothing when it is this one's already."""
        with self._db.transaction():
            owner = self.owner(issuer, subject)
            if owner is not None:
                if owner.id != user_id:
                    raise Conflict("This sign-in is connected to another account here")
                return
            if len(self.of(user_id)) >= MOST:
                raise BadRequest(f"An account has {MOST} sign-ins at most")
            is_new = self._db.execute(
                "insert into sign_in (user_id, issuer, subject, called, created)"
                " values (:user, :issuer, :subject, :called, :now) on conflict do nothing",
                user=user_id,
                issuer=issuer,
                subject=subject,
                called="".join(c for c in called if c.isprintable())[: users.MAX_EMAIL],
                now=now_ms(),
            )
            if not is_new:
                raise Conflict("This sign-in was connected just now: try again")
            self._events.append(SignInLinked(user_id, issuer), user_id)

    def unlink(self, user_id: int, sign_in: int) -> None:
        """NotFound when the user has no such one, Conflict when nothing else lets them in."""
        with self._db.transaction():
            mine = self.of(user_id)
            found = next((it for it in mine if it.id == sign_in), None)
            if found is None:
                raise NotFound("There is no such sign-in")
            if len(mine) == 1 and not self.has_password(user_id):
                raise Conflict(
                    "This is the only way into your account: ask an administrator for a password "
                    "before you disconnect it"
                )
            self._db.execute("delete from sign_in where id = :id", id=sign_in)
            self._events.append(SignInUnlinked(user_id, found.issuer), user_id)

    def has_password(self, user_id: int) -> bool:
        stored = self._db.value("select password from account where id = :id", id=user_id)
        return stored is not None

    def sign_up(
        self, issuer: str, subject: str, wanted: str, fullname: str, email: str | None
    ) -> Account:
        """A new user, without a password, under the first free name like the one wanted.

        Conflict when there is none, or when somebody has this sign-in already.
        """
        with self._db.transaction():
            account = self._insert(
                _names_like(wanted, email or ""),
                fullname if _usable(fullname, None) else None,
                email if _usable(None, email) else None,
            )
            self._events.append(AccountAdded(account.id, account.name), account.id)
            self.link(account.id, issuer, subject, email or wanted)
        return account

    def _insert(self, names: Iterable[str], fullname: str | None, email: str | None) -> Account:
        for name in names:
            try:
                return users.insert(self._db, "user", name, fullname=fullname, email=email)
            except (BadRequest, Conflict):  # a word of a route, or taken
                continue
        raise Conflict("There is no free name like yours: ask an administrator for an account")


def _names_like(*wanted: str) -> Iterator[str]:
    """The first of these that has letters or digits of ours, and then others like it: people whose
    names are written otherwise are all alike in this."""
    plain = next(filter(None, map(_plain, wanted)), "user")
    yield plain
    yield from (f"{plain}-{number}" for number in range(2, FEW))
    yield from (f"{plain}-{secrets.randbelow(10**6):06}" for _ in range(FEW))


def _plain(wanted: str) -> str:
    """Letters, digits and dashes of it; what stands before the @ of an e-mail address."""
    tidy = _STRANGE.sub("-", wanted.partition("@")[0])
    return tidy.strip("-")[: MAX_NAME - 7].strip("-")


def _usable(fullname: str | None, email: str | None) -> bool:
    """Whether it may be stored; a provider's odd words are no reason to keep somebody out."""
    try:
        users.check_text(fullname, email)
    except BadRequest:
        return False
    return True
