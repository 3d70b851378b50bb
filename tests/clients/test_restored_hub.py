"""A client that remembers what it uploaded, and a hub that was set back to before that."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from backup.conftest import hearthub
from live import LiveHub, live_hub
from needs import client_python

pytestmark = pytest.mark.clients

UPLOAD = """
import sys
from huggingface_hub import HfApi
HfApi().upload_file(path_or_fileobj=sys.argv[1], path_in_repo=sys.argv[2], repo_id="alice/again")
"""


def test_what_a_restored_hub_lost_is_sent_again(tmp_path: Path) -> None:
    """Clients skip xorbs that their cache says the hub has. The restored one has them no more."""
    kept, content, folder = (tmp_path / name for name in ("kept.bin", "lost.bin", "backups"))
    kept.write_bytes(random.Random(1).randbytes(1_000_000))
    content.write_bytes(random.Random(2).randbytes(3_000_000))
    with live_hub(tmp_path / "data") as hub:
        with hub.client("alice") as alice:
            alice.post("/api/repos/create", json={"name": "again"}).raise_for_status()
        upload(hub, tmp_path, kept, "kept.bin")
        assert list((hub.data / "xorbs").rglob("*")), "the client did not use Xet"
        assert hearthub("backup", folder, "--data", hub.data).returncode == 0
        upload(hub, tmp_path, content, "first.bin")
        hub.kill()
        shutil.rmtree(hub.data)
        assert hearthub("restore", folder, "--data", hub.data).returncode == 0
        hub.start()
        upload(hub, tmp_path, content, "again.bin")
        with hub.client("alice") as alice:
            answer = alice.get("/alice/again/resolve/main/again.bin", follow_redirects=True)
            assert answer.content == content.read_bytes()
            answer = alice.get("/alice/again/resolve/main/kept.bin", follow_redirects=True)
            assert answer.content == kept.read_bytes()
            assert alice.get("/alice/again/resolve/main/first.bin").status_code == 404


def upload(hub: LiveHub, home: Path, file: Path, path: str) -> None:
    """By a client that keeps its cache in `home`."""
    words = [client_python("hub-2.4.0"), "-c", UPLOAD, file, path]
    done = subprocess.run(
        list(map(str, words)), env=hub.env(home), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
