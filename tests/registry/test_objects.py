import os
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from hearthub.errors import HearthubError, NotFound
from hearthub.registry import objects as module
from hearthub.registry.gitformat import (
    EMPTY_TREE,
    FILE,
    Commit,
    Kind,
    Signature,
    TreeEntry,
    encode_commit,
    encode_tree,
    oid_of,
)
from hearthub.registry.objects import MAX_INLINE, blob_key

ALICE = Signature("alice", "alice@example.org", 1)
BIG = os.urandom(MAX_INLINE + 1)


def commit_bytes(message):
    return encode_commit(Commit(EMPTY_TREE, (), ALICE, ALICE, message))


def rows(objects):
    return {row.oid.hex(): row for row in objects._db.all("select * from obj")}


def test_it_works(objects):
    [blob, tree] = objects.write(1, [(Kind.BLOB, b"hello"), (Kind.TREE, b"")])
    assert blob == oid_of(Kind.BLOB, b"hello")
    assert objects.read(1, blob) == (Kind.BLOB, b"hello")
    assert objects.read(1, tree) == (Kind.TREE, b"")
    objects.write(1, [(Kind.BLOB, b"hello")])
    assert len(rows(objects)) == 2


def test_a_repo_sees_its_own_objects_alone(objects):
    [oid] = objects.write(1, [(Kind.BLOB, b"secret")])
    with pytest.raises(NotFound):
        objects.read(2, oid)
    assert objects.has(2, [oid]) == set()
    assert objects.sizes(2, [oid]) == objects.read_many(2, [oid]) == {}


@pytest.mark.parametrize("data", [b"", b"x", b"text " * 1000, os.urandom(5000)])
def test_a_row_is_what_a_pack_needs(objects, data):
    [oid] = objects.write(1, [(Kind.BLOB, data)])
    row = rows(objects)[oid]
    assert (row.kind, row.size) == (3, len(data))
    assert zlib.decompress(row.z) == data
    assert len(row.z) <= len(data) + 16


def test_large_contents_lie_in_the_blob_store(objects, storage):
    [oid, edge] = objects.write(1, [(Kind.BLOB, BIG), (Kind.BLOB, BIG[:-1])])
    assert rows(objects)[oid].z is None
    assert rows(objects)[edge].z is not None
    assert storage.read_blob(blob_key(1, oid), len(BIG)) == BIG
    assert objects.read(1, oid) == (Kind.BLOB, BIG)
    assert objects.sizes(1, [oid, edge]) == {oid: len(BIG), edge: len(BIG) - 1}
    assert objects.read_many(1, [oid, edge]) == {oid: BIG, edge: BIG[:-1]}


@pytest.mark.parametrize("data", [b"small", BIG])
def test_a_blob_from_a_file(objects, tmp_path, data):
    (tmp_path / "spooled").write_bytes(data)
    with objects.writer(1) as writer:
        oid = writer.add_file(tmp_path / "spooled")
    assert objects.read(1, oid) == (Kind.BLOB, data)


def test_a_large_commit_is_written_in_batches(objects, monkeypatch):
    monkeypatch.setattr(module, "BATCH_BYTES", 20_000)
    with objects.writer(1) as writer:
        for _ in range(10):
            writer.add(Kind.BLOB, os.urandom(5000))
        assert len(rows(objects)) == 8
        assert len(writer._rows) == 2
    assert len(rows(objects)) == 10


def test_what_fails_is_not_flushed(objects):
    def write_and_fail():
        with objects.writer(1) as writer:
            writer.add(Kind.BLOB, b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert rows(objects) == {}


def test_trees_and_commits(objects):
    entry = TreeEntry("a", FILE, oid_of(Kind.BLOB, b"x"))
    tree_bytes = encode_tree([entry])
    [blob, tree, commit] = objects.write(
        1, [(Kind.BLOB, b"x"), (Kind.TREE, tree_bytes), (Kind.COMMIT, commit_bytes("m"))]
    )
    for _ in range(2):  # from the table, then from memory
        assert objects.tree(1, tree) == {"a": entry}
        assert objects.commit(1, commit).message == "m"
        for read, oid in ((objects.tree, commit), (objects.commit, tree), (objects.tree, blob)):
            with pytest.raises(NotFound):
                read(1, oid)
        with pytest.raises(HearthubError):
            objects.commit(2, commit)


def test_what_is_undone_is_not_remembered(objects):
    def write_and_fail():
        with objects._db.transaction():
            [oid] = objects.write(1, [(Kind.COMMIT, commit_bytes("m"))])
            assert objects.commit(1, oid).message == "m"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with pytest.raises(NotFound):
        objects.commit(1, oid_of(Kind.COMMIT, commit_bytes("m")))


def test_the_memory_of_trees_is_bounded(objects, monkeypatch):
    monkeypatch.setattr(module, "CACHE_BYTES", 10_000)
    store = module.ObjectStore(objects._db, objects._blobs)
    for number in range(50):
        [oid] = store.write(1, [(Kind.COMMIT, commit_bytes(f"{number}" * 2000))])
        assert store.commit(1, oid)
    assert store._cache.currsize <= 10_000


def test_many_at_once(objects):
    contents = {oid_of(Kind.BLOB, b"%d" % n): b"%d" % n for n in range(1200)}
    objects.write(1, [(Kind.BLOB, data) for data in contents.values()])
    asked = [*contents, "0" * 40, *contents]
    assert objects.read_many(1, asked) == contents
    assert objects.sizes(1, asked) == {oid: len(data) for oid, data in contents.items()}
    assert objects.kinds(1, asked) == dict.fromkeys(contents, Kind.BLOB)
    assert objects.has(1, asked) == contents.keys()
    assert objects.has(1, []) == set()
    assert objects.used(1) == sum(map(len, contents.values()))
    assert objects.used(2) == 0


def test_deleting_a_repo(objects, storage):
    [small, big] = objects.write(1, [(Kind.BLOB, b"x"), (Kind.BLOB, BIG)])
    [other] = objects.write(12, [(Kind.BLOB, BIG)])
    objects.delete_repo(1)
    assert objects.has(1, [small, big]) == set()
    with pytest.raises(HearthubError):
        storage.read_blob(blob_key(1, big), len(BIG))
    assert objects.read(12, other) == (Kind.BLOB, BIG)


def test_many_threads(objects):
    def work(number):
        data = [b"%d-%d" % (number % 3, n) for n in range(50)]
        oids = objects.write(1, [(Kind.COMMIT, commit_bytes(d.decode())) for d in data])
        return [objects.commit(1, oid).message for oid in oids] == [d.decode() for d in data]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(24)))
    assert len(rows(objects)) == 150


def test_at_once_means_all_or_none(objects, monkeypatch):
    """However many they are."""
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    monkeypatch.setattr(module, "AT_ONCE", 2)
    contents = [b"%d" % number for number in range(11)]
    oids = [oid_of(Kind.BLOB, it) for it in contents]

    def write(end):
        with objects.writer(1, at_once=True) as writer:
            for content in contents:
                writer.add(Kind.BLOB, content)
            end()

    def fail():
        raise NotFound("killed")

    with pytest.raises(NotFound, match="killed"):
        write(fail)
    assert not objects.has(1, oids)
    write(list)
    assert objects.has(1, oids) == set(oids)
