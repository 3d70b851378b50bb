"""Collections in another process, one after the other, beside a hub that is written to.

Their grace periods are cut to seconds, so that garbage does go meanwhile: what protects a writer is
then only that it is faster than that.
"""

import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crash.writers import REPOS, Ledger, Writer
from keeping.test_fsck import fsck
from live import LiveHub, live_hub

GRACE_S, RUN_S, WRITERS = 8, 25, 2

LOOP = f"""
import sys
from pathlib import Path
import hearthub.registry.garbage as objects, hearthub.storage.garbage as stored
from hearthub.app import open_hub
from hearthub.settings import Settings

objects.GRACE_MS = stored.CLAIM_GRACE_MS = {GRACE_S * 1000}
stored.BYTES_GRACE_MS = stored.XORB_GRACE_MS = {GRACE_S * 1000}
removed = dict()
with open_hub(Settings(data=Path(sys.argv[1]))) as hub:
    while not Path(sys.argv[2]).exists():
        tally = hub.registry._collect(False, lambda _: None)
        assert tally.notes == [], tally.notes
        for kind, count in tally.kinds.items():
            removed[kind] = removed.get(kind, 0) + count.removed
print(sorted(kind for kind in removed if removed[kind]))
"""


@pytest.mark.slow
def test_nothing_is_lost_beside_uploads_and_commits(tmp_path: Path) -> None:
    data, stop = tmp_path / "data", tmp_path / "stop"
    data.mkdir()
    ledger = Ledger()
    with live_hub(data) as hub:
        make_repos(hub)
        loops = [
            subprocess.Popen(
                [sys.executable, "-c", LOOP, str(data), str(stop)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        writers = [Writer(hub, ledger, f"gc {n}") for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + RUN_S
        number = 0
        while time.monotonic() < deadline:
            number += 1
            leave_garbage(hub, number)
            time.sleep(0.5)
        for writer in writers:
            writer.stop()
        stop.touch()
        ended = [(*loop.communicate(timeout=60), loop.returncode) for loop in loops]
        assert [code for *_, code in ended] == [0, 0], ended
        assert "git objects" in ended[0][0] + ended[1][0], ended
        assert "claims" in ended[0][0] + ended[1][0], ended
        assert len(ledger.commits) > WRITERS
        check_heads(hub, ledger)
        assert fsck(hub, "--deep", expected=0)["findings"] == []


def make_repos(hub: LiveHub) -> None:
    with hub.client("alice") as client:
        for repo in (*REPOS, "alice/waste"):
            organization, name = repo.split("/")
            body = {"name": name, "organization": organization}
            client.post("/api/repos/create", json=body).raise_for_status()


def leave_garbage(hub: LiveHub, number: int) -> None:
    """Uploads that nobody commits, and a history that is squashed."""
    writer = Writer(hub, Ledger(), f"waste {number}")
    data = random.Random(number).randbytes(150_000)
    oid = hashlib.sha256(data).hexdigest()
    with hub.client("alice") as client:
        body = {
            "operation": "upload",
            "transfers": ["basic"],
            "objects": [{"oid": oid, "size": len(data)}],
        }
        answer = client.post("/alice/waste.git/info/lfs/objects/batch", json=body).json()
        if actions := answer["objects"][0].get("actions"):
            client.put(actions["upload"]["href"], content=data).raise_for_status()
        file = {"key": "file", "value": {"path": "note.txt", "content": f"{number}"}}
        writer.commit([file], {"note.txt": b"%d" % number}, "alice/waste")
        url = "/api/models/alice/waste/super-squash/main"
        client.post(url, json={"message": "clean"}).raise_for_status()
    writer.client.close()


def check_heads(hub: LiveHub, ledger: Ledger) -> None:
    with hub.client("alice") as client:
        for commit in ledger.commits:
            for path, sha256 in commit.files.items():
                answer = client.get(f"/{commit.repo}/resolve/main/{path}")
                assert answer.status_code == 200, (commit, answer.text)
                assert hashlib.sha256(answer.content).hexdigest() == sha256, commit
