"""Shards: what is true is registered, and each lie is refused and leaves nothing."""

import hashlib
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearthub.db import Database
from hearthub.errors import BadRequest, Damaged, NotFound, TooLarge
from hearthub.settings import Settings
from hearthub.storage import Storage
from hearthub.storage.xet import hashes
from hearthub.storage.xet.shards import BOOKEND, TAG
from storage.conftest import ACME_REPO, ALICE_REPO, CHARLIE_REPO, Client
from storage.xet_writer import (
    EMPTY_FILE,
    Shard,
    Xorb,
    describe_file,
    describe_xorb,
    pack_file,
    split,
    whole_file,
)

FIRST = Xorb(split(random.Random(1).randbytes(200_000), 20_000), [0, 1, 2])
SECOND = Xorb([b"second" * 1000, b"chunk" * 500, b"tail"], [1])
SINGLE = Xorb([b"a lonely chunk"])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_it_works(client: Client) -> None:
    assert client.xorb(FIRST)
    assert client.xorb(SECOND)
    file = describe_file([(FIRST, 2, 5), (SECOND, 0, 3), (FIRST, 0, 1), (FIRST, 4, 6)])
    [stored] = client.shard(Shard([file], [describe_xorb(FIRST), describe_xorb(SECOND)]))
    content = b"".join([*FIRST.chunks[2:5], *SECOND.chunks, FIRST.chunks[0], *FIRST.chunks[4:6]])
    assert stored.sha256 == sha256(content)
    assert stored.size == len(content)
    assert client.read(stored.sha256, 0, stored.size) == content
    assert client.storage.objects(ALICE_REPO, [stored.sha256]) == {stored.sha256: stored}
    assert client.storage.used(ALICE_REPO) == len(content)


def test_a_file_belongs_to_the_repo_that_proved_it(client: Client) -> None:
    client.xorb(FIRST)
    [stored] = client.shard(whole_file([FIRST]))
    assert client.storage.objects(CHARLIE_REPO, [stored.sha256]) == {}
    with pytest.raises(NotFound):
        client.storage.locate(CHARLIE_REPO, stored.sha256)
    with pytest.raises(BadRequest, match=stored.sha256):
        client.storage.require(CHARLIE_REPO, [(stored.sha256, stored.size)])
    with pytest.raises(BadRequest, match="bytes"):
        client.storage.require(ALICE_REPO, [(stored.sha256, stored.size + 1)])
    sizes = client.storage.require(ALICE_REPO, [(stored.sha256, stored.size)])
    assert sizes == {stored.sha256: stored.size}


def test_the_same_again_is_no_error(client: Client) -> None:
    for expected in (True, False):
        assert client.xorb(FIRST) is expected
        assert len(client.shard(whole_file([FIRST]))) == 1
    assert client.xorb(FIRST, ACME_REPO) is True


def test_a_shard_alone_gives_another_repo_the_file(client: Client) -> None:
    """What a client does that remembers its uploads: it proves its chunks by range hashes."""
    client.xorb(FIRST)
    client.shard(whole_file([FIRST]))
    [stored] = client.shard(Shard([describe_file([(FIRST, 0, 10)])]), ACME_REPO)
    assert client.read(stored.sha256, 0, 100, ACME_REPO) == b"".join(FIRST.chunks)[:100]


def test_many_files_at_once(client: Client) -> None:
    client.xorb(FIRST)
    files = [describe_file([(FIRST, at, at + 1)]) for at in range(10)]
    stored = client.shard(Shard(files, [describe_xorb(FIRST)]))
    assert [it.sha256 for it in stored] == [sha256(chunk) for chunk in FIRST.chunks]


def test_the_empty_file(client: Client) -> None:
    [stored] = client.shard(Shard([EMPTY_FILE]))
    assert (stored.sha256, stored.size, stored.xet_hash) == (sha256(b""), 0, None)
    assert client.read(stored.sha256, 0, 0) == b""
    assert client.storage.locate(ALICE_REPO, stored.sha256).size == 0


def test_progress_ends_at_the_whole(client: Client) -> None:
    data = os.urandom(2**20) * 66
    [xorb, rest] = pack_file(data, 2**17)
    client.xorb(xorb)
    client.xorb(rest)
    seen: list[tuple[int, int]] = []
    client.shard(whole_file([xorb, rest]), progress=lambda done, total: seen.append((done, total)))
    assert seen
    assert all(0 < done <= total == len(data) for done, total in seen)


def swap(shard: Shard, **changes: object) -> Shard:
    for name, value in changes.items():
        setattr(shard.files[0], name, value)
    return shard


def truth() -> Shard:
    return whole_file([FIRST])


def with_term(xorb: bytes, length: int, start: int, end: int) -> Shard:
    return swap(truth(), terms=[(xorb, length, start, end)])


RAW = FIRST.raw_hash
LIES: dict[str, tuple[Callable[[], Shard], str]] = {
    "forged sha256": (lambda: swap(truth(), sha256=sha256(b"other")), "sha256"),
    "no sha256": (lambda: swap(truth(), sha256=None), "sha256"),
    "forged range hash": (lambda: swap(truth(), range_hashes=[bytes(32)]), "verification"),
    "no range hashes": (lambda: swap(truth(), has_range_hashes=False), "verification"),
    "forged file hash": (lambda: swap(truth(), hash=bytes(31) + b"\1"), "hash"),
    "hash of the empty file": (lambda: swap(truth(), hash=bytes(32)), "hash"),
    "empty file of another name": (lambda: swap(Shard([EMPTY_FILE]), hash=b"x" * 32), "hash"),
    "unknown xorb": (lambda: with_term(SECOND.raw_hash, 200_000, 0, 10), "shard-cache"),
    "term past the last chunk": (lambda: with_term(RAW, 200_000, 0, 11), "chunks"),
    "term backwards": (lambda: with_term(RAW, 200_000, 5, 2), "no chunks"),
    "term of no chunks": (lambda: with_term(RAW, 0, 3, 3), "no chunks"),
    "term of another length": (lambda: with_term(RAW, 199_999, 0, 10), "length"),
    "giant number of terms": (lambda: swap(truth(), count=2**32 - 1), "Truncated"),
    "one term too many": (lambda: swap(truth(), count=2), "."),
    "wrong tag": (lambda: Shard(header=b"x" * 48), "version 2"),
    "wrong version": (lambda: Shard(header=TAG + b"\3" + bytes(15)), "version 2"),
    "footer that is not there": (lambda: Shard(header=TAG + b"\2" + bytes(7) + b"\xc8" * 8), "end"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_refused_and_leaves_nothing(
    client: Client, db: Database, settings: Settings, name: str
) -> None:
    lie, message = LIES[name]
    client.xorb(FIRST)
    shard = lie()
    if name != "wrong tag":
        shard.files.append(describe_file([(FIRST, 0, 3)]))  # a true file does not survive a lie
    with pytest.raises(BadRequest, match=message):
        client.shard(shard)
    for table in ("xet_file", "xet_file_xorb", "xet_dedup", "lfs_object"):
        assert db.value(f"select count(*) from {table}") == 0
    assert not list((settings.data / "tmp").glob("*.spool"))


def lie_about_xorb(change: Callable[[Shard], object]) -> Shard:
    shard = truth()
    change(shard)
    return shard


def replace_chunk(shard: Shard, index: int, value: tuple[bytes, int, int]) -> None:
    shard.xorbs[0].chunks[index] = value


@pytest.mark.parametrize(
    "change",
    [
        lambda shard: replace_chunk(shard, 3, (b"x" * 32, 60_000, 20_000)),
        lambda shard: replace_chunk(shard, 3, (shard.xorbs[0].chunks[3][0], 60_001, 20_000)),
        lambda shard: replace_chunk(shard, 9, (shard.xorbs[0].chunks[9][0], 180_000, 19_999)),
        lambda shard: shard.xorbs[0].chunks.pop(),
        lambda shard: shard.xorbs[0].chunks.append(shard.xorbs[0].chunks[0]),
        lambda shard: setattr(shard.xorbs[0], "raw_size", 1),
        lambda shard: setattr(shard.xorbs[0], "count", 2**32 - 1),
        lambda shard: setattr(shard.xorbs[0], "hash", SECOND.raw_hash),
    ],
    ids=["hash", "offset", "length", "fewer", "more", "raw size", "giant count", "unknown"],
)
def test_a_wrong_chunk_list_is_refused(client: Client, change: Callable[[Shard], object]) -> None:
    client.xorb(FIRST)
    with pytest.raises(BadRequest):
        client.shard(lie_about_xorb(change))


@pytest.mark.parametrize("length", [0, 1, 47, 48, 95, 96, 200, 300, 500, -1])
def test_a_truncated_shard_is_refused(client: Client, length: int) -> None:
    client.xorb(FIRST)
    with pytest.raises(BadRequest):
        client.shard(truth().encode()[:length])


def test_bytes_behind_the_end_are_refused(client: Client) -> None:
    client.xorb(FIRST)
    with pytest.raises(BadRequest, match="end"):
        client.shard(truth().encode() + BOOKEND)


def test_a_small_shard_cannot_ask_for_endless_hashing(client: Client) -> None:
    client.xorb(FIRST)
    huge = describe_file([(FIRST, 0, 10)])
    huge.terms *= 6000
    huge.range_hashes *= 6000
    with pytest.raises(TooLarge):
        client.shard(Shard([huge]))
    halves = [describe_file([(FIRST, 0, at)]) for at in (9, 10)]
    for half in halves:
        half.terms *= 3000
        half.range_hashes *= 3000
    with pytest.raises(TooLarge):
        client.shard(Shard(halves))


def test_a_known_file_may_not_change_its_sha256(client: Client) -> None:
    client.xorb(FIRST)
    client.shard(truth())
    with pytest.raises(BadRequest, match="sha256"):
        client.shard(swap(truth(), sha256=sha256(b"other")), CHARLIE_REPO)


@pytest.mark.parametrize("xorb", ["", "0" * 63, "../../etc/passwd", "A" * 64])
def test_odd_xorb_names_are_refused(storage: Storage, xorb: str) -> None:
    with storage.spool(1000) as spool:
        spool.write(SINGLE.body)
        with pytest.raises(BadRequest):
            storage.receive_xorb(ALICE_REPO, xorb, spool)
    with pytest.raises(BadRequest):
        storage.is_xorb_known(ALICE_REPO, xorb, set)
    with pytest.raises(BadRequest):
        storage.dedup(ALICE_REPO, xorb, set)
    with pytest.raises(BadRequest):
        storage.reconstruction(ALICE_REPO, xorb, 0, None, lambda *_: "", 2)


def test_a_lying_xorb_leaves_nothing(client: Client, db: Database, settings: Settings) -> None:
    with pytest.raises(BadRequest):
        client.xorb(FIRST, body=SECOND.body)
    assert db.value("select count(*) from xorb") == 0
    assert not [path for path in settings.data.rglob("*") if path.is_file()]


def test_a_footer_is_not_stored(client: Client) -> None:
    client.xorb(SECOND, body=SECOND.body + b"XETBLOB" + bytes(100))
    token = client.storage.sign_xorb(SECOND.hash, [(0, 10)])
    assert client.storage.open_xorb(SECOND.hash, token, [(0, 10)]).size == len(SECOND.body)


def test_a_xorb_stored_before_a_crash_is_described_as_it_lies(
    client: Client, settings: Settings
) -> None:
    """The same chunks can be packed in many ways. Another packing must not describe this one."""
    data = b"".join(FIRST.chunks)
    stored = Xorb(FIRST.chunks, [1])
    path = settings.data / "half"
    path.write_bytes(stored.body)
    client.storage.put_blob(f"xorbs/{stored.hash}", path)
    client.xorb(Xorb(FIRST.chunks, [0]))
    [found] = client.shard(truth())
    assert client.read(found.sha256, 0, len(data)) == data


def test_many_at_once(client: Client, db: Database) -> None:
    """Concurrent uploads of the same xorb, packed differently, and of the same shard."""
    packings = [Xorb(FIRST.chunks, [scheme]) for scheme in (0, 1, 2)] * 4
    with ThreadPoolExecutor(8) as pool:
        inserted = list(pool.map(client.xorb, packings))
        assert inserted.count(True) == 1
        shards = list(pool.map(lambda repo: client.shard(truth(), repo), [1, 2, 3] * 4))
    [found] = shards[0]
    assert all(shard == [found] for shard in shards)
    assert client.read(found.sha256, 0, found.size) == b"".join(FIRST.chunks)
    assert db.value("select count(*) from lfs_object") == 3


def test_a_repo_forgets_only_its_own(client: Client) -> None:
    client.xorb(FIRST)
    [found] = client.shard(truth())
    client.shard(truth(), ACME_REPO)
    client.storage.put_blob(f"git/{ALICE_REPO}/{'a' * 40}", b"x")
    client.storage.forget_repo(ALICE_REPO)
    with pytest.raises(NotFound):
        client.storage.locate(ALICE_REPO, found.sha256)
    with pytest.raises(Damaged):
        client.storage.locate_blob(f"git/{ALICE_REPO}/{'a' * 40}", 1)
    assert client.read(found.sha256, 0, 10, ACME_REPO) == FIRST.chunks[0][:10]


def test_hashes_of_a_file_do_not_depend_on_its_packing(client: Client) -> None:
    one = whole_file([FIRST])
    halves = [Xorb(FIRST.chunks[:4]), Xorb(FIRST.chunks[4:])]
    two = whole_file(halves)
    assert one.files[0].hash == two.files[0].hash
    for xorb in (FIRST, *halves):
        client.xorb(xorb)
    assert client.shard(one) == client.shard(two, ACME_REPO)
    assert hashes.to_text(one.files[0].hash) == client.shard(two)[0].xet_hash


def test_stale_files_are_swept(storage: Storage, settings: Settings) -> None:
    old = settings.data / "tmp" / "dead.spool"
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    folder: Path = settings.data / "tmp" / "uploads" / "dead"
    folder.mkdir()
    (folder / "1").write_bytes(b"x")
    os.utime(folder / "1", (0, 0))
    os.utime(folder, (0, 0))
    with storage.spool(10) as spool:
        assert storage.sweep() == (2, 2)
        assert spool.path.exists()
    assert not old.exists()
    assert not folder.exists()
