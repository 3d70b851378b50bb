"""kill -9 at random moments of a stream of uploads and commits.

After each kill the hub starts by itself on what it finds. Everything it ever acknowledged must be
there, whole; what it did not acknowledge may be there or not, but never in part. HEARTHUB_SEED
repeats a run's choices (not its timing).
"""

import hashlib
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.writers import REPOS, Acked, Ledger, Writer
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.registry.gitformat import Kind, decode_commit, decode_tag, oid_of
from hearthub.registry.objects import ObjectStore
from hearthub.registry.pointers import parse_pointer
from hearthub.settings import Settings
from hearthub.storage.xet import xorbs
from hearthub.storage.xet.hashes import from_text
from live import LiveHub, live_hub

STREAMS, ROUNDS, WRITERS = 2, 25, 4
LONGEST_ROUND_S = 0.5


@pytest.mark.slow
@pytest.mark.parametrize("stream", range(STREAMS))
def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path, stream: int) -> None:
    seed = os.environ.get("HEARTHUB_SEED") or str(random.SystemRandom().getrandbits(32))
    print(f"HEARTHUB_SEED={seed}")  # pytest shows it when the test fails
    dice, ledger = random.Random(f"{seed} {stream}"), Ledger()
    with live_hub(tmp_path) as hub:
        make_repos(hub)
        writers = [Writer(hub, ledger, f"{seed} {stream} {n}") for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        checked = 0
        for _ in range(ROUNDS):
            time.sleep(dice.uniform(0, LONGEST_ROUND_S))
            hub.kill()
            acked = len(ledger.commits)
            hub.start()
            check_read_back(hub, ledger.commits[checked:acked])
            checked = acked
        for writer in writers:
            writer.stop()
            assert not writer.is_alive()
        check_read_back(hub, ledger.commits[checked:])
        check_repos(hub, ledger)
        assert_one_more_of_each(hub, ledger, writers[0])
    assert ledger.refusals == []
    assert len(ledger.commits) > ROUNDS, "too slow a machine to tell anything"
    check_the_folder(tmp_path, ledger)
    print(len(ledger.commits), "commits acknowledged,", ledger.uploads)


def make_repos(hub: LiveHub) -> None:
    with hub.client("alice") as client:
        for repo in REPOS:
            organization, name = repo.split("/")
            body = {"name": name, "organization": organization}
            client.post("/api/repos/create", json=body).raise_for_status()


def check_read_back(hub: LiveHub, commits: list[Acked]) -> None:
    """Each file of an acknowledged commit is at that commit and on main, byte for byte."""
    with hub.client("alice") as client:
        for commit in commits:
            for path, sha256 in commit.files.items():
                for rev in (commit.oid, "main"):
                    answer = client.get(f"/{commit.repo}/resolve/{rev}/{path}")
                    assert answer.status_code == 200, (commit, answer.text)
                    assert hashlib.sha256(answer.content).hexdigest() == sha256, commit


def check_repos(hub: LiveHub, ledger: Ledger) -> None:
    with hub.client("alice") as client:
        for repo in ledger.repos:
            assert client.get(f"/{repo}/resolve/main/.gitattributes").status_code == 200, repo


def assert_one_more_of_each(hub: LiveHub, ledger: Ledger, old: Writer) -> None:
    """Nothing that the killed hubs left behind is in the way of anything new."""
    writer, before = Writer(hub, ledger, f"{old.seed} last"), len(ledger.commits)
    for act in (writer.inline, writer.lfs, writer.xet, writer.repo):
        act()
    check_read_back(hub, ledger.commits[before:])
    writer.client.close()


def check_the_folder(data: Path, ledger: Ledger) -> None:
    """The stores themselves, with no hub running."""
    with open_hub(Settings(data=data)) as hub:
        for db in (hub.db, hub.objects_db):
            assert db.value("pragma integrity_check") == "ok"
        heads = check_history(hub)
        for commit in ledger.commits:
            assert commit.oid in heads[commit.repo], f"{commit} is not in the history of main"
        check_blobs(hub, data)
        check_jobs(hub)
        check_leftovers(hub, data)


def check_history(hub: Hub) -> dict[str, set[str]]:
    """Walk everything the refs reach, as `git fsck` would; the commits of each repo's main."""
    objects = ObjectStore(hub.objects_db, hub.storage)
    commits: dict[str, set[str]] = {}
    for row in hub.db.all("select id, namespace, name from repo"):
        seen: dict[str, Kind] = {}
        refs = hub.db.all("select name, oid from ref where repo_id = :id", id=row.id)
        assert [ref.name for ref in refs] == ["refs/heads/main"]
        waiting = [ref.oid for ref in refs]
        while waiting:
            oid = waiting.pop()
            if oid in seen:
                continue
            kind, content = objects.read(row.id, oid)
            assert oid_of(kind, content) == oid
            seen[oid] = kind
            waiting += named_by(objects, row.id, oid, kind, content)
            if kind is Kind.BLOB and (pointer := parse_pointer(content)):
                check_object(hub, row.id, pointer.sha256)
        commits[f"{row.namespace}/{row.name}"] = {
            oid for oid, kind in seen.items() if kind is Kind.COMMIT
        }
    return commits


def named_by(
    objects: ObjectStore, repo_id: int, oid: str, kind: Kind, content: bytes
) -> Iterator[str]:
    match kind:
        case Kind.COMMIT:
            commit = decode_commit(content)
            yield from (commit.tree, *commit.parents)
        case Kind.TREE:
            yield from (entry.oid for entry in objects.tree(repo_id, oid).values())
        case Kind.TAG:
            yield decode_tag(content).oid


def check_object(hub: Hub, repo_id: int, sha256: str) -> None:
    location = hub.storage.locate(repo_id, sha256)
    digest = hashlib.sha256()
    for piece in location.read(0, location.size):
        digest.update(piece)
    assert digest.hexdigest() == sha256


def check_blobs(hub: Hub, data: Path) -> None:
    """Every file that exists is whole, acknowledged or not; every claim of a repo holds."""
    for row in hub.db.all("select repo_id, sha256 from lfs_object"):
        check_object(hub, row.repo_id, row.sha256)
    for path in (data / "lfs").rglob("?" * 64):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    for path in (data / "xorbs").rglob("?" * 64):
        xorbs.verify(memoryview(path.read_bytes()), from_text(path.name))
    for path in (data / "git").rglob("?" * 40):
        assert oid_of(Kind.BLOB, path.read_bytes()) == path.name


def check_jobs(hub: Hub) -> None:
    """Jobs of dead workers go on once their lease is over, and all work gets done."""
    hub.db.execute("update job set lease_until = 0 where state = 'running'")
    assert hub.jobs.run_due() >= 0
    left = hub.db.all("select key from job where state != 'done'")
    assert all(row.key.endswith(":scheduled") for row in left), left
    for row in hub.db.all("select id, used_storage from repo"):
        objects = hub.objects_db.value("select sum(size) from obj where repo_id = :r", r=row.id)
        assert row.used_storage == objects + hub.storage.used(row.id)


def check_leftovers(hub: Hub, data: Path) -> None:
    """Half-received bodies wait for the sweeper, and it takes them."""
    for path in (data / "tmp").rglob("*"):
        os.utime(path, (0, 0))
    hub.storage.sweep()
    assert [path for path in (data / "tmp").rglob("*") if path.is_file()] == []
