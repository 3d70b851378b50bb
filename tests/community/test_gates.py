"""Gated repos: who gets in, by every way to the bytes, and who decides."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from calls import (
    commit,
    lfs_batch,
    new_repo,
    put,
    put_lfs,
    unique,
    upload_lfs,
)
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub

BIG = b"weights " * 5000
OID = hashlib.sha256(BIG).hexdigest()


@pytest.fixture
def guest(hub: LiveHub) -> Iterator[httpx.Client]:
    """Somebody new, so that no test sees another's requests."""
    name = unique("guest")
    with open_hub(Settings(data=hub.data)) as parts:
        parts.accounts.add_user(name, email=f"{name}@example.org", fullname="A Guest")
        token = parts.accounts.add_token(name)
    with hub.client(token=token) as client:
        client.headers["X-Test-Name"] = name
        yield client


def name_of(client: httpx.Client) -> str:
    return client.headers["X-Test-Name"]


def gated(client: httpx.Client, gate: str = "manual") -> str:
    repo = new_repo(client)
    commit(client, repo, put("README.md", b"---\nlicense: mit\n---\n# Card"), put("a.txt", b"a\n"))
    upload_lfs(client, repo, BIG)
    commit(client, repo, put_lfs("big.bin", OID, len(BIG)))
    close(client, repo, gate)
    return repo


def close(client: httpx.Client, repo: str, gate: object) -> None:
    answer = client.put(f"/api/models/{repo}/settings", json={"gated": gate})
    assert answer.status_code == 200, answer.text


def ask(client: httpx.Client, repo: str, **fields: object) -> str:
    answer = client.post(f"/{repo}/ask-access", json=fields)
    assert answer.status_code == 200, answer.text
    status: str = answer.json()["status"]
    return status


def listed(client: httpx.Client, repo: str, status: str) -> list[str]:
    answer = client.get(f"/api/models/{repo}/user-access-request/{status}")
    assert answer.status_code == 200, answer.text
    return [it["user"]["user"] for it in answer.json()]


def decide(client: httpx.Client, repo: str, **body: str) -> httpx.Response:
    return client.post(f"/api/models/{repo}/user-access-request/handle", json=body)


def reads(client: httpx.Client, repo: str) -> bool:
    """By all routes alike: resolve, raw, LFS, Xet, git, a check."""
    answers = [
        client.get(f"/{repo}/resolve/main/a.txt"),
        client.head(f"/{repo}/resolve/main/big.bin"),
        client.get(f"/{repo}/raw/main/a.txt"),
        lfs_batch(client, repo, "download", {"oid": OID, "size": len(BIG)}),
        client.get(f"/api/models/{repo}/xet-read-token/main"),
        client.get(f"/{repo}.git/info/refs?service=git-upload-pack"),
        client.get(f"/api/models/{repo}/auth-check"),
        client.get(f"/api/models/{repo}/discussions"),
    ]
    statuses = {answer.status_code for answer in answers}
    assert statuses in ({200}, {403}), [(a.request.url.path, a.status_code) for a in answers]
    if statuses == {403}:
        assert {it.headers["x-error-code"] for it in answers} == {"GatedRepo"}
    return statuses == {200}


def test_manual(alice: httpx.Client, guest: httpx.Client, charlie: httpx.Client) -> None:
    repo = gated(alice)
    assert guest.get(f"/api/models/{repo}").json()["gated"] == "manual"
    assert guest.get(f"/api/models/{repo}/tree/main").status_code == 200
    assert not reads(guest, repo)
    assert ask(guest, repo, Country="Italy", Agree=True) == "pending"
    assert ask(guest, repo) == "pending"
    assert not reads(guest, repo)
    text = guest.get(f"/{repo}/resolve/main/a.txt").json()["error"]
    assert "awaiting a review" in text
    [told] = alice.get(f"/api/models/{repo}/user-access-request/pending").json()
    assert told["fields"] == {"Country": "Italy", "Agree": True}
    assert told["user"]["email"] == f"{name_of(guest)}@example.org"
    assert decide(alice, repo, user=name_of(guest), status="accepted").status_code == 200
    assert reads(guest, repo)
    assert not reads(charlie, repo)
    assert listed(alice, repo, "accepted") == [name_of(guest)]
    assert listed(alice, repo, "pending") == []


def test_auto(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice, "auto")
    assert not reads(guest, repo)
    assert ask(guest, repo) == "accepted"
    assert reads(guest, repo)


def test_what_waited_is_accepted_once_the_gate_opens_by_itself(
    alice: httpx.Client, guest: httpx.Client
) -> None:
    repo = gated(alice)
    assert ask(guest, repo) == "pending"
    close(alice, repo, "auto")
    assert not reads(guest, repo)
    assert ask(guest, repo) == "accepted"
    assert reads(guest, repo)


def test_rejected_for_good(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice, "auto")
    ask(guest, repo)
    [told] = alice.get(f"/api/models/{repo}/user-access-request/accepted").json()
    answer = decide(
        alice, repo, requestId=told["requestId"], status="rejected", rejectionReason="No reason"
    )
    assert answer.status_code == 200
    assert not reads(guest, repo)
    assert ask(guest, repo) == "rejected"
    assert not reads(guest, repo)
    own = guest.get(f"/api/models/{repo}/user-access-request").json()
    assert (own["status"], own["rejectionReason"]) == ("rejected", "No reason")
    assert "was rejected" in guest.get(f"/{repo}/resolve/main/a.txt").json()["error"]


def test_taken_back(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice)
    ask(guest, repo)
    decide(alice, repo, user=name_of(guest), status="accepted")
    assert decide(alice, repo, user=name_of(guest), status="accepted").status_code == 404
    assert decide(alice, repo, user=name_of(guest), status="pending").status_code == 200
    assert not reads(guest, repo)
    assert listed(alice, repo, "pending") == [name_of(guest)]


def test_granted(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice)
    url = f"/api/models/{repo}/user-access-request/grant"
    assert alice.post(url, json={"user": name_of(guest)}).status_code == 200
    assert reads(guest, repo)
    assert alice.post(url, json={"user": name_of(guest)}).status_code == 400
    assert alice.post(url, json={"user": "acme"}).status_code == 404  # an organisation
    [told] = alice.get(f"/api/models/{repo}/user-access-request/accepted").json()
    assert "email" not in told["user"]  # he gave it to nobody


def test_a_guest_of_a_repo_that_is_private_now(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice, "auto")
    ask(guest, repo)
    alice.put(f"/api/models/{repo}/settings", json={"private": True})
    answer = guest.get(f"/{repo}/resolve/main/a.txt")
    assert (answer.status_code, answer.headers["x-error-code"]) == (404, "RepoNotFound")
    assert guest.post(f"/{repo}/ask-access").status_code == 404


def test_a_guest_is_nobody_elsewhere(alice: httpx.Client, guest: httpx.Client) -> None:
    """Not in another repo, nor by another's name; and he may write no more than any reader."""
    one, other = gated(alice, "auto"), gated(alice)
    ask(guest, one)
    assert not reads(guest, other)
    assert guest.post(f"/api/models/{one}/branch/x", json={}).status_code == 403
    assert guest.post(f"/api/models/{one}/discussions", json={"title": "Hi"}).status_code == 200


def test_a_url_signed_before_access_was_taken(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice, "auto")
    ask(guest, repo)
    [item] = lfs_batch(guest, repo, "download", {"oid": OID, "size": len(BIG)}).json()["objects"]
    href = item["actions"]["download"]["href"]
    token = guest.get(f"/api/models/{repo}/xet-read-token/main").json()
    with httpx.Client() as bare:
        assert bare.get(href).content == BIG
        decide(alice, repo, user=name_of(guest), status="rejected")
        refused = bare.get(href)
        assert (refused.status_code, refused.headers["x-error-code"]) == (401, "GatedRepo")
        url = f"{token['casUrl']}/v1/reconstructions/{'0' * 64}"
        headers = {"Authorization": f"Bearer {token['accessToken']}"}
        assert bare.get(url, headers=headers).status_code == 403


def test_git(hub: LiveHub, alice: httpx.Client, guest: httpx.Client, tmp_path: Path) -> None:
    repo = gated(alice)
    token = guest.headers["authorization"].removeprefix("Bearer ")
    url = f"{hub.url.replace('//', f'//guest:{token}@')}/{repo}"
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
    command = ["git", "-c", "credential.helper=", "clone", "-q", url, "it"]
    refused = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert refused.returncode != 0
    alice.post(f"/api/models/{repo}/user-access-request/grant", json={"user": name_of(guest)})
    subprocess.run(command, cwd=tmp_path, env=env, check=True)
    assert (tmp_path / "it" / "a.txt").read_bytes() == b"a\n"


@pytest.mark.parametrize(
    "fields",
    [
        {"x": "y" * 2001},
        {"x": ["a list"]},
        {"": "no name"},
        {f"field {n}": "x" for n in range(51)},
    ],
)
def test_forms_are_bounded(
    alice: httpx.Client, guest: httpx.Client, fields: dict[str, object]
) -> None:
    repo = gated(alice)
    assert guest.post(f"/{repo}/ask-access", json=fields).status_code == 400
    assert listed(alice, repo, "pending") == []


def test_a_form_as_a_page_posts_it(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice)
    answer = guest.post(f"/{repo}/ask-access", data={"Full name": "A & B", "Agree": "on"})
    assert answer.json() == {"status": "pending"}
    [told] = alice.get(f"/api/models/{repo}/user-access-request/pending").json()
    assert told["fields"] == {"Full name": "A & B", "Agree": "on"}
    assert guest.post(f"/{repo}/ask-access", content=b"\xff{").status_code == 400
    assert guest.post(f"/{repo}/ask-access", json=[1]).status_code == 400


def test_pages(hub: LiveHub, alice: httpx.Client) -> None:
    repo = gated(alice)
    with open_hub(Settings(data=hub.data)) as parts:
        for number in range(5):
            name = unique("many")
            parts.accounts.add_user(name)
            found = parts.registry.repo(parts.accounts.actor("alice"), "model", repo)
            parts.registry.gates.ask(parts.accounts.actor(name), found, {}, {"n": number})
    url, seen = f"/api/models/{repo}/user-access-request/pending?limit=2", list[int]()
    while url:
        answer = alice.get(url)
        seen += [it["fields"]["n"] for it in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == [4, 3, 2, 1, 0]


def test_malformed(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice)
    ask(guest, repo)
    who = name_of(guest)
    assert decide(alice, repo, user=who, status="maybe").status_code == 400
    assert decide(alice, repo, status="accepted").status_code == 400
    assert decide(alice, repo, user=who, requestId="1", status="accepted").status_code == 400
    assert decide(alice, repo, requestId="0" * 24, status="accepted").status_code == 404
    wrong = decide(alice, repo, user=who, status="accepted", rejectionReason="Why not")
    assert wrong.status_code == 400
    assert listed(alice, repo, "pending") == [who]
    url = f"/api/models/{repo}/user-access-request/everybody"
    assert alice.get(url).status_code == 404


def test_no_gate(alice: httpx.Client, guest: httpx.Client) -> None:
    repo = new_repo(alice)
    assert ask(guest, repo) == "accepted"  # there is nothing to ask for
    url = f"/api/models/{repo}/user-access-request"
    assert alice.get(f"{url}/pending").status_code == 400
    assert alice.post(f"{url}/grant", json={"user": name_of(guest)}).status_code == 400


def test_requests_are_in_the_log(hub: LiveHub, alice: httpx.Client, guest: httpx.Client) -> None:
    repo = gated(alice)
    ask(guest, repo, Secret="mine")
    decide(alice, repo, user=name_of(guest), status="accepted")
    with open_hub(Settings(data=hub.data)) as parts:
        rows = parts.db.all(
            "select e.kind, e.payload from event e join repo r on r.id = e.repo_id "
            "where r.key = :key and e.kind like 'Access%' order by e.id",
            key=repo.lower(),
        )
    assert [row.kind for row in rows] == ["AccessRequested", "AccessDecided"]
    assert "mine" not in rows[0].payload  # what was written is the owner's to read


ASKING = b"""---
extra_gated_fields:
  Company: text
  I agree: checkbox
  Purpose: {type: select, options: [Research, {label: Another, value: other}]}
---
# Card
"""
ANSWERS: dict[str, object] = {"Company": "ACME", "I agree": True, "Purpose": "other"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"Company": None},
        {"Company": " "},
        {"I agree": False},
        {"I agree": None},
        {"Purpose": "Another"},
        {"Purpose": None},
        dict.fromkeys(ANSWERS),
    ],
)
def test_a_gate_that_asks_opens_to_answers_alone(
    alice: httpx.Client, guest: httpx.Client, wrong: dict[str, object]
) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("README.md", ASKING), put("a.txt", b"a\n"))
    close(alice, repo, "auto")
    sent = {name: value for name, value in (ANSWERS | wrong).items() if value is not None}
    answer = guest.post(f"/{repo}/ask-access", json=sent)
    assert answer.status_code == 400, answer.text
    assert guest.get(f"/{repo}/resolve/main/a.txt").status_code == 403
    assert ask(guest, repo, **ANSWERS) == "accepted"
    assert guest.get(f"/{repo}/resolve/main/a.txt").content == b"a\n"
