"""Files that come in pieces: any order of failures leaves a right prefix."""

from pathlib import Path

import pytest

from hearthub.db import Database
from hearthub.errors import BadRequest, Conflict, Forbidden, NoRoom, NotFound, TooLarge
from hearthub.storage.objects import LfsObjects
from hearthub.storage.pieces import Piece, Pieces
from hearthub.storage.room import Room
from hearthub.storage.signing import Signer
from hearthub.storage.spool import Spool
from hearthub.storage.waiting import Waiting


@pytest.fixture
def pieces(db: Database, tmp_path: Path) -> Pieces:
    (tmp_path / "uploads").mkdir()
    waiting = Waiting(db, LfsObjects(db), tmp_path / "uploads")
    return Pieces(Signer(db), Room(tmp_path, 0), waiting, tmp_path, 1000)


def spooled(folder: Path, data: bytes) -> Spool:
    spool = Spool(folder, limit=10_000)
    spool.write(data)
    return spool


def test_pieces_make_a_file(pieces: Pieces, tmp_path: Path) -> None:
    piece = pieces.piece(pieces.open(1, 2, 10), 1, 2)
    assert pieces.received(piece) == 0
    for offset, data in ((0, b"abcd"), (4, b"efgh"), (8, b"ij")):
        with pytest.raises(BadRequest, match="go on with it"):
            pieces.whole(piece)
        with spooled(tmp_path, data) as spool:
            assert pieces.append(piece, offset, spool) == offset + len(data)
    assert pieces.whole(piece).read_bytes() == b"abcdefghij"
    pieces.drop(piece)
    assert pieces.received(piece) == 0
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize("offset", [0, 3, 5, 100])
def test_only_the_next_one(pieces: Pieces, tmp_path: Path, offset: int) -> None:
    piece = pieces.piece(pieces.open(1, 2, 10), 1, 2)
    with spooled(tmp_path, b"abcd") as spool:
        pieces.append(piece, 0, spool)
        with pytest.raises(Conflict, match="byte 4"):
            pieces.append(piece, offset, spool)
    assert pieces.received(piece) == 4


def test_no_more_than_was_said(pieces: Pieces, tmp_path: Path) -> None:
    piece = pieces.piece(pieces.open(1, 2, 3), 1, 2)
    with spooled(tmp_path, b"abcd") as spool, pytest.raises(TooLarge):
        pieces.append(piece, 0, spool)
    assert pieces.received(piece) == 0


def test_empty_file(pieces: Pieces) -> None:
    piece = pieces.piece(pieces.open(1, 2, 0), 1, 2)
    assert pieces.whole(piece).read_bytes() == b""


def test_whose_it_is(pieces: Pieces) -> None:
    token = pieces.open(1, 2, 3)
    for repo_id, user_id in ((1, 3), (2, 2)):
        with pytest.raises(NotFound):
            pieces.piece(token, repo_id, user_id)
    for forged in ("", "x", "x.y", token[:-1], "a" + token, "ä.ö"):
        with pytest.raises(Forbidden):
            pieces.piece(forged, 1, 2)
    assert isinstance(pieces.piece(token, 1, 2), Piece)


@pytest.mark.parametrize("size", [-1, 1001, 10**30])
def test_sizes(pieces: Pieces, size: int) -> None:
    with pytest.raises(TooLarge):
        pieces.open(1, 2, size)


def test_room(pieces: Pieces, tmp_path: Path) -> None:
    full = Pieces(pieces._signer, Room(tmp_path, 2**62), pieces._waiting, tmp_path, 1000)
    with pytest.raises(NoRoom):
        full.open(1, 2, 3)
