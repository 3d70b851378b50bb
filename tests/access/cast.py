"""Everybody who may come to the door, and what the rules give them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx

from access.words import PARAMS, Call, Need
from calls import new_repo, unique
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub

SHELVES = ("public", "private", "gated")
GARBAGE = "hf_" + "x" * 40

# Who comes, and in whose namespace they are tried: olive is a user, guild an organisation.
ACTORS = {
    "anonymous": "olive",
    "outsider": "olive",
    "guest": "olive",
    "guest by a read token": "olive",
    "owner": "olive",
    "owner by a read token": "olive",
    "owner by an expired token": "olive",
    "owner by a revoked token": "olive",
    "owner by a garbage token": "olive",
    "org reader": "guild",
    "org contributor": "guild",
    "org contributor on his own": "guild",
    "org writer": "guild",
    "org admin": "guild",
    "site admin": "olive",
}
BAD_TOKEN = {name for name in ACTORS if re.search("expired|revoked|garbage", name)}
GUESTS = {"guest", "guest by a read token"}  # accepted wherever there is a gate
OUTSIDERS = {"anonymous", "outsider"} | GUESTS | BAD_TOKEN
MAY: dict[Need, Callable[[str], bool]] = {  # whatever the repo
    Need.SPEAKS: lambda actor: actor != "anonymous" and "read token" not in actor,
    Need.CHIEF: lambda actor: actor in ("org admin", "site admin"),
    Need.ROOT: lambda actor: actor == "site admin",
}
ADMINS = {"owner", "org contributor on his own", "org writer", "org admin", "site admin"}


@dataclass
class Cast:
    """`repos` by (namespace or "own", kind, shelf); the same names with `-none` do not exist."""

    hub: LiveHub
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    repos: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def repo(self, actor: str, kind: str, shelf: str) -> str:
        return self.repos["own" if "his own" in actor else ACTORS[actor], kind, shelf]


def assemble(hub: LiveHub) -> Cast:
    cast = Cast(hub)
    roles = {"reader": "read", "contributor": "contributor", "writer": "write", "chief": "admin"}
    url = hub.settings.get("HEARTHUB_DATABASE_URL")
    with open_hub(Settings(data=hub.data, database_url=url)) as parts:
        accounts = parts.accounts
        for name in ("olive", "oscar", "greta", *roles):
            accounts.add_user(name)
        accounts.add_org("guild")
        for name, role in roles.items():
            accounts.set_member("guild", name, role)
        tokens = {name: accounts.add_token(name) for name in ("olive", "oscar", "greta", *roles)}
        guest = accounts.add_token("greta", role="read")
        read = accounts.add_token("olive", role="read")
        expired = accounts.add_token("olive", "expired", expires_days=1)
        revoked = accounts.add_token("olive", "revoked")
        accounts.revoke_token("olive", "revoked")
        parts.db.execute("update token set expires = 1 where name = 'expired'")
    sent = {
        "outsider": tokens["oscar"],
        "guest": tokens["greta"],
        "guest by a read token": guest,
        "owner": tokens["olive"],
        "owner by a read token": read,
        "owner by an expired token": expired,
        "owner by a revoked token": revoked,
        "owner by a garbage token": GARBAGE,
        "org reader": tokens["reader"],
        "org contributor": tokens["contributor"],
        "org contributor on his own": tokens["contributor"],
        "org writer": tokens["writer"],
        "org admin": tokens["chief"],
        "site admin": hub.tokens["root"],
    }
    cast.clients = {name: hub.client(token=sent.get(name)) for name in ACTORS}
    for namespace, maker in (
        ("olive", "owner"),
        ("guild", "org admin"),
        ("own", "org contributor"),
    ):
        for kind in ("model", "dataset"):
            for shelf in SHELVES:
                cast.repos[namespace, kind, shelf] = shelve(cast, namespace, maker, kind, shelf)
    return cast


def shelve(cast: Cast, namespace: str, maker: str, kind: str, shelf: str) -> str:
    client = cast.clients[maker]
    repo = new_repo(
        client,
        unique(f"{shelf}-{namespace}"),
        organization=None if namespace == "olive" else "guild",
        type=kind,
        visibility="private" if shelf == "private" else "public",
    )
    if shelf == "gated":
        url = f"/api/{kind}s/{repo}/settings"
        assert client.put(url, json={"gated": "manual"}).status_code == 200
        url = f"/api/{kind}s/{repo}/user-access-request/grant"
        assert client.post(url, json={"user": "greta"}).status_code == 200
    return repo


def right(actor: str, shelf: str) -> Need | None:
    """The most that the rules give: None, METADATA, READ or ADMIN."""
    if actor in ADMINS:
        return Need.ADMIN
    if actor not in OUTSIDERS or shelf == "public" or (actor in GUESTS and shelf == "gated"):
        return Need.READ
    return Need.METADATA if shelf == "gated" else None


def expected(call: Call, actor: str, shelf: str) -> tuple[int, str | None]:
    """Of a call, which may say something else where there is no gate."""
    if call.ungated and shelf != "gated":
        call = replace(call, answer=call.ungated)
    return _expected(call, actor, shelf)


def _expected(call: Call, actor: str, shelf: str) -> tuple[int, str | None]:
    """Status and error code, from the rules alone."""
    nobody, need = actor == "anonymous", call.need
    if need in (Need.NOTHING, Need.STORE):
        return call.answer
    if need is Need.MISSING:
        return (401 if nobody else 404), "RepoNotFound"
    if need is Need.PAGE:
        return (404, None) if shelf == "private" else call.answer
    if actor in BAD_TOKEN:
        return 401, None
    if need is Need.VALID or (need is Need.LOGIN and not nobody):
        return call.answer
    refused = (401 if nobody else 403), None
    if need is Need.LOGIN:
        return refused
    speaks = not nobody and "read token" not in actor
    if need in MAY:
        return call.answer if MAY[need](actor) else refused
    if need is Need.CREATE:
        return call.answer if actor in ADMINS | {"org contributor"} else refused
    return _of_repo(call, actor, right(actor, shelf), refused, speaks=speaks)


def _of_repo(
    call: Call, actor: str, given: Need | None, refused: tuple[int, None], *, speaks: bool
) -> tuple[int, str | None]:
    nobody, need = actor == "anonymous", call.need
    if given is None:
        return (401 if nobody else 404), "RepoNotFound"
    if need is Need.METADATA or given is Need.ADMIN or (need is Need.KNOWN and not nobody):
        return call.answer
    if need in (Need.READ, Need.PROPOSE, Need.COPY) and given is not Need.READ:
        return refused[0], "GatedRepo"
    if need is Need.COPY:
        return call.answer if actor == "org contributor" else refused
    may = need is Need.READ or (need in (Need.PROPOSE, Need.LIKE) and speaks)
    return call.answer if may else refused


def send(client: httpx.Client, method: str, call: Call, kind: str, repo: str) -> httpx.Response:
    namespace, _, name = repo.partition("/")
    values = {
        **PARAMS,
        "namespace": namespace,
        "name": name,
        "kind": f"{kind}s",
        "type": kind,
        "n": unique(""),
        **call.params,
    }

    def fill(text: str) -> str:
        for _ in range(2):  # a value may hold a parameter of its own
            for key, value in values.items():
                text = re.sub(rf"\{{{key}(:\w+)?\}}", lambda _, value=value: value, text)
        return text

    body = json.loads(fill(json.dumps(call.json))) if call.json is not None else None
    headers = {"Content-Type": call.media} if call.media else {}
    return client.request(method, fill(call.path), json=body, content=call.content, headers=headers)
