"""`hearthub import` as a command; what it does is tested in tests/mirror."""

import os
import pty
import subprocess
import sys

import httpx
import pytest

from calls import commit, new_repo, put
from cli.conftest import Run
from live import LiveHub, free_port


def test_without_an_administrator_says_how_to_add_one(run: Run) -> None:
    result = run("import", "alice/x")
    assert result.returncode == 1
    assert "hearthub user add NAME --admin" in result.stderr


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("import",), 2),
        (("import", "alice/x@"), 2),
        (("import", "alice/x", "--type", "kernel"), 2),
        (("import", "alice/x", "--from", "example.org", "--user", "root"), 1),
        (("import", "alice/x", "--token-stdin", "--user", "root"), 1),
    ],
)
def test_misused(run: Run, words: tuple[str, ...], status: int) -> None:
    run("user", "add", "root", "--admin")
    result = run(*words)
    assert result.returncode == status
    assert "Traceback" not in result.stderr


def test_unreachable_hub_is_named(run: Run) -> None:
    run("user", "add", "root", "--admin")
    url = f"http://127.0.0.1:{free_port()}"
    result = run("import", "alice/x", HEARTHUB_UPSTREAM=url)
    assert result.returncode == 1
    assert url in result.stderr
    assert "Run the same command again" in result.stderr


def test_progress_with_and_without_a_terminal(
    run: Run, env: dict[str, str], hub: LiveHub, alice: httpx.Client, tmp_path: "os.PathLike[str]"
) -> None:
    name = new_repo(alice, private=True)
    commit(alice, name, put("a.txt", b"a" * 5000))
    run("user", "add", "root", "--admin")
    words = ("import", name, "--from", hub.url, "--token-stdin")
    result = run(*words, stdin=hub.tokens["alice"] + "\n")
    assert result.returncode == 0, result.stderr
    assert f"Added the organisation {name.split('/')[0]}" in result.stderr
    assert "Fetching 1 files, 4.9 KiB" in result.stderr
    assert "1/1 files  4.9 KiB of 4.9 KiB  100%" in result.stderr
    assert "\r" not in result.stderr
    assert "licence not stated; private" in result.stdout
    assert hub.tokens["alice"] not in result.stdout + result.stderr

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hearthub", *words, "--as", "root/copy"]
    subprocess.run(
        command,
        env={**env, "HEARTHUB_DATA": os.fspath(tmp_path) + "/data"},
        input=hub.tokens["alice"] + "\n",
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        text=True,
        check=True,
        timeout=60,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\r  1/1 files  4.9 KiB of 4.9 KiB  100%" in shown
