"""Shards with changed bytes: either they are refused as such, or they still tell the truth."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hearthub.errors import BadRequest, TooLarge
from hearthub.storage.backends.memory import MemoryBlobs
from hearthub.storage.xet import xorbs
from hearthub.storage.xet.verification import VerifiedFile, survey, verify_shard
from storage.xet_writer import Shard, Xorb, describe_file, describe_xorb

XORB = Xorb([b"one" * 50, b"two" * 60, b"three", b"four" * 9], [0, 1, 2])
OTHER = Xorb([b"five", b"six" * 100])
SHARD = Shard(
    [
        describe_file([(XORB, 0, 4)]),
        describe_file([(XORB, 1, 2), (OTHER, 0, 2), (XORB, 0, 1)]),
        describe_file([(OTHER, 1, 2)]),
    ],
    [describe_xorb(XORB), describe_xorb(OTHER)],
).encode()


def check(folder: Path, shard: bytes) -> list[VerifiedFile]:
    """What the storage does with a shard, in this process."""
    blobs, places, metas = MemoryBlobs(), {}, b""
    for xorb in (XORB, OTHER):
        blobs.put(f"xorbs/{xorb.hash}", xorb.body)
        meta = xorbs.verify(memoryview(xorb.body), xorb.raw_hash).to_bytes()
        places[xorb.raw_hash] = (len(metas), len(meta))
        metas += meta
    (folder / "shard").write_bytes(shard)
    (folder / "metas").write_bytes(metas)
    wanted = survey(folder / "shard")
    if not set(wanted.xorbs) <= set(places):
        raise BadRequest("unknown xorb")
    if sum(wanted.files.values()) > 10**6:
        raise TooLarge("more than these tests want to hash")
    return verify_shard(folder / "shard", blobs, folder / "metas", places, {})


numbers = st.sampled_from([0, 1, 2, 2**7, 2**16, 2**31, 2**32 - 1]).map(
    lambda number: number.to_bytes(4, "little")
)
patches = st.tuples(
    st.integers(0, len(SHARD) - 1), st.one_of(numbers, st.binary(min_size=1, max_size=48))
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(patches, min_size=1, max_size=3), st.integers(0, 200))
@example([(80, b"\xff\xff\xff\xff")], 0)
@example([(84, b"\xff\xff\xff\xff")], 0)
def test_changed_shards(tmp_path: Path, changes: list[tuple[int, bytes]], cut: int) -> None:
    shard = bytearray(SHARD)
    for at, patch in changes:
        shard[at : at + len(patch)] = patch
    try:
        files = check(tmp_path, bytes(shard[: len(SHARD) - cut if cut < 100 else None]))
    except (BadRequest, TooLarge):
        return
    truth = {(file.hash, file.sha256, file.terms) for file in check(tmp_path, SHARD)}
    assert {(file.hash, file.sha256, file.terms) for file in files} <= truth


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.binary(max_size=400))
def test_nonsense_behind_a_header(tmp_path: Path, data: bytes) -> None:
    with pytest.raises((BadRequest, TooLarge)):
        check(tmp_path, SHARD[:48] + data)


@hypothesis_settings(max_examples=300)
@given(st.binary(max_size=200), st.integers(0, 2))
def test_nonsense_xorbs(data: bytes, scheme: int) -> None:
    body = bytes([0, len(data), 0, 0, scheme, 200, 0, 0]) + data
    for nonsense in (data, body):
        with pytest.raises(BadRequest):
            xorbs.verify(memoryview(nonsense), bytes(32))
