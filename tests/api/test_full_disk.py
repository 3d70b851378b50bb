"""A disk without room: refused before, reading goes on, nothing acknowledged is lost."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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
from hearthub.db import Database, DatabaseError, is_full
from live import LiveHub, live_hub
from storage.xet_writer import pack_file

NEVER = {"HEARTHUB_MIN_FREE": str(10**18)}  # more than any disk has
CONTENTS = {"config.json": b"{}", "middle.txt": b"line\n" * 60_000, "large.bin": os.urandom(10**6)}


def fill_repo(client: httpx.Client) -> str:
    repo = new_repo(client)
    oid = upload_lfs(client, repo, CONTENTS["large.bin"])
    small = [put(name, data) for name, data in CONTENTS.items() if name != "large.bin"]
    commit(client, repo, *small, put_lfs("large.bin", oid))
    return repo


def check_reading(client: httpx.Client, repo: str) -> None:
    for name, data in CONTENTS.items():
        assert client.get(f"/{repo}/resolve/main/{name}").content == data
    assert set(tree(client, repo)) == {".gitattributes", *CONTENTS}
    for path in ("/", "/api/models", "/api/whoami-v2", f"/api/models/{repo}", "/readyz"):
        assert client.get(path).status_code == 200, path


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 507, answer.text
    assert "disk is" in answer.json()["error"]
    assert answer.headers["x-error-message"] == answer.json()["error"]


@contextmanager
def restarted(hub: LiveHub, settings: dict[str, str]) -> Iterator[None]:
    hub.stop()
    hub.settings = settings
    hub.start()
    yield
    hub.stop()
    hub.settings = {}
    hub.start()


def test_the_reserve_is_not_for_uploads(tmp_path: Path) -> None:
    with live_hub(tmp_path) as hub, hub.client("alice") as alice:
        repo = fill_repo(alice)
        api = f"/api/models/{repo}"
        body = os.urandom(100_000)
        sha256 = hashlib.sha256(body).hexdigest()
        (item,) = lfs_batch(alice, repo, "upload", {"oid": sha256, "size": 100_000}).json()[
            "objects"
        ]
        access, xorb = xet_token(alice, repo), pack_file(body)[0]
        with restarted(hub, NEVER):
            check_reading(alice, repo)
            offer = {"files": [{"path": "a", "size": 5, "sample": ""}]}
            refused(alice.post(f"{api}/preupload/main", json=offer))
            refused(alice.get(f"{api}/xet-write-token/main"))
            refused(post_commit(alice, repo, put("small.txt")))
            refused(post_commit(alice, repo, put("middle.txt", body)))
            refused(httpx.put(item["actions"]["upload"]["href"], content=body))
            for sent in (xorb.body, iter([xorb.body])):  # with its length said, and without
                url = f"{access['url']}/v1/xorbs/default/{xorb.hash}"
                refused(httpx.post(url, content=sent, headers=access["headers"]))
            batch = lfs_batch(alice, repo, "upload", {"oid": "a" * 64, "size": 5})
            assert batch.json()["objects"][0]["error"]["code"] == 507
            same = [{"path": "config.json", "size": 2, "sample": ""}]
            assert alice.post(f"{api}/preupload/main", json={"files": same}).status_code == 200
            assert not list((hub.data / "tmp").glob("*.spool"))
            check_reading(alice, repo)
            commit(alice, repo, delete("config.json"))
        commit(alice, repo, put("config.json", CONTENTS["config.json"]))
        assert httpx.put(item["actions"]["upload"]["href"], content=body).status_code == 200
        check_reading(alice, repo)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB, which only root can have."""
    command = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(tmp_path)]
    if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("making a small disk takes root")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("ab", buffering=0) as file:
        for size in (2**20, 4096, 1):
            with suppress(OSError):
                while file.write(b"\0" * size):
                    pass


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    """Every byte of it: what the reserve is there to prevent."""
    with live_hub(small_disk, min_free=0) as hub, hub.client("alice") as alice:
        repo, filler = fill_repo(alice), small_disk / "filler"
        body = os.urandom(500_000)
        sha256 = hashlib.sha256(body).hexdigest()
        batch = lfs_batch(alice, repo, "upload", {"oid": sha256, "size": len(body)})
        url = batch.json()["objects"][0]["actions"]["upload"]["href"]
        for _ in range(2):
            fill(filler)
            for attempt in (
                lambda: post_commit(alice, repo, put("a.txt")),
                lambda: post_commit(alice, repo, put("b.txt", body)),
                lambda: post_commit(alice, repo, delete_folder("")),
                lambda: alice.post("/api/repos/create", json={"name": "never"}),
                lambda: alice.post(f"/api/models/{repo}/branch/never", json={}),
                lambda: httpx.put(url, content=body),
            ):
                for _ in range(3):
                    refused(attempt())
                check_reading(alice, repo)
            filler.unlink()
            oid = commit(alice, repo, put("a.txt", body), delete("config.json"))
            commit(alice, repo, delete("a.txt"), put("config.json", CONTENTS["config.json"]))
            assert alice.get(f"/{repo}/resolve/{oid}/a.txt").content == body
        assert httpx.put(url, content=body).status_code == 200
        assert alice.get("/api/models/alice/never").status_code == 404
        branches = alice.get(f"/api/models/{repo}/refs").json()["branches"]
        assert [it["name"] for it in branches] == ["main"]
        assert "Traceback" not in (small_disk / "server.log").read_text()
        for end in (hub.kill, hub.stop):
            fill(filler)
            end()
            fill(filler)
            hub.start()  # and nobody had made room
            check_reading(alice, repo)
            filler.unlink()
            commit(alice, repo, put("c.txt", body))
            commit(alice, repo, delete("c.txt"))
        for name in ("hearthub.db", "objects.db"):
            db = Database.sqlite(small_disk / name)
            assert db.value("pragma integrity_check") == "ok"
            db.close()


def test_a_transaction_that_finds_the_disk_full_is_undone(tmp_path: Path) -> None:
    """By SQLite itself: the reason is told, and the next transaction works."""
    db = Database.sqlite(tmp_path / "x.db")
    db.execute("create table t (x text)")
    db.value(f"pragma max_page_count = {db.value('pragma page_count') + 2}")
    rows = [{"x": "small"}, {"x": "x" * 100_000}]
    with pytest.raises(DatabaseError) as error:
        db.execute_many("insert into t values (:x)", rows)
    assert is_full(error.value)
    assert not db.in_transaction
    assert db.value("select count(*) from t") == 0
    db.execute("insert into t values ('small')")
    assert db.value("select count(*) from t") == 1
    db.close()
