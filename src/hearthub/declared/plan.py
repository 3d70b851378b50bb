"""From what a file declares and what the hub has to the steps between, checked before any is taken.

Nothing is ever deleted: a member, token or repo that the file does not mention stays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from hearthub.accounts import Account, Accounts, Actor, Token, hash_password
from hearthub.clock import iso, now_ms
from hearthub.declared.file import (
    Declaration,
    DeclaredOrg,
    DeclaredRepo,
    DeclaredToken,
    DeclaredUser,
)
from hearthub.errors import BadRequest, Conflict, Moved, NotFound, RepoNotFound
from hearthub.registry import Registry, Repo

CREATE, CHANGE, KEEP = "create", "change", "keep"
KINDS = {"user": "a user", "org": "an organisation"}


@dataclass(frozen=True)
class Step:
    """One line of a plan. `detail` never holds a secret; `act` None: nothing to do."""

    action: str
    what: str
    detail: str = ""
    act: Callable[[], object] | None = field(default=None, repr=False)


class NewPassword:
    """One to be set; `hashed` is there once it was prepared."""

    def __init__(self, password: str) -> None:
        self._password = password
        self.hashed: str | None = None

    def prepare(self) -> None:
        self.hashed = self.hashed or hash_password(self._password)


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    passwords: tuple[NewPassword, ...] = field(repr=False)

    def count(self, action: str) -> int:
        return sum(step.action == action for step in self.steps)

    @property
    def is_empty(self) -> bool:
        return self.count(KEEP) == len(self.steps)


class Planner:
    def __init__(self, accounts: Accounts, registry: Registry) -> None:
        self._accounts, self._registry = accounts, registry
        self._steps: list[Step] = []
        self._passwords: list[NewPassword] = []
        self._new: dict[str, str] = {}
        """Kinds of the accounts that the plan makes, by name in lower case."""

    def plan(self, declared: Declaration) -> Plan:
        for user in declared.users:
            self._user(user)
        for org in declared.orgs:
            self._org(org)
        for org in declared.orgs:
            self._members(org)
        for repo in declared.repos:
            self._repo(repo)
        return Plan(tuple(self._steps), tuple(self._passwords))

    # -- users and their tokens --

    def _user(self, user: DeclaredUser) -> None:
        found = self._account(user.name, "user", user.where)
        if found is None:
            password = None if user.password is None else self._password(user.password)
            words = ["administrator"] if user.admin else []
            words += ["with a password" if password else "no password", *_given(user.email)]
            self._new[user.name.lower()] = "user"
            self._add(
                CREATE,
                f"user {user.name}",
                ", ".join(words),
                lambda: self._accounts.add_user(
                    user.name,
                    admin=bool(user.admin),
                    email=user.email,
                    fullname=user.fullname,
                    hashed=password.hashed if password else None,
                ),
            )
        else:
            self._change_user(user, found)
        for token in user.tokens:
            self._token(user, found, token)

    def _change_user(self, user: DeclaredUser, found: Account) -> None:
        changes = _differences(
            fullname=(found.fullname, user.fullname),
            email=(found.email, user.email),
            admin=(found.is_admin, user.admin),
        )
        password: NewPassword | None = None
        if user.password and not self._accounts.has_password(found.id, user.password):
            password = self._password(user.password)
            changes.append("another password")

        def act() -> None:
            self._accounts.change_user(
                found.id, admin=user.admin, email=user.email, fullname=user.fullname
            )
            if password and password.hashed:
                self._accounts.set_hashed_password(found.id, password.hashed)

        self._change(f"user {found.name}", changes, act)

    def _password(self, password: str) -> NewPassword:
        new = NewPassword(password)
        self._passwords.append(new)
        return new

    def _token(self, user: DeclaredUser, owner: Account | None, token: DeclaredToken) -> None:
        what, known = f"token {token.name} of {user.name}", self._accounts.find_token(token.value)
        if known is None:
            days = "" if token.expires_days is None else f", {token.expires_days} days"
            same = [old for old in self._valid_tokens(owner) if old.name == token.name]
            older = f"; {len(same)} older of this name stay valid" if same else ""
            self._add(
                CREATE,
                what,
                f"{token.role}{days}{older}",
                lambda: self._accounts.add_token(
                    user.name, token.name, token.role, token.expires_days, token.value
                ),
            )
            return
        owner_id, stored = known
        if owner is None or owner_id != owner.id:
            raise Conflict(f"{token.where}: its value is another user's token")
        if stored.revoked is not None:
            raise Conflict(f"{token.where}: its value was revoked: give it another")
        if (stored.name, stored.role) != (token.name, token.role):
            raise Conflict(
                f"{token.where}: its value is registered as {stored.name!r} with the role "
                f"{stored.role}, and tokens do not change: give it another value"
            )
        good = stored.is_valid(now_ms())
        ended = "" if good else f"expired at {iso(stored.expires or 0)}: give it another value"
        self._add(KEEP, what, ended)

    def _valid_tokens(self, owner: Account | None) -> list[Token]:
        if owner is None:
            return []
        now = now_ms()
        return [token for token in self._accounts.tokens(owner.id) if token.is_valid(now)]

    # -- organisations --

    def _org(self, org: DeclaredOrg) -> None:
        found = self._account(org.name, "org", org.where)
        if found is None:
            self._new[org.name.lower()] = "org"
            private = "new repos are private" if org.default_private else ""
            self._add(
                CREATE,
                f"organisation {org.name}",
                private,
                lambda: self._accounts.add_org(org.name, org.fullname, bool(org.default_private)),
            )
            return
        changes = _differences(
            fullname=(found.fullname, org.fullname),
            default_private=(found.default_private, org.default_private),
        )
        self._change(
            f"organisation {found.name}",
            changes,
            lambda: self._accounts.change_org(
                found.id, fullname=org.fullname, default_private=org.default_private
            ),
        )

    def _members(self, org: DeclaredOrg) -> None:
        known = self._accounts.account(org.name)
        there = [] if known is None else self._accounts.members(known.id)
        roles = {member.account.name.lower(): member.role for member in there}
        for name, role in org.members.items():
            self._member(org, name, role, roles.get(name.lower()))

    def _member(self, org: DeclaredOrg, name: str, role: str, held: str | None) -> None:
        where = f"{org.where} member {name!r}"
        user = self._require(name, where)
        if user == "org":
            raise Conflict(f"{where}: {name} is an organisation")
        what = f"member {name} of {org.name}"
        act = lambda: self._accounts.set_member(org.name, name, role)  # noqa: E731
        if held is None:
            self._add(CREATE, what, role, act)
        else:
            self._change(what, _differences(role=(held, role)), act)

    # -- repos --

    def _repo(self, repo: DeclaredRepo) -> None:
        namespace = repo.id.partition("/")[0]
        self._require(namespace, repo.where)
        owner = self._accounts.account(namespace)
        found = None if owner is None else self._find(repo, owner)
        if found is not None:
            self._change_repo(repo, found)
            return
        words = [*_given(repo.visibility), *([f"gated {repo.gated}"] if repo.gated else [])]
        self._add(CREATE, _name(repo), ", ".join(words), lambda: self._create(repo))

    def _find(self, repo: DeclaredRepo, owner: Account) -> Repo | None:
        try:
            return self._registry.repo(_acting(owner), repo.type, repo.id)
        except RepoNotFound:
            return None
        except Moved as moved:
            raise Conflict(f"{repo.where}: {moved}; write that name") from None

    def _create(self, repo: DeclaredRepo) -> None:
        owner = self._accounts.account(repo.id.partition("/")[0])
        assert owner is not None  # noqa: S101 - a step before made it
        actor = _acting(owner)
        self._registry.create(actor, repo.type, repo.id, visibility=repo.visibility, sdk=repo.sdk)
        if repo.gated:
            self._registry.change_settings(actor, repo.type, repo.id, gated=repo.gated)

    def _change_repo(self, repo: DeclaredRepo, found: Repo) -> None:
        if repo.sdk is not None and repo.sdk != found.sdk:
            raise BadRequest(f"{repo.where}: its sdk is {found.sdk}, and is not changed here")
        changes = _differences(
            visibility=(found.visibility, repo.visibility),
            gated=(found.gated or False, repo.gated),
        )

        def act() -> None:
            owner = self._accounts.account_by_id(found.owner_id)
            assert owner is not None  # noqa: S101 - a repo has one
            self._registry.change_settings(
                _acting(owner),
                repo.type,
                found.full_name,
                visibility=repo.visibility,
                gated=repo.gated,
            )

        self._change(_name(repo), changes, act)

    # -- all --

    def _account(self, name: str, kind: str, where: str) -> Account | None:
        found = self._accounts.account(name)
        if found is not None and found.kind != kind:
            raise Conflict(f"{where}: the name is taken by {KINDS[found.kind]}")
        return found

    def _require(self, name: str, where: str) -> str:
        """The kind of an account that is there, or will be when the plan gets there."""
        found = self._accounts.account(name)
        kind = found.kind if found else self._new.get(name.lower())
        if kind is None:
            raise NotFound(f"{where}: there is no {name!r}, neither here nor in the file")
        return kind

    def _add(
        self, action: str, what: str, detail: str, act: Callable[[], object] | None = None
    ) -> None:
        self._steps.append(Step(action, what, detail, act))

    def _change(self, what: str, changes: list[str], act: Callable[[], object]) -> None:
        if changes:
            self._add(CHANGE, what, ", ".join(changes), act)
        else:
            self._add(KEEP, what, "")


def _acting(owner: Account) -> Actor:
    """The command line acts in the name of whose repos these are."""
    return Actor(user_id=owner.id, name=owner.name, can_write=True)


def _name(repo: DeclaredRepo) -> str:
    return f"{repo.type} {repo.id}"


def _given(text: str | None) -> list[str]:
    return [] if text is None else [text]


def _differences(**values: tuple[object, object]) -> list[str]:
    """For (there, declared): what changes, in words. None declared: nothing."""
    return [
        f"{name} {_word(old)} -> {_word(new)}"
        for name, (old, new) in values.items()
        if new is not None and new != old
    ]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
