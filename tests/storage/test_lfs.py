import errno
import hashlib
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hearthub.db import Database, DatabaseError
from hearthub.errors import BadRequest, Forbidden, NotFound, TooLarge, Unavailable
from hearthub.settings import Settings
from hearthub.storage import Storage, Upload
from hearthub.storage import lfs as module
from hearthub.storage.lfs import choose_part_size
from storage.conftest import ACME_REPO, ALICE_REPO, CHARLIE_REPO, Client
from storage.xet_writer import Xorb, whole_file

DATA = random.Random(3).randbytes(100_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


def begin(storage: Storage, repo: int = ALICE_REPO, *, multipart: bool = False) -> Upload:
    [upload] = storage.lfs.batch_upload(repo, [(SHA256, len(DATA))], multipart=multipart)
    return upload


def send(storage: Storage, token: str, data: bytes) -> None:
    ticket = storage.lfs.ticket(token)
    with storage.spool(ticket.size, hashed=True) as spool:
        spool.write(data)
        storage.lfs.receive(ticket, spool)


def send_part(storage: Storage, token: str, number: int, data: bytes) -> str:
    ticket = storage.lfs.ticket(token)
    with storage.spool(ticket.part_length(number)) as spool:
        spool.write(data)
        return storage.lfs.receive_part(ticket, number, spool)


def no_bytes_lie_about(settings: Settings) -> bool:
    return not [path for path in settings.data.rglob("*") if path.is_file()]


def test_one_body(storage: Storage, client: Client) -> None:
    upload = begin(storage)
    assert upload.token
    assert upload.part_size is None
    send(storage, upload.token, DATA)
    assert client.read(SHA256, 10, 20_000) == DATA[10:20_000]
    location = storage.locate(ALICE_REPO, SHA256)
    extent = location.extent(0, len(DATA))
    assert extent
    assert extent.path.read_bytes() == DATA
    assert extent.spans == [(0, len(DATA))]
    [stored] = storage.objects(ALICE_REPO, [SHA256]).values()
    assert (stored.size, stored.whole, stored.xet_hash) == (len(DATA), True, None)


def test_what_is_stored_needs_no_sending(storage: Storage) -> None:
    upload = begin(storage)
    assert upload.token
    for _ in range(2):
        send(storage, upload.token, DATA)
    assert begin(storage).token is None
    assert begin(storage).error is None


def test_another_repo_must_send_it_too(storage: Storage) -> None:
    upload = begin(storage)
    assert upload.token
    send(storage, upload.token, DATA)
    assert begin(storage, CHARLIE_REPO).token
    with pytest.raises(NotFound):
        storage.locate(CHARLIE_REPO, SHA256)


@pytest.mark.parametrize("data", [DATA[:-1], DATA[:-1] + b"!", b""])
def test_other_bytes_are_refused(storage: Storage, settings: Settings, data: bytes) -> None:
    upload = begin(storage)
    assert upload.token
    with pytest.raises(BadRequest, match="as claimed"):
        send(storage, upload.token, data)
    with pytest.raises(TooLarge):
        send(storage, upload.token, DATA + b"!")
    assert no_bytes_lie_about(settings)
    assert storage.objects(ALICE_REPO, [SHA256]) == {}


def test_batches_refuse_each_bad_object(storage: Storage, settings: Settings) -> None:
    upload = begin(storage)
    assert upload.token
    send(storage, upload.token, DATA)
    bad = [
        ("x" * 64, 1),
        ("A" * 64, 1),
        ("../" + "a" * 61, 1),
        ("a" * 63, 1),
        ("a" * 64, -1),
        ("a" * 64, settings.max_file + 1),
        (SHA256, len(DATA) + 1),
    ]
    uploads = storage.lfs.batch_upload(ALICE_REPO, [*bad, ("b" * 64, 0)])
    assert all(it.error and not it.token for it in uploads[:-1])
    assert uploads[-1].token
    assert not uploads[-1].error


def test_tokens_cannot_be_made_up(storage: Storage) -> None:
    with pytest.raises(Forbidden):
        storage.lfs.ticket("eyJyIjoxfQ.AAAA")
    with pytest.raises(Forbidden):
        storage.lfs.ticket(storage.signer.sign("other", {"r": 1, "o": SHA256, "s": 1}, 60))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    monkeypatch.setattr(module, "MULTIPART_FROM", 1000)
    monkeypatch.setattr(module, "choose_part_size", lambda _size: 30_000)
    return [DATA[at : at + 30_000] for at in range(0, len(DATA), 30_000)]


def test_parts_in_any_order(
    storage: Storage, client: Client, settings: Settings, parts: list[bytes]
) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    assert (upload.part_size, upload.parts) == (30_000, 4)
    send_part(storage, upload.token, 2, bytes(30_000))  # replaced below
    etags = {send_part(storage, upload.token, n, parts[n - 1]) for n in (4, 2, 1, 3)}
    assert len(etags) == 4
    ticket = storage.lfs.ticket(upload.token)
    storage.lfs.complete(ticket, [3, 1, 2, 4])
    storage.lfs.complete(ticket, [3, 1, 2, 4])
    assert client.read(SHA256, 0, len(DATA)) == DATA
    assert not list((settings.data / "tmp" / "uploads").iterdir())


def test_only_clients_that_know_parts_get_them(storage: Storage, parts: list[bytes]) -> None:
    assert parts
    assert begin(storage).part_size is None


def test_parts_that_are_missing_or_wrong(
    storage: Storage, settings: Settings, parts: list[bytes]
) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    ticket = storage.lfs.ticket(upload.token)
    for number in (1, 2, 3):
        send_part(storage, upload.token, number, parts[number - 1])
    for numbers in ([1, 2, 3], [1, 2, 3, 3], [1, 2, 3, 5], [], [0, 1, 2, 3, 4]):
        with pytest.raises(BadRequest, match="4 parts"):
            storage.lfs.complete(ticket, numbers)
    with pytest.raises(BadRequest, match="Part 4 was not received"):
        storage.lfs.complete(ticket, [1, 2, 3, 4])
    with pytest.raises(BadRequest, match="no part"):
        send_part(storage, upload.token, 5, b"x")
    with pytest.raises(BadRequest, match="no part"):
        send_part(storage, upload.token, 0, b"x")
    with pytest.raises(BadRequest, match="Part 4 has"):
        send_part(storage, upload.token, 4, b"short")
    send_part(storage, upload.token, 4, bytes(10_000))
    with pytest.raises(BadRequest, match="sha256"):
        storage.lfs.complete(ticket, [1, 2, 3, 4])
    assert no_bytes_lie_about(settings)


def test_parts_and_whole_bodies_do_not_mix(storage: Storage, parts: list[bytes]) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    with pytest.raises(BadRequest, match="parts"):
        send(storage, upload.token, DATA)
    small = storage.lfs.batch_upload(ALICE_REPO, [(SHA256, 999)], multipart=True)[0]
    assert small.token
    with pytest.raises(BadRequest, match="no part"):
        send_part(storage, small.token, 1, parts[0])
    with pytest.raises(BadRequest):
        storage.lfs.complete(storage.lfs.ticket(small.token), [1])


def test_completing_twice_at_once(storage: Storage, client: Client, parts: list[bytes]) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    for number, part in enumerate(parts, 1):
        send_part(storage, upload.token, number, part)
    ticket = storage.lfs.ticket(upload.token)

    def complete(_: int) -> bool:
        try:
            storage.lfs.complete(ticket, [1, 2, 3, 4])
        except Unavailable:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert True in list(pool.map(complete, range(12)))
    assert complete(0)
    assert client.read(SHA256, 0, len(DATA)) == DATA


def stop_at_part(monkeypatch: pytest.MonkeyPatch, number: int, error: OSError) -> None:
    """Let the disk fail once, while that part is put together."""
    real = Path.open

    def fail(path: Path, *args: Any) -> Any:
        if path.name == str(number):
            monkeypatch.setattr(Path, "open", real)
            with path.with_name("whole").open("ab") as whole:
                whole.write(b"half a part")
            raise error
        return real(path, *args)

    monkeypatch.setattr(Path, "open", fail)


@pytest.mark.parametrize("number", [1, 3, 4])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_completion_that_stopped_goes_on(
    storage: Storage,
    client: Client,
    settings: Settings,
    parts: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    code: int,
) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    for n, part in enumerate(parts, 1):
        send_part(storage, upload.token, n, part)
    ticket = storage.lfs.ticket(upload.token)
    stop_at_part(monkeypatch, number, OSError(code, "no"))
    with pytest.raises(Unavailable if code == errno.ENOSPC else OSError):
        storage.lfs.complete(ticket, [1, 2, 3, 4])
    storage.lfs.complete(ticket, [1, 2, 3, 4])
    assert client.read(SHA256, 0, len(DATA)) == DATA
    assert not list((settings.data / "tmp" / "uploads").iterdir())


def test_a_completion_goes_on_when_only_the_row_was_missing(
    storage: Storage, client: Client, db: Database, parts: list[bytes]
) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    for n, part in enumerate(parts, 1):
        send_part(storage, upload.token, n, part)
    ticket = storage.lfs.ticket(upload.token)
    db.execute(
        """create trigger broken before insert on lfs_object
        begin select gone from nowhere; end"""
    )
    with pytest.raises(DatabaseError):
        storage.lfs.complete(ticket, [1, 2, 3, 4])
    db.execute("drop trigger broken")
    storage.lfs.complete(ticket, [1, 2, 3, 4])
    assert client.read(SHA256, 0, len(DATA)) == DATA


def test_who_died_while_completing_locks_nobody_out(
    storage: Storage, client: Client, settings: Settings, parts: list[bytes]
) -> None:
    upload = begin(storage, multipart=True)
    assert upload.token
    for n, part in enumerate(parts, 1):
        send_part(storage, upload.token, n, part)
    ticket = storage.lfs.ticket(upload.token)
    lock = settings.data / "tmp" / "uploads" / ticket.upload / "lock"
    code = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert other.stdin
    with other:
        assert other.stdout.readline()
        with pytest.raises(Unavailable, match="already"):
            storage.lfs.complete(ticket, [1, 2, 3, 4])
        other.kill()
    storage.lfs.complete(ticket, [1, 2, 3, 4])
    assert client.read(SHA256, 0, len(DATA)) == DATA


def test_part_sizes_stay_sensible() -> None:
    for size in (1, 10**9, 64 * 10**9, 500 * 10**9):
        part = choose_part_size(size)
        assert part >= 64 * 2**20
        assert part % 2**20 == 0
        assert -(-size // part) <= 1000


def test_both_ways_of_one_object(storage: Storage, client: Client) -> None:
    """Sent as chunks and as a whole, it is one object."""
    xorb = Xorb([DATA])
    client.xorb(xorb)
    client.shard(whole_file([xorb]))
    assert begin(storage).token is None
    other = begin(storage, ACME_REPO)
    assert other.token
    send(storage, other.token, DATA)
    client.shard(whole_file([xorb]), ACME_REPO)
    [stored] = storage.objects(ACME_REPO, [SHA256]).values()
    assert stored.whole
    assert stored.xet_hash
    assert client.read(SHA256, 0, len(DATA), ACME_REPO) == DATA
    blob = storage.locate_blob(f"lfs/{SHA256}", len(DATA))
    assert storage.locate(ACME_REPO, SHA256).extent(0, 9) == blob.extent(0, 9)


def test_a_file_is_taken_over(
    storage: Storage, settings: Settings, client: Client, db: Database
) -> None:
    """One that came by another way: checked as any upload is, and kept until its row is written."""
    path = settings.data / "tmp" / "a.part"
    path.write_bytes(DATA)
    for sha256, size in ((SHA256, len(DATA) - 1), ("0" * 64, len(DATA))):
        with pytest.raises(BadRequest):
            storage.take_file(ALICE_REPO, sha256, size, path)
        assert path.read_bytes() == DATA
    db.execute("alter table lfs_object rename to elsewhere")
    with pytest.raises(DatabaseError):
        storage.take_file(ALICE_REPO, SHA256, len(DATA), path)
    assert path.read_bytes() == DATA
    db.execute("alter table elsewhere rename to lfs_object")
    storage.take_file(ALICE_REPO, SHA256, len(DATA), path)
    assert client.read(SHA256, 0, len(DATA)) == DATA
    assert list(path.parent.glob("a.*")) == []
