"""What the real Python client does, and says, where the hub sets a limit."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls import commit, new_repo, put
from live import LiveHub, live_hub
from needs import client_python

pytestmark = pytest.mark.clients

FILES = 8
WITHOUT_XET = [{}, {"HF_HUB_DISABLE_XET": "1"}]
DOWNLOAD = """
import sys
from huggingface_hub import HfApi, hf_hub_download
for number in range(8):
    assert open(hf_hub_download("alice/m", f"{number}.txt")).read() == "hello\\n"
for _ in range(8):
    assert [it.id for it in HfApi().list_models(author="alice")] == ["alice/m"]
print("all of them")
"""
UPLOAD = """
import os, sys
from huggingface_hub import HfApi
size = int(sys.argv[1])
HfApi().upload_file(path_or_fileobj=os.urandom(size), path_in_repo="big.bin", repo_id="alice/m")
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
    """A hub of narrow limits, with a repo of alice."""
    limits = {"rate_window": 4, "rate_resolve": 7, "rate_api": 7, "max_repo_size": 5 * 10**6}
    with live_hub(tmp_path_factory.mktemp("small")) as hub:
        with hub.client("alice") as alice:
            repo = new_repo(alice, "m")
            commit(alice, repo, *(put(f"{number}.txt") for number in range(FILES)))
        hub.stop()
        hub.settings = {f"HEARTHUB_{name.upper()}": str(value) for name, value in limits.items()}
        hub.start()
        yield hub


def run(hub: LiveHub, home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [client_python("hub-2.4.0"), "-c", *words],
        cwd=home,
        env=hub.env(home, **env),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_waits_where_it_was_too_fast(small: LiveHub, tmp_path: Path) -> None:
    done = run(small, tmp_path, DOWNLOAD)
    assert done.stdout == "all of them\n", done.stderr
    assert "Rate limited. Waiting" in done.stderr


@pytest.mark.parametrize("env", WITHOUT_XET)
def test_it_says_that_a_repo_is_full(small: LiveHub, tmp_path: Path, env: dict[str, str]) -> None:
    done = run(small, tmp_path, UPLOAD, str(6 * 10**6), **env)
    assert done.returncode == 1
    assert re.search(r"413.*\n.*\n\nThe repo alice/m uses .* of the 5 MB it may use", done.stderr)


@pytest.mark.parametrize("env", WITHOUT_XET)
def test_it_says_that_the_disk_is_full(small: LiveHub, tmp_path: Path, env: dict[str, str]) -> None:
    small.stop()
    before, small.settings = small.settings, {"HEARTHUB_MIN_FREE": str(10**18)}
    try:
        small.start()
        for size in ("1000", "12000000"):
            done = run(small, tmp_path, UPLOAD, size, **env)
            assert done.returncode == 1
            assert re.search(r"507.*\n.*\n\nThe hub's disk is nearly full", done.stderr)
    finally:
        small.stop()
        small.settings = before
        small.start()
