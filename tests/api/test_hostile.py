"""Odd names and lying bodies: each is refused with a clear 4xx, and leaves nothing behind."""

import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from calls import (
    delete,
    delete_folder,
    header,
    lfs_batch,
    ndjson,
    new_repo,
    post_commit,
    put,
    put_lfs,
    tree,
    upload_lfs,
)
from hearthub.context import Hub
from live import LiveHub

ODD_PATHS = [
    *("..", "../x", "a/../b", "a/..", ".", "./a", "a/./b", "/etc/passwd", "a//b"),
    *(
        "..\\ddd",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\x7f",
        ".git",
        ".git/config",
        "a/.GIT/x",
        ".git ",
        "git~1",
    ),
    *(".g\u200cit/hooks", ".git::$INDEX_ALLOCATION", "x" * 300, "\u00e9" * 200, "d/" * 200 + "f"),
    "a/" * 3000,
]
ODD_REFS = [
    *(
        "..",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "a\0b",
        "-a",
        ".a",
        "a/.b",
    ),
    *("a.lock", "a.lock/b", "a/", "/a", "a//b", "a@{1}", "@", "a\x7f", "x" * 300, ""),
]
ODD_REVS = [*ODD_REFS[:-1], "refs/heads/../../x", "0" * 40, "f" * 7, "refs/", "None", "\u00e9", "%"]
ODD_NAMES = [
    *(
        "..",
        "a/..",
        "a..b",
        "a--b",
        "-a",
        ".a",
        "a.",
        "a-",
        "a b",
        "a\0b",
        "a\\b",
        "a.git",
        "\u00e9",
    ),
    *("x" * 97, "a/b/c", "", "a\nb", "%2e%2e", "a?b", "a#b", "<script>"),
]
NOT_UNICODE = "\udcff"  # %FF in a URL, a lone surrogate in JSON
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


def encoded(text: str) -> str:
    """One segment of a URL. Dots too, or the client would resolve `..` itself."""
    return quote(text, safe="", errors="surrogateescape").replace(".", "%2E")


@pytest.fixture(scope="module")
def secret(alice: httpx.Client) -> tuple[str, str]:
    """A private repo of alice with an object of 200 bytes: its name, the sha256."""
    repo = new_repo(alice, visibility="private")
    return repo, upload_lfs(alice, repo, os.urandom(200))


@pytest.fixture(scope="module")
def theirs(charlie: httpx.Client) -> str:
    """A repo of charlie."""
    return new_repo(charlie)


@pytest.fixture(autouse=True)
def nothing_stays(
    hub: LiveHub, parts: Hub, repo: str, secret: tuple[str, str], theirs: str
) -> Iterator[None]:
    """No ref, no object, no repo, no spooled body is left of what was refused."""
    before = state(parts)
    yield
    assert state(parts) == before
    deadline = time.monotonic() + 10  # a server notices a closed connection a little later
    while spooled := list((hub.data / "tmp").glob("*.spool")):
        assert time.monotonic() < deadline, spooled
        time.sleep(0.02)


def state(parts: Hub) -> list[object]:
    return [
        parts.db.all("select repo_id, name, oid from ref order by repo_id, name"),
        parts.db.all("select repo_id, sha256 from lfs_object order by repo_id, sha256"),
        parts.db.all("select id, key from repo order by id"),
    ]


def send_json(client: httpx.Client, method: str, url: str, body: object) -> httpx.Response:
    """With lone surrogates escaped, which httpx's own JSON could not send."""
    headers = {"Content-Type": "application/json"}
    return client.request(method, url, content=json.dumps(body).encode(), headers=headers)


def refused(answer: httpx.Response, what: object) -> None:
    """A 4xx that says why in both places."""
    assert 400 <= answer.status_code < 500, f"{what!r}: {answer.status_code} {answer.text[:200]}"
    assert answer.headers["x-error-message"], what
    if answer.request.method != "HEAD":
        assert answer.json()["error"], what


@pytest.mark.parametrize("make", [put, delete, delete_folder, lambda path: put_lfs(path, "a" * 64)])
def test_paths_of_a_commit(alice: httpx.Client, repo: str, make) -> None:  # type: ignore[no-untyped-def]
    for path in ODD_PATHS:
        if make is delete_folder and path == "a/" * 3000:
            continue  # too deep to exist, so deleting it is deleting nothing
        refused(post_commit(alice, repo, put("good.txt"), make(path)), path)
    assert set(tree(alice, repo)) == {".gitattributes"}


def test_backslashes_are_unprocessable(alice: httpx.Client, repo: str) -> None:
    """The answer clients' own tests ask for."""
    assert post_commit(alice, repo, put("..\\ddd")).status_code == 422


def test_paths_of_an_offer(alice: httpx.Client, repo: str) -> None:
    for path in ODD_PATHS:
        body = {"files": [{"path": path, "size": 1, "sample": ""}]}
        refused(alice.post(f"/api/models/{repo}/preupload/main", json=body), path)


@pytest.mark.parametrize("verb", ["resolve", "raw"])
def test_paths_to_download(alice: httpx.Client, repo: str, verb: str) -> None:
    for path in ODD_PATHS:
        refused(alice.get(f"/{repo}/{verb}/main/{encoded(path)}"), path)
    refused(alice.get(f"/{repo}/{verb}/main/%ff%fe"), "not UTF-8")
    refused(alice.head(f"/{repo}/{verb}/main/%00"), "NUL")


def test_paths_to_list(alice: httpx.Client, repo: str) -> None:
    for path in ODD_PATHS:
        refused(alice.get(f"/api/models/{repo}/tree/main/{encoded(path)}"), path)
        for body in ({"data": {"paths": path}}, {"json": {"paths": [path]}}):
            answer = alice.post(f"/api/models/{repo}/paths-info/main", **body)  # type: ignore[arg-type]
            if answer.status_code != 200 or answer.json() != []:
                refused(answer, path)


def test_revisions(alice: httpx.Client, repo: str) -> None:
    api = f"/api/models/{repo}"
    for rev in [*ODD_REVS, NOT_UNICODE]:
        name = encoded(rev)
        for answer in (
            alice.get(f"{api}/revision/{name}"),
            alice.get(f"{api}/tree/{name}"),
            alice.get(f"{api}/commits/{name}"),
            alice.post(f"{api}/paths-info/{name}", json={"paths": ["a"]}),
            alice.post(f"{api}/preupload/{name}", json={"files": []}),
            alice.post(f"{api}/commit/{name}", content=ndjson(header(), put("a"))),
            alice.post(f"{api}/super-squash/{name}", json={"message": "m"}),
            alice.post(f"{api}/tag/{name}", json={"tag": "t"}),
            send_json(alice, "POST", f"{api}/branch/b", {"startingPoint": rev}),
            alice.get(f"{api}/xet-read-token/{name}"),
            alice.head(f"/{repo}/resolve/{name}/.gitattributes"),
        ):
            refused(answer, (rev, answer.request.url))


def test_names_of_branches_and_tags(alice: httpx.Client, repo: str) -> None:
    api = f"/api/models/{repo}"
    for name in ODD_REFS:
        refused(alice.post(f"{api}/branch/{encoded(name)}"), name)
        refused(alice.post(f"{api}/tag/main", json={"tag": name}), name)
        refused(alice.delete(f"{api}/branch/{encoded(name)}"), name)
        refused(alice.delete(f"{api}/tag/{encoded(name)}"), name)
    refused(alice.post(f"{api}/branch/%ff"), "not UTF-8")
    refused(send_json(alice, "POST", f"{api}/tag/main", {"tag": NOT_UNICODE}), "a surrogate")


def test_what_is_said(alice: httpx.Client, repo: str) -> None:
    api = f"/api/models/{repo}"
    talk = f"{api}/discussions"
    num = alice.post(talk, json={"title": "t", "description": "d"}).json()["num"]
    for url, body in (
        (f"{api}/super-squash/main", {"message": NOT_UNICODE}),
        (talk, {"title": NOT_UNICODE, "description": "d"}),
        (talk, {"title": "t", "description": NOT_UNICODE}),
        (f"{talk}/{num}/comment", {"comment": NOT_UNICODE}),
        (f"{talk}/{num}/title", {"title": NOT_UNICODE}),
        (f"{talk}/{num}/status", {"status": "closed", "comment": NOT_UNICODE}),
    ):
        refused(send_json(alice, "POST", url, body), url)
    assert alice.get(f"{talk}/{num}").json()["status"] == "open"


def test_names_of_repos(alice: httpx.Client, repo: str) -> None:
    for name in [*ODD_NAMES, NOT_UNICODE]:
        for method, verb, body in (
            ("POST", "create", {"name": name}),
            ("POST", "create", {"name": "x", "organization": name or "-"}),
            ("POST", "move", {"fromRepo": repo, "toRepo": f"alice/{name}"}),
            ("POST", "move", {"fromRepo": f"alice/{name or '-'}", "toRepo": "alice/x"}),
            ("DELETE", "delete", {"name": name or "-"}),
        ):
            refused(send_json(alice, method, f"/api/repos/{verb}", body), (verb, name))
        quoted = encoded(name) or "-"
        for url in (
            f"/api/models/alice/{quoted}",
            f"/api/models/{quoted}/x",
            f"/api/models/{quoted}",
        ):
            refused(alice.get(url), url)
        for url in (f"/alice/{quoted}/resolve/main/x", f"/{quoted}/x/raw/main/x"):
            refused(alice.head(url), url)
        assert alice.get(f"/alice/{quoted}").status_code in (400, 404)
        refused(alice.get(f"/api/users/{quoted}/overview"), name)
        refused(alice.get(f"/api/organizations/{quoted}/members"), name)
        assert alice.get(f"/api/models?author={quoted}").json() == []
        assert alice.get(f"/api/models?search={quoted}").status_code == 200
    for word in ("api", "datasets", "Spaces", "v2"):
        refused(alice.post("/api/repos/create", json={"name": f"{word}/x"}), word)


HEADER = b'{"key":"header","value":{"summary":"s"}}\n'
LYING_LINES = {
    "nothing": b"",
    "blank": b"\n\n",
    "not JSON": HEADER + b"{",
    "cut in the middle": HEADER + ndjson(put("a", b"x" * 300))[:200],
    "no header": ndjson(put("a")),
    "header last": ndjson(put("a")) + b"\n" + HEADER,
    "two headers": HEADER + HEADER,
    "a list": HEADER + b"[]",
    "a text": HEADER + b'"file"',
    "no value": HEADER + b'{"key":"file"}',
    "an unknown key": HEADER + b'{"key":"rm","value":{"path":"a"}}',
    "key is a list": HEADER + b'{"key":[],"value":{"path":"a"}}',
    "no path": HEADER + b'{"key":"file","value":{"content":""}}',
    "path is a number": HEADER + b'{"key":"file","value":{"path":1,"content":""}}',
    "path is null": HEADER + b'{"key":"deletedFile","value":{"path":null}}',
    "content is a number": HEADER + b'{"key":"file","value":{"path":"a","content":5}}',
    "bad base64": HEADER
    + b'{"key":"file","value":{"path":"a","content":"%%%","encoding":"base64"}}',
    "base64 cut": HEADER
    + b'{"key":"file","value":{"path":"a","content":"aGk","encoding":"base64"}}',
    "a lone surrogate": HEADER + b'{"key":"file","value":{"path":"\\ud800","content":""}}',
    "not UTF-8": HEADER + b'{"key":"file","value":{"path":"\xff","content":""}}',
    "NaN": HEADER + b'{"key":"lfsFile","value":{"path":"a","oid":"%s","size":NaN}}' % (b"a" * 64),
    "size is a text": HEADER
    + b'{"key":"lfsFile","value":{"path":"a","oid":"%s","size":"1"}}' % (b"a" * 64),
    "size is true": HEADER
    + b'{"key":"lfsFile","value":{"path":"a","oid":"%s","size":true}}' % (b"a" * 64),
    "size beyond 64 bits": HEADER
    + b'{"key":"lfsFile","value":{"path":"a","oid":"%s","size":%d}}' % (b"a" * 64, 2**64 - 1),
    "oid too short": HEADER + b'{"key":"lfsFile","value":{"path":"a","oid":"abc"}}',
    "oid in capitals": HEADER + b'{"key":"lfsFile","value":{"path":"a","oid":"%s"}}' % (b"A" * 64),
    "another algorithm": HEADER
    + b'{"key":"lfsFile","value":{"path":"a","algo":"md5","oid":"%s"}}' % (b"a" * 64),
    "an empty summary": b'{"key":"header","value":{"summary":" "}}\n' + ndjson(put("a")),
    "summary is a list": b'{"key":"header","value":{"summary":[]}}\n' + ndjson(put("a")),
    "a huge message": ndjson(header("s", description="x" * 100_000), put("a")),
    "parent is a word": ndjson(header("s", parentCommit="main"), put("a")),
    "parent is short": ndjson(header("s", parentCommit="abcd"), put("a")),
    "nested too deep": HEADER + b'{"key":"file","value":' + b"[" * 100_000,
    "file and folder at once": HEADER + ndjson(put("a"), put("a/b")),
}


@pytest.mark.parametrize("lie", LYING_LINES)
def test_lying_lines(alice: httpx.Client, repo: str, lie: str) -> None:
    answer = alice.post(f"/api/models/{repo}/commit/main", content=LYING_LINES[lie])
    refused(answer, lie)


def test_a_huge_line(alice: httpx.Client, repo: str) -> None:
    def body() -> Iterator[bytes]:
        yield HEADER + b'{"key":"file","value":{"path":"a","content":"'
        for _ in range(70):
            yield b"A" * 2**20
        yield b'"}}'

    assert alice.post(f"/api/models/{repo}/commit/main", content=body()).status_code == 413


def test_a_large_regular_file(alice: httpx.Client, repo: str) -> None:
    answer = post_commit(alice, repo, put("ok.txt"), put("big.txt", b"x" * (10 * 2**20 + 1)))
    assert answer.status_code == 413
    assert "Xet or LFS" in answer.headers["x-error-message"]


def test_bodies_of_the_wrong_shape(alice: httpx.Client, repo: str) -> None:
    api = f"/api/models/{repo}"
    bodies = [b"", b"{", b"[]", b"null", b'"x"', b"NaN", b"[" * 100_000, b"\xff", b'{"a":\xff}']
    bodies += [b'{"name": 1}', b'{"files": {}}', b'{"files": [1]}', b'{"tag": {}}', b'{"oid": []}']
    for body in bodies:
        for method, url in (
            ("POST", "/api/repos/create"),
            ("DELETE", "/api/repos/delete"),
            ("POST", "/api/repos/move"),
            ("POST", "/api/validate-yaml"),
            ("POST", f"{api}/preupload/main"),
            ("POST", f"{api}/tag/main"),
            ("POST", f"/{repo}.git/info/lfs/objects/batch"),
            ("POST", f"/{repo}.git/info/lfs/verify"),
        ):
            headers = {"Content-Type": "application/json"}
            refused(alice.request(method, url, content=body, headers=headers), (url, body[:20]))
    for body in (b"\xff", b"[", b'{"paths": 1}', b'{"paths": [1]}', b"null"):
        headers = {"Content-Type": "application/json"}
        refused(alice.post(f"{api}/paths-info/main", content=body, headers=headers), body)


def test_numbers_out_of_range(alice: httpx.Client, repo: str) -> None:
    api, huge = f"/api/models/{repo}", "9" * 30
    for url in (
        f"{api}/commits/main?skip={huge}",
        f"{api}/commits/main?limit={huge}",
        f"{api}/commits/main?skip=-1",
        f"{api}/likers?skip={huge}",
        "/api/users/alice/likes?skip=" + huge,
        f"{api}/tree/main?limit=0",
        f"/api/models?cursor={huge}-1",
        "/api/models?cursor=1-" + huge,
        "/api/models?cursor=x",
        "/api/models?cursor=%C2%B2-1",
    ):
        refused(alice.get(url), url)


class TestClaims:
    """Naming bytes is not having them."""

    def test_an_object_nobody_sent(self, alice: httpx.Client, repo: str) -> None:
        refused(post_commit(alice, repo, put_lfs("a.bin", "a" * 64, 5)), "unknown")

    def test_an_object_of_another_repo(
        self, alice: httpx.Client, charlie: httpx.Client, secret: tuple[str, str], theirs: str
    ) -> None:
        """Each repo has what was sent to it, and nothing else."""
        _, oid = secret
        for line in (
            put_lfs("a.bin", oid),
            put_lfs("a.bin", oid, 200),
            put("a.bin", POINTER.format(oid, 200).encode()),
        ):
            refused(post_commit(charlie, theirs, line), line)
        (item,) = lfs_batch(charlie, theirs, "download", {"oid": oid, "size": 200}).json()[
            "objects"
        ]
        assert item["error"]["code"] == 404
        (item,) = lfs_batch(charlie, theirs, "upload", {"oid": oid, "size": 200}).json()["objects"]
        assert "actions" in item, "it has to be sent again"

    def test_an_object_of_another_size(self, alice: httpx.Client, secret: tuple[str, str]) -> None:
        repo, oid = secret
        refused(post_commit(alice, repo, put_lfs("a.bin", oid, 201)), "another size")
        refused(post_commit(alice, repo, put("a", POINTER.format(oid, 201).encode())), "pointer")
        (item,) = lfs_batch(alice, repo, "upload", {"oid": oid, "size": 201}).json()["objects"]
        assert item["error"]["code"] == 422

    def test_a_pointer_written_by_hand(self, alice: httpx.Client, repo: str) -> None:
        pointer = POINTER.format("c" * 64, 5).encode()
        refused(post_commit(alice, repo, put("a.bin", pointer)), "a pointer")

    def test_an_offer_larger_than_files_may_be(self, alice: httpx.Client, repo: str) -> None:
        for size in (10**15, 2**63, 10**30):
            answer = lfs_batch(alice, repo, "upload", {"oid": "a" * 64, "size": size})
            if answer.status_code == 200:
                (item,) = answer.json()["objects"]
                assert item["error"]["code"] == 422
                assert "actions" not in item
            else:
                refused(answer, size)
        refused(lfs_batch(alice, repo, "upload", {"oid": "a" * 64, "size": -1}), -1)
        refused(lfs_batch(alice, repo, "upload", {"oid": "../" * 10, "size": 1}), "a path")

    def test_lfs_bytes_that_are_not_as_promised(
        self, alice: httpx.Client, anyone: httpx.Client, repo: str
    ) -> None:
        data = os.urandom(1000)
        oid = hashlib.sha256(data).hexdigest()
        answer = lfs_batch(alice, repo, "upload", {"oid": oid, "size": len(data)})
        url = answer.json()["objects"][0]["actions"]["upload"]["href"]
        for lie in (b"", data[:-1], data + b"x", os.urandom(1000)):
            refused(anyone.put(url, content=lie), len(lie))
        refused(anyone.put(url.replace(oid, "d" * 64), content=data), "another object's URL")
        refused(anyone.put(url.replace("?sig=", "/1?sig="), content=data), "a part of a whole")
        refused(anyone.post(url, json={"oid": oid, "parts": []}), "completed without parts")
        refused(anyone.get(url), "an upload URL to download")
        sig = url.partition("?sig=")[2]
        for bad in (sig[:-1], "x" + sig, sig.partition(".")[0], "", "\u00e9"):
            refused(anyone.put(url.partition("?")[0], params={"sig": bad}, content=data), bad)

    def test_an_expired_upload_url(
        self, anyone: httpx.Client, repo: str, parts: Hub, hub: LiveHub
    ) -> None:
        claims = {"r": 1, "o": "a" * 64, "s": 1}
        expired = parts.storage.signer.sign("lfs-upload", claims, -1)
        answer = anyone.put(f"/lfs/objects/{'a' * 64}", params={"sig": expired}, content=b"x")
        assert answer.status_code == 403
        assert "expired" in answer.headers["x-error-message"]


def test_an_upload_url_of_a_deleted_repo(alice: httpx.Client, anyone: httpx.Client) -> None:
    gone, data = new_repo(alice), b"late"
    oid = hashlib.sha256(data).hexdigest()
    answer = lfs_batch(alice, gone, "upload", {"oid": oid, "size": len(data)})
    url = answer.json()["objects"][0]["actions"]["upload"]["href"]
    assert alice.request("DELETE", "/api/repos/delete", json={"name": gone}).status_code == 200
    refused(anyone.put(url, content=data), "a repo that is gone")


def test_a_body_that_ends_too_soon(hub: LiveHub, repo: str) -> None:
    """Content-Length promises more than comes: nothing of it stays."""
    host, _, port = hub.url.removeprefix("http://").partition(":")
    request = (
        f"POST /api/models/{repo}/commit/main HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {hub.tokens['alice']}\r\nContent-Length: 100000\r\n\r\n"
    ).encode() + ndjson(header(), put("a.txt"))
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(10)
        connection.recv(1000)


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", "99999999999999999999999"])
def test_a_length_that_is_none(hub: LiveHub, repo: str, length: str) -> None:
    host, _, port = hub.url.removeprefix("http://").partition(":")
    request = (
        f"POST /api/models/{repo}/commit/main HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {hub.tokens['alice']}\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request.encode() + b"{}")
        connection.settimeout(10)
        assert connection.recv(1000).split()[1] in (b"400", b"413")


def test_more_than_a_request_may_hold(alice: httpx.Client, repo: str) -> None:
    """Only commits, LFS and Xet go to disk; whatever else is read into memory has a limit."""
    body = b" " * (33 * 2**20)
    for url in (
        f"/api/models/{repo}/paths-info/main",
        f"/api/models/{repo}/branch/a%2Fcommit%2Fb",
        f"/api/models/{repo}/branch/a/commit/b",
        f"/api/models/{repo}/paths-info/a%2Fcommit%2Fb",
        "/api/validate-yaml",
    ):
        assert alice.post(url, content=body).status_code == 413, url
        refused(alice.post(url, content=(body[: 2**20] for _ in range(33))), url)
