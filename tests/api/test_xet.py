"""Xet over HTTP: what a token and a signed URL open, and what lies are answered."""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from calls import commit, new_repo, put_lfs, tree, unique, xet_token
from hearthub.context import Hub
from hearthub.storage.xet import hashes
from live import LiveHub
from storage.xet_writer import Shard, Xorb, describe_file, describe_xorb, pack_file, whole_file

Signed = tuple[str, bytes, int, int]
NOBODY_HAS = "0" * 63 + "1"


class Store:
    """The content store as one repo's token opens it."""

    def __init__(self, client: httpx.Client, repo: str, scope: str = "write") -> None:
        self.repo, token = repo, xet_token(client, repo, scope)
        self.http = httpx.Client(base_url=token["url"] + "/", headers=token["headers"], timeout=60)

    def post_xorb(self, xorb: Xorb, body: bytes | None = None) -> httpx.Response:
        return self.http.post(f"v1/xorbs/default/{xorb.hash}", content=body or xorb.body)

    def post_shard(self, shard: Shard | bytes, version: str = "v1") -> httpx.Response:
        content = shard if isinstance(shard, bytes) else shard.encode()
        return self.http.post(f"{version}/shards", content=content)

    def upload(self, data: bytes, size: int = 2**16) -> Xorb:
        """A file of one xorb."""
        (xorb,) = pack_file(data, size)
        assert self.post_xorb(xorb).status_code == 200
        answer = self.post_shard(whole_file([xorb]))
        assert (answer.status_code, answer.json()) == (200, {"result": 1})
        return xorb

    def plan(self, file: bytes, version: str = "v1", **headers: str) -> httpx.Response:
        return self.http.get(f"{version}/reconstructions/{hashes.to_text(file)}", headers=headers)


def rows(parts: Hub) -> dict[str, int]:
    tables = ("lfs_object", "xorb", "xet_file", "xorb_owner")
    return {name: parts.db.value(f"select count(*) from {name}") for name in tables}


def spools(hub: LiveHub) -> list[Path]:
    return list((hub.data / "tmp").glob("*.spool"))


def test_upload_and_download(alice: httpx.Client, anyone: httpx.Client) -> None:
    repo, data = new_repo(alice, visibility="private"), os.urandom(300_000)
    store = Store(alice, repo)
    xorb = store.upload(data)
    sha256 = hashlib.sha256(data).hexdigest()
    commit(alice, repo, put_lfs("model.bin", sha256, len(data)))
    item = tree(alice, repo)["model.bin"]
    assert item["lfs"]["oid"] == sha256
    assert alice.get(f"/{repo}/resolve/main/model.bin").content == data
    (fetch,) = store.plan(whole_file([xorb]).files[0].hash).json()["fetch_info"][xorb.hash]
    span = fetch["url_range"]
    part = anyone.get(fetch["url"], headers={"Range": f"bytes={span['start']}-{span['end']}"})
    assert part.status_code == 206
    assert part.content == xorb.body


def test_tokens_come_as_headers_too(alice: httpx.Client) -> None:
    repo = new_repo(alice)
    for scope, rev in (("read", "main"), ("write", "None")):
        answer = alice.get(f"/api/models/{repo}/xet-{scope}-token/{rev}")
        facts = answer.json()
        assert answer.headers["x-xet-cas-url"] == facts["casUrl"]
        assert answer.headers["x-xet-access-token"] == facts["accessToken"]
        assert int(answer.headers["x-xet-token-expiration"]) == facts["exp"] > time.time() + 600
        assert answer.headers["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def signed(alice: httpx.Client) -> Signed:
    """A URL for the middle chunk of a xorb of three; the xorb; the range's two ends."""
    repo, chunks = new_repo(alice), [os.urandom(1000) for _ in range(3)]
    store, xorb = Store(alice, repo), Xorb(chunks)
    assert store.post_xorb(xorb).status_code == 200
    file = describe_file([(xorb, 1, 2)])
    assert store.post_shard(Shard([file], [describe_xorb(xorb)])).status_code == 200
    (fetch,) = store.plan(file.hash).json()["fetch_info"][xorb.hash]
    return fetch["url"], xorb.body, fetch["url_range"]["start"], fetch["url_range"]["end"]


class TestSignedUrls:
    """A neighbour in the same xorb may be somebody else's secret."""

    def test_the_range_and_parts_of_it(self, anyone: httpx.Client, signed: Signed) -> None:
        url, body, start, end = signed
        for a, z in ((start, end), (start + 1, end), (start, start)):
            answer = anyone.get(url, headers={"Range": f"bytes={a}-{z}"})
            assert (answer.status_code, answer.content) == (206, body[a : z + 1])
        two = f"bytes={start}-{start + 9},{end - 9}-{end}"
        answer = anyone.get(url, headers={"Range": two})
        assert answer.status_code == 206
        assert body[start : start + 10] in answer.content
        assert len(answer.content) < 400

    @pytest.mark.parametrize(
        "spec",
        [
            "",
            "bytes=-10",
            "bytes=0-",
            "bytes={a}-",
            "bytes=0-{z}",
            "bytes={a}-{z1}",
            "bytes={a}-{z},0-0",
            "bytes={a}-{z},",
            "bytes=bytes={a}-{z}",
            "lines={a}-{z}",
            "bytes=+{a}-{z}",
        ],
    )
    def test_nothing_outside(self, anyone: httpx.Client, signed: Signed, spec: str) -> None:
        url, _, start, end = signed
        spec = spec.format(a=start, z=end, z1=end + 1)
        answer = anyone.get(url, headers={"Range": spec} if spec else {})
        assert answer.status_code in (403, 416), answer.status_code

    @pytest.mark.parametrize("extra", [{"If-Range": '"x"'}, {"If-None-Match": "*"}, {}])
    @pytest.mark.parametrize("unit", ["bytes=", ""])
    def test_no_header_opens_the_rest(
        self, anyone: httpx.Client, signed: Signed, extra: dict[str, str], unit: str
    ) -> None:
        url, body, start, end = signed
        answer = anyone.get(url, headers={"Range": f"{unit}{start}-{end}", **extra})
        assert answer.status_code == 206
        assert answer.content == body[start : end + 1]

    def test_forged(self, anyone: httpx.Client, signed: Signed, parts: Hub) -> None:
        url, _, start, end = signed
        span = {"Range": f"bytes={start}-{end}"}
        head, _, sig = url.partition("?sig=")
        body, _, mac = sig.partition(".")
        xorb = urlsplit(head).path.rpartition("/")[2]
        expired = parts.storage.signer.sign("xorb", {"x": xorb, "r": f"{start}-{end}"}, -1)
        other = parts.storage.signer.sign("lfs-upload", {"x": xorb, "r": f"{start}-{end}"}, 60)
        forged = [mac, f"{body}.", f"{body}A.{mac}", f".{mac}", "\u00e9.\u00e9", "", expired, other]
        for bad in forged:
            answer = anyone.get(head, params={"sig": bad}, headers=span)
            assert answer.status_code == 403, bad
        elsewhere = head.replace(xorb, NOBODY_HAS)
        answer = anyone.get(
            elsewhere, params={"sig": sig}, headers={"Range": f"bytes={start}-{end}"}
        )
        assert answer.status_code == 403


class TestStoreTokens:
    def test_of_a_reader_writes_nothing(self, alice: httpx.Client, parts: Hub) -> None:
        store = Store(alice, new_repo(alice), "read")
        (xorb,) = pack_file(os.urandom(1000))
        before = rows(parts)
        for path in (f"v1/xorbs/default/{xorb.hash}", f"v1/xorb-grants/default/{xorb.hash}"):
            assert store.http.post(path, content=xorb.body).status_code == 403
        for version in ("v1", "v2"):
            assert store.post_shard(whole_file([xorb]), version).status_code == 403
        assert rows(parts) == before

    @pytest.mark.parametrize("token", ["x", "xet_", "xet_e30.AAAA", "hf_" + "x" * 40, "\u00e9"])
    def test_forged(self, alice: httpx.Client, anyone: httpx.Client, token: str) -> None:
        url = xet_token(alice, new_repo(alice))["url"]
        headers = {"Authorization": f"Bearer {token}".encode("latin-1")}
        answer = anyone.get(f"{url}/v1/reconstructions/{NOBODY_HAS}", headers=headers)
        assert answer.status_code == 401

    def test_expired_or_made_for_else(self, alice: httpx.Client, parts: Hub) -> None:
        url = xet_token(alice, new_repo(alice))["url"]
        claims = {"scope": "write", "repo": 1, "user": 1}
        sign = parts.storage.signer.sign
        for token in (sign("xet", claims, -1), sign("xorb", claims, 60)):
            headers = {"Authorization": f"Bearer xet_{token}"}
            answer = alice.post(f"{url}/v1/shards", headers=headers, content=b"")
            assert answer.status_code == 401

    def test_of_another_repo_reads_nothing_of_this_one(
        self, alice: httpx.Client, charlie: httpx.Client
    ) -> None:
        store = Store(alice, new_repo(alice, visibility="private"))
        xorb = store.upload(os.urandom(5000))
        file = whole_file([xorb]).files[0].hash
        theirs = Store(charlie, new_repo(charlie))
        assert theirs.plan(file).status_code == 404
        assert theirs.http.post(f"v1/xorb-grants/default/{xorb.hash}").status_code == 404
        first_chunk = store.http.get(f"v1/chunks/default/{chunk_of(xorb)}")
        assert first_chunk.status_code == 200
        assert theirs.http.get(f"v1/chunks/default/{chunk_of(xorb)}").status_code == 404

    def test_knowing_hashes_is_not_having_bytes(
        self, alice: httpx.Client, charlie: httpx.Client
    ) -> None:
        """A shard that names another repo's xorb would read it, were it not for the chunk hashes
        and the range hashes, which need the bytes; a commit of its sha256 is refused as well."""
        data = os.urandom(5000)
        Store(alice, new_repo(alice, visibility="private")).upload(data)
        theirs = new_repo(charlie)
        answer = charlie.post(
            f"/api/models/{theirs}/commit/main",
            content=b'{"key":"header","value":{"summary":"s"}}\n{"key":"lfsFile","value":'
            b'{"path":"a","oid":"' + hashlib.sha256(data).hexdigest().encode() + b'"}}',
        )
        assert answer.status_code == 400

    def test_after_the_repo_is_gone(self, alice: httpx.Client, parts: Hub) -> None:
        repo = new_repo(alice)
        store = Store(alice, repo)
        xorb = store.upload(os.urandom(5000))
        assert alice.request("DELETE", "/api/repos/delete", json={"name": repo}).status_code == 200
        before = rows(parts)
        (other,) = pack_file(os.urandom(1000))
        assert store.post_xorb(other).status_code == 404
        assert store.post_shard(whole_file([xorb])).status_code == 404
        assert store.plan(whole_file([xorb]).files[0].hash).status_code == 404
        assert store.http.get(f"v1/chunks/default/{chunk_of(xorb)}").status_code == 404
        assert store.http.post(f"v1/xorb-grants/default/{xorb.hash}").status_code == 404
        assert rows(parts) == before

    def test_after_access_was_taken_away(
        self, hub: LiveHub, alice: httpx.Client, parts: Hub
    ) -> None:
        name = unique("dave")
        parts.accounts.add_user(name)
        parts.accounts.set_member("acme", name, "write")
        repo = new_repo(alice, organization="acme", visibility="private")
        with hub.client(token=parts.accounts.add_token(name)) as dave:
            store = Store(dave, repo)
        xorb = store.upload(os.urandom(5000))
        file = whole_file([xorb]).files[0].hash
        assert store.plan(file).status_code == 200
        parts.accounts.remove_member("acme", name)
        assert store.plan(file).status_code == 404
        assert store.post_xorb(xorb).status_code == 404
        assert store.http.get(f"v1/chunks/default/{chunk_of(xorb)}").status_code == 404

    def test_of_a_disabled_user(self, hub: LiveHub, parts: Hub) -> None:
        name = unique("erin")
        parts.accounts.add_user(name)
        with hub.client(token=parts.accounts.add_token(name)) as erin:
            store = Store(erin, new_repo(erin))
        xorb = store.upload(os.urandom(5000))
        parts.accounts.set_disabled(name, True)
        assert store.plan(whole_file([xorb]).files[0].hash).status_code == 401
        assert store.post_xorb(xorb).status_code == 401


def chunk_of(xorb: Xorb) -> str:
    return hashes.to_text(xorb.leaves()[0][0])


class TestLies:
    """Nothing is acknowledged that was not recomputed, and nothing stays of what was refused."""

    @pytest.fixture
    def store(self, alice: httpx.Client) -> Store:
        return Store(alice, new_repo(alice))

    @pytest.fixture(autouse=True)
    def nothing_stays(self, hub: LiveHub, parts: Hub, store: Store) -> Iterator[None]:
        before = rows(parts)
        yield
        assert rows(parts) == before
        assert spools(hub) == []

    def test_xorbs(self, store: Store) -> None:
        xorb, other = Xorb([os.urandom(500)] * 3), Xorb([os.urandom(500)] * 3)
        body = xorb.body
        lies = {
            "another's bytes": other.body,
            "truncated": body[:-1],
            "half a header": body[:5],
            "a flipped bit": body[:100] + bytes([body[100] ^ 1]) + body[101:],
            "noise": os.urandom(2000),
            "too long a chunk": b"\0\xff\xff\xff\0\xff\xff\xff" + body,
            "an unknown scheme": body[:4] + b"\x09" + body[5:],
            "not lz4": body[:4] + b"\x01" + body[5:],
        }
        for lie, content in lies.items():
            answer = store.post_xorb(xorb, content)
            assert answer.status_code == 400, lie
            assert answer.headers["x-error-message"]
        for name in ("..", "%2e%2e%2fx", "ABC", xorb.hash.upper(), xorb.hash + "0", "%00" * 8):
            answer = store.http.post(f"v1/xorbs/default/{name}", content=body)
            assert answer.status_code in (400, 404), name

    def test_shards(self, store: Store) -> None:
        xorb, unknown = Xorb([os.urandom(500)] * 2), Xorb([os.urandom(500)] * 2)
        file = describe_file([(xorb, 0, 2)])
        lies = {
            "noise": os.urandom(500),
            "nothing": b"",
            "truncated": whole_file([unknown]).encode()[:-60],
            "an unknown xorb": whole_file([unknown]).encode(),
            "a count past the end": Shard([replace(file, count=2**31 - 1)]).encode(),
        }
        for lie, content in lies.items():
            for version in ("v1", "v2"):
                answer = store.post_shard(content, version)
                refused = answer.status_code == 400 or b'"type": "error"' in answer.content
                assert refused, f"{lie}: {answer.status_code} {answer.text}"
                assert b"result" not in answer.content

    def test_too_large(self, store: Store) -> None:
        xorb = Xorb([b"x"])
        with store.http.stream(
            "POST",
            f"v1/xorbs/default/{xorb.hash}",
            content=(b"x" * 2**20 for _ in range(80)),
        ) as answer:
            assert answer.status_code == 413


def test_a_forged_sha256_is_refused(hub: LiveHub, alice: httpx.Client, parts: Hub) -> None:
    store = Store(alice, new_repo(alice))
    xorb = Xorb([os.urandom(500)] * 2)
    assert store.post_xorb(xorb).status_code == 200
    before = rows(parts)
    file = describe_file([(xorb, 0, 2)])
    for lie in (
        replace(file, sha256=hashlib.sha256(b"else").hexdigest()),
        replace(file, hash=b"\1" * 32),
        replace(file, range_hashes=[b"\1" * 32]),
        replace(file, terms=[(xorb.raw_hash, 999, 0, 2)]),
        replace(file, terms=[(xorb.raw_hash, 1000, 0, 3)]),
    ):
        shard = Shard([lie], [describe_xorb(xorb)])
        assert store.post_shard(shard).status_code == 400
        frames = store.post_shard(shard, "v2").text
        assert '"error"' in frames
        assert '"result"' not in frames
    assert rows(parts) == before
    assert spools(hub) == []


def test_parameters_of_a_reconstruction(alice: httpx.Client) -> None:
    store = Store(alice, new_repo(alice))
    xorb = store.upload(os.urandom(10_000), 1000)
    file = whole_file([xorb]).files[0].hash
    assert store.plan(file, "v3").status_code == 404
    assert store.plan(file, Range="bytes=10000-").status_code == 416
    part = store.plan(file, "v2", Range="bytes=1500-1600").json()
    assert part["offset_into_first_range"] == 500
    assert [term["range"] for term in part["terms"]] == [{"start": 1, "end": 2}]
    (url,) = {fetch["url"] for fetch in part["xorbs"][xorb.hash]}
    assert parse_qs(urlsplit(url).query)["sig"]
    for name in ("x", "..", "%2e%2e", NOBODY_HAS.upper() + "A"):
        assert store.http.get(f"v1/reconstructions/{name}").status_code in (400, 404)
