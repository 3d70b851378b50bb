"""What was signed or begun with a right is refused once the right is gone; races lose nothing."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from calls import lfs_batch, new_repo, post_commit, put, unique, xet_token
from hearthub.context import Hub
from live import LiveHub
from storage.xet_writer import pack_file


def upload_url(client: httpx.Client, repo: str, data: bytes) -> str:
    oid = hashlib.sha256(data).hexdigest()
    answer = lfs_batch(client, repo, "upload", {"oid": oid, "size": len(data)})
    return str(answer.json()["objects"][0]["actions"]["upload"]["href"])


def test_an_upload_url_ends_with_the_role(hub: LiveHub, parts: Hub, alice: httpx.Client) -> None:
    data, repo = os.urandom(1000), new_repo(alice, organization="acme", private=True)
    parts.accounts.add_user(name := unique("dave"))
    parts.accounts.set_member("acme", name, "write")
    with hub.client(token=parts.accounts.add_token(name)) as dave:
        url = upload_url(dave, repo, data)
    parts.accounts.remove_member("acme", name)
    assert httpx.put(url, content=data).status_code == 401, "as where there is no such repo"
    parts.accounts.set_member("acme", name, "write")
    assert httpx.put(url, content=data).status_code == 200


def test_a_download_url_ends_with_the_access(parts: Hub, alice: httpx.Client) -> None:
    data, repo = os.urandom(1000), new_repo(alice)
    assert httpx.put(upload_url(alice, repo, data), content=data).status_code == 200
    oid = hashlib.sha256(data).hexdigest()
    with httpx.Client(base_url=alice.base_url) as anyone:
        answer = lfs_batch(anyone, repo, "download", {"oid": oid, "size": len(data)})
    url = answer.json()["objects"][0]["actions"]["download"]["href"]
    assert httpx.get(url).content == data
    alice.put(f"/api/models/{repo}/settings", json={"visibility": "private"})
    assert httpx.get(url).status_code in (401, 404)


def test_a_store_token_ends_with_the_access_token(hub: LiveHub, parts: Hub) -> None:
    parts.accounts.add_user(name := unique("erin"))
    with hub.client(token=parts.accounts.add_token(name, "mine")) as erin:
        store = xet_token(erin, new_repo(erin))
    (xorb,) = pack_file(os.urandom(5000), 2**16)
    url = f"{store['url']}/v1/xorbs/default/{xorb.hash}"
    assert httpx.post(url, content=xorb.body, headers=store["headers"]).status_code == 200
    parts.accounts.revoke_token(name, "mine")
    assert httpx.post(url, content=xorb.body, headers=store["headers"]).status_code == 401


def test_settings_changed_at_once_are_both_kept(alice: httpx.Client) -> None:
    """A private repo must not come back public because somebody set its gate."""
    for _ in range(10):
        repo = new_repo(alice)
        at_once(
            partial(alice.put, f"/api/models/{repo}/settings", json={"visibility": "private"}),
            partial(alice.put, f"/api/models/{repo}/settings", json={"gated": "auto"}),
        )
        info = alice.get(f"/api/models/{repo}").json()
        assert (info["private"], info["gated"]) == (True, "auto")


def test_of_two_moves_one_wins(alice: httpx.Client) -> None:
    for _ in range(5):
        repo, a, b = new_repo(alice), unique("alice/moved"), unique("alice/moved")
        at_once(*(partial(move, alice, repo, to) for to in (a, b)))
        assert alice.get(f"/api/models/{repo}", follow_redirects=True).status_code == 200
        found = [name for name in (a, b) if alice.get(f"/api/models/{name}").status_code == 200]
        assert len(found) == 1


def test_moved_and_deleted_at_once(alice: httpx.Client) -> None:
    for _ in range(5):
        repo = new_repo(alice)
        answers = at_once(
            partial(move, alice, repo, unique("alice/moved")),
            partial(alice.request, "DELETE", "/api/repos/delete", json={"name": repo}),
        )
        assert all(answer.status_code < 500 for answer in answers)


def test_a_commit_has_so_many_operations(alice: httpx.Client) -> None:
    repo = new_repo(alice)
    lines = [{"key": "deletedFolder", "value": {"path": f"d{n}"}} for n in range(200_001)]
    answer = post_commit(alice, repo, put("a.txt"), *lines)
    assert answer.status_code == 413
    assert "200000" in answer.json()["error"]


def move(client: httpx.Client, source: str, target: str) -> httpx.Response:
    return client.post("/api/repos/move", json={"fromRepo": source, "toRepo": target})


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [job.result() for job in [pool.submit(call) for call in calls]]
