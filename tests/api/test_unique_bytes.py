"""A namespace's quota counts each large file once, before its bytes are sent and after."""

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from calls import commit, lfs_batch, new_repo, post_commit, put_lfs, upload_lfs, xet_token
from live import LiveHub, live_hub
from storage.xet_writer import pack_file, whole_file

NAMESPACE, SIZE = 2_500_000, 1_500_000


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    folder = tmp_path_factory.mktemp("unique")
    with live_hub(folder, max_namespace_size=NAMESPACE, max_proposed_size=0) as hub:
        yield hub


@pytest.fixture
def alice(small: LiveHub) -> Iterator[httpx.Client]:
    """Who has no repo, before and after."""
    with small.client("alice") as client:
        yield client
        for it in client.get("/api/settings/repositories").json():
            drop(client, it["id"])


def drop(client: httpx.Client, repo: str) -> None:
    answer = client.request("DELETE", "/api/repos/delete", json={"name": repo})
    assert answer.status_code == 200, answer.text


def begin(client: httpx.Client, repo: str, *contents: bytes) -> list[dict[str, Any]]:
    objects = [{"oid": hashlib.sha256(it).hexdigest(), "size": len(it)} for it in contents]
    answers: list[dict[str, Any]] = lfs_batch(client, repo, "upload", *objects).json()["objects"]
    return answers


def offer(client: httpx.Client, repo: str, size: int) -> int:
    body = {"files": [{"path": "a.bin", "size": size, "sample": ""}]}
    return client.post(f"/api/models/{repo}/preupload/main", json=body).status_code


def test_the_same_file_in_two_repos(alice: httpx.Client) -> None:
    data = os.urandom(SIZE)
    one, two = new_repo(alice), new_repo(alice)
    oid = upload_lfs(alice, one, data)
    commit(alice, one, put_lfs("a.bin", oid))
    assert offer(alice, two, SIZE) == 200
    assert offer(alice, two, SIZE + 1) == 413
    assert upload_lfs(alice, two, data) == oid
    commit(alice, two, put_lfs("a.bin", oid))
    rest = begin(alice, two, os.urandom(900_000), os.urandom(200_000))
    assert "actions" in rest[0]
    assert "would add 1.1 MB" in rest[1]["error"]["message"]
    drop(alice, one)
    assert "error" in begin(alice, two, os.urandom(1_200_000))[0], "the other one has it still"
    drop(alice, two)
    assert "actions" in begin(alice, new_repo(alice), os.urandom(2_400_000))[0]


def test_named_twice_in_one_batch(alice: httpx.Client) -> None:
    data = os.urandom(SIZE)
    answers = begin(alice, new_repo(alice), data, data, os.urandom(900_000))
    assert ["actions" in it for it in answers] == [True, True, True]
    assert answers[0] == answers[1]


def test_duplicates_and_moves(alice: httpx.Client) -> None:
    data = os.urandom(SIZE)
    one = new_repo(alice)
    commit(alice, one, put_lfs("a.bin", upload_lfs(alice, one, data)))
    copied = alice.post(f"/api/models/{one}/duplicate", json={"repository": f"{one}-copy"})
    assert copied.status_code == 200, copied.text
    there = new_repo(alice, organization="acme")
    upload_lfs(alice, there, data)
    move = {"fromRepo": there, "toRepo": f"{one}-moved"}
    assert alice.post("/api/repos/move", json=move).status_code == 200
    other = new_repo(alice, organization="acme")
    upload_lfs(alice, other, os.urandom(SIZE))
    move = {"fromRepo": other, "toRepo": f"{one}-large"}
    assert alice.post("/api/repos/move", json=move).status_code == 413
    files = {
        "files": [{"sha256": hashlib.sha256(data).hexdigest(), "filename": "a", "xetHash": ""}]
    }
    target = {"target": {"type": "model", "name": new_repo(alice)}}
    shared = alice.post(f"/api/models/{one}/lfs-files/duplicate", json=files | target)
    assert shared.status_code == 200, shared.text
    alice.request(
        "DELETE",
        "/api/repos/delete",
        json={"name": other.split("/")[1], "organization": "acme"},
    )


def test_by_xet(alice: httpx.Client) -> None:
    data = os.urandom(SIZE)
    xorbs = pack_file(data)
    oid = hashlib.sha256(data).hexdigest()
    for repo in (new_repo(alice), new_repo(alice)):
        access = xet_token(alice, repo)
        for xorb in xorbs:
            url = f"{access['url']}/v1/xorbs/default/{xorb.hash}"
            answer = httpx.post(url, content=xorb.body, headers=access["headers"])
            assert answer.status_code == 200, answer.text
        url = f"{access['url']}/v1/shards"
        shard = whole_file(xorbs).encode()
        answer = httpx.post(url, content=shard, headers=access["headers"])
        assert answer.status_code == 200, answer.text
        assert post_commit(alice, repo, put_lfs("a.bin", oid)).status_code == 200
    last = new_repo(alice)
    assert upload_lfs(alice, last, data) == oid, "by LFS too"
    assert "error" in begin(alice, last, os.urandom(SIZE))[0]


def send(client: httpx.Client, repo: str, size: int, rev: str = "main") -> int:
    """The status of a xorb that no file will need."""
    access = xet_token(client, repo, rev=rev)
    (xorb,) = pack_file(os.urandom(size))
    url = f"{access['url']}/v1/xorbs/default/{xorb.hash}"
    return httpx.post(url, content=xorb.body, headers=access["headers"]).status_code


def test_xorbs_that_no_file_needs_have_an_end(small: LiveHub, alice: httpx.Client) -> None:
    one, two = new_repo(alice), new_repo(alice)
    found = [send(alice, repo, 1_000_000) for repo in (one, two, one, two, one, two)]
    assert found == [200, 200, 200, 200, 413, 413], "twice the quota"
    oid = upload_lfs(alice, one, os.urandom(1_000_000))
    assert post_commit(alice, one, put_lfs("a.bin", oid)).status_code == 200, "there is room yet"
    with small.client("charlie") as charlie:
        proposed = [send(charlie, two, 200_000, "main?create_pr=1") for _ in range(5)]
    assert proposed == [200, 200, 413, 413, 413], "of which proposals have their own share"


def test_whoever_proposes_learns_nothing(small: LiveHub, alice: httpx.Client) -> None:
    """Of what the owner has in a repo that he may not read."""
    hidden, seen = new_repo(alice, private=True), new_repo(alice)
    data = os.urandom(240_000)
    upload_lfs(alice, hidden, data)
    upload_lfs(alice, hidden, os.urandom(NAMESPACE - 260_000))
    with small.client("charlie") as charlie:
        known, unknown = begin(charlie, seen, data, os.urandom(240_000))
    assert known["error"]["code"] == unknown["error"]["code"] == 413
    assert known["error"]["message"].replace("240", "") == unknown["error"]["message"].replace(
        "240", ""
    )
    assert "actions" in begin(alice, seen, data)[0]
