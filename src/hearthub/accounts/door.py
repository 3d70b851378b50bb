"""The door of this part: `Accounts`."""

import logging
from dataclasses import replace
from typing import Any

from hearthub.accounts import failures, feeds, orgs, passwords, search, sessions, tokens, users
from hearthub.accounts.actor import Actor
from hearthub.accounts.device import DeviceLogins
from hearthub.accounts.orgs import Member
from hearthub.accounts.sessions import Session
from hearthub.accounts.sign_ins import SignIns
from hearthub.accounts.tokens import Token
from hearthub.accounts.users import Account
from hearthub.clock import iso, now_ms
from hearthub.db import Database, DatabaseError
from hearthub.errors import BadRequest, InvalidCredentials, LoginRequired
from hearthub.events import (
    AccountAdded,
    AccountChanged,
    AccountEvent,
    EventLog,
    LoggedIn,
    MemberRemoved,
    MemberSet,
    SessionsEnded,
    TokenAdded,
    TokenRevoked,
)

log = logging.getLogger(__name__)

FLUSH_MS = 60_000
MAX_HARDWARE = 100  # characters


class Accounts:
    """Who exists, who belongs to whom, and who is asking.

    `user` and `org` arguments are a name in any case, or an id; NotFound when there is none.
    Nothing is cached: a token that was revoked, or a user disabled, is refused at once.
    `by` is the id of the user who does it, for the audit log; None: an operator, on the machine.
    """

    def __init__(self, db: Database) -> None:
        self._db, self._events = db, EventLog(db)
        self.device = DeviceLogins(db, self._events)
        self.sign_ins = SignIns(db, self._events)
        self._used: dict[int, int] = {}  # token id -> ms, not yet written
        self._flushed = now_ms()

    # Users

    def add_user(
        self,
        name: str,
        *,
        admin: bool = False,
        email: str | None = None,
        fullname: str | None = None,
        password: str | None = None,
        hashed: str | None = None,
        by: int | None = None,
    ) -> Account:
        """Conflict when a user or organisation has the name, in any case. No password: no login.

        `hashed` instead of `password` is one that `hash_password` made, which takes its time.
        """
        hashed = hashed if password is None else passwords.hash_password(password)
        with self._db.transaction():
            account = users.insert(
                self._db,
                "user",
                name,
                fullname=fullname,
                email=email,
                password=hashed,
                is_admin=admin,
            )
            self._log(AccountAdded(account.id, account.name), by)
        return account

    def set_password(
        self, user: str | int, password: str, *, keep: int | None = None, by: int | None = None
    ) -> None:
        """Ends all sessions of the user but the one with the id `keep`."""
        self.set_hashed_password(user, passwords.hash_password(password), keep=keep, by=by)

    def set_hashed_password(
        self, user: str | int, hashed: str, *, keep: int | None = None, by: int | None = None
    ) -> None:
        """One that `hash_password` made; sessions as `set_password`."""
        account = users.require(self._db, user, "user")
        with self._db.transaction():
            self._db.execute(
                "update account set password = :hashed where id = :id", hashed=hashed, id=account.id
            )
            self._log(AccountChanged(account.id, {"password": True}), by)
            sessions.end_all(self._db, account.id, keep)

    def has_password(self, user: str | int, password: str) -> bool:
        """Whether it is this user's, who may be disabled."""
        account = users.require(self._db, user, "user")
        stored = self._db.value("select password from account where id = :id", id=account.id)
        return passwords.verify(password, stored)

    def change_user(
        self,
        user: str | int,
        *,
        admin: bool | None = None,
        email: str | None = None,
        fullname: str | None = None,
        by: int | None = None,
    ) -> None:
        """None leaves a value as it is, an empty `email` takes it away."""
        account = users.require(self._db, user, "user")
        with self._db.transaction():
            users.change(self._db, account, is_admin=admin, email=email, fullname=fullname)
            self._log_changes(account, by, is_admin=admin, email=email, fullname=fullname)

    def set_disabled(self, user: str | int, disabled: bool, *, by: int | None = None) -> None:
        """A disabled user keeps all they have, and can neither log in nor use a token."""
        account = users.require(self._db, user, "user")
        with self._db.transaction():
            self._db.execute(
                "update account set disabled = :disabled where id = :id",
                disabled=int(disabled),
                id=account.id,
            )
            self._log_changes(account, by, disabled=disabled)
            if disabled:
                sessions.end_all(self._db, account.id, None)

    def hardware_of(self, user_id: int) -> str | None:
        """The hardware a user chose, by its key in fit's catalogue; None when there is none."""
        name: str | None = self._db.value("select hardware from account where id = :id", id=user_id)
        return name

    def set_hardware(self, user_id: int, name: str | None) -> None:
        """Whether fit knows it is the caller's to see to; None forgets it."""
        if name is not None and not (0 < len(name) <= MAX_HARDWARE and name.isprintable()):
            raise BadRequest(f"Hardware has a name of 1 to {MAX_HARDWARE} printable characters")
        self._db.execute(
            "update account set hardware = :name where id = :id", name=name, id=user_id
        )

    def users(self) -> list[Account]:
        return users.of_kind(self._db, "user")

    def page_of_users(self, typed: str, after: str, limit: int) -> list[Account]:
        """Users by name, from behind `after`; only those whose name begins as typed."""
        return users.page(self._db, typed, after, limit)

    def account(self, name: str) -> Account | None:
        """The user or organisation of this name, in any case."""
        return users.find(self._db, name)

    def account_by_id(self, account_id: int) -> Account | None:
        return users.find(self._db, account_id)

    def search(self, typed: str, kind: str, limit: int) -> list[Account]:
        """Users (`kind` "user") or organisations ("org") whose name or full name starts so."""
        return search.search(self._db, typed, kind, limit)

    # Organisations

    def add_org(
        self,
        name: str,
        fullname: str | None = None,
        default_private: bool = False,
        creator: int | None = None,
        most: int = 0,
    ) -> Account:
        """`creator`, a user's id, becomes its first administrator.

        Forbidden for one who made `most` organisations already; 0: no limit.
        """
        with self._db.transaction():
            if creator is not None and most:
                orgs.require_room(self._db, creator, most)
            org = users.insert(
                self._db, "org", name, fullname=fullname, default_private=default_private
            )
            self._log(AccountAdded(org.id, org.name), creator)
            if creator is not None:
                member = users.require(self._db, creator, "user")
                orgs.set_member(self._db, org, member, "admin")
                self._log(MemberSet(org.id, member.name, "admin"), creator)
        return org

    def change_org(
        self,
        org: str | int,
        *,
        fullname: str | None = None,
        default_private: bool | None = None,
        by: int | None = None,
    ) -> None:
        """None leaves a value as it is. Forbidden when `by` does not administer it."""
        account = users.require(self._db, org, "org")
        with self._db.transaction():
            orgs.require_chief(self._db, account, by)
            users.change(self._db, account, fullname=fullname, default_private=default_private)
            self._log_changes(account, by, fullname=fullname, default_private=default_private)

    def orgs(self) -> list[Account]:
        return users.of_kind(self._db, "org")

    def set_member(
        self, org: str | int, user: str | int, role: str, *, by: int | None = None
    ) -> None:
        """Add a member, or give one another role: admin, write, contributor or read.

        Forbidden when `by` does not administer it, Conflict when no administrator would be left.
        """
        account, member = self._org_and_user(org, user)
        with self._db.transaction():
            orgs.require_chief(self._db, account, by)
            if by is not None and role != "admin":
                orgs.require_other_chief(self._db, account, member)
            orgs.set_member(self._db, account, member, role)
            self._log(MemberSet(account.id, member.name, role), by)

    def remove_member(self, org: str | int, user: str | int, *, by: int | None = None) -> None:
        """As `set_member`; anybody may leave by themselves. NotFound for who is no member."""
        account, member = self._org_and_user(org, user)
        with self._db.transaction():
            if by != member.id:
                orgs.require_chief(self._db, account, by)
            if by is not None:
                orgs.require_other_chief(self._db, account, member)
            orgs.remove_member(self._db, account, member)
            self._log(MemberRemoved(account.id, member.name), by)

    def members(self, org: str | int) -> list[Member]:
        return orgs.members(self._db, users.require(self._db, org, "org").id)

    def orgs_of(self, user_id: int) -> list[Member]:
        return orgs.orgs_of(self._db, user_id)

    # Tokens and logins

    def add_token(
        self,
        user: str | int,
        name: str = "default",
        role: str = "write",
        expires_days: int | None = None,
        value: str | None = None,
        by: int | None = None,
    ) -> str:
        """The new token, which cannot be read again; `value` registers a token made elsewhere.

        Names are labels and need not differ. Conflict when `value` is registered already.
        """
        account = users.require(self._db, user, "user")
        with self._db.transaction():
            made = tokens.add(self._db, account, name, role, expires_days, value)
            self._log(TokenAdded(account.id, name, role), by)
        return made

    def revoke_token(
        self, user: str | int, name_or_id: str | int, *, by: int | None = None
    ) -> None:
        account = users.require(self._db, user, "user")
        with self._db.transaction():
            tokens.revoke(self._db, account, name_or_id)
            self._log(TokenRevoked(account.id, str(name_or_id)), by)

    def tokens(self, user: str | int) -> list[Token]:
        """All tokens of a user, expired and revoked ones too, oldest first."""
        return tokens.of_user(self._db, users.require(self._db, user, "user").id)

    def find_token(self, value: str) -> tuple[int, Token] | None:
        """The id of the user who has this token, good or not, and what is known of it."""
        return tokens.find(self._db, value)

    def authenticate(self, token: str) -> Actor:
        """Who sends this token. InvalidCredentials, in the same words for every reason."""
        rows = tokens.lookup(self._db, token)
        first = rows[0]
        self._note_use(first.id, first.last_used)
        return Actor(
            user_id=first.user_id,
            name=first.user_name,
            is_admin=bool(first.is_admin),
            can_write=first.role == "write",
            roles={row.org_id: row.org_role for row in rows if row.org_id is not None},
            token=Token.of(first),
        )

    def check_password(self, name: str, password: str) -> Actor:
        """InvalidCredentials when it is wrong; unknown users take as long to be refused."""
        row = self._db.one(
            "select id, password, disabled from account where key = :key and kind = 'user'",
            key=name.lower(),
        )
        fits = passwords.verify(password, row.password if row else None)
        if not fits or row is None or row.disabled:
            self._note_failure(row.id if row else None, name)
            raise InvalidCredentials("Wrong name or password")
        self.note_login(row.id, "password")
        return self.actor(row.id)

    def _note_failure(self, user_id: int | None, name: str) -> None:
        try:
            failures.note(self._db, self._events, user_id, name, "password")
        except DatabaseError:  # a disk that is full makes no password right
            log.warning("a log-in that failed could not be written to the audit log")

    def note_login(self, user_id: int, way: str) -> None:
        """For the audit log: who a user is was proved, in the `way` named."""
        self._log(LoggedIn(user_id, way), user_id)

    def actor(self, user: str | int, *, token_id: int | None = None) -> Actor:
        """A user as they are now: with all their rights, or through an access token of theirs.

        InvalidCredentials when the account is gone or disabled, or the token no longer good.
        """
        account = users.find(self._db, user)
        if account is None or account.kind != "user" or account.disabled:
            raise InvalidCredentials(f"There is no active user {user!r}")
        token = None if token_id is None else tokens.by_id(self._db, token_id)
        return Actor(
            user_id=account.id,
            name=account.name,
            is_admin=account.is_admin,
            can_write=token is None or token.role == "write",
            roles=orgs.roles(self._db, account.id),
            token=token,
        )

    # Sessions of browsers

    def open_session(self, name: str, password: str, agent: str = "") -> str:
        """Log in; returns what the cookie holds, new each time. InvalidCredentials.

        `agent` is a hint of the browser, for the list of sessions.
        """
        user_id = self.check_password(name, password).user_id
        assert user_id is not None, "a password is somebody's"  # noqa: S101
        return self.start_session(user_id, agent)

    def start_session(self, user_id: int, agent: str = "") -> str:
        """As `open_session` for somebody who is known already: whoever has just signed up."""
        return sessions.start(self._db, user_id, agent)

    def by_session(self, token: str) -> tuple[Actor, Session] | None:
        """Who comes with this cookie; None when the session has ended, or its user is disabled."""
        rows = sessions.lookup(self._db, token)
        if not rows:
            return None
        first, session = rows[0], Session.of(rows[0])
        try:
            sessions.note(self._db, session)
        except DatabaseError:  # a disk that is full is no reason to see nothing
            log.warning("when session %d was last seen could not be written", session.id)
        actor = Actor(
            user_id=first.user_id,
            name=first.user_name,
            is_admin=bool(first.is_admin),
            can_write=True,
            roles={row.org_id: row.org_role for row in rows if row.org_id is not None},
        )
        return actor, session

    def close_session(self, token: str) -> None:
        """Log out. Nothing when it has ended already."""
        with self._db.transaction():
            if (user_id := sessions.close(self._db, token)) is not None:
                self._log(SessionsEnded(user_id, "log-out"), user_id)

    def sessions(self, user_id: int) -> list[Session]:
        """A user's sessions that have not ended, the one seen last first."""
        return sessions.of_user(self._db, user_id)

    def end_session(self, user_id: int, session_id: int) -> None:
        """NotFound when the user has no such session."""
        with self._db.transaction():
            sessions.end(self._db, user_id, session_id)
            self._log(SessionsEnded(user_id, "one"), user_id)

    def end_sessions(self, user_id: int, keep: int | None = None) -> None:
        """All of a user but the one with the id `keep`."""
        with self._db.transaction():
            if sessions.end_all(self._db, user_id, keep):
                self._log(SessionsEnded(user_id, "all"), user_id)

    # Feeds of one's own

    def feed_made(self, user_id: int) -> int | None:
        """When the address of a user's own feed was made, in ms; None when there is none."""
        return feeds.made(self._db, user_id)

    def make_feed(self, user_id: int) -> str:
        """The key in a new address of it, which cannot be read again; an older one ends."""
        with self._db.transaction():
            key = feeds.make(self._db, user_id)
            self._log(TokenAdded(user_id, "feed", "read"), user_id)
        return key

    def revoke_feed(self, user_id: int) -> None:
        """NotFound when there is none."""
        with self._db.transaction():
            feeds.revoke(self._db, user_id)
            self._log(TokenRevoked(user_id, "feed"), user_id)

    def by_feed(self, key: str) -> Actor | None:
        """Whose feed it is, as one who may only read; None when it was revoked, or its user is
        disabled."""
        user_id = feeds.owner(self._db, key)
        if user_id is None:
            return None
        try:
            return replace(self.actor(user_id), can_write=False)
        except InvalidCredentials:
            return None

    def flush_last_used(self, *, now: bool = False) -> int:
        """Write when tokens were last used, at most once a minute (or `now`); returns how many.

        Call it now and then in each process that authenticates, and with `now` before it ends.
        """
        if not self._used or (not now and now_ms() - self._flushed < FLUSH_MS):
            return 0
        used, self._used = self._used, {}
        self._flushed = now_ms()
        self._db.execute_many(
            "update token set last_used = :at where id = :id"
            " and (last_used is null or last_used < :at)",
            [{"id": token_id, "at": at} for token_id, at in used.items()],
        )
        return len(used)

    def whoami(self, actor: Actor) -> dict[str, Any]:
        """What `GET /api/whoami-v2` answers. LoginRequired for nobody."""
        if actor.user_id is None:
            raise LoginRequired
        user = users.require(self._db, actor.user_id, "user")
        auth: dict[str, Any] = {"type": "session"}
        if actor.token:
            auth = {
                "type": "access_token",
                "accessToken": {
                    "displayName": actor.token.name,
                    "role": actor.token.role,
                    "createdAt": iso(actor.token.created),
                },
            }
        return {
            **_face(user),
            "email": user.email,
            "isPro": False,
            "orgs": [
                {**_face(member.account), "roleInOrg": member.role}
                for member in self.orgs_of(user.id)
            ],
            "auth": auth,
        }

    def _log(self, event: AccountEvent, by: int | None) -> None:
        self._events.append(event, by)

    def _log_changes(self, account: Account, by: int | None, **values: object) -> None:
        """Those that are not as they were; None is no change."""
        changes = {
            name: value
            for name, value in values.items()
            if value is not None and value != getattr(account, name)
        }
        if "email" in changes:
            changes["email"] = True  # the log is kept for good, and the address is personal
        if changes:
            self._log(AccountChanged(account.id, changes), by)

    def _note_use(self, token_id: int, last_used: int | None) -> None:
        now = now_ms()
        if last_used is None or now - last_used >= FLUSH_MS:
            self._used[token_id] = now

    def _org_and_user(self, org: str | int, user: str | int) -> tuple[Account, Account]:
        return users.require(self._db, org, "org"), users.require(self._db, user, "user")


def _face(account: Account) -> dict[str, Any]:
    return {
        "type": account.kind,
        "id": f"{account.id:024x}",  # the shape clients know: 24 hex digits
        "name": account.name,
        "fullname": account.fullname,
        "avatarUrl": users.avatar_url(account.name),
    }
