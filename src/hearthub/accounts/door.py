"""The door of this part: `Accounts`."""

from typing import Any

from hearthub.accounts import orgs, passwords, search, tokens, users
from hearthub.accounts.actor import Actor
from hearthub.accounts.device import DeviceLogins
from hearthub.accounts.orgs import Member
from hearthub.accounts.tokens import Token
from hearthub.accounts.users import Account
from hearthub.clock import iso, now_ms
from hearthub.db import Database
from hearthub.errors import InvalidCredentials, LoginRequired

FLUSH_MS = 60_000


class Accounts:
    """Who exists, who belongs to whom, and who is asking.

    `user` and `org` arguments are a name in any case, or an id; NotFound when there is none.
    Nothing is cached: a token that was revoked, or a user disabled, is refused at once.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.device = DeviceLogins(db)
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
    ) -> Account:
        """Conflict when a user or organisation has the name, in any case. No password: no login.

        `hashed` instead of `password` is one that `hash_password` made, which takes its time.
        """
        hashed = hashed if password is None else passwords.hash_password(password)
        return users.insert(
            self._db,
            "user",
            name,
            fullname=fullname,
            email=email,
            password=hashed,
            is_admin=admin,
        )

    def set_password(self, user: str | int, password: str) -> None:
        self.set_hashed_password(user, passwords.hash_password(password))

    def set_hashed_password(self, user: str | int, hashed: str) -> None:
        """One that `hash_password` made."""
        account = users.require(self._db, user, "user")
        self._db.execute(
            "update account set password = :hashed where id = :id", hashed=hashed, id=account.id
        )

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
    ) -> None:
        """None leaves a value as it is."""
        account = users.require(self._db, user, "user")
        users.change(self._db, account, is_admin=admin, email=email, fullname=fullname)

    def set_disabled(self, user: str | int, disabled: bool) -> None:
        """A disabled user keeps all they have, and can neither log in nor use a token."""
        account = users.require(self._db, user, "user")
        self._db.execute(
            "update account set disabled = :disabled where id = :id",
            disabled=int(disabled),
            id=account.id,
        )

    def users(self) -> list[Account]:
        return users.of_kind(self._db, "user")

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
    ) -> Account:
        """`creator`, a user's id, becomes its first administrator."""
        with self._db.transaction():
            org = users.insert(
                self._db, "org", name, fullname=fullname, default_private=default_private
            )
            if creator is not None:
                self.set_member(org.id, creator, "admin")
        return org

    def change_org(
        self, org: str | int, *, fullname: str | None = None, default_private: bool | None = None
    ) -> None:
        """None leaves a value as it is."""
        account = users.require(self._db, org, "org")
        users.change(self._db, account, fullname=fullname, default_private=default_private)

    def orgs(self) -> list[Account]:
        return users.of_kind(self._db, "org")

    def set_member(self, org: str | int, user: str | int, role: str) -> None:
        """Add a member, or give one another role: admin, write, contributor or read."""
        orgs.set_member(self._db, *self._org_and_user(org, user), role)

    def remove_member(self, org: str | int, user: str | int) -> None:
        orgs.remove_member(self._db, *self._org_and_user(org, user))

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
    ) -> str:
        """The new token, which cannot be read again; `value` registers a token made elsewhere.

        Names are labels and need not differ. Conflict when `value` is registered already.
        """
        account = users.require(self._db, user, "user")
        return tokens.add(self._db, account, name, role, expires_days, value)

    def revoke_token(self, user: str | int, name_or_id: str | int) -> None:
        tokens.revoke(self._db, users.require(self._db, user, "user"), name_or_id)

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
            raise InvalidCredentials("Wrong name or password")
        return self.actor(row.id)

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
