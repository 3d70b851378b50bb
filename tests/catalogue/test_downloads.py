"""Which requests are downloads, and that counting them neither waits nor loses."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from calls import commit, new_repo, put, put_lfs, upload_lfs
from hearthub import migrations
from hearthub.accounts import Accounts
from hearthub.app import open_hub
from hearthub.catalogue import Downloads
from hearthub.catalogue.downloads import DAY_MS, MAX_CALLERS, MAX_NOTES
from hearthub.db import Database
from hearthub.settings import Settings
from live import LiveHub, live_hub

START = 20_000 * DAY_MS
XET_FILE_INFO = "application/vnd.xet-fileinfo+json"


@dataclass
class World:
    db: Database
    now: int = START
    files: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.downloads = Downloads(self.db, lambda repo: self.files.get(repo, set()), self.clock)

    def clock(self) -> int:
        return self.now

    def repo(self, number: int, *files: str, kind: str = "model") -> int:
        self.files[number] = set(files)
        self.db.execute(
            """insert into repo (id, uid, type, owner_id, namespace, name, key, visibility,
                created, modified) values (:id, :id, :kind, 1, 'alice', :id, :id, 'private', 0, 0)
            """,
            id=number,
            kind=kind,
        )
        return number

    def ask(self, repo: int, *paths: str, kind: str = "model", caller: str = "192.0.2.1") -> int:
        """How many downloads these requests are."""
        for path in paths:
            self.downloads.note(repo, kind, path, caller)
        return self.downloads.flush().get(repo, 0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    db = Database.sqlite(tmp_path / "main.db")
    migrations.upgrade(db, "main")
    Accounts(db).add_user("alice")
    yield World(db)
    db.close()


@pytest.mark.parametrize(
    ("files", "counted"),
    [
        ("config.json model.safetensors README.md", "config.json"),
        ("config.json config.yaml params.json", "config.json"),
        ("config.yaml params.json", "config.yaml"),
        ("hyperparams.yaml meta.yaml", "hyperparams.yaml"),
        ("params.json", "params.json"),
        ("meta.yaml x.bin", "meta.yaml"),
        ("model_index.json config.json", "model_index.json"),
        ("adapter_config.json config.json", "adapter_config.json"),
    ],
)
def test_a_model_has_one_query_file(world: World, files: str, counted: str) -> None:
    repo = world.repo(1, *files.split())
    for name in files.split():
        assert world.ask(repo, name, name) == (2 if name == counted else 0), name
        assert world.ask(repo, f"unet/{name}") == 0, "only at the root"


def test_every_gguf_counts(world: World) -> None:
    repo = world.repo(1, "config.json")
    assert world.ask(repo, "a.gguf", "q4/b.gguf", "config.json", "a.gguf.txt") == 3


def test_a_dataset_is_loaded_once_in_five_minutes(world: World) -> None:
    for number, kind in enumerate(("dataset", "space", "kernel"), 1):
        repo, other = world.repo(number, kind=kind), world.repo(number + 10, kind=kind)
        assert world.ask(repo, "a.parquet", "b.parquet", "README.md", kind=kind) == 1
        assert world.ask(repo, "a.parquet", kind=kind, caller="192.0.2.2") == 1
        assert world.ask(other, "a.parquet", kind=kind) == 1
        world.now += 5 * 60_000 - 1
        assert world.ask(repo, "c.parquet", kind=kind) == 0
        world.now += 1
        assert world.ask(repo, "c.parquet", "d.parquet", kind=kind) == 1


def test_addresses_are_not_kept(world: World) -> None:
    world.downloads.note(world.repo(1, kind="dataset"), "dataset", "x", "192.0.2.77")
    assert "192.0.2.77" not in repr(vars(world.downloads))


def test_days_and_totals(world: World) -> None:
    repo, other = world.repo(1, "config.json"), world.repo(2, "config.json")
    assert world.downloads.totals([repo, other]) == {repo: (0, 0), other: (0, 0)}
    world.ask(repo, "config.json", "config.json")
    world.now += DAY_MS - 1
    world.ask(repo, "config.json")
    world.now += 1
    world.ask(repo, "config.json")
    assert world.downloads.totals([repo]) == {repo: (4, 4)}
    world.now = START + 29 * DAY_MS
    assert world.downloads.totals([repo]) == {repo: (4, 4)}
    world.now += DAY_MS
    assert world.downloads.totals([repo, other]) == {repo: (1, 4), other: (0, 0)}


def test_a_repo_deleted_meanwhile_is_dropped(world: World) -> None:
    gone, stays = world.repo(1, "config.json"), world.repo(2, "config.json")
    world.ask(gone, "config.json")
    for repo in (gone, stays):
        world.downloads.note(repo, "model", "config.json", "")
    world.db.execute("delete from repo where id = :gone", gone=gone)
    assert world.downloads.flush() == {stays: 1}
    assert world.downloads.totals([gone, stays]) == {gone: (0, 0), stays: (1, 1)}
    assert world.downloads.flush() == {}


def test_a_locked_database_keeps_nobody_waiting_and_loses_nothing(world: World) -> None:
    repo = world.repo(1, "config.json")
    flushing = threading.Thread(target=world.ask, args=(repo, "config.json"))
    blocker = sqlite3.connect(str(world.db.engine.url.database))
    blocker.execute("begin immediate")
    flushing.start()
    time.sleep(0.1)  # it waits for the lock by now
    for _ in range(1000):
        world.downloads.note(repo, "model", "config.json", "")
    assert flushing.is_alive(), "noting did not wait for it"
    blocker.rollback()
    flushing.join()
    world.downloads.flush()
    assert world.downloads.totals([repo])[repo] == (1001, 1001)


def test_what_the_database_refuses_is_written_later(world: World) -> None:
    """As it refuses when it stays locked, or its disk is full."""
    repo = world.repo(1, "config.json")
    world.db.execute(
        "create temp trigger full before insert on main.download_day "
        "begin select raise(abort, 'database or disk is full'); end"
    )
    assert world.ask(repo, "config.json") == 0
    assert world.ask(repo, "config.json") == 0
    world.db.execute("drop trigger full")
    assert world.ask(repo, "config.json") == 3


def test_memory_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_NOTES <= 10**6 >= MAX_CALLERS
    monkeypatch.setattr("hearthub.catalogue.downloads.MAX_NOTES", 10)
    monkeypatch.setattr("hearthub.catalogue.downloads.MAX_CALLERS", 10)
    for number in range(100):
        world.downloads.note(number, "model", "config.json", "")
        world.downloads.note(1, "dataset", "x", str(number))
    assert len(vars(world.downloads)["_notes"]) == 10
    assert len(vars(world.downloads)["_callers"]) == 10
    world.now += DAY_MS
    for number in range(12):
        world.downloads.note(1, "dataset", "x", f"new {number}")
    assert len(vars(world.downloads)["_callers"]) <= 12


class TestServed:
    """Counted by a running hub: what was answered with the file, and nothing else."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHub]:
        with live_hub(tmp_path_factory.mktemp("downloads")) as hub:
            yield hub

    def counted(self, server: LiveHub, name: str, at_least: int = 0) -> int:
        """All downloads of a repo; waits a while for `at_least` so many."""
        deadline = time.monotonic() + 20
        db = sqlite3.connect(server.data / "hearthub.db")
        while True:
            (total,) = db.execute(
                "select coalesce(sum(downloads), 0) from download_day join repo on id = repo_id "
                "where key = ?",
                [name],
            ).fetchone()
            if total >= at_least or time.monotonic() > deadline:
                db.close()
                return int(total)
            time.sleep(0.1)

    def test_requests_that_got_the_file(self, server: LiveHub) -> None:
        with server.client("alice") as alice, server.client("charlie") as charlie:
            repo = new_repo(alice, visibility="private")
            oid = upload_lfs(alice, repo, b"gguf" * 1000)
            commit(alice, repo, put("config.json", b"{}"), put("x.txt"), put_lfs("a.gguf", oid))
            url = f"/{repo}/resolve/main"
            assert alice.get(f"{url}/config.json").status_code == 200
            assert alice.head(f"{url}/config.json").status_code == 200
            ranged = alice.get(f"{url}/a.gguf", headers={"Range": "bytes=4-7"})
            assert (ranged.status_code, ranged.content) == (206, b"gguf")
            fresh = {"If-None-Match": alice.head(f"{url}/x.txt").headers["etag"]}
            for answer, status in (
                (alice.get(f"{url}/x.txt", headers=fresh), 304),
                (alice.get(f"{url}/a.gguf", headers={"Range": "bytes=9000-"}), 416),
                (alice.get(f"{url}/none.gguf"), 404),
                (charlie.get(f"{url}/config.json"), 404),
                (alice.get(f"/{repo}/raw/main/config.json"), 200),
                (alice.get(f"/api/models/{repo}"), 200),
            ):
                assert answer.status_code == status
            alice.get(f"{url}/config.json")
            assert self.counted(server, repo, 4) == 4
            deadline = time.monotonic() + 10
            shown: dict[str, int] = {}
            while not shown.get("downloads") and time.monotonic() < deadline:
                params = {"expand": ["downloads", "downloadsAllTime"]}
                shown = alice.get(f"/api/models/{repo}", params=params).json()
            assert (shown["downloads"], shown["downloadsAllTime"]) == (4, 4)

    def test_one_of_ollama_is_one(self, server: LiveHub) -> None:
        """It asks for the length, for the whole, which it leaves at once, and for the parts."""
        with server.client("alice") as alice:
            repo = new_repo(alice)
            oid = upload_lfs(alice, repo, b"gguf" * 1000)
            commit(alice, repo, put_lfs("a.gguf", oid))
            url = f"/v2/{repo}/blobs/sha256:{oid}"
            assert alice.head(url).status_code == 200
            assert alice.get(url).status_code == 200
            for part in ("0-1999", "2000-3999"):
                assert alice.get(url, headers={"Range": f"bytes={part}"}).status_code == 206
            server.stop()
            assert self.counted(server, repo) == 1
            server.start()

    def test_flushed_at_shutdown_and_kept(self, server: LiveHub) -> None:
        with server.client("alice") as alice:
            repo = new_repo(alice)
            commit(alice, repo, put("config.json", b"{}"))
            for _ in range(5):
                alice.get(f"/{repo}/resolve/main/config.json")
            server.stop()
            assert self.counted(server, repo) == 5
            server.start()

    def test_kill_9_loses_the_last_batch_at_most(self, server: LiveHub) -> None:
        with server.client("alice") as alice:
            repo = new_repo(alice)
            commit(alice, repo, put("config.json", b"{}"))
            alice.get(f"/{repo}/resolve/main/config.json")
            assert self.counted(server, repo, 1) == 1
            alice.get(f"/{repo}/resolve/main/config.json")
            server.kill()
            assert self.counted(server, repo) in (1, 2)
            server.start()
            assert self.counted(server, repo) in (1, 2)
            alice.get(f"/{repo}/resolve/main/config.json")
            assert self.counted(server, repo, 2) in (2, 3)

    def test_xet_file_info_is_a_download(self, server: LiveHub) -> None:
        """What huggingface.js asks instead of the file, where it lies in chunks."""
        from storage.xet_writer import pack_file, whole_file

        with server.client("alice") as alice, open_hub(Settings(data=server.data)) as parts:
            repo = new_repo(alice)
            xorbs = pack_file(b"gguf" * 1000)
            repo_id = parts.db.value("select id from repo where key = :key", key=repo)
            for xorb in xorbs:
                with parts.storage.spool(2**20) as spool:
                    spool.write(xorb.body)
                    parts.storage.receive_xorb(repo_id, xorb.hash, spool)
            with parts.storage.spool(2**20) as spool:
                spool.write(whole_file(xorbs).encode())
                (stored,) = parts.storage.register_shard(repo_id, spool)
            commit(alice, repo, put_lfs("a.gguf", stored.sha256))
            answer = alice.get(f"/{repo}/resolve/main/a.gguf", headers={"Accept": XET_FILE_INFO})
            assert answer.headers["content-type"] == XET_FILE_INFO
            assert httpx.URL(answer.json()["reconstructionUrl"])
        assert self.counted(server, repo, 1) == 1
