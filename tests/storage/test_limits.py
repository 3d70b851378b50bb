"""Counts and caches have ends; upkeep survives what changes under its hands."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hearthub.db import Database
from hearthub.errors import BadRequest, RepoNotFound, TooLarge, Unavailable
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.storage import Storage
from hearthub.storage.upkeep import deleting
from hearthub.storage.xet import cas, shards, verification
from hearthub.storage.xet.reconstruct import TERM, Recipe
from hearthub.storage.xet.shards import BOOKEND, RECORD
from storage.conftest import CHARLIE_REPO, Client
from storage.xet_writer import EMPTY_FILE, Shard, Xorb, pack_file, whole_file


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


def test_a_recipe_that_is_too_heavy_is_read_anew(
    db: Database, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    xorb = Xorb([b"one", b"two"])
    for room, stays in ((0, False), (2**20, True)):
        monkeypatch.setattr(cas, "RECIPE_CACHE", room)
        client = Client(Storage(db, settings, sandbox))
        client.xorb(xorb)
        [stored] = client.shard(whole_file([xorb]))
        assert client.read(stored.sha256, 0, 6) == b"onetwo"
        db.execute("delete from xet_file")
        if stays:
            assert client.read(stored.sha256, 0, 6) == b"onetwo"
        else:
            with pytest.raises(Unavailable):
                client.read(stored.sha256, 0, 6)


def test_sweep_passes_what_is_not_an_upload(storage: Storage, tmp_path: Path) -> None:
    uploads = next(path for path in tmp_path.rglob("uploads") if path.is_dir())
    (uploads / "stray").write_bytes(b"")
    (uploads / "old").mkdir()
    for path in (uploads / "stray", uploads / "old"):
        os.utime(path, (0, 0))
    assert storage.sweep() == (1, 0)
    assert not (uploads / "old").exists()


def test_what_is_sent_to_a_repo_that_was_deleted_is_refused(client: Client, db: Database) -> None:
    xorb = Xorb([b"bytes"])
    client.xorb(xorb)
    db.execute("delete from repo where id = :repo", repo=CHARLIE_REPO)
    data = b"whole"
    sha256 = hashlib.sha256(data).hexdigest()
    [upload] = client.storage.lfs.batch_upload(CHARLIE_REPO, [(sha256, len(data))])
    assert upload.token
    with client.storage.spool(100, hashed=True) as spool:
        spool.write(data)
        with pytest.raises(RepoNotFound):
            client.storage.lfs.receive(client.storage.lfs.ticket(upload.token), spool)
    for send in (
        lambda: client.xorb(xorb, CHARLIE_REPO),
        lambda: client.xorb(Xorb([b"new"]), CHARLIE_REPO),
        lambda: client.shard(whole_file([xorb]), CHARLIE_REPO),
        lambda: client.shard(Shard([EMPTY_FILE]), CHARLIE_REPO),
    ):
        with pytest.raises(RepoNotFound):
            send()
    assert db.value("select count(*) from xorb") == 1
    assert db.value("select count(*) from xet_file") == 0
    assert client.shard(whole_file([xorb]))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_lock_that_root_made_is_the_hubs(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with deleting(tmp_path) as may:
        assert may
    stat = (tmp_path / "upkeep.lock").stat()
    assert (stat.st_uid, stat.st_gid) == (65534, 65534)
