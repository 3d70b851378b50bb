"""Random histories with merges, fetched in steps: at each the real git finds them whole."""

from pathlib import Path
from random import Random

import httpx
import pytest

from calls import new_repo
from git.real import Git


def grow(git: Git, folder: Path, random: Random, names: list[str]) -> None:
    """A few commits on a few branches, some of them merges, some of a clock that is wrong."""
    for _ in range(random.randint(3, 12)):
        git(folder, "checkout", "--quiet", random.choice(names))
        if random.random() < 0.3:
            name = f"b{random.randrange(10_000)}"
            git(folder, "checkout", "--quiet", "-B", name)
            names += [name] * (name not in names)
        if random.random() < 0.3:
            git(folder, "merge", "--quiet", "-X", "ours", "--no-edit", random.choice(names))
        else:
            path = f"d{random.randrange(3)}__f{random.randrange(6)}_txt"
            git.when = 1_700_000_000 + random.randrange(-100_000, 100_000)
            git.commit(folder, "c", **{path: f"{random.random()}\n"})
        if random.random() < 0.2:
            git(folder, "tag", "-f", "-a", f"t{random.randrange(20)}", "-m", "m")


@pytest.mark.parametrize("seed", range(4))
def test_fetched_in_steps(alice: httpx.Client, git: Git, tmp_path: Path, seed: int) -> None:
    random, repo = Random(seed), new_repo(alice)
    local = tmp_path / "local"
    git(tmp_path, "clone", "--quiet", git.url(repo), str(local))
    names = ["main"]
    followers = [git.clone(repo), git.clone(repo, version=0)]
    shallow = git.clone(repo, "--depth", "1", "--no-single-branch")
    for _ in range(4):
        grow(git, local, random, names)
        git(local, "push", "--quiet", "--force", "--all", "origin")
        git(local, "push", "--quiet", "--force", "--tags", "origin")
        for version, folder in ((2, followers[0]), (0, followers[1])):
            git(
                folder, "-c", f"protocol.version={version}", "fetch", "--quiet", "--force", "--tags"
            )
        deeper = random.choice(["--deepen=1", "--depth=3", "--update-shallow"])
        git(shallow, "fetch", "--quiet", "--force", deeper)
        git(shallow, "fsck", "--full", "--no-dangling")
    followers.append(shallow)
    git(shallow, "fetch", "--quiet", "--unshallow", "--force", "--tags")
    wanted = git(local, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
    for folder in [*followers, git.clone(repo)]:
        found = git(
            folder, "for-each-ref", "--format=%(objectname) %(refname:lstrip=3)",
            "refs/remotes/origin",
        )  # fmt: skip
        assert set(wanted.splitlines()) <= set(found.splitlines())
        assert git(folder, "fsck", "--full", "--strict", "--no-dangling") == ""
        assert set(git(folder, "rev-list", "--remotes").split()) == set(
            git(local, "rev-list", "--branches").split()
        )
