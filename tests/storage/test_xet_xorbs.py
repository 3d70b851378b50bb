import os
import random
from pathlib import Path

import lz4.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthub.errors import BadRequest
from hearthub.storage.xet import hashes, xorbs
from hearthub.storage.xet.xorbs import XorbMeta, join_planes, unpack, verify
from storage.xet_writer import Xorb, frame, pack, split


def check(body: bytes, xorb: Xorb) -> XorbMeta:
    return verify(memoryview(body), xorb.raw_hash)


def of_chunk(chunk: bytes) -> Xorb:
    return Xorb([chunk])


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=30), st.data())
def test_what_is_packed_verifies_and_unpacks(chunks: list[bytes], data: st.DataObject) -> None:
    schemes = data.draw(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=5))
    xorb = Xorb(chunks, schemes)
    body = memoryview(xorb.body)
    meta = verify(body, xorb.raw_hash)
    unpacked = [bytes(unpack(body[o : o + p], s, r)) for o, s, p, r in xorbs.walk(body)]
    assert unpacked == chunks
    assert XorbMeta.from_bytes(meta.to_bytes()) == meta
    assert meta.raw_ends[-1] == sum(map(len, chunks))
    assert meta.packed_ends[-1] == len(body)


@given(st.binary(max_size=50))
def test_planes_come_together_again(chunk: bytes) -> None:
    assert join_planes(b"".join(chunk[plane::4] for plane in range(4))) == chunk


def test_the_chunks_of_a_meta_are_found_by_byte() -> None:
    xorb = Xorb([b"a" * 10, b"b" * 5, b"c"])
    meta = check(xorb.body, xorb)
    assert [meta.chunk_at(byte) for byte in (0, 9, 10, 14, 15)] == [0, 0, 1, 1, 2]
    assert [meta.packed_start(chunk) for chunk in range(4)] == [0, 18, 31, 40]


def test_a_footer_is_cut_off() -> None:
    xorb = Xorb([b"a" * 100, b"b" * 100])
    meta = check(xorb.body + b"XETBLOB\1" + os.urandom(200), xorb)
    assert meta.packed_ends[-1] == len(xorb.body)


@given(st.data())
def test_a_truncated_xorb_is_refused(data: st.DataObject) -> None:
    xorb = Xorb([b"a" * 40, b"b" * 400, b"c" * 40], [0, 1, 2])
    length = data.draw(st.integers(0, len(xorb.body) - 1))
    with pytest.raises(BadRequest):
        check(xorb.body[:length], xorb)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_any_changed_byte_of_stored_chunks_is_noticed(at: int, flip: int) -> None:
    xorb = Xorb([b"a" * 40, b"b" * 30])
    body = bytearray(xorb.body)
    body[at % len(body)] ^= flip
    with pytest.raises(BadRequest):
        check(bytes(body), xorb)


def test_another_hash_is_refused() -> None:
    with pytest.raises(BadRequest, match="hash"):
        check(Xorb([b"one"]).body, Xorb([b"two"]))


def lz4_with_dictionary(chunk: bytes) -> bytes:
    """A frame that names a dictionary. Our LZ4 reads it all the same, others do not."""
    plain = lz4.frame.compress(chunk, store_size=False)
    flags, blocks = plain[4], plain[7:]
    for checksum in range(256):
        header = plain[:4] + bytes([flags | 1, plain[5]]) + b"dict" + bytes([checksum])
        try:
            lz4.frame.decompress(header + blocks)
        except RuntimeError:
            continue
        return header + blocks
    raise AssertionError("this LZ4 refuses dictionaries")


CHUNK = b"hello" * 100
BOMB = lz4.frame.compress(bytes(2**24), content_checksum=False)


@pytest.mark.parametrize(
    "body",
    [
        b"\1" + pack(CHUNK, 0)[1:],
        frame(CHUNK, 3, len(CHUNK)),
        frame(CHUNK, 0, len(CHUNK) - 1),
        frame(CHUNK, 0, len(CHUNK) + 1),
        frame(b"", 0, 0),
        frame(bytes(2**17 + 1), 0, 2**17 + 1),
        frame(BOMB, 1, 500),
        frame(BOMB, 1, 2**17),
        frame(BOMB, 2, 500),
        frame(CHUNK, 1, len(CHUNK)),
        frame(lz4.frame.compress(CHUNK)[:-4], 1, len(CHUNK)),
        frame(lz4.frame.compress(CHUNK) + b"more", 1, len(CHUNK)),
        frame(lz4.frame.compress(CHUNK) * 2, 1, len(CHUNK) * 2),
        frame(lz4_with_dictionary(CHUNK), 1, len(CHUNK)),
        frame(b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + lz4.frame.compress(CHUNK), 1, len(CHUNK)),
        frame(b"", 1, len(CHUNK)),
        pack(CHUNK, 0) + b"tail",
    ],
    ids=[
        "version",
        "scheme",
        "too long for its header",
        "too short for its header",
        "empty chunk",
        "chunk over 128 KiB",
        "lz4 bomb",
        "lz4 bomb of the largest chunk",
        "lz4 bomb in planes",
        "not lz4",
        "lz4 without its end",
        "lz4 with a tail",
        "two lz4 frames",
        "lz4 with a dictionary",
        "lz4 behind a skippable frame",
        "no lz4 at all",
        "bytes behind",
    ],
)
def test_lies_about_a_chunk_are_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        check(body, of_chunk(CHUNK))


def test_a_bomb_is_not_unpacked() -> None:
    """16 MiB in 66 KB: only as much as the header admits may be made of it."""
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(BadRequest):
        check(frame(BOMB, 1, 500), of_chunk(CHUNK))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_at_most_8192_chunks() -> None:
    most = Xorb([bytes([i % 251, i // 251]) for i in range(8192)])
    assert len(check(most.body, most)) == 8192
    more = Xorb([*most.chunks, b"x"])
    with pytest.raises(BadRequest, match="8192"):
        check(more.body, more)


def test_at_most_64_mib() -> None:
    full = frame(bytes(2**17), 0, 2**17)
    with pytest.raises(BadRequest, match="67108864"):
        verify(memoryview(full * 513), hashes.ZERO)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "xorb"
    path.touch()
    with pytest.raises(BadRequest):
        xorbs.verify_file(path, "0" * 64)


def test_a_file_verifies_like_its_bytes(tmp_path: Path) -> None:
    xorb = Xorb(split(random.Random(1).randbytes(300_000)), [0, 1, 2])
    path = tmp_path / "xorb"
    path.write_bytes(xorb.body)
    assert xorbs.verify_file(path, xorb.hash) == check(xorb.body, xorb).to_bytes()
