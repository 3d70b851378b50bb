import json
import subprocess
import sys
from pathlib import Path

import pytest

from hearthub.errors import Conflict
from hearthub.storage import keeping
from keeping.test_gc import expire, fresh
from keeping.world import World


def gc(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hearthub", "gc", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_dry_run_tells_what_the_next_run_does(world: World) -> None:
    """The world's clock is in the future, so that for the command everything is young."""
    world.upload_lfs("ink", fresh(1))
    expire(world)
    told = world.hub.registry.collect(dry=True)
    assert told.kinds["claims"].removed == 1
    assert world.hub.registry.collect().kinds == told.kinds
    done = gc(world.data, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["dry_run"] is True
    assert answer["kinds"]["bytes nobody names"]["waiting_bytes"] == len(fresh(1))
    assert world.keys("lfs/")
    done = gc(world.data)
    assert "Nothing to remove" in done.stdout
    assert "bytes nobody names" in done.stdout


def test_a_backup_is_waited_for(world: World) -> None:
    with keeping(world.data, lambda: None):
        with pytest.raises(Conflict, match="backup"):
            world.hub.registry.collect()
        done = gc(world.data)
        assert done.returncode == 1
        assert "backup" in done.stderr
        assert gc(world.data, "--dry-run").returncode == 0


@pytest.mark.parametrize("command", ["gc", "fsck", "catalogue rebuild", "job dead", "job retry 7"])
def test_where_there_is_no_hub_nothing_is_well(tmp_path: Path, command: str) -> None:
    words = [sys.executable, "-m", "hearthub", *command.split(), "--data", tmp_path / "none"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "There is no hub in" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", ["gc", "fsck", "catalogue rebuild", "import a/b"])
def test_a_database_that_cannot_be_read_is_named_in_a_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "hearthub.db").write_bytes(b"no database" * 1000)
    words = [sys.executable, "-m", "hearthub", *command.split(), "--data", tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "cannot be used" in done.stderr
