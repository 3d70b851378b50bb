"""Bytes: headers, ranges, conditions (client-protocol.md A7, D)."""

import hashlib
import mimetypes

import httpx
import pytest

from calls import head, lfs_batch, tree
from hearthub.http.types import TEXT, media_type

NAMES = ["empty", "small.txt", "page.html", "mid.txt", "big.bin"]
FILES = pytest.mark.parametrize("name", NAMES)
Contents = dict[str, bytes]


@FILES
def test_head_and_get_agree(
    anyone: httpx.Client, files: str, contents: Contents, name: str
) -> None:
    url, data = f"/{files}/resolve/main/{name}", contents[name]
    found, full = anyone.head(url), anyone.get(url)
    assert full.content == data
    assert found.headers["content-length"] == full.headers["content-length"] == str(len(data))
    for answer in (found, full):
        assert answer.status_code == 200
        assert answer.headers["x-repo-commit"] == head(anyone, files)
        assert answer.headers["accept-ranges"] == "bytes"
        assert "location" not in answer.headers
    item = tree(anyone, files)[name]
    oid = item["lfs"]["oid"] if "lfs" in item else item["oid"]
    assert found.headers["etag"] == full.headers["etag"] == f'"{oid}"'
    assert ("x-linked-size" in found.headers) is (name == "big.bin")
    if name == "big.bin":
        assert oid == hashlib.sha256(data).hexdigest()
        assert found.headers["x-linked-size"] == str(len(data))
        assert found.headers["x-linked-etag"] == found.headers["etag"]
        assert "x-xet-hash" not in found.headers, "it came by LFS: no chunks are known"


@FILES
def test_raw_is_what_git_has(
    anyone: httpx.Client, files: str, contents: Contents, name: str
) -> None:
    answer = anyone.get(f"/{files}/raw/main/{name}")
    item = tree(anyone, files)[name]
    blob = b"blob %d\0" % len(answer.content) + answer.content
    assert hashlib.sha1(blob).hexdigest() == item["oid"]
    assert answer.headers["etag"] == f'"{item["oid"]}"'
    if name == "big.bin":
        assert answer.text.startswith("version https://git-lfs.github.com/spec/v1\n")
    else:
        assert answer.content == contents[name]


@pytest.mark.parametrize("verb", ["resolve", "raw"])
@FILES
def test_what_strangers_upload_never_runs(
    anyone: httpx.Client, files: str, verb: str, name: str
) -> None:
    answer = anyone.get(f"/{files}/{verb}/main/{name}", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "html" not in answer.headers["content-type"]
    assert "content-encoding" not in answer.headers
    if verb == "resolve":
        inline = name == "small.txt" or name == "mid.txt" or name == "page.html"
        kind = "inline" if inline else "attachment"
        assert answer.headers["content-disposition"].startswith(kind)


@pytest.mark.parametrize("name", ["small.txt", "mid.txt", "big.bin"])
def test_ranges(anyone: httpx.Client, files: str, contents: Contents, name: str) -> None:
    data = contents[name]
    size = len(data)
    for spec, start, end in (
        ("0-0", 0, 1),
        ("2-5", 2, 6),
        ("5-", 5, size),
        ("-3", size - 3, size),
        (f"{size - 1}-{size + 100}", size - 1, size),
        (f"-{size + 5}", 0, size),
        (f"{size // 3}-{size // 2}", size // 3, size // 2 + 1),
    ):
        url = f"/{files}/resolve/main/{name}"
        for method in ("GET", "HEAD"):
            answer = anyone.request(method, url, headers={"Range": f"bytes={spec}"})
            assert answer.status_code == 206
            assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
            assert answer.headers["content-length"] == str(end - start)
            assert answer.content == (data[start:end] if method == "GET" else b"")
            assert answer.headers["x-repo-commit"]


@pytest.mark.parametrize("name", NAMES[1:])
def test_ranges_past_the_end(
    anyone: httpx.Client, files: str, contents: Contents, name: str
) -> None:
    size = len(contents[name])
    for spec in (f"{size}-", f"{size + 10}-{size + 20}", "-0"):
        answer = anyone.get(f"/{files}/resolve/main/{name}", headers={"Range": f"bytes={spec}"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{size}"


def test_an_empty_file_has_no_ranges(anyone: httpx.Client, files: str) -> None:
    """Clients that ask for its first byte read the size in the answer."""
    answer = anyone.get(f"/{files}/resolve/main/empty", headers={"Range": "bytes=0-0"})
    assert answer.status_code in (200, 416)
    assert answer.headers["content-range"] == "bytes */0"


@pytest.mark.parametrize(
    "spec", ["bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "lines=0-1", "0-1"]
)
def test_what_is_no_range_is_ignored(anyone: httpx.Client, files: str, spec: str) -> None:
    answer = anyone.get(f"/{files}/resolve/main/small.txt", headers={"Range": spec})
    assert (answer.status_code, answer.content) == (200, b"0123456789")


@pytest.mark.parametrize("name", ["small.txt", "big.bin"])
def test_conditions(anyone: httpx.Client, files: str, name: str) -> None:
    url = f"/{files}/resolve/main/{name}"
    etag = anyone.head(url).headers["etag"]
    for match in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = anyone.get(url, headers={"If-None-Match": match})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert anyone.get(url, headers={"If-None-Match": '"x"'}).status_code == 200
    part = {"Range": "bytes=0-0"}
    assert anyone.get(url, headers={**part, "If-Range": etag}).status_code == 206
    for other in ('"x"', f"W/{etag}", "Sat, 01 Jan 2022 00:00:00 GMT"):
        assert anyone.get(url, headers={**part, "If-Range": other}).status_code == 200


def test_missing(anyone: httpx.Client, files: str) -> None:
    """Absence is cached by clients, at the commit it was asked for."""
    for name in ("none.txt", "none/at/all", "small.txt/x"):
        for answer in (
            anyone.head(f"/{files}/resolve/main/{name}"),
            anyone.get(f"/{files}/resolve/main/{name}"),
        ):
            assert answer.status_code == 404
            assert answer.headers["x-error-code"] == "EntryNotFound"
            assert answer.headers["x-repo-commit"] == head(anyone, files)
    answer = anyone.head(f"/{files}/resolve/none/small.txt")
    assert (answer.status_code, answer.headers["x-error-code"]) == (404, "RevisionNotFound")


def test_lfs_download_needs_no_header(anyone: httpx.Client, files: str, contents: Contents) -> None:
    data = contents["big.bin"]
    oid = hashlib.sha256(data).hexdigest()
    known, unknown = lfs_batch(
        anyone, files, "download", {"oid": oid, "size": len(data)}, {"oid": "a" * 64, "size": 1}
    ).json()["objects"]
    assert unknown["error"]["code"] == 404
    url = known["actions"]["download"]["href"]
    answer = httpx.get(url, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, data[10:20])
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert httpx.get(url.replace(oid, "a" * 64)).status_code in (400, 403, 404)
    assert httpx.get(url[:-1]).status_code == 403
    assert httpx.put(url, content=data).status_code == 403, "a URL to read does not write"


@pytest.mark.parametrize("called", ["application/javascript", "text/javascript", "text/html"])
def test_nothing_is_a_script_on_any_machine(monkeypatch: pytest.MonkeyPatch, called: str) -> None:
    """Systems have tables of types of their own, and a browser runs what is called so."""
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: (called, None))
    assert media_type("a.js") == TEXT
