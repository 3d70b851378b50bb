import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hearthub import migrations
from hearthub.accounts import Accounts
from hearthub.db import Database

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user: an empty home, and nothing said to Hearthub."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path) -> Run:
    """`hearthub WORDS...` on a data folder of the test's own."""

    def run(*words: str, stdin: str = "", **more_env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hearthub", *words],
            input=stdin,
            env={**env, "HEARTHUB_DATA": str(tmp_path / "data"), **more_env},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    """What the commands find in the data folder, and what they left there."""
    (tmp_path / "data").mkdir(mode=0o700)
    db = Database.sqlite(tmp_path / "data" / "hearthub.db")
    migrations.upgrade(db, "main")
    yield Accounts(db)
    db.close()
