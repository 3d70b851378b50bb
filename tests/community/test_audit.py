"""Who did what, read by those whom it concerns."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from calls import commit, new_repo, put, unique
from git.real import Git
from hearthub.accounts import ANONYMOUS
from hearthub.app import open_hub
from hearthub.community import Deed
from hearthub.context import Hub
from hearthub.errors import InvalidCredentials
from hearthub.settings import Settings
from live import LiveHub


@pytest.fixture
def org(hub: LiveHub) -> str:
    """A new one, of which alice is an administrator and bob a writer."""
    name = unique("firm")
    with open_hub(Settings(data=hub.data)) as parts:
        alice = parts.accounts.actor("alice").user_id
        parts.accounts.add_org(name, creator=alice)
        parts.accounts.set_member(name, "bob", "write", by=alice)
    return name


def log(client: httpx.Client, org: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/organizations/{org}/audit-log", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def told(client: httpx.Client, org: str, **params: Any) -> list[tuple[str, str | None]]:
    found = [
        (it["action"], it["actor"] and it["actor"]["name"]) for it in log(client, org, **params)
    ]
    return found[::-1]


def test_of_an_organisation(org: str, alice: httpx.Client, bob: httpx.Client) -> None:
    repo = new_repo(bob, organization=org, private=True)
    commit(bob, repo, put("a.txt"))
    alice.put(f"/api/models/{repo}/settings", json={"gated": "manual"})
    alice.request("DELETE", "/api/repos/delete", json={"name": repo})
    assert told(alice, org) == [
        ("AccountAdded", "alice"),
        ("MemberSet", "alice"),
        ("MemberSet", "alice"),
        ("RepoCreated", "bob"),
        ("CommitCreated", "bob"),
        ("CommitCreated", "bob"),
        ("RepoSettingsChanged", "alice"),
        ("RepoDeleted", "alice"),
    ]
    found = {it["action"]: it for it in log(alice, org)}
    assert found["RepoDeleted"]["detail"]["full_name"] == repo  # though it is gone
    assert found["RepoSettingsChanged"]["detail"]["changes"] == {"gated": "manual"}
    assert found["MemberSet"]["detail"] == {"user": "alice", "role": "admin"}
    assert told(alice, org, user="bob", kind="RepoCreated") == [("RepoCreated", "bob")]


def test_pages(org: str, alice: httpx.Client) -> None:
    for _ in range(3):
        new_repo(alice, organization=org)
    url, seen = f"/api/organizations/{org}/audit-log?limit=2", list[int]()
    while url:
        answer = alice.get(url)
        seen += [it["id"] for it in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == [it["id"] for it in log(alice, org)]
    assert seen == sorted(set(seen), reverse=True)


def test_a_repo_that_changes_hands(org: str, alice: httpx.Client) -> None:
    """Both sides hear of it; what it is called later its old owner does not."""
    repo = new_repo(alice, organization=org)
    name = f"alice/{unique('mine')}"
    alice.post("/api/repos/move", json={"fromRepo": repo, "toRepo": name})
    later = f"alice/{unique('secret')}"
    alice.post("/api/repos/move", json={"fromRepo": name, "toRepo": later})
    found = log(alice, org)
    assert found[0]["action"] == "RepoHandedOver"
    assert found[0]["detail"]["new_name"] == name
    assert later not in str(found)
    mine = alice.get("/api/settings/audit-log?limit=2").json()
    assert [it["action"] for it in mine] == ["RepoMoved", "RepoMoved"]
    assert mine[0]["repo"] == {"type": "model", "name": later}


def test_who_may_read_it(
    hub: LiveHub,
    org: str,
    alice: httpx.Client,
    bob: httpx.Client,
    charlie: httpx.Client,
    anyone: httpx.Client,
) -> None:
    url = f"/api/organizations/{org}/audit-log"
    answers = [client.get(url).status_code for client in (alice, bob, charlie, anyone)]
    assert answers == [200, 403, 403, 401]
    with hub.client("root") as root:
        assert log(root, org) == log(alice, org)
        found = root.get("/api/audit?limit=1000").json()
        assert {it["account"]["name"] for it in found if it["account"]} >= {org, "alice"}
        assert root.get("/api/audit?user=no-such-user").status_code == 404
    assert alice.get("/api/audit").status_code == 403
    assert alice.get("/api/organizations/alice/audit-log").status_code == 404
    assert alice.get(url, params={"before": "x"}).status_code == 400


def test_accounts_tokens_and_logins(hub: LiveHub) -> None:
    name = unique("user")
    with open_hub(Settings(data=hub.data)) as parts:
        accounts = parts.accounts
        user = accounts.add_user(name, password="correct horse battery")
        accounts.add_token(name, "laptop")
        accounts.check_password(name, "correct horse battery")
        with pytest.raises(InvalidCredentials):
            accounts.check_password(name, "wrong horse battery")
        accounts.revoke_token(name, "laptop", by=user.id)
        accounts.change_user(name, email=f"{name}@example.org", fullname=name)
        accounts.set_password(name, "another horse battery")
        accounts.set_disabled(name, True)
        root = parts.accounts.actor("root")
        deeds = parts.community.audit.page(root, user)[::-1]
        hashed = parts.db.value("select password from account where id = :id", id=user.id)
    assert [(it.kind, it.actor) for it in deeds] == [
        ("AccountAdded", None),
        ("TokenAdded", None),
        ("LoggedIn", name),
        ("LogInFailed", None),
        ("TokenRevoked", name),
        ("AccountChanged", None),
        ("AccountChanged", None),
        ("AccountChanged", None),
    ]
    changes = [it.detail["changes"] for it in deeds if it.kind == "AccountChanged"]
    assert changes == [{"email": True}, {"password": True}, {"disabled": True}]
    assert hashed not in str(deeds)
    assert "@example.org" not in str(deeds), "the log is kept for longer than an account"


def test_by_which_token(hub: LiveHub, org: str, alice: httpx.Client) -> None:
    """Its number and its label, and never what it is; also once it is revoked."""
    with open_hub(Settings(data=hub.data)) as parts:
        secret = parts.accounts.add_token("alice", "laptop")
        token = parts.accounts.authenticate(secret).token
        assert token
        with httpx.Client(
            base_url=hub.url, headers={"Authorization": f"Bearer {secret}"}
        ) as laptop:
            repo = new_repo(laptop, organization=org)
            commit(laptop, repo, put("a.txt"))
            laptop.post(f"/api/models/{repo}/discussions", json={"title": "Hello"})
        parts.accounts.revoke_token("alice", token.id)
    new_repo(alice, organization=org)
    found = log(alice, org)
    named = [it["token"] and it["token"]["id"] for it in found][::-1]
    others = {it for it in named if it != token.id}
    assert named[:7] == [None] * 3 + [token.id] * 4, "first come those of the machine"
    assert found[-4]["token"] == {"id": token.id, "name": "laptop"}
    assert len(others) == 2
    assert secret not in str(found)


def test_webhooks(org: str, alice: httpx.Client) -> None:
    url, watched = "/api/settings/webhooks", [{"type": "org", "name": org}]
    body = {"url": "https://hooks.example.org/T0/s3cret", "watched": watched, "secret": "s3same"}
    uid = alice.post(url, json=body).json()["webhook"]["id"]
    alice.post(f"{url}/{uid}", json={"watched": [], "domains": ["repo"]}).raise_for_status()
    for act in ("disable", "enable"):
        alice.post(f"{url}/{uid}/{act}").raise_for_status()
    alice.delete(f"{url}/{uid}").raise_for_status()
    found = alice.get("/api/settings/audit-log?kind=WebhookChanged&limit=5").json()
    assert [it["detail"]["what"] for it in found] == [
        "deleted", "enabled", "disabled", "changed", "created",
    ]  # fmt: skip
    for it in found:
        assert (it["detail"]["webhook"], it["detail"]["host"]) == (uid, "hooks.example.org")
        assert it["actor"] == {"name": "alice"}
    assert "s3cret" not in str(found)
    assert "s3same" not in str(found)


def test_by_which_token_something_was_pushed(
    hub: LiveHub, org: str, alice: httpx.Client, tmp_path: Path
) -> None:
    git = Git(hub, tmp_path)
    repo = new_repo(alice, organization=org)
    folder = git.clone(repo)
    git.commit(folder, **{"a.txt": "a"})
    git(folder, "push", "origin", "HEAD:main")
    pushed = log(alice, org)[0]
    assert pushed["action"] == "CommitCreated"
    assert pushed["token"] == log(alice, org)[1]["token"]


class TestFailedLogIns:
    def test_of_a_user(self, tmp_path: Path) -> None:
        """A few an hour; the first of the next hour tells how many more there were."""
        with open_hub(Settings(data=tmp_path)) as parts:
            user = parts.accounts.add_user("ann", password="correct horse battery")
            for _ in range(9):
                fail(parts, "Ann", "wrong horse battery")
            assert len(failures(parts)) == 5
            parts.db.execute("update login_failure set hour = hour - 1")
            fail(parts, "ann", "wrong horse battery")
            fail(parts, "ann", "wrong horse battery")
            found = failures(parts)
            assert [it.detail for it in found] == [
                {"way": "password", "name": None, "unrecorded": more}
                for more in (0, 4, 0, 0, 0, 0, 0)
            ]
            assert {(it.account, it.actor) for it in found} == {("ann", None)}
            own = parts.community.audit.page(parts.accounts.actor("ann"), user, kind="LogInFailed")
            assert own == found
            assert "horse" not in str(found)

    def test_of_nobody(self, tmp_path: Path) -> None:
        with open_hub(Settings(data=tmp_path)) as parts:
            parts.accounts.add_user("root", admin=True)
            names = ["eve", "x" * 96, "x" * 97, "not a name", "p\u00e4ssword!", "", "a/b"]
            for name in names:
                fail(parts, name, "wrong horse battery")
            told = [it.detail["name"] for it in failures(parts)][::-1]
            assert told == ["eve", "x" * 40, *[None] * 5]
            assert {it.account for it in failures(parts)} == {None}

    def test_many_fill_no_disk(self, tmp_path: Path) -> None:
        """Of names that nobody has, of many users, and at once."""
        with open_hub(Settings(data=tmp_path)) as parts:
            users = [parts.accounts.add_user(f"user{number}") for number in range(40)]
            note = parts.accounts._note_failure
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda number: note(None, f"name{number}"), range(60)))
                list(pool.map(lambda it: [note(it.id, it.name) for _ in range(7)], users))
            found = failures(parts)
            assert len(found) == 100
            assert len([it for it in found if it.account is None]) == 20
            assert parts.db.value("select count(*) from login_failure") == 42

    def test_a_full_disk(self, tmp_path: Path) -> None:
        """It is still said that the password is wrong."""
        with open_hub(Settings(data=tmp_path)) as parts:
            parts.accounts.add_user("ann", password="correct horse battery")
            parts.db.execute("alter table login_failure rename to elsewhere")
            fail(parts, "ann", "wrong horse battery")
            assert parts.accounts.check_password("ann", "correct horse battery").name == "ann"


def fail(parts: Hub, name: str, password: str) -> None:
    with pytest.raises(InvalidCredentials, match="Wrong name or password"):
        parts.accounts.check_password(name, password)


def failures(parts: Hub) -> list[Deed]:
    """Newest first."""
    root = replace(ANONYMOUS, user_id=0, is_admin=True)
    return parts.community.audit.page(root, None, kind="LogInFailed", limit=1000)


def test_a_request_sent_before_the_last_was_answered(hub: LiveHub) -> None:
    """On one connection: what a browser's log-in does is not done by the token before it."""
    name = unique("piped")
    with open_hub(Settings(data=hub.data)) as parts:
        user = parts.accounts.add_user(name, password="correct horse battery").id
        db = parts.db
        with hub.client() as client:
            form = client.get("/login")
        csrf = re.search(r'name="csrf" value="([^"]+)"', form.text)
        assert csrf
        typed = {"csrf": csrf[1], "name": name, "password": "correct horse battery"}
        body = urlencode(typed)
        host = hub.url.partition("//")[2]
        cookies = "; ".join(f"{key}={value}" for key, value in form.cookies.items())
        with socket.create_connection(tuple(host.split(":"))) as line:  # type: ignore[arg-type]
            line.sendall(
                f"GET /api/whoami-v2 HTTP/1.1\r\nHost: {host}\r\n"
                f"Authorization: Bearer {hub.tokens['bob']}\r\n\r\n"
                f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: {hub.url}\r\n"
                f"Cookie: {cookies}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
            )
            while line.recv(2**16):
                pass
        rows = db.all(
            "select token_id from event where kind = 'LoggedIn' and account_id = :user", user=user
        )
    assert [row.token_id for row in rows] == [None]
