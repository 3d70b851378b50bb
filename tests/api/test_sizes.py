"""How much a repo, a namespace, a folder and a request may hold: refused before, and exactly."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from calls import (
    commit,
    delete,
    delete_folder,
    lfs_batch,
    new_repo,
    post_commit,
    put,
    put_lfs,
    tree,
    upload_lfs,
    xet_token,
)
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub, live_hub
from storage.xet_writer import Xorb, pack_file, whole_file

REPO, NAMESPACE, ENTRIES, BODY = 10**6, 2_500_000, 5, 4096
LIMITS = {
    "max_repo_size": REPO,
    "max_namespace_size": NAMESPACE,
    "max_folder_entries": ENTRIES,
    "max_request_body": BODY,
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    with live_hub(tmp_path_factory.mktemp("sizes"), **LIMITS) as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(small: LiveHub) -> Iterator[httpx.Client]:
    with small.client("alice") as client:
        yield client


@pytest.fixture
def repo(alice: httpx.Client, small: LiveHub) -> Iterator[str]:
    """A new repo of alice, who has no other one; it is all gone afterwards."""
    name = new_repo(alice)
    yield name
    for model in alice.get("/api/models?author=alice").json():
        alice.request("DELETE", "/api/repos/delete", json={"name": model["id"]})


def refusal(answer: httpx.Response, status: int = 413) -> str:
    assert answer.status_code == status, answer.text
    text: str = answer.json()["error"]
    assert answer.headers["x-error-message"] == text[:500]
    return text


def offer(client: httpx.Client, repo: str, path: str, size: int) -> httpx.Response:
    body = {"files": [{"path": path, "size": size, "sample": ""}]}
    return client.post(f"/api/models/{repo}/preupload/main", json=body)


def begin(client: httpx.Client, repo: str, *contents: bytes) -> list[dict[str, Any]]:
    objects = [{"oid": hashlib.sha256(it).hexdigest(), "size": len(it)} for it in contents]
    answers: list[dict[str, Any]] = lfs_batch(client, repo, "upload", *objects).json()["objects"]
    return answers


class TestRepo:
    def test_refused_before_the_bytes_are_sent(self, alice: httpx.Client, repo: str) -> None:
        assert offer(alice, repo, "a.bin", 900_000).status_code == 200
        text = refusal(offer(alice, repo, "a.bin", 1_000_000))
        assert f"The repo {repo} uses" in text
        assert "of the 1 MB it may use, and this would add 1 MB" in text
        assert "ask an administrator" in text
        contents = (b"a" * 600_000, b"b" * 600_000, b"c" * 100_000, b"d" * 700_000)
        fits, too_much, small, last = begin(alice, repo, *contents)
        assert "actions" in fits
        assert too_much["error"]["code"] == 413
        assert "would add 1.2 MB" in too_much["error"]["message"]
        assert "actions" not in too_much
        assert "actions" in small
        assert last["error"]["code"] == 413

    def test_what_is_there_already_is_not_counted_again(
        self, alice: httpx.Client, repo: str
    ) -> None:
        data = os.urandom(900_000)
        oid = upload_lfs(alice, repo, data)
        commit(alice, repo, put_lfs("a.bin", oid), put("a.txt", b"x" * 50_000))
        assert offer(alice, repo, "a.bin", len(data)).status_code == 200
        assert offer(alice, repo, "moved.bin", len(data)).status_code == 200
        assert offer(alice, repo, "a.txt", 50_000).status_code == 200
        assert "error" not in begin(alice, repo, data)[0]
        assert post_commit(alice, repo, put_lfs("b.bin", oid)).status_code == 200
        assert post_commit(alice, repo, put("b.txt", b"x" * 50_000)).status_code == 200

    def test_many_uploads_at_once_do_not_pass_it(
        self, alice: httpx.Client, repo: str, small: LiveHub
    ) -> None:
        """Each was let in while there was room for it; together they are too much."""
        contents = [os.urandom(300_000) for _ in range(8)]
        urls = [begin(alice, repo, it)[0]["actions"]["upload"]["href"] for it in contents]
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(
                    lambda it: httpx.put(it[0], content=it[1]), zip(urls, contents, strict=True)
                )
            )
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [413] * 5
        with open_hub(Settings(data=small.data)) as parts:
            repo_id = parts.db.value("select id from repo where key = :key", key=repo)
            assert parts.storage.used(repo_id) == 900_000
            used = parts.registry.by_id(repo_id)
            assert used
            assert 900_000 < used.used_storage < REPO

    def test_inline_content(self, alice: httpx.Client, repo: str) -> None:
        commit(alice, repo, put("a.txt", os.urandom(700_000)))
        text = refusal(post_commit(alice, repo, put("b.txt", os.urandom(400_000))))
        assert "would add 400 KB" in text
        assert set(tree(alice, repo)) == {".gitattributes", "a.txt"}
        commit(alice, repo, put("b.txt", os.urandom(200_000)))

    def test_a_full_repo_can_shrink(self, alice: httpx.Client, repo: str) -> None:
        commit(alice, repo, put("a.txt", os.urandom(990_000)))
        refusal(post_commit(alice, repo, put("b.txt", os.urandom(20_000)), delete("a.txt")))
        commit(alice, repo, delete("a.txt"))
        squash = alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "less"})
        assert squash.status_code == 200

    def test_xet(self, alice: httpx.Client, repo: str) -> None:
        """Refused by xorb as soon as it cannot fit, else by the shard; nothing is registered."""
        access = xet_token(alice, repo)
        upload_lfs(alice, repo, os.urandom(500_000))
        data = os.urandom(600_000)
        xorbs = pack_file(data)
        oid = hashlib.sha256(data).hexdigest()

        def send(path: str, body: bytes) -> httpx.Response:
            return httpx.post(access["url"] + path, content=body, headers=access["headers"])

        for xorb in xorbs:
            answer = send(f"/v1/xorbs/default/{xorb.hash}", xorb.body)
            if len(xorb.body) > 500_000:
                refusal(answer)
        answer = send("/v1/shards", whole_file(xorbs).encode())
        assert answer.status_code in (400, 413), answer.text
        refused = post_commit(alice, repo, put_lfs("a.bin", oid))
        assert "was not uploaded" in refused.json()["error"]

    def test_a_shard_is_refused_by_what_it_describes(self, alice: httpx.Client, repo: str) -> None:
        access = xet_token(alice, repo)
        xorb = Xorb([os.urandom(60_000)])
        url = f"{access['url']}/v1/xorbs/default/{xorb.hash}"
        answer = httpx.post(url, content=xorb.body, headers=access["headers"])
        assert answer.status_code == 200, answer.text
        shard = whole_file([xorb] * 20).encode()
        url = f"{access['url']}/v1/shards"
        text = refusal(httpx.post(url, content=shard, headers=access["headers"]))
        assert "would add 1.2 MB" in text
        url = f"{access['url']}/v2/shards"
        frames = httpx.post(url, content=shard, headers=access["headers"]).text
        assert '"type": "error"' in frames
        assert '"retryable": false' in frames

    def test_a_full_one_gives_no_token_to_upload(
        self, alice: httpx.Client, repo: str, small: LiveHub
    ) -> None:
        with open_hub(Settings(data=small.data)) as parts:  # where the limit is not known
            repo_id = parts.db.value("select id from repo where key = :key", key=repo)
            with parts.storage.spool(2 * REPO, hashed=True) as spool:
                # One more than fits: whether its first commit was measured yet is a matter of luck.
                spool.write(data := os.urandom(REPO + 1))
                wanted = [(hashlib.sha256(data).hexdigest(), REPO + 1)]
                (upload,) = parts.storage.lfs.batch_upload(repo_id, wanted)
                parts.storage.lfs.receive(parts.storage.lfs.ticket(str(upload.token)), spool)
        refusal(alice.get(f"/api/models/{repo}/xet-write-token/main"))
        assert alice.get(f"/api/models/{repo}/xet-read-token/main").status_code == 200

    def test_git(self, alice: httpx.Client, repo: str, small: LiveHub, tmp_path: Path) -> None:
        """Git shows why; what was pushed is not there, and what fits still can be."""
        token = small.tokens["alice"]
        url = f"{small.url.replace('//', f'//alice:{token}@')}/{repo}"
        folder = tmp_path / "it"
        self.git(tmp_path, "clone", "-q", url, "it")
        (folder / "big.bin").write_bytes(os.urandom(1_100_000))
        self.git(folder, "add", ".")
        self.git(folder, "commit", "-qm", "Much")
        pushed = self.git(folder, "push", "origin", "HEAD:main", check=False)
        assert pushed.returncode != 0
        assert "of the 1 MB it may use" in pushed.stderr
        assert set(tree(alice, repo)) == {".gitattributes"}
        (folder / "big.bin").write_bytes(os.urandom(500_000))
        self.git(folder, "commit", "-qam", "Less", "--amend")
        self.git(folder, "push", "origin", "HEAD:main")

    def git(
        self, folder: Path, *words: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words],
            cwd=folder, capture_output=True, text=True, check=check,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "HOME": str(folder)},
        )  # fmt: skip


class TestNamespace:
    def test_its_repos_together(self, alice: httpx.Client, repo: str) -> None:
        for _ in range(2):
            upload_lfs(alice, new_repo(alice), os.urandom(990_000))
        text = refusal(offer(alice, repo, "a.bin", 600_000))
        assert "The namespace alice uses 1.9" in text
        assert "of the 2.5 MB" in text
        assert offer(alice, repo, "a.bin", 400_000).status_code == 200
        refusal(post_commit(alice, repo, put("a.txt", os.urandom(600_000))))
        elsewhere = new_repo(alice, organization="acme")
        assert offer(alice, elsewhere, "a.bin", 600_000).status_code == 200
        upload_lfs(alice, elsewhere, os.urandom(600_000))
        move = {"fromRepo": elsewhere, "toRepo": "alice/moved"}
        refusal(alice.post("/api/repos/move", json=move))
        upload_lfs(alice, elsewhere, os.urandom(5))
        alice.request(
            "DELETE",
            "/api/repos/delete",
            json={"name": elsewhere.split("/")[1], "organization": "acme"},
        )


class TestFolder:
    def test_entries(self, alice: httpx.Client, repo: str) -> None:
        full = [put(f"data/{number}") for number in range(ENTRIES)]
        commit(alice, repo, *full)
        text = refusal(post_commit(alice, repo, put("data/x")))
        assert text.startswith("The folder 'data' would have 6 entries, the limit is 5")
        refusal(post_commit(alice, repo, put("data/folder/x")))
        text = refusal(post_commit(alice, repo, *(put(str(number)) for number in range(9))))
        assert text.startswith("The top of the repo would have 11 entries")
        commit(alice, repo, put("data/x"), delete("data/0"))
        assert len(tree(alice, repo)) == 7

    def test_one_that_is_too_large_may_shrink(
        self, alice: httpx.Client, repo: str, small: LiveHub
    ) -> None:
        with open_hub(Settings(data=small.data)) as parts:
            from hearthub.registry import CommitHeader, PutFile

            actor = parts.accounts.actor("alice")
            there = parts.registry.repo(actor, "model", repo)
            files = [PutFile(f"data/{number}", b"") for number in range(9)]
            parts.registry.commit(actor, there, "main", CommitHeader("x"), files)
        refusal(post_commit(alice, repo, put("data/x")))
        commit(alice, repo, put("data/0", b"changed"))
        commit(alice, repo, delete("data/1"))
        refusal(post_commit(alice, repo, put("data/x"), put("data/y"), delete("data/0")))
        commit(alice, repo, delete_folder("data"))


def test_bodies(alice: httpx.Client, repo: str) -> None:
    text = refusal(alice.post("/api/validate-yaml", content=b" " * (BODY + 1)))
    assert text == f"The body has more than {BODY} bytes"
    assert alice.post("/api/validate-yaml", json={"content": "x"}).status_code == 200


def test_no_limit_is_set_by_default(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert not settings.max_repo_size
    assert not settings.max_namespace_size
    assert settings.max_folder_entries == 10_000
