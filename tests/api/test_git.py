"""The real git reads what the hub stored, and agrees on every name."""

import subprocess

import httpx
import pytest

from calls import commit, delete_folder, new_repo, put, put_lfs, tree, upload_lfs
from hearthub.context import Hub
from hearthub.registry.objects import ObjectStore


class TestGit:
    """What the API says is what git says of the same objects."""

    @pytest.fixture(scope="class")
    @classmethod
    def exported(
        cls,
        tmp_path_factory: pytest.TempPathFactory,
        parts: Hub,
        alice: httpx.Client,
    ) -> tuple[str, str]:
        """A repo with history, and a bare git repository with all its objects and refs."""
        repo = new_repo(alice)
        oid = upload_lfs(alice, repo, b"\0" * 5000)
        commit(alice, repo, *(put(f"d/{n % 3}/f{n}.txt", b"x" * n) for n in range(40)))
        commit(alice, repo, put_lfs("w.bin", oid), put("a.b"), put("a/b"), put("a0"), put("\u00e9"))
        commit(alice, repo, delete_folder("d/1"), put("big.txt", b"line\n" * 60_000))
        alice.post(f"/api/models/{repo}/tag/main", json={"tag": "v1", "message": "A release"})
        alice.post(f"/api/models/{repo}/branch/one", json={})
        squash = f"/api/models/{repo}/super-squash/one"
        assert alice.post(squash, json={"message": "All"}).status_code == 200
        bare = str(tmp_path_factory.mktemp("git"))
        export(parts, repo, bare)
        return repo, bare

    def test_fsck_finds_nothing(self, exported: tuple[str, str]) -> None:
        checked = git(exported[1], "fsck", "--strict", "--full", "--no-dangling")
        assert checked.strip() == ""

    @pytest.mark.parametrize("rev", ["main", "one", "v1"])
    def test_trees(self, alice: httpx.Client, exported: tuple[str, str], rev: str) -> None:
        repo, bare = exported
        listed = git(bare, "ls-tree", "-r", "-t", "-z", rev).split("\0")[:-1]
        wanted = {}
        for line in listed:
            facts, _, path = line.partition("\t")
            _, kind, oid = facts.split()
            wanted[path] = ("directory" if kind == "tree" else "file", oid)
        found = tree(alice, repo, rev)
        assert {path: (item["type"], item["oid"]) for path, item in found.items()} == wanted
        assert list(found) == list(wanted), "in git's own order"

    def test_history(self, alice: httpx.Client, exported: tuple[str, str]) -> None:
        repo, bare = exported
        for rev in ("main", "one"):
            api = alice.get(f"/api/models/{repo}/commits/{rev}").json()
            log = git(bare, "log", "--format=%H %s", rev).splitlines()
            assert [f"{item['id']} {item['title']}" for item in api] == log

    def test_etags_are_blob_ids(self, alice: httpx.Client, exported: tuple[str, str]) -> None:
        repo, bare = exported
        for path in ("a.b", "d/2/f20.txt", "big.txt"):
            blob = git(bare, "rev-parse", f"main:{path}").strip()
            assert alice.head(f"/{repo}/resolve/main/{path}").headers["etag"] == f'"{blob}"'
            content = git(bare, "cat-file", "blob", blob)
            assert alice.get(f"/{repo}/resolve/main/{path}").text == content
        pointer = git(bare, "cat-file", "blob", "main:w.bin")
        assert alice.get(f"/{repo}/raw/main/w.bin").text == pointer


def export(parts: Hub, repo: str, bare: str) -> None:
    """Every object as the store has it, written by git itself, which names it anew."""
    git(bare, "init", "-q", "--bare", "-b", "main")
    repo_id = parts.db.value("select id from repo where key = :key", key=repo.lower())
    store = ObjectStore(parts.objects_db, parts.storage)
    rows = parts.objects_db.all("select oid from obj where repo_id = :repo", repo=repo_id)
    assert len(rows) > 50
    for (oid,) in rows:
        kind, data = store.read(repo_id, oid.hex())
        options = ("-w", "--literally", "-t", kind.word, "--stdin")
        assert git(bare, "hash-object", *options, data=data).strip() == oid.hex()
    for name, oid in parts.db.all("select name, oid from ref where repo_id = :repo", repo=repo_id):
        git(bare, "update-ref", name, oid)


def git(bare: str, *words: str, data: bytes = b"") -> str:
    done = subprocess.run(["git", "-C", bare, *words], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
