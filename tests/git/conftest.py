from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from calls import new_repo
from git.real import Git
from live import LiveHub
from needs import needs


@pytest.fixture
def git(tmp_path: Path, hub: LiveHub) -> Git:
    """The real git, at home in an empty folder."""
    needs("git")
    return Git(hub, tmp_path)


@pytest.fixture
def cloned(git: Git, alice: httpx.Client) -> Callable[..., tuple[str, Path]]:
    """Makes a repo of alice and clones it: its name, and the folder."""

    def make(**body: object) -> tuple[str, Path]:
        repo = new_repo(alice, **body)
        return repo, git.clone(repo)

    return make
