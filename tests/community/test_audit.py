"""Who did what, read by those whom it concerns."""

from typing import Any

import httpx
import pytest

from calls import commit, new_repo, put, unique
from hearthub.app import open_hub
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
        ("TokenRevoked", name),
        ("AccountChanged", None),
        ("AccountChanged", None),
        ("AccountChanged", None),
    ]
    changes = [it.detail["changes"] for it in deeds if it.kind == "AccountChanged"]
    assert changes == [{"email": True}, {"password": True}, {"disabled": True}]
    assert hashed not in str(deeds)
    assert "@example.org" not in str(deeds), "the log is kept for longer than an account"
