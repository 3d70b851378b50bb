"""What the real Python client's downloads are counted as."""

import subprocess
import time
from pathlib import Path

import httpx
import pytest

from calls import commit, new_repo, put
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub
from needs import client_python

pytestmark = pytest.mark.clients

LOAD = """
import sys
from huggingface_hub import snapshot_download
for folder in ("first", "first", "second"):
    snapshot_download(sys.argv[1], repo_type=sys.argv[2], cache_dir=folder)
"""


@pytest.mark.parametrize(
    ("kind", "downloads"),
    [
        # HEAD and GET of config.json; nothing, as the commit is in the cache; HEAD and GET.
        ("model", 4),
        ("dataset", 1),
    ],
)
def test_a_snapshot(
    hub: LiveHub, alice: httpx.Client, tmp_path: Path, kind: str, downloads: int
) -> None:
    repo = new_repo(alice, type=kind)
    commit(alice, repo, put("config.json", b"{}"), put("README.md"), kind=f"{kind}s")
    done = subprocess.run(
        [client_python("hub-2.4.0"), "-c", LOAD, repo, kind],
        cwd=tmp_path,
        env=hub.env(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert counted(hub, repo, downloads) == downloads


def counted(hub: LiveHub, repo: str, expected: int) -> int:
    """All downloads of a repo, once they are as many as expected, or in ten seconds."""
    deadline = time.monotonic() + 10
    with open_hub(Settings(data=hub.data)) as parts:
        repo_id = parts.db.value("select id from repo where key = :key", key=repo.lower())
        while True:
            total = parts.catalogue.downloads.totals([repo_id])[repo_id][1]
            if total >= expected or time.monotonic() > deadline:
                return total
            time.sleep(0.1)
