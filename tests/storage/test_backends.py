"""What every place for bytes must keep, run over each of them."""

import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearthub.errors import Unavailable
from hearthub.storage.backends import PIECE, Blobs, local
from hearthub.storage.backends.local import LocalBlobs
from hearthub.storage.backends.memory import MemoryBlobs

KEY = "xorbs/" + "ab12" * 16
OTHER = "xorbs/" + "ab13" * 16
MISSING = "lfs/" + "00" * 32

BACKENDS: dict[str, Callable[[Path], Blobs]] = {
    "local": lambda folder: LocalBlobs(folder / "blobs"),
    "memory": lambda _folder: MemoryBlobs(),
}


@pytest.fixture(params=BACKENDS)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return BACKENDS[request.param](tmp_path)


def a_file(folder: Path, data: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_bytes_come_back(blobs: Blobs) -> None:
    data = os.urandom(2 * PIECE + 5)
    assert blobs.put(KEY, data)
    assert blobs.size(KEY) == len(data)
    assert blobs.read(KEY, 0, len(data)) == data
    assert blobs.read(KEY, 7, 9) == data[7:9]
    assert blobs.read(KEY, 7, 7) == b""
    pieces = list(blobs.open_range(KEY, 1, len(data) - 1))
    assert b"".join(pieces) == data[1:-1]
    assert max(map(len, pieces)) <= PIECE


def test_a_file_is_taken_over(blobs: Blobs, tmp_path: Path) -> None:
    path = a_file(tmp_path, b"content")
    assert blobs.put_file(KEY, path)
    assert not path.exists()
    assert blobs.read(KEY, 0, 7) == b"content"


def test_the_first_bytes_of_a_key_stay(blobs: Blobs, tmp_path: Path) -> None:
    assert blobs.put(KEY, b"first")
    path = a_file(tmp_path, b"second")
    assert not blobs.put_file(KEY, path)
    assert not path.exists()
    assert not blobs.put(KEY, b"third")
    assert blobs.read(KEY, 0, 5) == b"first"


def test_one_of_many_writers_is_first(blobs: Blobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: blobs.put(KEY, b"same"), range(40)))
    assert results.count(True) == 1
    assert blobs.read(KEY, 0, 4) == b"same"


def test_puts_and_deletes_at_once(blobs: Blobs) -> None:
    keys = [f"git/1/abcd{i:036d}" for i in range(4)]

    def churn(key: str) -> None:
        for _ in range(100):
            blobs.put(key, b"x")
            blobs.delete(key)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(churn, keys))
    assert list(blobs.list("git/1/")) == []


def test_what_is_missing(blobs: Blobs) -> None:
    assert blobs.size(MISSING) is None
    with pytest.raises(Unavailable):
        blobs.read(MISSING, 0, 1)
    with pytest.raises(Unavailable):
        blobs.read(MISSING, 0, 0)
    with pytest.raises(Unavailable):
        list(blobs.open_range(MISSING, 0, 1))


def test_reading_past_the_end_is_no_short_read(blobs: Blobs) -> None:
    blobs.put(KEY, b"four")
    with pytest.raises(Unavailable):
        blobs.read(KEY, 2, 5)
    with pytest.raises(Unavailable):
        list(blobs.open_range(KEY, 2, 5))


def test_deletes(blobs: Blobs) -> None:
    blobs.put(KEY, b"1")
    blobs.put(OTHER, b"2")
    blobs.delete(KEY)
    blobs.delete(KEY)
    assert blobs.size(KEY) is None
    assert blobs.size(OTHER) == 1
    assert blobs.put(KEY, b"3")
    assert blobs.read(KEY, 0, 1) == b"3"


def test_lists(blobs: Blobs) -> None:
    oids = ["1" * 40, "2" * 40, "ab" * 20]
    for oid in oids:
        blobs.put(f"git/1/{oid}", b"x")
    blobs.put(f"git/12/{oids[0]}", b"x")
    blobs.put(KEY, b"x")
    assert sorted(blobs.list("git/1/")) == [f"git/1/{oid}" for oid in oids]
    assert list(blobs.list("xorbs/")) == [KEY]
    assert list(blobs.list("lfs/")) == []


def test_an_empty_blob(blobs: Blobs) -> None:
    blobs.put(KEY, b"")
    assert blobs.size(KEY) == 0
    assert blobs.read(KEY, 0, 0) == b""
    assert list(blobs.open_range(KEY, 0, 0)) == []


@pytest.mark.parametrize(
    "key", ["", "xorbs", "../x", "a/../b", "/etc/passwd", "a/b\n", "a/B", "a//b"]
)
def test_odd_keys_are_bugs(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        blobs.put(key, b"x")
    with pytest.raises(ValueError, match="not a key"):
        blobs.size(key)


def test_another_process_sees_the_same(blobs: Blobs) -> None:
    blobs.put(KEY, b"same")
    assert pickle.loads(pickle.dumps(blobs)).read(KEY, 0, 4) == b"same"


def test_a_path_holds_exactly_the_bytes(blobs: Blobs) -> None:
    blobs.put(KEY, b"same")
    path = blobs.locate(KEY)
    assert path is None or path.read_bytes() == b"same"


def test_local_files_lie_as_drawn_and_leave_nothing(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    blobs.put(KEY, b"x")
    assert (tmp_path / "xorbs" / "ab" / "12" / KEY[6:]).read_bytes() == b"x"
    assert not list((tmp_path / "tmp").iterdir())
    blobs.delete(KEY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tmp", "xorbs"]
    assert not list((tmp_path / "xorbs").iterdir())


def test_every_folder_on_the_way_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that somebody else made, who may not have synced them yet."""
    synced: list[Path] = []
    real = local.sync

    def sync(path: Path) -> None:
        synced.append(path)
        real(path)

    monkeypatch.setattr(local, "sync", sync)
    blobs = LocalBlobs(tmp_path)
    top, middle, leaf = (tmp_path / it for it in ("xorbs", "xorbs/ab", "xorbs/ab/12"))
    leaf.mkdir(parents=True)

    def folders_of_a_put(key: str) -> list[Path]:
        synced.clear()
        blobs.put(key, b"x")
        return [path for path in synced if path.is_dir()]

    assert sorted(folders_of_a_put(KEY)) == [tmp_path, top, middle, leaf]
    assert folders_of_a_put(KEY[:-1] + "f") == [leaf]
    assert folders_of_a_put(OTHER) == [middle / "13", middle]
    for key in (KEY, KEY[:-1] + "f"):
        blobs.delete(key)
    assert not leaf.exists()
    assert folders_of_a_put(KEY) == [leaf, middle]
