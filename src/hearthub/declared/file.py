"""The file: TOML, read with limits, and every word of it checked that needs no hub to check.

[[user]]        name, fullname, email, admin, password_env or password_file
[[user.token]]  name, role, value_env or value_file, expires_days
[[org]]         name, fullname, default_private, members = { user = "role" }
[[repo]]        type, id, visibility, gated, sdk
"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearthub.accounts import ROLES, check_password, check_text, check_token
from hearthub.declared.tables import Table, one_of
from hearthub.errors import BadRequest
from hearthub.names import check_namespace, split_id
from hearthub.registry import GATES, REPO_TYPES, check_visibility
from hearthub.sandbox import Sandbox
from hearthub.settings import variable

MAX_FILE = 2**20  # bytes
MAX_SECRET = 64 * 2**10
MAX_ENTRIES = 2000  # all are applied in one transaction, and others wait for it
MAX_DEPTH = 6
PARSE_S = 10.0
SDKS = ("gradio", "streamlit", "docker", "static")


@dataclass(frozen=True)
class DeclaredToken:
    name: str
    role: str
    value: str = field(repr=False)
    expires_days: int | None
    where: str


@dataclass(frozen=True)
class DeclaredUser:
    name: str
    fullname: str | None
    email: str | None
    admin: bool | None
    password: str | None = field(repr=False)
    tokens: tuple[DeclaredToken, ...]
    where: str


@dataclass(frozen=True)
class DeclaredOrg:
    name: str
    fullname: str | None
    default_private: bool | None
    members: dict[str, str]
    where: str


@dataclass(frozen=True)
class DeclaredRepo:
    """`gated`: auto, manual, False (not gated), or None: as it is."""

    type: str
    id: str
    visibility: str | None
    gated: str | bool | None
    sdk: str | None
    where: str


@dataclass(frozen=True)
class Declaration:
    users: tuple[DeclaredUser, ...]
    orgs: tuple[DeclaredOrg, ...]
    repos: tuple[DeclaredRepo, ...]


def read(path: Path, sandbox: Sandbox) -> Declaration:
    """Raises BadRequest naming the file, the entry and the key."""
    data = _bounded(path, MAX_FILE)
    with at(str(path)):
        # A parser can be kept busy for hours by a file of this size.
        values = sandbox.run(parse, data, timeout=PARSE_S)
    return _Reader(path).declaration(values)


def parse(data: bytes) -> dict[str, Any]:
    """For the sandbox. Raises BadRequest with the line and column of a mistake."""
    try:
        values = tomllib.loads(data.decode())
    except tomllib.TOMLDecodeError as error:
        raise BadRequest(f"not TOML: {error}") from None
    except UnicodeDecodeError as error:
        raise BadRequest(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise BadRequest("nested too deeply") from None
    level: list[object] = [values]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
    if level:
        raise BadRequest("nested too deeply")
    return values


def _children(item: object) -> list[object]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


@contextmanager
def at(where: str) -> Iterator[None]:
    """Say of an error in which entry it is."""
    try:
        yield
    except BadRequest as error:
        raise BadRequest(f"{where}: {error}") from None


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken: dict[str, str] = {}

    def declaration(self, values: dict[str, Any]) -> Declaration:
        if "settings" in values:
            raise BadRequest(
                f"{self._path}: settings are environment variables (docs/configuration.md)"
            )
        top = Table(values, str(self._path), ("user", "org", "repo"))
        users = [self._user(entry) for entry in self._entries(top, "user")]
        orgs = [self._org(entry) for entry in self._entries(top, "org")]
        repos = [self._repo(entry) for entry in self._entries(top, "repo")]
        count = len(users) + len(orgs) + len(repos)
        count += sum(len(user.tokens) for user in users) + sum(len(org.members) for org in orgs)
        if count > MAX_ENTRIES:
            raise BadRequest(f"{self._path}: {count} entries; at most {MAX_ENTRIES} go in a file")
        return Declaration(tuple(users), tuple(orgs), tuple(repos))

    def _entries(self, top: Table, kind: str) -> list[Table]:
        keys = {
            "user": "name fullname email admin password_env password_file token",
            "org": "name fullname default_private members",
            "repo": "type id visibility gated sdk",
        }[kind].split()
        entries = top.tables(kind)
        if len(entries) > MAX_ENTRIES:
            raise BadRequest(f"{self._path}: at most {MAX_ENTRIES} entries go in a file")
        return [
            Table(entry, _place(f"{self._path}: {kind}", number, entry), keys)
            for number, entry in enumerate(entries, 1)
        ]

    def _user(self, table: Table) -> DeclaredUser:
        name = self._name(table)
        fullname, email = table.text("fullname"), table.text("email")
        password = self._secret(table, "password")
        with at(table.where):
            check_text(fullname, email)
            if password is not None:
                check_password(password)
        tokens = [
            self._token(entry, _place(f"{table.where} token", number, entry))
            for number, entry in enumerate(table.tables("token"), 1)
        ]
        return DeclaredUser(
            name,
            fullname,
            email,
            table.flag("admin"),
            password,
            tuple(tokens),
            table.where,
        )

    def _token(self, entry: object, where: str) -> DeclaredToken:
        table = Table(entry, where, ("name", "role", "value_env", "value_file", "expires_days"))
        name, role = table.need("name"), table.text("role") or "write"
        days, value = table.number("expires_days"), self._secret(table, "value")
        if value is None:
            raise BadRequest(f"{where}: say where its value is, by value_env or value_file")
        with at(where):
            check_token(name, role, days, value)
        self._claim(f"token {value}", where, "the same token value")
        return DeclaredToken(name, role, value, days, where)

    def _org(self, table: Table) -> DeclaredOrg:
        name, fullname = self._name(table), table.text("fullname")
        with at(table.where):
            check_text(fullname, None)
        members = table.mapping("members")
        for user, role in members.items():
            place = f"{table.where} member {user[:100]!r}"
            with at(place):
                check_namespace(user)
            one_of(str(role), ROLES, place)
        if len({user.lower() for user in members}) < len(members):
            raise BadRequest(f"{table.where}: a member is named twice")
        return DeclaredOrg(name, fullname, table.flag("default_private"), members, table.where)

    def _repo(self, table: Table) -> DeclaredRepo:
        repo_type = one_of(table.text("type") or "model", REPO_TYPES, f"{table.where} type")
        repo_id, visibility, sdk = table.need("id"), table.text("visibility"), table.text("sdk")
        with at(table.where):
            split_id(repo_id)
            check_visibility(repo_type, visibility or "public")
        if sdk is not None:
            one_of(sdk, SDKS, f"{table.where} sdk")
            if repo_type != "space":
                raise BadRequest(f"{table.where}: only spaces have an sdk")
        gated = table.raw("gated")
        if gated is not None and gated is not False:
            if not isinstance(gated, str):
                raise BadRequest(f'{table.where}: gated must be "auto", "manual" or false')
            one_of(gated, sorted(GATES), f"{table.where} gated")
        self._claim(f"{repo_type} {repo_id}", table.where, "this repo")
        assert gated is None or isinstance(gated, (str, bool))  # noqa: S101 - tells mypy
        return DeclaredRepo(repo_type, repo_id, visibility, gated, sdk, table.where)

    def _name(self, table: Table) -> str:
        name = table.need("name")
        with at(table.where):
            check_namespace(name)
        self._claim(f"account {name}", table.where, "this name")
        return name

    def _claim(self, key: str, where: str, what: str) -> None:
        key = key if key.startswith("token ") else key.lower()
        if key in self._taken:
            raise BadRequest(f"{where}: {what} is also in {self._taken[key]}")
        self._taken[key] = where

    def _secret(self, table: Table, key: str) -> str | None:
        """A password or token, from where the file says; never from the file itself."""
        name, file = table.text(f"{key}_env"), table.text(f"{key}_file")
        if name is not None and file is not None:
            raise BadRequest(f"{table.where}: write {key}_env or {key}_file, not both")
        if name is not None:
            value = variable(name) if "\0" not in name else None
            if not value:
                raise BadRequest(f"{table.where}: the variable {name[:100]} is not set, or empty")
            return value
        if file is None:
            return None
        try:
            with at(table.where):
                data = _bounded(self._path.parent / file, MAX_SECRET)
            secret = data.decode().rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not text, or not a file's name"
            raise BadRequest(f"{table.where}: {key}_file {file[:200]!r}: {reason}") from None
        if not secret:
            raise BadRequest(f"{table.where}: {key}_file {file[:200]!r} is empty")
        if "\n" in secret:  # another file than was meant, /etc/passwd perhaps
            raise BadRequest(f"{table.where}: {key}_file {file[:200]!r} has more than one line")
        return secret


def _bounded(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise BadRequest(f"{path} has more than {limit:,} bytes")
    return data


def _place(prefix: str, number: int, entry: object) -> str:
    """How errors call an entry: by its name if it has one, else by its number."""
    found = (entry.get("name") or entry.get("id")) if isinstance(entry, dict) else None
    return f"{prefix} {found[:100]!r}" if isinstance(found, str) else f"{prefix} number {number}"
