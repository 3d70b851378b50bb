"""Commits over HTTP (client-protocol.md A5): preupload, the NDJSON lines, parents, concurrency."""

import base64
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx

from calls import (
    commit,
    delete,
    delete_folder,
    head,
    header,
    ndjson,
    post_commit,
    put,
    put_lfs,
    tree,
    upload_lfs,
)
from live import LiveHub

AWFUL_NAMES = [
    *(
        "a b.txt",
        "a%20b.txt",
        "a%2Fb",
        "a#b",
        "a?b",
        "a+b",
        "a@b",
        "a&b=c",
        "~a",
        "a'\"b",
        "\u00e9",
    ),
    *(
        "\u65e5\u672c/\u8a9e",
        "\U0001f917",
        "-",
        "a:b",
        "[x]{y}",
        "a\u00a0b",
        "dir/refs/pr/1",
        "tree/main",
    ),
]


def offer(path: str, size: int, sample: bytes = b"text\n") -> dict[str, object]:
    return {"path": path, "size": size, "sample": base64.b64encode(sample).decode()}


def preupload(client: httpx.Client, repo: str, *files: object, **more: object) -> dict[str, dict]:  # type: ignore[type-arg]
    answer = client.post(f"/api/models/{repo}/preupload/main", json={"files": files, **more})
    assert answer.status_code == 200, answer.text
    return {file["path"]: file for file in answer.json()["files"]}


class TestPreupload:
    def test_text_binary_and_large(self, alice: httpx.Client, repo: str) -> None:
        found = preupload(
            alice,
            repo,
            offer("a.txt", 5),
            offer("a.dat", 2 * 2**20, b"\0\1\2"),
            offer("small.dat", 5, b"\0\1\2"),
            offer("big.txt", 11 * 2**20),
            offer("w.safetensors", 5),
            offer("empty.bin", 0, b""),
        )
        assert {path: file["uploadMode"] for path, file in found.items()} == {
            "a.txt": "regular",
            "a.dat": "lfs",
            "small.dat": "regular",
            "big.txt": "lfs",
            "w.safetensors": "lfs",
            "empty.bin": "regular",
        }
        assert all(file["shouldIgnore"] is False and file["oid"] is None for file in found.values())

    def test_oid_is_what_lies_there(self, alice: httpx.Client, repo: str) -> None:
        oid = upload_lfs(alice, repo, b"\0" * 100)
        commit(alice, repo, put("a.txt", b"hello\n"), put_lfs("b.bin", oid))
        found = preupload(alice, repo, offer("a.txt", 6), offer("b.bin", 100), offer("c", 1))
        blob = "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object of "hello\n"
        assert [file["oid"] for file in found.values()] == [blob, oid, None]

    def test_many_in_one_call(self, alice: httpx.Client, repo: str) -> None:
        files = [offer(f"d{n % 7}/f{n}.png", 10, b"\x89PNG\0") for n in range(256)]
        assert len(preupload(alice, repo, *files)) == 256

    def test_rules_of_the_same_upload(self, alice: httpx.Client, repo: str) -> None:
        files = offer("a.foo", 5), offer("b.tmp", 5), offer("w.safetensors", 5)
        found = preupload(
            alice, repo, *files, gitAttributes="*.foo filter=lfs diff=lfs -text", gitIgnore="*.tmp"
        )
        assert found["a.foo"]["uploadMode"] == "lfs"
        assert found["w.safetensors"]["uploadMode"] == "regular", "the new file replaces the old"
        assert [found[name]["shouldIgnore"] for name in found] == [False, True, False]

    def test_rules_of_the_repo(self, alice: httpx.Client, repo: str) -> None:
        text = b"*.foo filter=lfs diff=lfs merge=lfs -text\n"
        commit(alice, repo, put(".gitattributes", text), put(".gitignore", b"*.tmp\nbuild/\n"))
        found = preupload(
            alice, repo, offer("x/a.foo", 5), offer("b.tmp", 5), offer("build/c", 5), gitIgnore="d"
        )
        assert found["x/a.foo"]["uploadMode"] == "lfs"
        assert [file["shouldIgnore"] for file in found.values()] == [False, True, True]


class TestLines:
    def test_all_kinds_at_once(self, hub: LiveHub, alice: httpx.Client, repo: str) -> None:
        commit(alice, repo, put("old.txt"), put("gone/a"), put("gone/b/c"), put("keep.txt"))
        oid = upload_lfs(alice, repo, b"binary\0" * 50)
        answer = post_commit(
            alice,
            repo,
            put("dir/new.txt", b"new"),
            put_lfs("w.bin", oid, 350),
            delete("old.txt"),
            delete_folder("gone/"),
            summary="A title",
            description="More words",
        ).json()
        new = head(alice, repo)
        assert answer["success"] is True
        assert answer["commitOid"] == new
        assert answer["commitUrl"] == f"{hub.url}/{repo}/commit/{new}"
        found = tree(alice, repo)
        assert set(found) == {".gitattributes", "dir", "dir/new.txt", "keep.txt", "w.bin"}
        assert found["w.bin"]["lfs"] == {"oid": oid, "size": 350, "pointerSize": 128}
        assert found["w.bin"]["size"] == 350
        (last, *_) = alice.get(f"/api/models/{repo}/commits/main?expand[]=formatted").json()
        assert (last["title"], last["message"]) == ("A title", "More words")
        assert last["formatted"]["title"] == "A title"

    def test_text_without_base64_and_utf8(self, alice: httpx.Client, repo: str) -> None:
        line = {
            "key": "file",
            "value": {"path": "a.txt", "content": "h\u00e9", "encoding": "utf-8"},
        }
        commit(alice, repo, line)
        assert alice.get(f"/{repo}/raw/main/a.txt").text == "h\u00e9"

    def test_awful_names(self, alice: httpx.Client, repo: str) -> None:
        commit(alice, repo, *(put(name, name.encode()) for name in AWFUL_NAMES))
        found = tree(alice, repo)
        assert set(AWFUL_NAMES) <= set(found)
        for name in AWFUL_NAMES:
            for safe in ("/", ""):
                answer = alice.get(f"/{repo}/resolve/main/{quote(name, safe=safe)}")
                assert answer.content == name.encode(), name
            (item,) = alice.post(f"/api/models/{repo}/paths-info/main", data={"paths": name}).json()
            assert item == found[name]

    def test_deleting(self, alice: httpx.Client, repo: str) -> None:
        commit(alice, repo, put("1/a"), put("1/b"), put("file"))
        commit(alice, repo, delete("1"))  # a folder, named as if it were a file
        assert set(tree(alice, repo)) == {".gitattributes", "file"}
        now = commit(alice, repo, delete_folder("missing"))
        assert now == head(alice, repo)
        answer = post_commit(alice, repo, put("x"), delete("missing"))
        assert (answer.status_code, answer.headers["x-error-code"]) == (404, "EntryNotFound")
        assert "x" not in tree(alice, repo)

    def test_copies_need_no_size(self, alice: httpx.Client, repo: str) -> None:
        oid = upload_lfs(alice, repo, b"weights" * 100)
        commit(alice, repo, put_lfs("a.bin", oid, 700))
        commit(alice, repo, put_lfs("copy/b.bin", oid))
        found = tree(alice, repo)
        assert found["copy/b.bin"]["oid"] == found["a.bin"]["oid"]
        assert alice.get(f"/{repo}/resolve/main/copy/b.bin").content == b"weights" * 100

    def test_nothing_new_is_no_commit(self, alice: httpx.Client, repo: str) -> None:
        first = commit(alice, repo, put("a.txt"))
        assert commit(alice, repo, put("a.txt")) == first
        assert commit(alice, repo) == first
        assert alice.get(f"/api/models/{repo}/commits/main").headers["x-total-count"] == "2"

    def test_last_line_wins(self, alice: httpx.Client, repo: str) -> None:
        commit(alice, repo, put("a.txt", b"one"), put("a.txt", b"two"))
        assert alice.get(f"/{repo}/raw/main/a.txt").text == "two"


class TestParents:
    def test_stale(self, alice: httpx.Client, repo: str) -> None:
        old = head(alice, repo)
        new = commit(alice, repo, put("a"), parentCommit=old)
        answer = post_commit(alice, repo, put("b"), parentCommit=old)
        assert answer.status_code == 412
        assert answer.json()["error"].startswith("The branch was updated since")
        assert "b" not in tree(alice, repo)
        for length in (5, 7, 39):
            new = commit(alice, repo, put("c", os.urandom(8)), parentCommit=new[:length])

    def test_branches(self, alice: httpx.Client, repo: str) -> None:
        api = f"/api/models/{repo}"
        assert alice.post(f"{api}/branch/feat%2Fx", json={}).status_code == 200
        commit(alice, repo, put("a"), rev="feat%2Fx")
        commit(alice, repo, put("b"), rev="refs%2Fheads%2Ffeat%2Fx")
        assert set(tree(alice, repo, "feat%2Fx")) == {".gitattributes", "a", "b"}
        assert set(tree(alice, repo, "refs/heads/feat%2Fx")) == {".gitattributes", "a", "b"}
        assert set(tree(alice, repo)) == {".gitattributes"}
        for rev in ("nope", head(alice, repo), "refs%2Ftags%2Fx"):
            answer = post_commit(alice, repo, put("c"), rev=rev)
            assert (answer.status_code, answer.headers["x-error-code"]) == (404, "RevisionNotFound")


def test_concurrent_commits_lose_nothing(hub: LiveHub, repo: str) -> None:
    def work(worker: int) -> None:
        with hub.client("alice") as client:
            for n in range(6):
                commit(client, repo, put(f"w{worker}/f{n}.txt", f"{worker} {n}".encode()))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with hub.client("alice") as alice:
        files = {path for path, item in tree(alice, repo).items() if item["type"] == "file"}
        assert files == {".gitattributes"} | {f"w{w}/f{n}.txt" for w in range(8) for n in range(6)}
        history = alice.get(f"/api/models/{repo}/commits/main")
        assert history.headers["x-total-count"] == "49"


def test_a_parent_admits_one_of_many(hub: LiveHub, alice: httpx.Client, repo: str) -> None:
    parent = head(alice, repo)

    def work(worker: int) -> int:
        with hub.client("alice") as client:
            return post_commit(client, repo, put(f"{worker}"), parentCommit=parent).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(work, range(6))) == [200] + [412] * 5


def test_a_body_of_hundred_megabytes(hub: LiveHub, alice: httpx.Client, repo: str) -> None:
    """Twelve files of 9 MB in one request; the server holds few of them at a time."""
    assert hub.process is not None
    contents = [os.urandom(9 * 10**6) for _ in range(12)]

    def body() -> Iterator[bytes]:
        yield ndjson(header())
        for n, content in enumerate(contents):
            yield b"\n" + ndjson(put(f"f{n}.txt", content))

    before = memory_peak(hub.process.pid)
    answer = alice.post(f"/api/models/{repo}/commit/main", content=body())
    assert answer.status_code == 200, answer.text
    after = memory_peak(hub.process.pid)
    if before is not None and after is not None:
        assert after - before < 120 * 2**20, "held whole, it would be 137 MiB and its parts"
    assert alice.get(f"/{repo}/resolve/main/f7.txt").content == contents[7]
    assert list((hub.data / "tmp").glob("*.spool")) == []


def memory_peak(pid: int) -> int | None:
    """The most memory a process ever held, in bytes; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
            fields = dict(line.split(":", 1) for line in status)
    except OSError:
        return None
    return int(fields["VmHWM"].split()[0]) * 1024


def test_validate_yaml(anyone: httpx.Client) -> None:
    good = anyone.post("/api/validate-yaml", json={"content": "---\nlicense: mit\n---\n# Hi"})
    assert good.status_code == 200
    assert good.json()["errors"] == []
    bad = anyone.post("/api/validate-yaml", json={"content": "---\na: [\n---\n", "repoType": "x"})
    assert bad.status_code == 400
    assert bad.json()["errors"][0]["message"]
