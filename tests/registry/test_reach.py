"""Which commits count as there: those that a ref reaches, after whatever refs went through."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.db import Database
from hearthub.errors import Damaged, RevisionNotFound
from hearthub.registry import HEADS, MAIN, Repo
from hearthub.registry.gitformat import EMPTY_TREE, Commit, Kind, Signature, encode_commit, oid_of
from hearthub.registry.objects import ObjectStore
from hearthub.registry.reach import Reach
from hearthub.registry.refs import Refs
from registry.shelf import Shelf, open_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path) as shelf:
        yield shelf


@pytest.fixture
def objects(shelf: Shelf) -> ObjectStore:
    return ObjectStore(shelf.hub.objects_db, shelf.hub.storage)


@pytest.fixture
def refs(shelf: Shelf, objects: ObjectStore) -> Refs:
    return Refs(shelf.hub.db, Reach(shelf.hub.db, objects))


def write(objects: ObjectStore, repo: Repo, name: str, *parents: str) -> str:
    who = Signature("Alice", "alice@example.org", 1_800_000_000)
    data = encode_commit(Commit(EMPTY_TREE, parents, who, who, name))
    return objects.write(repo.id, [(Kind.TREE, b""), (Kind.COMMIT, data)])[1]


def rows(db: Database, repo: Repo) -> set[str]:
    return set(db.column("select oid from reached where repo_id = :repo", repo=repo.id))


def reached(objects: ObjectStore, refs: Refs, repo: Repo) -> set[str]:
    """The plain way: all from all refs."""
    found, todo = set[str](), [ref.commit_oid for ref in refs.all(repo.id)]
    while todo:
        oid = todo.pop()
        if oid not in found:
            found.add(oid)
            todo += objects.commit(repo.id, oid).parents
    return found


def line(objects: ObjectStore, repo: Repo, start: str, count: int, name: str = "") -> list[str]:
    made = [start]
    for number in range(count):
        made.append(write(objects, repo, f"{name}{number}", made[-1]))
    return made


@pytest.mark.parametrize("seed", range(8))
def test_rows_follow_refs(shelf: Shelf, objects: ObjectStore, refs: Refs, seed: int) -> None:
    """Merges, rewinds, deletions, orphans: after each, rows are what a plain walk finds."""
    rand = random.Random(seed)
    repo, db = shelf.repo("alice/ink"), shelf.hub.db
    commits = [refs.all(repo.id)[0].commit_oid]
    for step in range(120):
        count = min(len(commits), rand.choice((0, 1, 1, 1, 1, 2, 3)))
        parents = rand.sample(commits[-12:], k=count)
        commits.append(write(objects, repo, f"{seed} {step}", *parents))
        here = refs.all(repo.id)
        ref = rand.choice(here)
        if rand.random() < 0.15 and ref.name != MAIN:
            refs.delete(repo.id, ref.name)
        elif rand.random() < 0.3 and len(here) < 6:
            prefix = rand.choice((HEADS, "refs/tags/", "refs/pr/", "refs/convert/"))
            refs.create(repo.id, f"{prefix}{step}", *[rand.choice(commits)] * 2)
        else:
            refs.move(repo.id, ref.name, ref.oid, rand.choice(commits[-3:]))
        assert rows(db, repo) == reached(objects, refs, repo)


def test_depth_is_above_that_of_every_parent(
    shelf: Shelf, objects: ObjectStore, refs: Refs
) -> None:
    """What the walk from the top relies on: a side that is longer, and joined late."""
    repo = shelf.repo("alice/ink")
    first = refs.all(repo.id)[0].commit_oid
    side = line(objects, repo, first, 5, "side")
    merge = write(objects, repo, "merge", first, side[-1])
    refs.move(repo.id, MAIN, first, merge)
    depths = dict(
        tuple(row) for row in shelf.hub.db.all("select oid, depth from reached order by depth")
    )
    assert depths == {oid: number for number, oid in enumerate([*side, merge], 1)}


def test_a_ref_leaves_a_long_history_at_its_bottom(
    shelf: Shelf, objects: ObjectStore, refs: Refs
) -> None:
    """The walk is inside the transaction, and whoever has a pull request can ask for it: a step of
    it costs the same, however many came before."""
    took = []
    for count in (4000, 24_000):
        repo = shelf.repo(f"alice/ink{count}")
        made, all_of_it = refs.all(repo.id)[0].commit_oid, list[tuple[Kind, bytes]]()
        who = Signature("Alice", "alice@example.org", 1_800_000_000)
        tip = made
        for number in range(count):
            data = encode_commit(Commit(EMPTY_TREE, (tip,), who, who, f"{number}"))
            tip = oid_of(Kind.COMMIT, data)
            all_of_it.append((Kind.COMMIT, data))
        objects.write(repo.id, all_of_it)
        refs.move(repo.id, MAIN, made, tip)
        refs.create(repo.id, "refs/pr/1", made, made)
        tries = []
        for _ in range(3):  # the least, since other work makes processors slower
            started = time.process_time()
            refs.move(repo.id, "refs/pr/1", made, tip)
            tries.append(time.process_time() - started)
            refs.move(repo.id, "refs/pr/1", tip, made)
        took.append(min(tries))
        assert Reach(shelf.hub.db, objects).has(repo.id, made)
    assert took[1] < 11 * took[0]


def test_a_repo_from_before_the_rows(shelf: Shelf, objects: ObjectStore, refs: Refs) -> None:
    """By the job, by a question, or by the next commit; what was gone by then stays gone."""
    registry, db = shelf.hub.registry, shelf.hub.db
    for name, count in (
        ("job", lambda _repo: registry.reach({})),
        ("question", lambda _repo: None),
        ("short", lambda repo: registry.commit_of(repo, registry.head(repo)[:12])),
        ("commit", lambda repo: shelf.small(repo, "more", b"more")),
        ("deletion", lambda repo: refs.delete(repo.id, f"{HEADS}side")),
    ):
        repo = shelf.repo(f"alice/{name}")
        gone = shelf.small(repo, "gone", b"gone")
        registry.squash(shelf.actor(), repo, "main", "One")
        kept = [registry.head(repo), shelf.small(repo, "a", b"a"), shelf.small(repo, "b", b"b")]
        refs.create(repo.id, f"{HEADS}side", kept[1], kept[1])
        db.execute("delete from reached where repo_id = :repo", repo=repo.id)
        count(repo)
        assert [registry.commit_of(repo, oid) for oid in kept] == kept
        assert registry.commit_of(repo, kept[0][:12]) == kept[0]
        for rev in (gone, gone[:12]):
            with pytest.raises(RevisionNotFound):
                registry.commit_of(repo, rev)
        assert rows(db, repo) == reached(objects, refs, repo)


def test_a_short_id_means_what_is_reached(shelf: Shelf, objects: ObjectStore, refs: Refs) -> None:
    """Its only match among those that refs reach: what is gone casts no doubt."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    start = registry.head(repo)
    made = [write(objects, repo, f"{number}", start) for number in range(600)]
    wanted = next(oid for oid in made if oid[0] != start[0])
    twin = next(oid for oid in made if oid != wanted and oid[0] == wanted[0])
    refs.move(repo.id, MAIN, start, wanted)
    reach = Reach(shelf.hub.db, objects)
    assert reach.starting_with(repo.id, wanted[:1]) == [wanted]
    refs.create(repo.id, f"{HEADS}twin", twin, twin)
    assert sorted(reach.starting_with(repo.id, wanted[:1])) == sorted([wanted, twin])
    assert registry.commit_of(repo, wanted[:39]) == wanted


def test_what_was_refused_was_never_there(shelf: Shelf, objects: ObjectStore, refs: Refs) -> None:
    """A commit that lost its branch to another, a push whose ref was not its author's to move."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    lost = write(objects, repo, "lost", registry.head(repo))
    with pytest.raises(RevisionNotFound, match=f"^Invalid rev id: {lost}$"):
        registry.commit_of(repo, lost)


def test_a_damaged_history_keeps_its_branch(shelf: Shelf, objects: ObjectStore, refs: Refs) -> None:
    """Behind what cannot be read nothing is told; what lies above can still move and go."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    start = registry.head(repo)
    made = line(objects, repo, start, 6)
    shelf.hub.objects_db.execute("delete from obj where oid = :oid", oid=bytes.fromhex(made[2]))
    refs.create(repo.id, f"{HEADS}side", made[4], made[4])
    assert registry.commit_of(repo, made[3]) == made[3]
    refs.move(repo.id, f"{HEADS}side", made[4], made[6])
    refs.delete(repo.id, f"{HEADS}side")
    with pytest.raises(RevisionNotFound):
        registry.commit_of(repo, made[3])
    assert registry.commit_of(repo, start) == start


def test_a_damaged_commit_is_there(shelf: Shelf, objects: ObjectStore, refs: Refs) -> None:
    """Clients take "it is not there" for an answer; unless no ref reaches it, it is not that."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    head = shelf.small(repo, "a", b"a")
    lost = write(objects, repo, "lost", head)
    for oid in (head, lost):
        sql = "update obj set z = :z where oid = :oid"
        shelf.hub.objects_db.execute(sql, z=b"damaged", oid=bytes.fromhex(oid))
    registry._objects.forget()
    with pytest.raises(Damaged):
        registry.commit_of(repo, head)
    for oid in (lost, lost[:12]):
        with pytest.raises(RevisionNotFound):
            registry.commit_of(repo, oid)


def test_repaired_history_does_not_trip_the_walk(
    shelf: Shelf, objects: ObjectStore, refs: Refs
) -> None:
    """The commit was missing when its child was counted, and is back when that goes."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    start = registry.head(repo)
    made = line(objects, repo, start, 3)
    row = shelf.hub.objects_db.one("select * from obj where oid = :o", o=bytes.fromhex(made[2]))
    assert row is not None
    shelf.hub.objects_db.execute("delete from obj where oid = :oid", oid=bytes.fromhex(made[2]))
    refs.create(repo.id, f"{HEADS}side", made[3], made[3])
    write(objects, repo, "1", made[1])
    refs.delete(repo.id, f"{HEADS}side")
    assert rows(shelf.hub.db, repo) == {start}


def test_a_repo_takes_its_rows_along(shelf: Shelf, objects: ObjectStore, refs: Refs) -> None:
    """Moved they are the same; a copy has what its refs reach; of what is deleted none stays."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    old = shelf.small(repo, "old", b"old")
    gone = shelf.small(repo, "gone", b"gone")
    refs.move(repo.id, MAIN, gone, old)
    moved = registry.move(shelf.actor(), "model", "alice/ink", "acme/ink")
    assert registry.commit_of(moved, old) == old
    copy = registry.copies.duplicate(shelf.actor(), moved, "alice/copy")
    assert registry.commit_of(copy, old) == old
    for it in (moved, copy):
        with pytest.raises(RevisionNotFound):
            registry.commit_of(it, gone)
        assert rows(shelf.hub.db, it) == reached(objects, refs, it)
        registry.delete(shelf.actor(), "model", it.full_name)
        assert rows(shelf.hub.db, it) == set()


def test_a_change_undone_leaves_all_as_it_was(
    shelf: Shelf, objects: ObjectStore, refs: Refs
) -> None:
    """Rows and refs are one transaction: a crash in it is this."""
    registry, repo = shelf.hub.registry, shelf.repo("alice/ink")
    start = registry.head(repo)
    head = shelf.small(repo, "a", b"a")
    other = write(objects, repo, "other")

    def crash() -> None:
        with shelf.hub.db.transaction():
            refs.move(repo.id, MAIN, head, other)
            assert rows(shelf.hub.db, repo) == {other}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()
    assert rows(shelf.hub.db, repo) == {start, head}
