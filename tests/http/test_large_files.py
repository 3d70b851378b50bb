"""Large files through the real server: fast readers, slow ones, and those that leave."""

import hashlib
import json
import random
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from live import LiveHub
from storage.xet_writer import pack_file, whole_file

DATA = random.Random(3).randbytes(9_000_000)
OID = hashlib.sha256(DATA).hexdigest()
STORED = ["lfs", "xet", "packed"]


@pytest.fixture(scope="module")
def large(hub: LiveHub) -> str:
    """A repo that holds the same bytes as one blob, as plain chunks, and as compressed ones."""
    for way in STORED:
        with hub.client("alice") as client:
            client.post("/api/repos/create", json={"name": f"large-{way}"}).raise_for_status()
            repo = f"alice/large-{way}"
            if way == "lfs":
                body = {"operation": "upload", "objects": [{"oid": OID, "size": len(DATA)}]}
                url = f"/{repo}.git/info/lfs/objects/batch"
                [answer] = client.post(url, json=body).json()["objects"]
                client.put(answer["actions"]["upload"]["href"], content=DATA).raise_for_status()
            else:
                token = client.get(f"/api/models/{repo}/xet-write-token/main").json()
                headers = {"Authorization": f"Bearer {token['accessToken']}"}
                xorbs = pack_file(DATA, 70_000, (0,) if way == "xet" else (1, 0))
                for xorb in xorbs:
                    url = f"{token['casUrl']}/v1/xorbs/default/{xorb.hash}"
                    client.post(url, content=xorb.body, headers=headers).raise_for_status()
                shard = whole_file(xorbs).encode()
                url = f"{token['casUrl']}/v1/shards"
                client.post(url, content=shard, headers=headers).raise_for_status()
            pointer = {"path": "f.bin", "algo": "sha256", "oid": OID}
            header = {"key": "header", "value": {"summary": "f"}}
            lines = "\n".join(map(json.dumps, (header, {"key": "lfsFile", "value": pointer})))
            client.post(f"/api/models/{repo}/commit/main", content=lines).raise_for_status()
    return "alice/large"


def path_of(large: str, way: str) -> str:
    return f"/{large}-{way}/resolve/main/f.bin"


@pytest.mark.parametrize("way", STORED)
def test_whole_and_by_range_on_one_connection(hub: LiveHub, large: str, way: str) -> None:
    with hub.client() as client:
        assert client.get(path_of(large, way)).content == DATA
        for start, end in (
            (0, 1),
            (69_999, 70_002),
            (1_000_000, 8_000_000),
            (8_999_999, 9_000_000),
        ):
            headers = {"Range": f"bytes={start}-{end - 1}"}
            answer = client.get(path_of(large, way), headers=headers)
            assert answer.status_code == 206
            assert answer.content == DATA[start:end]


@pytest.mark.parametrize("way", STORED)
def test_a_slow_reader_gets_the_same(hub: LiveHub, large: str, way: str) -> None:
    digest = hashlib.sha256()
    for n, piece in enumerate(sip(hub, path_of(large, way))):
        digest.update(piece)
        if n % 50 == 0:
            time.sleep(0.005)
    assert digest.hexdigest() == OID


def test_two_requests_sent_at_once_are_answered_in_turn(hub: LiveHub, large: str) -> None:
    received = b"".join(sip(hub, path_of(large, "lfs"), path_of(large, "xet"), body_only=False))
    first, _, rest = received.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200")
    assert rest[: len(DATA)] == DATA
    assert rest[len(DATA) :].partition(b"\r\n\r\n")[2] == DATA


def test_a_reader_who_leaves_is_not_read_for(hub: LiveHub, large: str) -> None:
    for way in STORED * 5:
        readers = sip(hub, path_of(large, way))
        next(readers)
        readers.close()
    with hub.client() as client:
        started = time.monotonic()
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - started < 5


def sip(hub: LiveHub, *paths: str, body_only: bool = True) -> Iterator[bytes]:
    """What comes for GETs sent together, by a receiver with little room."""
    address = urlsplit(hub.url)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        client.connect((address.hostname, address.port))
        client.settimeout(30)
        for n, path in enumerate(paths):
            close = "Connection: close\r\n" if n == len(paths) - 1 else ""
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{close}\r\n".encode())
        head = b""
        while body_only and b"\r\n\r\n" not in head:
            head += client.recv(1)
        while piece := client.recv(16 * 1024):
            yield piece
