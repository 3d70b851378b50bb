"""kill -9 while a pack is being stored: the repo is as it was, and what is left of it goes."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from calls import head, new_repo
from git.packing import pack, request
from git.real import Failed, Git
from hearthub.app import open_hub
from hearthub.settings import Settings
from keeping.world import DAY_MS, Clock
from live import LiveHub, live_hub
from needs import needs

FILES, COMMITS = 6000, 300
LONG_AGO = time.time() - 3 * 86_400
PUSHED = {"Content-Type": "application/x-git-receive-pack-request"}


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[LiveHub]:
    needs("git")
    with live_hub(tmp_path / "hub") as running:
        yield running


def stored(data: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{data / 'objects.db'}?mode=ro", uri=True)) as db:
        return {oid.hex() for (oid,) in db.execute("select oid from obj")}


def bytes_of(data: Path) -> dict[str, int]:
    """Files that are neither a database nor its log."""
    found = (path for kind in ("git", "tmp") for path in (data / kind).rglob("*"))
    return {str(path.relative_to(data)): path.stat().st_size for path in found if path.is_file()}


def grow(git: Git, folder: Path) -> str:
    """Thousands of files in hundreds of commits, some of them too large for a row; the last."""
    dice = random.Random(7)
    lines = [b"reset refs/heads/main\nfrom refs/remotes/origin/main\n\n"]
    for number in range(COMMITS):
        lines.append(b"commit refs/heads/main\ncommitter A <a@b.c> %d +0000\n" % (1.8e9 + number))
        lines.append(b"data 1\nx\n")
        for at in range(FILES // COMMITS):
            size = 200_000 if at == 0 and number % 20 == 0 else 3000
            data = dice.randbytes(size)
            lines.append(b"M 100644 inline d%d/f%d\ndata %d\n%s\n" % (number, at, size, data))
        lines.append(b"\n")
    git(folder, "fast-import", "--quiet", "--force", stdin=b"".join(lines))
    git(folder, "reset", "--quiet", "--hard")
    return git(folder, "rev-parse", "HEAD")


def kill_while_storing(hub: LiveHub, git: Git, folder: Path) -> int:
    """How many objects had been stored."""
    before = len(stored(hub.data))
    said: list[str] = []

    def push() -> None:
        try:
            git(folder, "push", "origin", "main")
        except Failed as failed:
            said.append(str(failed))

    pushing = threading.Thread(target=push)
    pushing.start()
    ends = time.monotonic() + 60
    while len(stored(hub.data)) == before and time.monotonic() < ends:
        time.sleep(0.001)
    hub.kill()
    pushing.join(60)
    assert said, "the push had ended already"
    return len(stored(hub.data)) - before


@pytest.mark.slow
def test_a_push_that_is_killed(own_hub: LiveHub, tmp_path: Path) -> None:
    hub, git = own_hub, Git(own_hub, tmp_path)
    with hub.client("alice") as alice:
        repo = new_repo(alice)
        folder = git.clone(repo)
        old, objects, files = head(alice, repo), stored(hub.data), bytes_of(hub.data)
        new = grow(git, folder)
        assert 0 < kill_while_storing(hub, git, folder) < FILES
        hub.start()
        assert head(alice, repo) == old
        assert_nothing_is_visible(alice, git, repo, folder, new)
        assert_no_part_is_taken_for_the_whole(hub, alice, git, repo, folder, objects)
        git(git.clone(repo), "fsck", "--strict")
        hub.stop()
        collect(hub.data)
        assert stored(hub.data) == objects, "of what was refused nothing is left"
        assert bytes_of(hub.data) == files
        hub.start()
        git(folder, "push", "origin", "main")
        assert head(alice, repo) == new
        again = git.clone(repo)
        git(again, "fsck", "--strict")
        assert git(again, "rev-parse", "HEAD^{tree}") == git(folder, "rev-parse", "HEAD^{tree}")


def assert_nothing_is_visible(
    alice: httpx.Client, git: Git, repo: str, folder: Path, new: str
) -> None:
    made = git(folder, "rev-list", "main", "^origin/main").split()
    assert len(made) == COMMITS
    for oid in (new, made[len(made) // 2], made[-1]):
        for path in (f"/api/models/{repo}/revision/{oid}", f"/{repo}/resolve/{oid}/d0/f1"):
            assert alice.get(path).status_code == 404, path
    listed = alice.get(f"/api/models/{repo}/commits/main").json()
    assert not {it["id"] for it in listed} & set(made)


def assert_no_part_is_taken_for_the_whole(
    hub: LiveHub, alice: httpx.Client, git: Git, repo: str, folder: Path, before: set[str]
) -> None:
    """A push that brings nothing along names a commit that has come, and what it rests on not."""
    here = stored(hub.data)
    made = git(folder, "rev-list", "main", "^origin/main").split()
    part = [oid for oid in made if oid in here]
    assert len(part) in (0, len(made)), "commits are here all or none"
    listed = git(folder, "cat-file", "--batch-all-objects", "--batch-check").splitlines()
    trees = {oid for oid, kind, _ in map(str.split, listed) if kind == "tree"} - before
    assert len(trees & here) in (0, len(trees)), "and trees"
    for oid in part[:1]:
        body = request("refs/heads/part", "0" * 40, oid, pack())
        answer = alice.post(f"/{repo}/git-receive-pack", content=body, headers=PUSHED)
        assert "ok refs/heads/part" not in answer.text


def collect(data: Path) -> None:
    """As the job does, once what is left has been seen and has grown old."""
    for path in (data / "tmp").rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    clock = Clock()
    clock.install()
    try:
        with open_hub(Settings(data=data)) as parts:
            for _ in range(3):
                parts.registry.collect()
                clock.now_ms += 8 * DAY_MS
    finally:
        clock.remove()
