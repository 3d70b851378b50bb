"""Counts and caches have ends; upkeep survives what changes under its hands."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hearthub.errors import BadRequest, TooLarge
from hearthub.storage import Storage
from hearthub.storage.xet import shards, verification
from hearthub.storage.xet.reconstruct import TERM, Recipe
from hearthub.storage.xet.shards import BOOKEND, RECORD
from storage.xet_writer import Shard, Xorb, pack_file, whole_file


def test_a_shard_describes_so_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    (xorb,) = pack_file(b"x" * 1000)
    shard = whole_file([xorb])
    both = replace(shard, files=shard.files * 2)
    assert len(shards.parse(memoryview(both.encode())).files) == 2
    monkeypatch.setattr(shards, "MAX_FILES", 1)
    with pytest.raises(TooLarge, match="at most 1 files"):
        shards.parse(memoryview(both.encode()))


def test_a_shard_of_empty_records_is_refused_at_the_first() -> None:
    """Each record claims a file without bytes or sha256: cheap to send, costly to count."""
    empty = RECORD.pack(bytes(32), 1 << 31, 0, 0, 0)
    header = Shard([], []).encode()[:48]
    with pytest.raises(BadRequest, match="sha256"):
        shards.parse(memoryview(header + empty * 1000 + BOOKEND + BOOKEND))


def test_a_shard_names_so_many_xorbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed with their chunks, or only by the terms of a file."""
    several = [Xorb([bytes([n])]) for n in range(3)]
    listed = whole_file(several)
    path = tmp_path / "shard"
    for shard in (listed, Shard(listed.files)):
        path.write_bytes(shard.encode())
        for module in (shards, verification):
            monkeypatch.setattr(module, "MAX_XORBS", 3)
        assert len(verification.survey(path).xorbs) == 3
        for module in (shards, verification):
            monkeypatch.setattr(module, "MAX_XORBS", 2)
        with pytest.raises(TooLarge, match="xorbs"):
            verification.survey(path)


def test_a_recipe_weighs_what_it_holds() -> None:
    small, large = (Recipe(TERM.pack(bytes(32), 10, 0, 1) * n) for n in (1, 100_000))
    assert small.weight < 1000
    assert large.weight > 100_000 * TERM.size


def test_sweep_passes_what_is_not_an_upload(storage: Storage, tmp_path: Path) -> None:
    uploads = next(path for path in tmp_path.rglob("uploads") if path.is_dir())
    (uploads / "stray").write_bytes(b"")
    (uploads / "old").mkdir()
    for path in (uploads / "stray", uploads / "old"):
        os.utime(path, (0, 0))
    assert storage.sweep() == 1
    assert not (uploads / "old").exists()
