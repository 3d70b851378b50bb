"""Reconstructions and streams of stored files, dedup answers, and who gets them."""

import hashlib
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hearthub.db import Database
from hearthub.errors import Forbidden, NotFound, RangeNotSatisfiable, Unavailable
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from hearthub.storage import Storage
from hearthub.storage.backends.memory import MemoryBlobs
from hearthub.storage.xet import hashes, xorbs
from hearthub.storage.xet.shards import BOOKEND, RECORD, TAG
from storage.conftest import ACME_REPO, ALICE_REPO, CHARLIE_REPO, Client
from storage.xet_writer import Shard, Xorb, describe_file, describe_xorb, split, whole_file

RANDOM = random.Random(7)
XORBS = [
    Xorb(split(RANDOM.randbytes(250_000), 9_000), [0, 1, 2]),
    Xorb(split(b"text " * 30_000, 11_000), [1]),
    Xorb(split(RANDOM.randbytes(3_000_000), 2**17), [0]),
    Xorb([RANDOM.randbytes(1)]),
]
TERMS = [
    (0, 3, 9),
    (1, 0, 14),
    (0, 9, 12),
    (2, 0, 23),
    (0, 1, 5),
    (3, 0, 1),
    (2, 5, 6),
    (0, 20, 28),
]
FILE = [(XORBS[xorb], start, end) for xorb, start, end in TERMS]
CONTENT = b"".join(chunk for xorb, start, end in FILE for chunk in xorb.chunks[start:end])
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def upload(client: Client) -> str:
    for xorb in XORBS:
        client.xorb(xorb)
    shard = Shard([describe_file(FILE)], [describe_xorb(xorb) for xorb in XORBS])
    [stored] = client.shard(shard)
    assert stored.xet_hash
    return stored.xet_hash


def unpack_all(body: bytes) -> list[bytes]:
    data = memoryview(body)
    return [bytes(xorbs.unpack(data[o : o + p], s, r)) for o, s, p, r in xorbs.walk(data)]


def fetch(storage: Storage, answer: dict[str, Any], version: int) -> bytes:
    """What a client makes of an answer: fetch the ranges, unpack the chunks, join the terms."""
    chunks: dict[tuple[str, int], bytes] = {}
    for xorb, entries in answer["xorbs" if version == 2 else "fetch_info"].items():
        for entry in entries:
            pairs = (
                [(it["chunks"], it["bytes"]) for it in entry["ranges"]]
                if version == 2
                else [(entry["range"], entry["url_range"])]
            )
            for numbers, place in pairs:
                span = (place["start"], place["end"])
                location = storage.open_xorb(xorb, entry["url"], [span])
                unpacked = unpack_all(b"".join(location.read(span[0], span[1] + 1)))
                assert len(unpacked) == numbers["end"] - numbers["start"]
                for index, chunk in enumerate(unpacked):
                    chunks[xorb, numbers["start"] + index] = chunk
    out = []
    for term in answer["terms"]:
        span = range(term["range"]["start"], term["range"]["end"])
        out.append(b"".join(chunks[term["hash"], number] for number in span))
        assert len(out[-1]) == term["unpacked_length"]
    return b"".join(out)[answer["offset_into_first_range"] :]


@pytest.mark.parametrize("version", [1, 2])
def test_a_client_gets_every_range(client: Client, version: int) -> None:
    file = upload(client)
    size = len(CONTENT)
    spans = [(0, size), (0, 1), (size - 1, size), (5_999, 6_001), (100_000, 10**12)]
    spans += [tuple(sorted(RANDOM.sample(range(size), 2))) for _ in range(60)]  # type: ignore[misc]
    for start, end in spans:
        answer = client.storage.reconstruction(
            ALICE_REPO, file, start, end, client.storage.sign_xorb, version
        )
        got = fetch(client.storage, answer, version)
        assert got[: end - start] == CONTENT[start:end]
        assert len(got) - (min(end, size) - start) < 2**17  # no chunk more than needed


def test_only_needed_chunks_are_named(client: Client) -> None:
    file = upload(client)
    answer = client.storage.reconstruction(ALICE_REPO, file, 0, 1, client.storage.sign_xorb, 2)
    [term] = answer["terms"]
    assert term["range"] == {"start": 3, "end": 4}
    assert answer["offset_into_first_range"] == 0


def test_past_the_end_and_of_others(client: Client) -> None:
    file = upload(client)
    sign = client.storage.sign_xorb
    with pytest.raises(RangeNotSatisfiable) as refusal:
        client.storage.reconstruction(ALICE_REPO, file, len(CONTENT), None, sign, 2)
    assert refusal.value.size == len(CONTENT)
    with pytest.raises(NotFound):
        client.storage.reconstruction(CHARLIE_REPO, file, 0, None, sign, 2)
    with pytest.raises(NotFound):
        client.storage.reconstruction(ALICE_REPO, "0" * 64, 0, None, sign, 2)


def test_a_fragmented_file_gets_several_urls(client: Client) -> None:
    xorb = Xorb([bytes([i % 251, i // 251]) for i in range(1200)])
    client.xorb(xorb)
    file = describe_file([(xorb, at, at + 1) for at in range(0, 1200, 2)])
    [stored] = client.shard(Shard([file]))
    assert stored.xet_hash
    answer = client.storage.reconstruction(
        ALICE_REPO, stored.xet_hash, 0, None, client.storage.sign_xorb, 2
    )
    assert [len(entry["ranges"]) for entry in answer["xorbs"][xorb.hash]] == [200, 200, 200]
    assert hashlib.sha256(fetch(client.storage, answer, 2)).hexdigest() == stored.sha256


def test_a_signature_covers_its_ranges_only(client: Client) -> None:
    upload(client)
    xorb, other = XORBS[0].hash, XORBS[1].hash
    token = client.storage.sign_xorb(xorb, [(10, 20), (40, 50)])
    for allowed in ([(10, 20)], [(12, 15), (40, 50)]):
        assert client.storage.open_xorb(xorb, token, allowed).size
    for refused in ([], [(9, 20)], [(10, 21)], [(10, 50)], [(12, 15), (0, 1)]):
        with pytest.raises(Forbidden):
            client.storage.open_xorb(xorb, token, refused)
    with pytest.raises(Forbidden):
        client.storage.open_xorb(other, token, [(10, 20)])
    with pytest.raises(Forbidden):
        client.storage.open_xorb(xorb, token[:-2], [(10, 20)])


@pytest.fixture
def reader(client: Client) -> Callable[[int, int], bytes]:
    upload(client)
    return lambda start, end: client.read(SHA256, start, end)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.integers(0, len(CONTENT)), st.integers(0, len(CONTENT)))
def test_any_range_streams(reader: Callable[[int, int], bytes], a: int, b: int) -> None:
    start, end = sorted((a, b))
    assert reader(start, end) == CONTENT[start:end]


def test_streams_come_in_large_pieces(client: Client) -> None:
    upload(client)
    pieces = list(client.storage.locate(ALICE_REPO, SHA256).read(0, len(CONTENT)))
    assert max(map(len, pieces)) <= 2**20
    assert len(pieces) < len(TERMS) + len(CONTENT) / 2**16


def test_extents_hold_the_same_bytes(client: Client) -> None:
    upload(client)
    location = client.storage.locate(ALICE_REPO, SHA256)
    found = {}
    for start in (*range(0, len(CONTENT), 70_001), len(CONTENT) - 1):
        for end in {min(start + length, len(CONTENT)) for length in (1, 5000, 2**18)}:
            extent = location.extent(start, end)
            found[start] = extent is not None
            if extent:
                data = extent.path.read_bytes()
                piece = b"".join(data[at : at + length] for at, length in extent.spans)
                assert piece
                assert piece == CONTENT[start : start + len(piece)][: end - start]
    assert found[0] is False  # chunks of xorb 0 are packed in all three ways
    assert found[len(CONTENT) // 2 // 70_001 * 70_001]  # in the middle lies plain xorb 2


def test_a_damaged_xorb_has_no_extents(client: Client, settings: Settings) -> None:
    upload(client)
    [path] = (settings.data / "xorbs").rglob(XORBS[2].hash)
    path.write_bytes(bytes(path.stat().st_size))
    location = client.storage.locate(ALICE_REPO, SHA256)
    assert location.extent(len(CONTENT) // 2, len(CONTENT) // 2 + 1) is None


def test_a_damaged_xorb_is_not_served(client: Client, settings: Settings) -> None:
    upload(client)
    [path] = (settings.data / "xorbs").rglob(XORBS[1].hash)
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(Unavailable, match="damaged"):
        client.read(SHA256, 0, len(CONTENT))
    path.unlink()
    with pytest.raises(Unavailable, match="missing"):
        client.read(SHA256, 0, len(CONTENT))


def test_all_of_it_without_files(db: Database, settings: Settings, sandbox: Sandbox) -> None:
    """A backend that is no folder: the worker reads it through the same contract."""
    client = Client(Storage(db, settings, sandbox, MemoryBlobs()))
    upload(client)
    assert client.read(SHA256, 0, len(CONTENT)) == CONTENT
    assert not (settings.data / "xorbs").exists()


# -- dedup --


def everyone(repo_ids: list[int]) -> set[int]:
    return set(repo_ids)


def nobody(_repo_ids: list[int]) -> set[int]:
    return set()


def read_answer(answer: bytes) -> tuple[bytes, dict[str, list[bytes]]]:
    """A dedup answer as hf_xet reads it: (key, keyed chunk hashes of each xorb)."""
    assert answer[:48] == TAG + struct.pack("<QQ", 2, 200)
    footer = struct.unpack("<9Q32s12Q", answer[-200:])
    end = footer[-1]
    assert footer[:3] == (1, 48, 96)
    assert footer[3:9] == (end, 0, end, 0, end, 0)
    assert end == len(answer) - 200
    assert answer[48:96] == BOOKEND
    at, found = 96, {}
    while answer[at : at + 48] != BOOKEND:
        xorb, _, count, _, _ = RECORD.unpack_from(answer, at)
        rows = RECORD.iter_unpack(answer[at + 48 : at + 48 + 48 * count])
        found[hashes.to_text(xorb)] = [row[0] for row in rows]
        at += 48 + 48 * count
    assert at + 48 == end
    return footer[9], found


def first_chunk(xorb: Xorb) -> str:
    return hashes.to_text(xorb.leaves()[0][0])


def test_the_first_chunk_of_a_file_leads_to_its_xorbs(client: Client) -> None:
    big = [XORBS[0], XORBS[1]]
    for xorb in big:
        client.xorb(xorb)
    client.shard(whole_file(big))
    answer = client.storage.dedup(ALICE_REPO, first_chunk(XORBS[0]), everyone)
    assert answer
    key, found = read_answer(answer)
    assert key != bytes(32)
    assert list(found) == [xorb.hash for xorb in big]
    for xorb in big:
        keyed = [blake3(value, key=key).digest() for value, _ in xorb.leaves()]
        assert found[xorb.hash] == keyed
    again = client.storage.dedup(ALICE_REPO, first_chunk(XORBS[0]), everyone)
    assert again
    assert read_answer(again)[0] != key


def test_unknown_chunks_have_no_answer(client: Client) -> None:
    upload(client)
    assert client.storage.dedup(ALICE_REPO, "0" * 64, everyone) is None
    inner = hashes.to_text(XORBS[0].leaves()[4][0])  # neither first nor eligible
    assert client.storage.dedup(ALICE_REPO, inner, everyone) is None


def test_eligible_chunks_lead_to_their_xorb(client: Client) -> None:
    chunk = next(
        data
        for data in (f"chunk {i}".encode() for i in range(100_000))
        if hashes.is_dedup_eligible(hashes.chunk_hash(data))
    )
    xorb = Xorb([b"before", b"more", chunk, b"after"])
    client.xorb(xorb)
    client.shard(whole_file([xorb]))
    answer = client.storage.dedup(ALICE_REPO, hashes.to_text(hashes.chunk_hash(chunk)), everyone)
    assert answer
    assert xorb.hash in read_answer(answer)[1]


def test_dedup_answers_only_what_the_caller_may_read(client: Client) -> None:
    client.xorb(XORBS[0], ALICE_REPO)
    client.xorb(XORBS[1], ACME_REPO)
    client.shard(whole_file(XORBS[:2]), ALICE_REPO)
    chunk = first_chunk(XORBS[0])
    storage = client.storage
    assert storage.dedup(CHARLIE_REPO, chunk, nobody) is None
    only_acme = storage.dedup(CHARLIE_REPO, chunk, lambda ids: set(ids) & {ACME_REPO})
    assert only_acme is None  # the xorb with the chunk is alice's
    only_alice = storage.dedup(CHARLIE_REPO, chunk, lambda ids: set(ids) & {ALICE_REPO})
    assert only_alice
    assert list(read_answer(only_alice)[1]) == [XORBS[0].hash]
    own = storage.dedup(ALICE_REPO, chunk, nobody)
    assert own
    assert list(read_answer(own)[1]) == [XORBS[0].hash]


def test_a_second_uploader_is_answered_with_what_he_sent(client: Client) -> None:
    """The same file, packed otherwise by somebody who may not read the first repo."""
    client.xorb(XORBS[0], ALICE_REPO)
    client.shard(whole_file([XORBS[0]]), ALICE_REPO)
    halves = [Xorb(XORBS[0].chunks[:10]), Xorb(XORBS[0].chunks[10:])]
    for half in halves:
        client.xorb(half, CHARLIE_REPO)
    client.shard(whole_file(halves), CHARLIE_REPO)
    answer = client.storage.dedup(CHARLIE_REPO, first_chunk(XORBS[0]), nobody)
    assert answer
    assert halves[0].hash in read_answer(answer)[1]
    assert XORBS[0].hash not in read_answer(answer)[1]


def test_a_xorb_of_one_chunk_is_named_to_its_sender_only(client: Client) -> None:
    """Its hash is its chunk's hash, which would be proof enough to claim the chunk."""
    lonely = Xorb([b"secret"])
    client.xorb(lonely, ALICE_REPO)
    client.shard(whole_file([lonely]), ALICE_REPO)
    assert client.storage.dedup(ACME_REPO, lonely.hash, everyone) is None
    assert client.storage.dedup(ALICE_REPO, lonely.hash, everyone)


def test_grants_tell_only_readers(client: Client) -> None:
    xorb = XORBS[0].hash
    known = client.storage.is_xorb_known
    assert not known(ALICE_REPO, xorb, everyone)
    client.xorb(XORBS[0], ALICE_REPO)
    assert known(ALICE_REPO, xorb, nobody)
    assert known(CHARLIE_REPO, xorb, everyone)
    assert not known(CHARLIE_REPO, xorb, nobody)


def test_many_owners_are_asked_about_in_turns(client: Client, db: Database) -> None:
    """Databases limit how many values one statement takes."""
    xorb = XORBS[0]
    client.xorb(xorb)
    client.shard(whole_file([xorb]))
    db.execute(
        """with recursive n (id) as (select 100 union all select id + 1 from n where id < 1300)
        insert into repo (id, uid, type, owner_id, namespace, name, key, visibility, created,
            modified)
        select id, id, 'model', 1, 'alice', id, 'alice/' || id, 'private', 0, 0 from n"""
    )
    db.execute(
        "insert into xorb_owner (xorb, repo_id) select :xorb, id from repo where id >= 100",
        xorb=xorb.hash,
    )
    asked: list[int] = []

    def only(allowed: int) -> Callable[[list[int]], set[int]]:
        def readable(repo_ids: list[int]) -> set[int]:
            asked.append(len(repo_ids))
            return {allowed} & set(repo_ids)

        return readable

    assert client.storage.is_xorb_known(CHARLIE_REPO, xorb.hash, only(1300))
    assert asked == [500, 500, 202]
    assert client.storage.is_xorb_known(CHARLIE_REPO, xorb.hash, only(200))
    assert asked == [500, 500, 202, 500]
    assert client.storage.dedup(CHARLIE_REPO, first_chunk(xorb), only(1300))
    assert not client.storage.dedup(CHARLIE_REPO, first_chunk(xorb), only(99))
    assert max(asked) == 500
    asked.clear()
    assert client.storage.dedup(ALICE_REPO, first_chunk(xorb), only(99))
    assert not asked
