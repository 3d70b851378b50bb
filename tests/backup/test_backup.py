"""What a backup copies, keeps, refuses and finds."""

import fcntl
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import calls
from backup.conftest import (
    Filled,
    back_up,
    check_files,
    commit_of_each_form,
    hearthub,
    refused,
    restore,
)
from hearthub.accounts import Actor
from hearthub.app import open_hub
from hearthub.backup import Backup, making
from hearthub.context import Hub
from hearthub.db import Database
from hearthub.errors import RevisionNotFound
from hearthub.settings import Settings
from hearthub.storage import keeping


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def blobs_in(folder: Path) -> dict[Path, int]:
    """Size of each file of content."""
    tops = ("xorbs", "lfs", "git")
    files = (path for top in tops for path in (folder / top).rglob("*") if path.is_file())
    return {path.relative_to(folder): path.stat().st_size for path in files}


def a_file(folder: Path, top: str) -> Path:
    return next(path for path in sorted((folder / top).rglob("*")) if path.is_file())


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_second_backup_copies_only_what_is_new(filled: Filled, folder: Path) -> None:
    filled.hub.start()
    first = back_up(filled, folder)
    before = blobs_in(folder)
    assert (first["new_blobs"], first["new_bytes"]) == (len(before), sum(before.values()))
    assert first["blobs"] == 3  # the small file is a row
    with filled.hub.client("alice") as alice:
        commit_of_each_form(alice, filled.repo, seed=1)
    times = {path: (folder / path).stat().st_mtime_ns for path in before}
    second = back_up(filled, folder)
    after = blobs_in(folder)
    new = {path: size for path, size in after.items() if path not in before}
    assert len(new) == 3
    assert (second["new_blobs"], second["new_bytes"]) == (3, sum(new.values()))
    assert second["blob_bytes"] == sum(after.values())
    assert {path: (folder / path).stat().st_mtime_ns for path in before} == times
    assert after == blobs_in(filled.data)


def test_a_database_that_did_not_change_is_stored_once(filled: Filled, folder: Path) -> None:
    filled.hub.start()
    paths = [Path(back_up(filled, folder)["path"]) / "objects.db" for _ in range(2)]
    assert paths[0] != paths[1]
    assert paths[0].samefile(paths[1])
    with filled.hub.client("alice") as alice:
        calls.commit(alice, filled.repo, calls.put("another"))
    third = Path(back_up(filled, folder)["path"]) / "objects.db"
    assert not third.samefile(paths[1])


def test_it_is_private(filled: Filled, folder: Path) -> None:
    folder.mkdir(mode=0o755)
    back_up(filled, folder)
    for name in ("xorbs", "lfs", "git", "snapshots", "tmp"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o700
    back_up(filled, folder.with_name("made"))
    assert stat.S_IMODE(folder.with_name("made").stat().st_mode) == 0o700


def test_what_is_derived_or_temporary_stays_behind(filled: Filled, folder: Path) -> None:
    (filled.data / "catalogue.db").write_bytes(b"derived")
    (filled.data / "tmp" / "left.spool").write_bytes(b"rubbish")
    snapshot = Path(back_up(filled, folder)["path"])
    assert {path.name for path in snapshot.iterdir()} == {
        *("hearthub.db", "objects.db", "blobs.txt", "manifest.json")
    }
    restore(folder, folder.with_name("new"))
    assert {path.name for path in folder.with_name("new").iterdir()} == {
        *("hearthub.db", "objects.db", "xorbs", "lfs", "git", "tmp")
    }


def test_old_snapshots_go_with_what_only_they_named(filled: Filled, folder: Path) -> None:
    filled.hub.start()
    old = calls.unique("old")
    with filled.hub.client("alice") as alice:
        repo = calls.new_repo(alice, old)
        commit_of_each_form(alice, repo, seed=2)
        back_up(filled, folder)
        everything = blobs_in(folder)
        alice.request("DELETE", "/api/repos/delete", json={"name": old}).raise_for_status()
    filled.hub.stop()
    purge(filled.data)
    stray = folder / "lfs/ab/cd" / ("abcd" + "0" * 60)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"of a backup that was cut short")
    done = back_up(filled, folder, "--keep", "1")
    assert done["pruned_snapshots"] == 1
    left = blobs_in(folder)
    assert set(left) < set(everything)
    assert done["pruned_bytes"] == sum(everything.values()) - sum(left.values()) + 30
    assert len(list((folder / "snapshots").iterdir())) == 1
    new = restore(folder, folder.with_name("new"))
    assert new["blobs"] == len(left) == done["blobs"]
    check_restored(filled, folder.with_name("new"))


def purge(data: Path) -> None:
    """What the jobs after a deletion do, and then what no repo claims any more goes."""
    with open_hub(Settings(data=data)) as hub:
        [repo_id] = {
            json.loads(row[0])["repo_id"]
            for row in hub.db.all("select payload from job where name = 'registry.purge'")
        }
        hub.registry.purge({"repo_id": repo_id})
        unused = "select hash from xorb where hash not in (select xorb from xorb_owner)"
        hub.db.execute(f"delete from xet_file_xorb where xorb in ({unused})")
        hub.db.execute(f"delete from xorb where hash in ({unused})")


def check_restored(filled: Filled, data: Path) -> None:
    filled.hub.stop()
    filled.hub.data = data
    filled.hub.start()
    with filled.hub.client("alice") as alice:
        check_files(alice, filled.repo, filled.files)


def test_the_hub_holds_a_deletion_back_while_it_is_backed_up(filled: Filled) -> None:
    """A deleted repo is in the copied database: its objects must outlive the backup."""
    filled.hub.start()
    blob = a_file(filled.data, "git")
    with closing(Database.sqlite(filled.data / "hearthub.db")) as db:
        with keeping(filled.data, lambda: None), filled.hub.client("alice") as alice:
            body = {"name": "all", "organization": "acme"}
            alice.request("DELETE", "/api/repos/delete", json=body).raise_for_status()
            wait_for(lambda: purges(db) == {"done": 1, "waiting": 2})
            assert blob.exists()
        now = "update job set run_at = 0 where name = 'registry.purge' and key like '%:purge:%'"
        db.execute(now)
        wait_for(lambda: purges(db) == {"done": 2, "waiting": 1})
        assert not blob.exists()


def purges(db: Database) -> dict[str, int]:
    sql = "select state, count(*) from job where name = 'registry.purge' group by state"
    return {row[0]: row[1] for row in db.all(sql)}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("file", ["lfs", "xorbs", "git", "hearthub.db", "objects.db", "blobs.txt"])
def test_a_damaged_backup_is_refused_by_the_name_of_the_file(
    filled: Filled, folder: Path, file: str
) -> None:
    snapshot = Path(back_up(filled, folder)["path"])
    path = snapshot / file if "." in file else a_file(folder, file)
    new = folder.with_name("new")
    flip_a_bit(path)
    assert str(path) in refused(hearthub("restore", folder, "--data", new))
    assert not (new / "hearthub.db").exists()
    checked = hearthub("restore", folder, "--data", new, "--check")
    assert checked.returncode == 1
    assert str(path) in checked.stdout + checked.stderr


def test_what_is_whole_of_a_damaged_backup_can_be_had(filled: Filled, folder: Path) -> None:
    back_up(filled, folder)
    new = folder.with_name("new")
    a_file(folder, "lfs").unlink()
    assert "--despite-damage" in refused(hearthub("restore", folder, "--data", new))
    done = restore(folder, new, "--despite-damage")
    assert (done["blobs"], done["left_out"]) == (2, 1)
    filled.files.pop("0/whole.bin")
    check_restored(filled, new)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 1}', "[" * 100_000, '{"format": 2}', '{"format": 1, "files": 3}'],
)
def test_a_manifest_that_is_none_is_refused(filled: Filled, folder: Path, text: str) -> None:
    snapshot = Path(back_up(filled, folder)["path"])
    (snapshot / "manifest.json").write_text(text)
    words = refused(hearthub("restore", folder, "--data", folder.with_name("new")))
    assert str(snapshot / "manifest.json") in words


@pytest.mark.parametrize(
    "line", ["lfs/../../../x 3", "tmp/" + "0" * 64 + " 3", "lfs/" + "0" * 64 + " 3" * 200, "", "\n"]
)
def test_a_list_that_leads_elsewhere_is_refused(filled: Filled, folder: Path, line: str) -> None:
    snapshot = Path(back_up(filled, folder)["path"])
    (snapshot / "blobs.txt").write_text(f"{line}\n")
    manifest = json.loads((snapshot / "manifest.json").read_text())
    digest = hashlib.sha256((snapshot / "blobs.txt").read_bytes()).hexdigest()
    manifest["files"]["blobs.txt"]["sha256"] = digest
    (snapshot / "manifest.json").write_text(json.dumps(manifest))
    words = refused(hearthub("restore", folder, "--data", folder.with_name("new")))
    assert "blobs.txt is damaged" in words


def test_without_a_manifest_it_is_no_backup(filled: Filled, folder: Path) -> None:
    first = back_up(filled, folder)
    second = back_up(filled, folder)
    (Path(second["path"]) / "manifest.json").unlink()
    assert restore(folder, folder.with_name("new"))["snapshot"] == first["snapshot"]
    named = hearthub("restore", folder, "--snapshot", second["snapshot"], "--data", folder / "n")
    assert first["snapshot"] in refused(named)
    third = back_up(filled, folder)
    assert {path.name for path in (folder / "snapshots").iterdir()} == {
        first["snapshot"],
        third["snapshot"],
    }


def test_an_unfinished_restore_goes_on(filled: Filled, folder: Path) -> None:
    first = back_up(filled, folder)
    second = back_up(filled, folder)
    new, lost = folder.with_name("new"), a_file(folder, "lfs")
    shutil.move(lost, folder.with_name("lost"))
    assert str(lost) in refused(hearthub("restore", folder, "--data", new))
    times = {path: (new / path).stat().st_mtime_ns for path in blobs_in(new)}
    assert len(times) == 2
    assert "has not finished" in refused(hearthub("user", "list", "--data", new))
    other = hearthub("restore", folder, "--data", new, "--snapshot", first["snapshot"])
    assert f"--snapshot {second['snapshot']}" in refused(other)
    shutil.move(folder.with_name("lost"), lost)
    restore(folder, new)
    assert {path: (new / path).stat().st_mtime_ns for path in times} == times
    check_restored(filled, new)


def test_what_the_hub_itself_has_lost_is_told(filled: Filled, folder: Path) -> None:
    lost, damaged = a_file(filled.data, "lfs"), a_file(filled.data, "xorbs")
    lost.unlink()
    flip_a_bit(damaged)
    done = hearthub("backup", folder, "--data", filled.data, "--json")
    assert done.returncode == 1
    made = json.loads(done.stdout)
    assert (made["blobs"], made["lost"]) == (1, 2)
    assert set(made["lost_keys"]) == {f"lfs/{lost.name}", f"xorbs/{damaged.name}"}
    assert lost.name in done.stderr
    assert restore(folder, folder.with_name("new"))["lost"] == 2


def test_a_damaged_database_is_not_backed_up(filled: Filled, folder: Path) -> None:
    filled.hub.stop()
    path = filled.data / "objects.db"
    data = bytearray(path.read_bytes())
    data[4096 : 2 * 4096] = os.urandom(4096)
    path.write_bytes(data)
    assert refused(hearthub("backup", folder, "--data", filled.data))
    assert refused(hearthub("restore", folder, "--data", folder.with_name("new")))


def test_a_hub_made_in_the_way_of_a_restore_stays(filled: Filled, folder: Path) -> None:
    back_up(filled, folder)
    (filled.data / "restore.json").write_text(
        json.dumps({"snapshot": next((folder / "snapshots").iterdir()).name})
    )
    before = (filled.data / "hearthub.db").read_bytes()
    assert "not empty" in refused(hearthub("restore", folder, "--data", filled.data))
    assert (filled.data / "hearthub.db").read_bytes() == before


def test_two_at_a_time_are_one_too_many(filled: Filled, folder: Path) -> None:
    back_up(filled, folder)
    with (folder / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for words in (("backup", folder, "--data", filled.data), ("restore", folder, "--check")):
            assert "in use" in refused(hearthub(*words))


def test_folders_that_cannot_be(filled: Filled, tmp_path: Path) -> None:
    def words(folder: Path, **env: str) -> str:
        return refused(hearthub("backup", folder, "--data", filled.data, **env))

    assert "inside one another" in words(filled.data / "backups")
    assert "inside one another" in words(filled.data)
    assert "inside one another" in words(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"meow")
    assert "something else" in words(tmp_path / "photos")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]
    url = "postgresql+psycopg://hub@127.0.0.1/hub"
    assert "pg_dump" in words(tmp_path / "pg", HEARTHUB_DATABASE_URL=url)
    none = hearthub("backup", tmp_path / "b", "--data", tmp_path / "none")
    assert "no hub" in refused(none)
    assert not (tmp_path / "none").exists()


def test_a_backup_of_a_newer_hearthub_is_left_to_it(filled: Filled, folder: Path) -> None:
    snapshot = Path(back_up(filled, folder)["path"])
    manifest = json.loads((snapshot / "manifest.json").read_text()) | {"schema": "9999"}
    (snapshot / "manifest.json").write_text(json.dumps(manifest))
    assert "restore it with that" in refused(
        hearthub("restore", folder, "--data", folder.with_name("new"))
    )


def test_a_number_that_only_the_objects_know_is_not_given_again(
    filled: Filled, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A private repo made while a backup ran is lost; no later repo gets what it held."""
    settings, copy_database = Settings(data=filled.data), making._copy_database
    secret: list[str] = []

    def copying(source: Path, target: Path, say: Callable[[str], None]) -> None:
        copy_database(source, target, say)
        if source.name == "hearthub.db":
            with open_hub(settings) as hub:
                secret.append(new_head(hub, "late", {"secret.txt": b"nobody else's"}))

    monkeypatch.setattr(making, "_copy_database", copying)
    Backup(folder, print).make(settings)
    restored = tmp_path / "restored"
    restore(folder, restored)
    with open_hub(Settings(data=restored)) as hub:
        new_head(hub, "newer", {})
        newer = hub.registry.repo(alice_of(hub), "model", "alice/newer")
        with pytest.raises(RevisionNotFound):
            hub.registry.commit_of(newer, secret[0])


def alice_of(hub: Hub) -> Actor:
    account = hub.accounts.account("alice")
    assert account is not None
    return Actor(user_id=account.id, name="alice", can_write=True)


def new_head(hub: Hub, name: str, files: dict[str, bytes]) -> str:
    actor = alice_of(hub)
    repo = hub.registry.create(actor, "model", f"alice/{name}", visibility="private", files=files)
    return hub.registry.head(repo)


def test_a_folder_that_leads_elsewhere_is_refused(
    filled: Filled, folder: Path, tmp_path: Path
) -> None:
    back_up(filled, folder)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("not a backup's")
    (folder / "tmp").rmdir()
    (folder / "tmp").symlink_to(mine)
    assert "is a link" in refused(hearthub("backup", folder, "--data", filled.data))
    assert (mine / "letter.txt").exists()


def test_browsers_log_in_again(filled: Filled, folder: Path, tmp_path: Path) -> None:
    """A session that was ended after the backup does not come to life again."""
    with open_hub(Settings(data=filled.data)) as hub:
        user = alice_of(hub).user_id or 0
        session = hub.accounts.start_session(user)
        Backup(folder, print).make(Settings(data=filled.data))
        assert hub.accounts.by_session(session) is not None
    restored = tmp_path / "restored"
    restore(folder, restored)
    with open_hub(Settings(data=restored)) as hub:
        assert hub.accounts.sessions(user) == []
        assert hub.accounts.by_session(session) is None
        assert hub.accounts.tokens(user)
