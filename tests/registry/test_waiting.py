"""Uploads that have not ended count for their repo: pieces of browsers, parts of LFS."""

import fcntl
import hashlib
import os
import resource
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from hearthub.errors import BadRequest, Conflict, OverQuota, TooLarge, Unavailable
from hearthub.registry import Arrival, CommitHeader, Repo
from hearthub.storage import Piece
from hearthub.storage.lfs import Ticket
from registry.shelf import Shelf, open_shelf

LIMIT, SIZE, PART = 1_000_000, 600_000, 200_000


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path, max_namespace_size=LIMIT) as found:
        yield found


@pytest.fixture
def repo(shelf: Shelf) -> Repo:
    return shelf.repo("alice/bert")


def piece_of(shelf: Shelf, repo: Repo, size: int = SIZE) -> Piece:
    pieces = shelf.hub.storage.pieces
    return pieces.piece(pieces.open(repo.id, 1, size), repo.id, 1)


def send(shelf: Shelf, piece: Piece, data: bytes, offset: int = 0) -> int:
    with shelf.hub.storage.spool(len(data)) as spool:
        spool.write(data)
        return shelf.hub.storage.pieces.append(piece, offset, spool)


def left(shelf: Shelf, repo: Repo, size: int) -> bool:
    """Whether the repo has so much left."""
    try:
        shelf.hub.registry.require_room(repo.id, size)
    except OverQuota:
        return False
    return True


def part(shelf: Shelf, ticket: Ticket, number: int, data: bytes) -> None:
    with shelf.hub.storage.spool(len(data)) as spool:
        spool.write(data)
        shelf.hub.storage.lfs.receive_part(ticket, number, spool)


def test_pieces_count_until_they_are_committed(shelf: Shelf, repo: Repo) -> None:
    pieces, data = shelf.hub.storage.pieces, os.urandom(SIZE)
    one, two, other = piece_of(shelf, repo), piece_of(shelf, repo), shelf.repo("alice/other")
    send(shelf, one, data[:500_000])
    with pytest.raises(OverQuota, match=r"The namespace alice uses 1\.1 MB of the 1 MB"):
        send(shelf, two, data)
    assert pieces.received(two) == 0
    assert not left(shelf, other, 550_000)
    with pytest.raises(Conflict):
        send(shelf, one, data[:500_000])
    assert send(shelf, one, data[500_000:], 500_000) == SIZE
    assert left(shelf, other, 350_000)
    arrivals = [Arrival("a.bin", pieces.whole(one), SIZE, one.upload)]
    commit, header = shelf.hub.registry.arrivals.commit, CommitHeader("x")
    with pytest.raises(BadRequest), pieces.ending([one]):
        commit(shelf.actor(), repo, "main", header, arrivals * 2)
    assert not left(shelf, other, 450_000), "it waits on"
    with pieces.ending([one]):
        commit(shelf.actor(), repo, "main", header, arrivals)
    pieces.drop(one)
    assert shelf.hub.storage.waiting.of_repo(repo.id) == 0
    assert left(shelf, other, 350_000)
    assert not left(shelf, other, 450_000)


def elsewhere(shelf: Shelf, repo: Repo) -> int:
    """What waits for a repo, as any other request sees it, and the next start after a crash."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(shelf.hub.storage.waiting.of_repo, repo.id).result()


def test_what_is_being_ended_counts_for_all_others(shelf: Shelf, repo: Repo) -> None:
    """A crash in the middle leaves nothing uncounted, nor do two who end the same."""
    pieces, data = shelf.hub.storage.pieces, os.urandom(SIZE)
    piece = piece_of(shelf, repo)
    send(shelf, piece, data)
    with pieces.ending([piece]):
        with pytest.raises(ValueError, match="also ended"), pieces.ending([piece]):
            raise ValueError("also ended")
        assert elsewhere(shelf, repo) == SIZE
        assert shelf.hub.storage.waiting.of_repo(repo.id) == 0, "it counts as the file that it is"
    assert shelf.hub.storage.waiting.of_repo(repo.id) == SIZE


def test_a_large_file_is_counted_where_it_stops_waiting(shelf: Shelf, repo: Repo) -> None:
    """In one transaction: with a limit that takes it once, and for others at every moment."""
    pieces, data = shelf.hub.storage.pieces, os.urandom(SIZE)
    piece, other = piece_of(shelf, repo), shelf.repo("alice/other")
    send(shelf, piece, data)
    arrivals = [Arrival("a.bin", pieces.whole(piece), SIZE, piece.upload)]
    commit, header = shelf.hub.registry.arrivals.commit, CommitHeader("x" * 100_000)
    with pytest.raises(TooLarge), pieces.ending([piece]):  # after the file was stored
        commit(shelf.actor(), repo, "main", header, arrivals)
    assert elsewhere(shelf, repo) == 0
    assert left(shelf, other, 350_000)
    assert not left(shelf, other, 450_000)
    with pieces.ending([piece]):
        commit(shelf.actor(), repo, "main", CommitHeader("x"), arrivals)
    assert left(shelf, other, 350_000)


def test_many_at_once_do_not_pass_the_limit(shelf: Shelf, repo: Repo) -> None:
    found = [piece_of(shelf, repo) for _ in range(12)]

    def sent(piece: Piece) -> bool:
        try:
            return send(shelf, piece, b"x" * 150_000) > 0
        except OverQuota:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(sent, found)) == 6


def test_a_piece_that_comes_while_another_is_written(shelf: Shelf, repo: Repo) -> None:
    """What is under way goes on counting when the other one is refused."""
    piece, waiting = piece_of(shelf, repo), shelf.hub.storage.waiting
    folder = shelf.folder / "tmp/uploads" / piece.upload
    folder.mkdir()
    waiting.hold(piece.upload, repo.id, PART)
    with (folder / "file").open("ab") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(Unavailable):
            send(shelf, piece, b"x" * PART)
        assert waiting.of_repo(repo.id) == PART
    with pytest.raises(TooLarge):
        send(shelf, piece, b"x" * (SIZE + 1))
    assert waiting.of_repo(repo.id) == PART


def test_a_piece_that_cannot_be_written_whole(tmp_path: Path) -> None:
    """Nothing of it is left, and nothing of it counts; the same comes again later."""
    size = 8_000_000  # more than the databases, which the limit is for as well
    with open_shelf(tmp_path) as shelf:
        repo, waiting = shelf.repo("alice/bert"), shelf.hub.storage.waiting
        piece, data = piece_of(shelf, repo, 2 * size), os.urandom(2 * size)
        send(shelf, piece, data[:size])
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        with shelf.hub.storage.spool(size) as spool:
            spool.write(data[size:])
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1_500_000, before[1]))
            try:
                with pytest.raises(OSError, match="too large"):
                    shelf.hub.storage.pieces.append(piece, size, spool)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert shelf.hub.storage.pieces.received(piece) == waiting.of_repo(repo.id) == size
        assert send(shelf, piece, data[size:], size) == 2 * size
        assert shelf.hub.storage.pieces.whole(piece).read_bytes() == data


def test_what_nobody_ends(shelf: Shelf, repo: Repo) -> None:
    """Counts until it is swept away, a day later; that of a deleted repo for nobody."""
    storage, piece = shelf.hub.storage, piece_of(shelf, repo)
    send(shelf, piece, b"x" * SIZE)
    storage.sweep()
    assert not left(shelf, repo, SIZE)
    old = time.time() - 2 * 86_400
    folder = shelf.folder / "tmp/uploads" / piece.upload
    for path in (folder / "file", folder):
        os.utime(path, (old, old))
    shelf.hub.db.execute("update waiting_upload set created = 0")
    storage.sweep()
    assert not folder.exists()
    assert left(shelf, repo, SIZE)
    send(shelf, piece_of(shelf, repo), b"x" * SIZE)
    shelf.hub.registry.delete(shelf.actor(), "model", "alice/bert")
    assert left(shelf, shelf.repo("alice/next"), SIZE)


def test_parts(shelf: Shelf, repo: Repo) -> None:
    data = os.urandom(SIZE)
    lfs = shelf.hub.storage.lfs
    sha256 = hashlib.sha256(data).hexdigest()
    one, two = (Ticket(repo.id, sha256, SIZE, secrets.token_hex(8), PART) for _ in range(2))
    for number in range(1, 4):
        part(shelf, one, number, data[(number - 1) * PART : number * PART])
    part(shelf, one, 3, data[2 * PART :])
    part(shelf, two, 1, data[:PART])
    part(shelf, two, 2, data[PART : 2 * PART])
    with pytest.raises(OverQuota):
        part(shelf, two, 3, data[2 * PART :])
    shelf.hub.storage.waiting.drop([two.upload])
    lfs.complete(one, [1, 2, 3])
    assert shelf.hub.storage.waiting.of_repo(repo.id) == 0
    assert left(shelf, repo, 350_000)


def test_a_part_that_comes_twice_at_once(shelf: Shelf, repo: Repo) -> None:
    """Counts once, whoever of the two is first, and whatever becomes of the other."""
    ticket = Ticket(repo.id, "0" * 64, SIZE, "up", PART)
    both = Barrier(4)

    def sent(number: int) -> None:
        with shelf.hub.storage.spool(PART) as spool:
            spool.write(b"x" * PART)
            both.wait(10)
            shelf.hub.storage.lfs.receive_part(ticket, number, spool)

    for number in range(1, 4):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(sent, [number] * 4))
        assert shelf.hub.storage.waiting.of_repo(repo.id) == number * PART


def test_parts_of_proposals(tmp_path: Path) -> None:
    """Count as proposals do: strangers fill nobody's namespace with what they never end."""
    with open_shelf(tmp_path, max_namespace_size=10 * LIMIT, max_proposed_size=PART) as shelf:
        repo, charlie = shelf.repo("alice/bert"), shelf.actor("charlie")
        for number in range(2):
            ticket = Ticket(repo.id, "0" * 64, SIZE, f"up{number}", PART, charlie.user_id)
            if number:
                with pytest.raises(OverQuota, match="Proposals of people"):
                    part(shelf, ticket, 1, b"x" * PART)
            else:
                part(shelf, ticket, 1, b"x" * PART)


def test_it_moves_along(shelf: Shelf, repo: Repo) -> None:
    """Into a namespace that has room for the repo, and none for what waits for it."""
    shelf.upload(shelf.repo("acme/full"), os.urandom(SIZE))
    piece = piece_of(shelf, repo)
    send(shelf, piece, os.urandom(SIZE))
    move = shelf.hub.registry.move
    with pytest.raises(OverQuota, match="The namespace acme"):
        move(shelf.actor(), "model", repo.full_name, "acme/bert")
    shelf.hub.storage.pieces.drop(piece)
    assert move(shelf.actor(), "model", repo.full_name, "acme/bert").namespace == "acme"
