"""What goes, when, and that nothing goes which somebody is just coming back to.

`at_each_moment` lets a collection run at the n-th moment of an act, for every n: what another
process might do there.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hearthub.errors import HearthubError, RevisionNotFound
from hearthub.registry.gitformat import Kind
from hearthub.registry.objects import ObjectStore
from hearthub.storage import LocalBlobs, Tally
from keeping.world import BIG, DAY_MS, HOUR_MS, World
from storage.xet_writer import pack_file, whole_file

MOMENTS = 12


def fresh(number: int, size: int = 4000) -> bytes:
    return hashlib.sha256(b"%d" % number).digest() * (size // 32 + 1)


def expire(world: World) -> None:
    """Everything unused gets its mark, and the mark grows old, but nothing goes yet."""
    world.collect()
    world.clock.now_ms += 8 * DAY_MS


def at_each_moment(
    world: World,
    prepare: Callable[[bytes], object],
    act: Callable[[bytes], object],
    *,
    size: int = 4000,
    days: int = 0,
) -> None:
    """`prepare` leaves garbage, which grows old; `act` comes back to it, with a collection in
    between; afterwards the files are whole, now and after one more collection."""
    for moment in range(MOMENTS):
        data = fresh(moment, size)
        prepare(data)
        expire(world)
        world.clock.now_ms += days * DAY_MS
        world.clock.interrupt(moment, lambda: world.collect() and None)
        act(data)
        world.clock.calm()
        world.check_files()
        world.collect()
        world.check_files()


# -- writers that come back to garbage --


def test_a_commit_names_an_old_upload(world: World) -> None:
    at_each_moment(
        world,
        lambda data: world.upload_lfs("ink", data),
        lambda data: world.point("ink", "main", "model", data),
    )


@pytest.mark.parametrize("size", [4000, BIG])
def test_a_commit_brings_a_file_back(world: World, size: int) -> None:
    def leave(data: bytes) -> None:
        world.put("ink", "main", "file", data)
        world.delete_file("ink", "main", "file")
        world.hub.registry.squash(world.actor, world.repo("ink"), "main", "clean")

    at_each_moment(
        world, leave, lambda data: world.put("ink", "main", "file", data) or fail(), size=size
    )


def test_an_upload_of_bytes_that_lie_here_for_nobody(world: World) -> None:
    def leave(data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        world.hub.storage.put_blob(f"lfs/{sha256}", data)

    def upload(data: bytes) -> None:
        world.upload_lfs("ink", data)
        assert world.point("ink", "main", "model", data)

    at_each_moment(world, leave, upload)


@pytest.mark.parametrize("ask", [True, False])
def test_a_xorb_is_sent_again(world: World, ask: bool) -> None:
    def leave(data: bytes) -> None:
        world.upload_xorb("ink", pack_file(data, 3000)[0], ask=False)

    def upload(data: bytes) -> None:
        world.upload_xet("ink", data, ask=ask)
        assert world.point("ink", "main", "model", data)

    at_each_moment(world, leave, upload, days=30)


def test_xorb_bytes_whose_row_was_never_written(world: World) -> None:
    def leave(data: bytes) -> None:
        xorb = pack_file(data, 3000)[0]
        world.hub.storage.put_blob(f"xorbs/{xorb.hash}", xorb.body)

    def upload(data: bytes) -> None:
        world.upload_xet("ink", data, ask=True)
        assert world.point("ink", "main", "model", data)

    at_each_moment(world, leave, upload)


def test_a_xorb_is_sent_while_it_is_collected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row goes just before the writer looks, its bytes just after they were found."""
    data = fresh(1)
    xorb = pack_file(data, 3000)[0]
    world.upload_xorb("ink", xorb, ask=False)
    world.clock.now_ms += 40 * DAY_MS
    garbage, cas = world.hub.storage.garbage, world.hub.storage._cas
    before, tally = world.clock.now_ms - DAY_MS, Tally(world.clock.now_ms)
    looked: list[str] = []
    clear, touch, put_file = cas._tombstones.clear, cas._rows.touch, LocalBlobs.put_file

    def row_goes() -> None:
        if len(looked) == 1:
            with world.hub.db.transaction():
                garbage._remove_xorb(xorb.hash, 1, before, tally)

    def clearing(key: str) -> None:
        clear(key)
        looked.append(key)
        row_goes()

    def touching(names: list[str]) -> None:
        touch(names)
        looked.extend(names)
        row_goes()

    def putting(blobs: LocalBlobs, key: str, path: Path) -> bool:
        done = put_file(blobs, key, path)
        with world.hub.db.transaction():
            garbage._remove_bytes(key, before=1)
        return done

    monkeypatch.setattr(cas._tombstones, "clear", clearing)
    monkeypatch.setattr(cas._rows, "touch", touching)
    monkeypatch.setattr(LocalBlobs, "put_file", putting)
    world.upload_xorb("ink", xorb, ask=False)
    monkeypatch.undo()
    assert len(looked) == 2
    world.upload_xet("ink", data, ask=True)
    world.point("ink", "main", "model", data)
    world.check_files()


@pytest.mark.parametrize("size", [3000, 1000])
def test_what_was_collected_comes_back_in_another_packing(world: World, size: int) -> None:
    """Readers remember lists of chunks and where chunks lie: of what is gone, no longer."""
    data = fresh(1, 12_000)
    world.upload_xet("ink", data, ask=True)
    world.point("ink", "main", "model", data)
    world.check_files()
    world.delete_file("ink", "main", "model")
    world.hub.registry.squash(world.actor, world.repo("ink"), "main", "clean")
    world.collect_all()
    assert world.keys("xorbs/") == set()
    whole = pack_file(data, 3000, (1,))[0]
    parts = [whole] if size == 3000 else [replace(whole, chunks=[it]) for it in whole.chunks]
    for xorb in parts:
        world.upload_xorb("ink", xorb, ask=True)
    with world.hub.storage.spool(world.hub.storage.max_shard) as spool:
        spool.write(whole_file(parts).encode())
        world.hub.storage.register_shard(world.repo("ink").id, spool)
    world.point("ink", "main", "model", data)
    world.check_files()


def test_a_branch_at_an_old_commit(world: World) -> None:
    """At no moment is it made at a commit that is about to go, or goes half."""
    for hours in range(5 * 24, 8 * 24, 6):
        oid = world.put("ink", "main", "file", fresh(hours))
        files = world.head("ink")
        world.delete_file("ink", "main", "file")
        world.hub.registry.squash(world.actor, world.repo("ink"), "main", "clean")
        world.collect()
        world.clock.now_ms += hours * HOUR_MS
        world.clock.interrupt(hours % 3, lambda: world.collect() and None)
        try:
            world.hub.registry.branches.create_branch(world.actor, world.repo("ink"), "side", oid)
        except RevisionNotFound:
            assert hours >= 6 * 24
            continue
        assert hours <= 6 * 24
        world.refs["ink"]["refs/heads/side"] = files
        world.collect()
        world.check_files()
        world.hub.registry.branches.delete_branch(world.actor, world.repo("ink"), "side")
        del world.refs["ink"]["refs/heads/side"]


def test_young_garbage_keeps_what_it_names(world: World) -> None:
    """An old folder stays as long as a younger commit that has it can still become a branch."""
    registry = world.hub.registry
    repo = world.repo("ink")
    objects = ObjectStore(world.hub.objects_db, world.hub.storage)
    world.upload_lfs("ink", fresh(2))
    world.point("ink", "main", "model", fresh(2))
    first = world.put("ink", "main", "deep/file", fresh(1))
    world.delete_file("ink", "main", "deep/file")
    world.delete_file("ink", "main", "model")
    registry.squash(world.actor, repo, "main", "clean")
    world.collect()
    world.clock.now_ms += 5 * DAY_MS
    # The same commit comes back by its bytes alone, as if it were sent again: it is young now.
    objects.write(repo.id, [objects.read(repo.id, first)])
    world.clock.now_ms += 4 * DAY_MS
    world.collect()
    registry.branches.create_branch(world.actor, repo, "side", first)
    world.refs["ink"]["refs/heads/side"] = {
        **world.head("ink"),
        "deep/file": fresh(1),
        "model": fresh(2),
    }
    world.check_files()


def test_a_week_begins_anew_for_what_was_used_meanwhile(world: World) -> None:
    registry, repo = world.hub.registry, world.repo("ink")
    oid = world.put("ink", "main", "file", fresh(1))
    world.delete_file("ink", "main", "file")
    registry.squash(world.actor, repo, "main", "clean")
    world.collect()
    world.clock.now_ms += 5 * DAY_MS
    registry.branches.create_branch(world.actor, repo, "side", oid)
    world.collect()
    registry.branches.delete_branch(world.actor, repo, "side")
    world.clock.now_ms += 4 * DAY_MS
    world.collect()
    registry.branches.create_branch(world.actor, repo, "side", oid)
    world.refs["ink"]["refs/heads/side"] = {**world.head("ink"), "file": fresh(1)}
    world.check_files()


def test_a_mark_on_bytes_that_are_used_after_all(world: World) -> None:
    """The collector looked before the row was written, and marked after that."""
    world.upload_lfs("ink", fresh(1))
    world.point("ink", "main", "model", fresh(1))
    [key] = world.keys("lfs/")
    world.hub.storage._tombstones.add(key, 0)
    assert not world.hub.storage.garbage._remove_bytes(key, before=1)
    world.hub.storage._tombstones.add(key, 0)
    world.collect()
    world.check_files()
    assert world.hub.db.all("select * from blob_garbage") == []


def test_objects_written_again_stay_a_week_more(world: World) -> None:
    repo = world.repo("ink")
    objects = ObjectStore(world.hub.objects_db, world.hub.storage)
    blobs = [(Kind.BLOB, fresh(1)), (Kind.BLOB, fresh(2, BIG))]
    oids = objects.write(repo.id, blobs)
    expire(world)
    assert objects.write(repo.id, blobs) == oids
    world.collect()
    assert objects.has(repo.id, oids) == set(oids)
    assert [objects.read(repo.id, oid) for oid in oids] == blobs
    expire(world)
    world.collect()
    assert objects.has(repo.id, oids) == set()
    assert world.keys("git/") == set()


def test_a_commit_of_more_than_a_day_is_refused(world: World) -> None:
    world.clock.interrupt(
        2, lambda: setattr(world.clock, "now_ms", world.clock.now_ms + 2 * DAY_MS)
    )
    assert world.put("ink", "main", "file", b"x") is None
    world.check_files()


# -- what goes --


def test_a_squash_can_be_regretted_for_a_week(world: World) -> None:
    world.put("ink", "main", "large", fresh(1, BIG))
    world.upload_lfs("ink", fresh(2))
    world.upload_xet("ink", fresh(3), ask=True)
    world.point("ink", "main", "lfs", fresh(2))
    oid = world.point("ink", "main", "xet", fresh(3))
    for path in ("large", "lfs", "xet"):
        world.delete_file("ink", "main", path)
    world.hub.registry.squash(world.actor, world.repo("ink"), "main", "clean")
    world.hub.jobs.run_due()
    full = world.repo("ink").used_storage
    world.collect()
    world.clock.now_ms += 6 * DAY_MS
    world.collect()
    assert len(world.keys("lfs/") | world.keys("xorbs/") | world.keys("git/")) == 3
    world.clock.now_ms += 2 * DAY_MS
    world.collect()
    with pytest.raises(HearthubError):
        world.hub.registry.branches.create_branch(world.actor, world.repo("ink"), "side", oid)
    assert world.keys("git/") == set()
    assert world.keys("xorbs/")
    world.collect_all()
    world.check_files()
    world.check_nothing_else()
    assert world.keys("lfs/") | world.keys("xorbs/") == set()
    assert world.repo("ink").used_storage < full - BIG


def test_what_two_repos_share_stays_for_the_other(world: World) -> None:
    world.make_repo("sea")
    for name in ("ink", "sea"):
        world.upload_lfs(name, fresh(1))
        world.upload_xet(name, fresh(2), ask=True)
        world.point(name, "main", "lfs", fresh(1))
        world.point(name, "main", "xet", fresh(2))
    world.delete_repo("ink")
    world.collect_all()
    world.check_files()
    world.check_nothing_else()


def test_leftovers_of_repos_that_are_gone(world: World) -> None:
    """A purge that never ran, a creation that was undone."""
    objects = ObjectStore(world.hub.objects_db, world.hub.storage)
    objects.write(99, [(Kind.BLOB, fresh(1)), (Kind.BLOB, fresh(2, BIG))])
    world.collect()
    assert objects.next_repo(98) is None
    assert world.keys("git/99/")
    world.collect_all()
    world.check_nothing_else()


def test_a_repo_that_cannot_be_walked_is_left_alone(world: World) -> None:
    world.put("ink", "main", "deep/file", fresh(1))
    world.hub.registry.squash(world.actor, world.repo("ink"), "main", "clean")
    expire(world)
    before = world.hub.objects_db.value("select count(*) from obj")
    kind = int(Kind.TREE)
    world.hub.objects_db.execute("update obj set z = x'00' where kind = :kind", kind=kind)
    tally = world.hub.registry.collect()
    assert len(tally.notes) == 1
    assert "fsck" in tally.notes[0]
    assert world.hub.objects_db.value("select count(*) from obj") == before


def fail() -> None:
    raise AssertionError("the hub refused")
