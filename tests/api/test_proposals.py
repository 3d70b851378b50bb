"""What people bring who may not write: counted on its own, so that they fill nobody's quota."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from calls import commit, lfs_batch, new_repo, post_commit, put, put_lfs, upload_lfs, xet_token
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub, live_hub
from storage.xet_writer import Xorb, whole_file

PROPOSED, NAMESPACE = 300_000, 10**7


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    folder = tmp_path_factory.mktemp("proposals")
    with live_hub(folder, max_proposed_size=PROPOSED, max_namespace_size=NAMESPACE) as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(small: LiveHub) -> Iterator[httpx.Client]:
    with small.client("alice") as client:
        yield client


@pytest.fixture(scope="module")
def charlie(small: LiveHub) -> Iterator[httpx.Client]:
    with small.client("charlie") as client:
        yield client


@pytest.fixture
def repo(alice: httpx.Client) -> Iterator[str]:
    """The only one that alice has."""
    name = new_repo(alice)
    yield name
    for it in alice.get("/api/settings/repositories").json():
        alice.request("DELETE", "/api/repos/delete", json={"name": it["id"]})


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 413, answer.text
    text: str = answer.json()["error"]
    assert text.startswith("Proposals of people who may not write use")
    return text


def offer(client: httpx.Client, repo: str, size: int) -> httpx.Response:
    body = {"files": [{"path": "a.bin", "size": size, "sample": ""}]}
    return client.post(f"/api/models/{repo}/preupload/main?create_pr=1", json=body)


def propose(client: httpx.Client, repo: str, *lines: dict[str, object]) -> httpx.Response:
    return post_commit(client, repo, *lines, rev="main?create_pr=1")


def object_of(data: bytes) -> dict[str, object]:
    return {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}


def test_offers(alice: httpx.Client, charlie: httpx.Client, repo: str) -> None:
    """Before a byte is sent."""
    assert offer(charlie, repo, 200_000).status_code == 200
    text = refused(offer(charlie, repo, 400_000))
    assert "of the 300 KB that the namespace alice has for them" in text
    assert "would add 400 KB" in text
    assert offer(alice, repo, 400_000).status_code == 200


def test_lfs(alice: httpx.Client, charlie: httpx.Client, repo: str) -> None:
    first, second = os.urandom(200_000), os.urandom(200_000)
    upload_lfs(charlie, repo, first)
    [item] = lfs_batch(charlie, repo, "upload", object_of(second)).json()["objects"]
    assert item["error"]["code"] == 413
    assert "may not write" in item["error"]["message"]
    upload_lfs(alice, repo, second)  # who may write has room
    assert (
        propose(charlie, repo, put_lfs("a.bin", hashlib.sha256(first).hexdigest())).status_code
        == 200
    )


def test_lfs_uploads_that_were_let_in_together(charlie: httpx.Client, repo: str) -> None:
    contents = [os.urandom(200_000) for _ in range(3)]
    items = [
        lfs_batch(charlie, repo, "upload", object_of(it)).json()["objects"][0] for it in contents
    ]
    urls = [it["actions"]["upload"]["href"] for it in items]
    answers = [httpx.put(url, content=it) for url, it in zip(urls, contents, strict=True)]
    assert [it.status_code for it in answers] == [200, 413, 413]


def test_all_repos_and_strangers_together(
    alice: httpx.Client, charlie: httpx.Client, repo: str, small: LiveHub
) -> None:
    upload_lfs(charlie, repo, os.urandom(200_000))
    other = new_repo(alice)
    with small.client("bob") as bob:
        refused(offer(bob, other, 200_000))
        mine = new_repo(bob)
        assert offer(charlie, mine, 200_000).status_code == 200  # another namespace


def test_inline_content(alice: httpx.Client, charlie: httpx.Client, repo: str) -> None:
    assert propose(charlie, repo, put("a.txt", os.urandom(200_000))).status_code == 200
    refused(propose(charlie, repo, put("b.txt", os.urandom(200_000))))
    refused(post_commit(charlie, repo, put("b.txt", os.urandom(200_000)), rev="refs%2Fpr%2F1"))
    commit(alice, repo, put("b.txt", os.urandom(200_000)))


def test_xet(charlie: httpx.Client, repo: str) -> None:
    """By what a shard describes, too, however little was sent for it."""
    answer = charlie.get(f"/api/models/{repo}/xet-write-token/main?create_pr=1")
    assert answer.status_code == 200
    url, headers = (
        answer.json()["casUrl"],
        {"Authorization": f"Bearer {answer.json()['accessToken']}"},
    )
    large, small = Xorb([os.urandom(100_000)] * 4), Xorb([os.urandom(60_000)])
    refused(httpx.post(f"{url}/v1/xorbs/default/{large.hash}", content=large.body, headers=headers))
    sent = httpx.post(f"{url}/v1/xorbs/default/{small.hash}", content=small.body, headers=headers)
    assert sent.status_code == 200
    shard = whole_file([small] * 6).encode()
    refused(httpx.post(f"{url}/v1/shards", content=shard, headers=headers))
    fits = httpx.post(f"{url}/v1/shards", content=whole_file([small] * 4).encode(), headers=headers)
    assert fits.status_code == 200, fits.text
    refused(offer(charlie, repo, 100_000))


def test_a_full_one_gives_no_token(charlie: httpx.Client, alice: httpx.Client, repo: str) -> None:
    upload_lfs(charlie, repo, os.urandom(PROPOSED))
    refused(offer(charlie, repo, 1))
    assert xet_token(alice, repo)


def test_merged_it_is_the_repos_own(alice: httpx.Client, charlie: httpx.Client, repo: str) -> None:
    data = os.urandom(200_000)
    upload_lfs(charlie, repo, data)
    line = put_lfs("a.bin", hashlib.sha256(data).hexdigest())
    assert propose(charlie, repo, line, put("a.txt", os.urandom(50_000))).status_code == 200
    refused(offer(charlie, repo, 100_000))
    assert alice.post(f"/api/models/{repo}/discussions/1/merge").status_code == 200
    assert offer(charlie, repo, 290_000).status_code == 200


def test_what_a_writer_brings_too_is_no_proposal(
    alice: httpx.Client, charlie: httpx.Client, repo: str, small: LiveHub
) -> None:
    data = os.urandom(200_000)
    [item] = lfs_batch(alice, repo, "upload", object_of(data)).json()["objects"]
    upload_lfs(charlie, repo, data)
    refused(offer(charlie, repo, 150_000))
    assert httpx.put(item["actions"]["upload"]["href"], content=data).status_code == 200
    assert offer(charlie, repo, 150_000).status_code == 200


def test_collected_it_counts_no_more(charlie: httpx.Client, repo: str, small: LiveHub) -> None:
    data = os.urandom(200_000)
    upload_lfs(charlie, repo, data)
    refused(offer(charlie, repo, 150_000))
    with open_hub(Settings(data=small.data)) as parts:
        parts.db.execute("delete from lfs_object where sha256 = :s", s=object_of(data)["oid"])
    assert offer(charlie, repo, 150_000).status_code == 200


def test_git(small: LiveHub, charlie: httpx.Client, repo: str, tmp_path: Path) -> None:
    """A push to a pull request; git shows why it is refused."""
    assert propose(charlie, repo, put("a.txt")).status_code == 200
    token = small.tokens["charlie"]
    url = f"{small.url.replace('//', f'//charlie:{token}@')}/{repo}"
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "HOME": str(tmp_path)}

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-c", "user.name=c", "-c", "user.email=c@example.org", *words],
            cwd=tmp_path, env=env, capture_output=True, text=True,
        )  # fmt: skip

    assert git("clone", "-q", url, "it").returncode == 0
    (tmp_path / "it" / "big.bin").write_bytes(os.urandom(400_000))
    assert git("-C", "it", "fetch", "-q", "origin", "refs/pr/1:pr").returncode == 0
    git("-C", "it", "checkout", "-q", "pr")
    git("-C", "it", "add", ".")
    git("-C", "it", "commit", "-qm", "Much")
    pushed = git("-C", "it", "push", "origin", "HEAD:refs/pr/1")
    assert pushed.returncode != 0
    assert "may not write use" in pushed.stderr


def test_a_tenth_of_a_quota(tmp_path: Path) -> None:
    with (
        live_hub(tmp_path, max_namespace_size=10**6) as hub,
        hub.client("alice") as alice,
        hub.client("charlie") as charlie,
    ):
        repo = new_repo(alice)
        assert offer(charlie, repo, 90_000).status_code == 200
        assert "of the 100 KB" in refused(offer(charlie, repo, 110_000))
        assert offer(alice, repo, 110_000).status_code == 200
