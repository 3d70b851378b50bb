import errno
import hashlib
import os
from pathlib import Path

import pytest

from hearthub.errors import TooLarge, Unavailable
from hearthub.storage.spool import Spool, older_files


def test_it_works(tmp_path: Path) -> None:
    with Spool(tmp_path, limit=100, hashed=True) as spool:
        spool.write(b"one", b"two")
        spool.write(b"three")
        spool.write()
        assert spool.size == 11
        assert spool.path.read_bytes() == b"onetwothree"
        assert spool.sha256() == hashlib.sha256(b"onetwothree").hexdigest()
        spool.truncate(3)
        assert spool.path.read_bytes() == b"one"
    assert not list(tmp_path.iterdir())


def test_the_limit_is_kept(tmp_path: Path) -> None:
    with Spool(tmp_path, limit=5) as spool:
        spool.write(b"12345")
        with pytest.raises(TooLarge, match="5 bytes"):
            spool.write(b"6")
        assert spool.size == 5


def test_nothing_stays_after_a_failure(tmp_path: Path) -> None:
    def fail() -> None:
        with Spool(tmp_path, limit=5) as spool:
            spool.write(b"12345")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list(tmp_path.iterdir())


def test_who_took_the_file_keeps_it(tmp_path: Path) -> None:
    with Spool(tmp_path, limit=5) as spool:
        spool.write(b"mine")
        spool.path.rename(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b"mine"


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with Spool(tmp_path, limit=5) as spool:
        descriptor = os.open(full, os.O_WRONLY)
        os.dup2(descriptor, spool.descriptor)
        os.close(descriptor)
        with pytest.raises(Unavailable, match="full") as error:
            spool.write(b"12345")
    assert isinstance(error.value.__cause__, OSError)
    assert error.value.__cause__.errno == errno.ENOSPC


def test_only_old_files_are_removed(tmp_path: Path) -> None:
    for name, age in (("old", 0), ("new", None)):
        (tmp_path / name).write_bytes(b"x")
        if age is not None:
            os.utime(tmp_path / name, (age, age))
    (tmp_path / "folder").mkdir()
    os.utime(tmp_path / "folder", (0, 0))
    assert [path.name for path, _ in older_files(tmp_path, 3600)] == ["old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "new", "old"]


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system may take less than it was given."""
    data = [bytes([i % 256]) * 1000 for i in range(3000)]
    whole, rest = os.pwritev, os.pwrite
    monkeypatch.setattr(os, "pwritev", lambda fd, chunks, at: whole(fd, [chunks[0][:700]], at))
    monkeypatch.setattr(os, "pwrite", lambda fd, chunk, at: rest(fd, bytes(chunk[:99_999]), at))
    with Spool(tmp_path, limit=10**7) as spool:
        spool.write(*data)
        spool.write(b"end")
        monkeypatch.undo()
        assert spool.path.read_bytes() == b"".join(data) + b"end"
