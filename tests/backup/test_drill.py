"""The drill: a busy hub is backed up, destroyed, and comes back from its backup."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import calls
from backup.conftest import Filled, back_up, check_files, hearthub, refused, restore
from crash.test_kill import (
    assert_one_more_of_each,
    check_blobs,
    check_history,
    check_read_back,
    check_repos,
    make_repos,
)
from crash.writers import Ledger, Writer
from hearthub.app import open_hub
from hearthub.settings import Settings

WRITERS = 3


@pytest.mark.slow
def test_what_was_acknowledged_before_a_backup_comes_back(filled: Filled, tmp_path: Path) -> None:
    seed = os.environ.get("HEARTHUB_SEED") or str(random.SystemRandom().getrandbits(32))
    print(f"HEARTHUB_SEED={seed}")
    hub, folder, ledger = filled.hub, tmp_path / "backups", Ledger()
    hub.start()
    make_repos(hub)
    writers = [Writer(hub, ledger, f"{seed} drill {n}") for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    wait_for_commits(ledger, 5)
    first = back_up(filled, folder)
    wait_for_commits(ledger, 5)
    dice = random.Random(seed)
    for _ in range(3):
        kill_a_backup(filled, folder, dice.uniform(0, 0.3))
        wait_for_commits(ledger, 3)
    back_up(filled, folder)
    wait_for_commits(ledger, 5)
    acked = Ledger(commits=list(ledger.commits), repos=list(ledger.repos))
    last = back_up(filled, folder)
    wait_for_commits(ledger, 5)
    permit, generation = lfs_permit(filled), cas_url(filled)
    for writer in writers:
        writer.stop()
    assert ledger.refusals == []

    hub.kill()
    shutil.rmtree(hub.data)
    done = restore(folder, hub.data)
    assert done["snapshot"] == last["snapshot"] > first["snapshot"]
    hub.start()
    check_read_back(hub, acked.commits)
    check_repos(hub, acked)
    with hub.client("alice") as alice:
        check_files(alice, filled.repo, filled.files)
    check_lists(filled)
    check_rights(filled)
    check_it_is_another_hub(filled, permit, generation)
    assert_one_more_of_each(hub, ledger, writers[0])
    hub.stop()
    check_the_stores(hub.data, acked)


def check_the_stores(data: Path, acked: Ledger) -> None:
    """The restored folder itself, with no hub running: whole, down to each object's hash."""
    with open_hub(Settings(data=data)) as hub:
        for db in (hub.db, hub.objects_db):
            assert db.value("pragma integrity_check") == "ok"
        heads = check_history(hub)
        for commit in acked.commits:
            assert commit.oid in heads[commit.repo]
        check_blobs(hub, data)


def wait_for_commits(ledger: Ledger, many: int) -> None:
    wanted, deadline = len(ledger.commits) + many, time.monotonic() + 60
    while len(ledger.commits) < wanted:
        assert time.monotonic() < deadline, ledger.refusals
        time.sleep(0.02)


def kill_a_backup(filled: Filled, folder: Path, delay_s: float) -> None:
    """Some time after its snapshot begins to appear. Unless it was faster, it does not count."""
    before = {path.parent for path in folder.glob("snapshots/*/manifest.json")}
    words = ["backup", str(folder), "--data", str(filled.data)]
    process = subprocess.Popen([sys.executable, "-m", "hearthub", *words], stderr=subprocess.PIPE)
    while not set((folder / "snapshots").iterdir()) - before and process.poll() is None:
        time.sleep(0.001)
    time.sleep(delay_s)
    process.kill()
    _, complaints = process.communicate()
    finished = {path.parent for path in folder.glob("snapshots/*/manifest.json")} - before
    assert process.returncode in (0, -signal.SIGKILL), complaints
    assert len(finished) <= 1
    assert finished or process.returncode


def lfs_permit(filled: Filled) -> str:
    """An address that takes an object, signed by the hub that is about to be lost."""
    with filled.hub.client("alice") as alice:
        answer = calls.lfs_batch(alice, filled.repo, "upload", {"oid": "0" * 64, "size": 3})
    return str(answer.json()["objects"][0]["actions"]["upload"]["href"])


def cas_url(filled: Filled) -> str:
    with filled.hub.client("alice") as alice:
        return str(calls.xet_token(alice, filled.repo)["url"])


def check_lists(filled: Filled) -> None:
    """They are derived: the restored hub builds them by itself, and shows what one may see."""
    listed: dict[str, set[str]] = {}
    deadline = time.monotonic() + 30
    while filled.repo not in listed.get("alice", set()):
        assert time.monotonic() < deadline, listed
        for name in ("alice", "charlie"):
            with filled.hub.client(name) as client:
                found = client.get("/api/models", params={"author": "acme"}).json()
            listed[name] = {repo["id"] for repo in found}
    assert listed["charlie"] == {"acme/sea"}
    assert listed["alice"] == {"acme/sea", filled.repo}


def check_rights(filled: Filled) -> None:
    """Private is private, and tokens, read tokens too, are what they were."""
    hub, path = filled.hub, f"/{filled.repo}/resolve/main/0/small.txt"
    for client, status in (
        (hub.client("bob"), 200),
        (hub.client(token=hub.read_tokens["alice"]), 200),
        (hub.client("charlie"), 404),
        (hub.client(), 401),
    ):
        with client:
            assert client.get(path).status_code == status
    with hub.client(token=hub.read_tokens["alice"]) as reader:
        assert calls.post_commit(reader, filled.repo, calls.put("x")).status_code == 403


def check_it_is_another_hub(filled: Filled, permit: str, generation: str) -> None:
    """Clients cache by the CAS address what they sent: it must differ, or they skip lost xorbs.

    What was signed names rows by number, and the numbers are given out again.
    """
    assert cas_url(filled) != generation
    assert httpx.put(permit, content=b"abc").status_code == 403


def test_without_a_backup_there_is_nothing_to_restore(filled: Filled, tmp_path: Path) -> None:
    assert "no backup" in refused(hearthub("restore", tmp_path / "none", "--data", tmp_path / "n"))
    assert not (tmp_path / "n").exists()


def test_a_restore_never_touches_a_hub(filled: Filled, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    back_up(filled, folder)
    hub = filled.hub
    hub.start()
    words = refused(hearthub("restore", folder, "--data", hub.data))
    assert "not empty" in words
    with hub.client("alice") as alice:
        check_files(alice, filled.repo, filled.files)
