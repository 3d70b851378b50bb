"""What the hub itself makes of a history, cloned and checked by the real git."""

from collections.abc import Callable
from pathlib import Path

import httpx

from calls import commit, put, put_lfs, upload_lfs
from git.real import Git


def test_a_duplicate_and_a_history_without_a_file(
    git: Git, alice: httpx.Client, cloned: Callable[..., tuple[str, Path]]
) -> None:
    repo, folder = cloned()
    one = upload_lfs(alice, repo, b"one" * 1000)
    commit(alice, repo, put_lfs("d/one.bin", one), put("a.txt", b"a"))
    git(folder, "pull", "--quiet")
    git.commit(folder, "a merge comes", b_txt="b")
    git(folder, "checkout", "--quiet", "-b", "side", "HEAD~1")
    git.commit(folder, "on the side", c_txt="c")
    git(folder, "checkout", "--quiet", "main")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "merged", "side")
    git(folder, "tag", "-a", "-m", "annotated", "v1")
    git(folder, "push", "--quiet", "origin", "main", "side", "v1")

    answer = alice.post(f"/api/models/{repo}/duplicate", json={"repository": f"{repo}-copy"})
    assert answer.status_code == 200, answer.text
    deletions = {"sha": [one], "rewriteHistory": True}
    answer = alice.post(f"/api/models/{repo}/lfs-files/batch", json={"deletions": deletions})
    assert answer.status_code == 200, answer.text

    copy, rewritten = git.clone(f"{repo}-copy"), git.clone(repo)
    for clone in (copy, rewritten):
        git(clone, "fsck", "--strict")
    log = "log", "--all", "--format=%s %an", "--topo-order"
    assert git(copy, *log) == git(rewritten, *log) == git(folder, *log)
    assert git(copy, "rev-parse", "main", "v1") == git(folder, "rev-parse", "main", "v1")
    assert git(copy, "log", "--all", "--format=%h", "--", "d/one.bin")
    assert not git(rewritten, "log", "--all", "--format=%h", "--", "d/one.bin")
    assert git(rewritten, "ls-tree", "-r", "--name-only", "v1").split() == [
        ".gitattributes",
        "a.txt",
        "b.txt",
        "c.txt",
    ]
