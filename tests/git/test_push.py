"""The real git pushes, and the API reads the same."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from calls import commit, head, new_repo, put, tree
from git.real import Failed, Git
from live import LiveHub, live_hub
from needs import needs

Cloned = Callable[..., tuple[str, Path]]


class TestStory:
    def test_commits_arrive(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        for number in range(3):
            pushed = git.commit(folder, f"number {number}", a_txt=f"{number}\n" * 100, d__b_md="b")
        git(folder, "push", "--quiet")
        assert head(alice, repo) == pushed
        titles = [it["title"] for it in alice.get(f"/api/models/{repo}/commits/main").json()]
        assert titles == ["number 2", "number 1", "number 0", "initial commit"]
        assert {"a.txt", "d", "d/b.md"} < tree(alice, repo).keys()
        assert alice.get(f"/{repo}/resolve/main/a.txt").text == "2\n" * 100
        assert git(git.clone(repo), "fsck", "--strict", "--full") == ""

    def test_an_index_is_made_as_for_a_commit(
        self, alice: httpx.Client, git: Git, cloned: Cloned
    ) -> None:
        repo, folder = cloned()
        git.commit(folder, README_md="---\nlicense: mit\npipeline_tag: fill-mask\n---\n# Hi\n")
        git(folder, "push", "--quiet")
        git.hub.settle()
        found = alice.get("/api/models", params={"pipeline_tag": "fill-mask", "limit": 1000}).json()
        assert repo in [it["id"] for it in found]

    def test_more_than_other_requests_may_hold(
        self, alice: httpx.Client, git: Git, cloned: Cloned
    ) -> None:
        """A push goes to disk as it comes: no limit of what is held in memory counts for it."""
        repo, folder = cloned()
        for number in range(4):
            (folder / f"{number}.txt").write_bytes(os.urandom(9 * 2**20))
        oid = git.commit(folder, "36 MiB")
        git(folder, "-c", "core.compression=0", "push", "--quiet")
        assert head(alice, repo) == oid
        listed = alice.get(f"/api/models/{repo}/tree/main").json()
        assert sum(it["size"] for it in listed if it["path"].endswith(".txt")) == 36 * 2**20

    def test_branches_and_tags(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        first = git.commit(folder, a_txt="1")
        git(folder, "tag", "--annotate", "v1", "--message", "The first")
        git(folder, "tag", "light")
        git(folder, "push", "--quiet", "origin", "HEAD:refs/heads/dev/x", "v1", "light")
        refs = alice.get(f"/api/models/{repo}/refs").json()
        assert {it["name"]: it["targetCommit"] for it in refs["branches"]}["dev/x"] == first
        assert [it["name"] for it in refs["tags"]] == ["light", "v1"]
        assert git(git.clone(repo), "tag", "-n", "--list", "v1").split() == ["v1", "The", "first"]
        git(folder, "push", "--quiet", "origin", ":dev/x", ":v1")
        refs = alice.get(f"/api/models/{repo}/refs").json()
        assert [it["name"] for it in refs["branches"] + refs["tags"]] == ["main", "light"]

    def test_a_forced_push(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        git.commit(folder, a_txt="1")
        git(folder, "push", "--quiet", "origin", "HEAD:dev")
        git(folder, "reset", "--quiet", "--hard", "origin/main")
        other = git.commit(folder, b_txt="2")
        with pytest.raises(Failed, match="rejected"):
            git(folder, "push", "--quiet", "origin", "HEAD:dev")
        git(folder, "push", "--quiet", "--force", "origin", "HEAD:dev")
        found = alice.get(f"/api/models/{repo}/revision/dev").json()
        assert found["sha"] == other

    def test_from_a_shallow_clone(self, alice: httpx.Client, git: Git) -> None:
        repo = new_repo(alice)
        for number in range(5):
            commit(alice, repo, put("a.txt", str(number).encode()))
        folder = git.clone(repo, "--depth", "1")
        pushed = git.commit(folder, b_txt="b")
        git(folder, "push", "--quiet")
        assert head(alice, repo) == pushed

    def test_a_whole_history_into_a_new_repo(
        self, alice: httpx.Client, git: Git, tmp_path: Path
    ) -> None:
        """Deltas and all: what git packs is what the hub keeps."""
        local = tmp_path / "local"
        git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(local))
        text = "".join(f"line {number}\n" for number in range(2000))
        for number in range(30):
            text = text.replace(f"line {number * 7}\n", f"changed {number}\n")
            git.commit(local, f"c{number}", long_txt=text, d__x_txt=str(number))
        git(local, "gc", "--quiet", "--aggressive")
        repo = new_repo(alice)
        git(local, "push", "--quiet", "--force", git.url(repo), "main")
        folder = git.clone(repo)
        assert git(folder, "rev-parse", "HEAD^{tree}") == git(local, "rev-parse", "HEAD^{tree}")
        assert git(folder, "rev-list", "--count", "HEAD") == "30"
        assert git(folder, "fsck", "--strict", "--full") == ""


class TestLfs:
    def test_there_and_back(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        needs("git-lfs")
        repo, folder = cloned()
        git(folder, "lfs", "install", "--local")
        content = os.urandom(1_000_000) * 200  # more than one part
        git.commit(folder, model_bin=content)
        git(folder, "push", "--quiet")
        item = tree(alice, repo)["model.bin"]
        assert item["lfs"]["oid"] == hashlib.sha256(content).hexdigest()
        other = git.clone(repo)
        git(other, "lfs", "install", "--local")
        git(other, "lfs", "pull")
        assert (other / "model.bin").read_bytes() == content

    def test_a_pointer_to_nothing(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        before = head(alice, repo)
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 5\n"
        git.commit(folder, a_txt=pointer)
        with pytest.raises(Failed, match="a" * 64):
            git(folder, "push", "--quiet")
        assert head(alice, repo) == before


class TestRefused:
    """Nothing changes, and the terminal says why."""

    def test_outsiders(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        before = head(alice, repo)
        git.commit(folder, a_txt="1")
        with pytest.raises(Failed, match="You have no write access"):
            git(folder, "push", git.url(repo, "charlie"), "HEAD:main")
        with pytest.raises(Failed, match="could not read Username"):
            git(folder, "push", git.url(repo, None), "HEAD:main")
        token = git.hub.read_tokens["alice"]
        with pytest.raises(Failed, match="This token may only read"):
            git(folder, "push", git.url(repo, token=token), "HEAD:main")
        assert head(alice, repo) == before

    def test_a_large_file_is_named(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        before = head(alice, repo)
        git.commit(folder, d__big_txt=os.urandom(11 * 2**20))
        with pytest.raises(Failed, match=r"big\.txt \(11,534,336 bytes\).*git lfs migrate"):
            git(folder, "push", "--quiet")
        assert head(alice, repo) == before

    def test_main_stays(self, git: Git, cloned: Cloned) -> None:
        _, folder = cloned()
        with pytest.raises(Failed, match="the branch main cannot be deleted"):
            git(folder, "push", "origin", ":main")

    def test_other_refs(self, git: Git, cloned: Cloned) -> None:
        _, folder = cloned()
        for ref in ("refs/convert/parquet", "refs/x/y"):
            with pytest.raises(Failed, match="only branches, tags and pull requests"):
                git(folder, "push", "origin", f"HEAD:{ref}")
        with pytest.raises(Failed, match="opened and closed on the hub"):
            git(folder, "push", "origin", "HEAD:refs/pr/1")

    def test_all_or_none(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        before = head(alice, repo)
        git.commit(folder, a_txt="1")
        with pytest.raises(Failed, match="atomic"):
            git(folder, "push", "--atomic", "origin", "HEAD:main", "HEAD:refs/x/y")
        assert head(alice, repo) == before
        with pytest.raises(Failed, match="only branches"):
            git(folder, "push", "origin", "HEAD:main", "HEAD:refs/x/y")
        assert head(alice, repo) != before

    def test_a_branch_that_moved(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        git.commit(folder, a_txt="1")
        moved = commit(alice, repo, put("b.txt"))
        with pytest.raises(Failed, match="fetch first"):
            git(folder, "push", "--quiet")
        assert head(alice, repo) == moved
        git(folder, "pull", "--quiet", "--rebase")
        git(folder, "push", "--quiet")
        assert {"a.txt", "b.txt"} < tree(alice, repo).keys()

    def test_a_folder_with_too_many_files(
        self, alice: httpx.Client, git: Git, cloned: Cloned
    ) -> None:
        _, folder = cloned()
        git.commit(folder, **{f"d__f{number}": "x" for number in range(10_001)})
        with pytest.raises(Failed, match="10001 entries, the limit is 10000"):
            git(folder, "push", "--quiet")


class TestQuota:
    @pytest.mark.parametrize("size", [600_000, 1_600_000])
    def test_the_terminal_says_why(self, tmp_path: Path, size: int) -> None:
        """Git sends the smaller at once with its length, the larger in pieces."""
        with live_hub(tmp_path / "data", max_repo_size=400_000) as hub:
            home = tmp_path / "home"
            home.mkdir()
            git, repo = Git(hub, home), new_repo(hub.client("alice"))
            folder = git.clone(repo)
            git.commit(folder, a_txt=os.urandom(size))
            with pytest.raises(Failed, match=f"The repo {repo} uses .* it may use"):
                git(folder, "push", "--quiet")
            assert "a.txt" not in tree(hub.client("alice"), repo)


class TestPulls:
    def test_its_author_pushes_to_a_pull_request(
        self, alice: httpx.Client, charlie: httpx.Client, git: Git
    ) -> None:
        repo = new_repo(alice)
        url = f"/api/models/{repo}/discussions"
        answer = charlie.post(url, json={"title": "Mine", "description": "", "pullRequest": True})
        num = answer.json()["num"]
        folder = git.clone(repo, user="charlie")
        git(folder, "fetch", "--quiet", "origin", f"refs/pr/{num}:pr")
        git(folder, "checkout", "--quiet", "pr")
        pushed = git.commit(folder, a_txt="1")
        git(folder, "push", "--quiet", "origin", f"pr:refs/pr/{num}")
        found = alice.get(f"{url}/{num}").json()
        assert [it["data"]["oid"] for it in found["events"] if it["type"] == "commit"] == [pushed]
        with pytest.raises(Failed, match="You have no write access"):
            git(folder, "push", git.url(repo, "bob"), f"HEAD~1:refs/pr/{num}", "--force")
        assert alice.post(f"{url}/{num}/merge").status_code == 200
        assert "a.txt" in tree(alice, repo)


class TestLocks:
    def test_by_the_real_client(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        needs("git-lfs")
        repo = new_repo(alice, organization="acme")
        folder, bobs = git.clone(repo), git.clone(repo, user="bob")
        git(folder, "lfs", "lock", "a.bin")
        assert "a.bin" in git(bobs, "lfs", "locks")
        assert "alice" in git(bobs, "lfs", "locks")
        with pytest.raises(Failed, match="is locked by alice"):
            git(bobs, "lfs", "lock", "a.bin")
        with pytest.raises(Failed, match="is locked by alice: --force breaks it"):
            git(bobs, "lfs", "unlock", "a.bin")
        git(bobs, "lfs", "install", "--local")
        git.commit(bobs, a_bin=b"x")
        url = f"lfs.{git.url(repo, 'bob')}.git/info/lfs.locksverify"
        git(bobs, "config", url, "true")
        with pytest.raises(Failed, match="Cannot update locked files"):
            git(bobs, "push", "--quiet")
        git(bobs, "lfs", "unlock", "--force", "a.bin")
        git(bobs, "push", "--quiet")
        assert "a.bin" in tree(alice, repo)

    def test_refusals_are_in_words(self, hub: LiveHub, alice: httpx.Client, git: Git) -> None:
        """Without, git-lfs shows the address, with the token that may be in it."""
        needs("git-lfs")
        folder = git.clone(new_repo(alice), user="charlie")
        with pytest.raises(Failed, match="You have no write access") as failed:
            git(folder, "lfs", "lock", "a.bin")
        assert hub.tokens["charlie"] not in str(failed.value)

    def test_whoever_proposes_may_look(
        self, alice: httpx.Client, charlie: httpx.Client, git: Git
    ) -> None:
        needs("git-lfs")
        repo = new_repo(alice)
        asked = {"title": "Mine", "description": "", "pullRequest": True}
        charlie.post(f"/api/models/{repo}/discussions", json=asked).raise_for_status()
        folder = git.clone(repo, user="charlie")
        git(folder, "lfs", "install", "--local")
        url = f"lfs.{git.url(repo, 'charlie')}.git/info/lfs.locksverify"
        git(folder, "config", url, "true")
        git.commit(folder, a_bin=b"x" * 100)
        git(folder, "push", "--quiet", "origin", "HEAD:refs/pr/1")
        git(git.clone(repo), "lfs", "lock", "a.bin")
        git.commit(folder, a_bin=b"y" * 100)
        with pytest.raises(Failed, match="Cannot update locked files"):
            git(folder, "push", "--quiet", "origin", "HEAD:refs/pr/1")

    def test_pages_and_nonsense(self, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        url = f"/{repo}.git/info/lfs/locks"
        for number in range(5):
            assert alice.post(url, json={"path": f"{number}.bin"}).status_code == 201
        first = alice.get(url, params={"limit": 2}).json()
        assert [it["path"] for it in first["locks"]] == ["0.bin", "1.bin"]
        rest = alice.get(url, params={"cursor": first["next_cursor"]}).json()
        assert [it["path"] for it in rest["locks"]] == ["2.bin", "3.bin", "4.bin"]
        assert "next_cursor" not in rest
        one = alice.get(url, params={"path": "3.bin"}).json()["locks"]
        assert [it["owner"] for it in one] == [{"name": "alice"}]
        assert alice.get(url, params={"id": one[0]["id"]}).json()["locks"] == one
        for bad in ({}, {"path": "../x"}, {"path": ".git/config"}, {"path": 5}, {"path": ""}):
            assert alice.post(url, json=bad).status_code in (400, 422), bad
        assert alice.get(url, params={"cursor": "x"}).status_code == 400
        assert alice.post(f"{url}/x/unlock", json={}).status_code == 400


class TestSubmodules:
    """A commit of another repository within a tree: named, and nothing to be read."""

    def test_pushed_and_listed(self, alice: httpx.Client, git: Git, cloned: Cloned) -> None:
        repo, folder = cloned()
        other = "1" * 40
        git.commit(folder, "A file", a_txt="a")
        for path in ("README.md", "d/sub"):
            git(folder, "update-index", "--add", "--cacheinfo", f"160000,{other},{path}")
        git(folder, "commit", "--quiet", "--message", "Others")
        git(folder, "push", "--quiet")

        listed = alice.get(f"/api/models/{repo}/tree/main?recursive=true&expand=true")
        assert listed.status_code == 200, listed.text
        kinds = {it["path"]: (it["type"], it["size"]) for it in listed.json()}
        assert kinds.pop(".gitattributes")[0] == "file"
        assert kinds == {
            "README.md": ("unknown", 0), "a.txt": ("file", 1), "d": ("directory", 0),
            "d/sub": ("unknown", 0),
        }  # fmt: skip
        told = alice.get(f"/api/models/{repo}?blobs=true").json()
        assert [it["rfilename"] for it in told["siblings"]] == [".gitattributes", "a.txt"]
        for verb in ("resolve", "raw"):
            answer = alice.get(f"/{repo}/{verb}/main/d/sub")
            assert answer.status_code == 404
            assert answer.headers["X-Error-Code"] == "EntryNotFound"
            assert "submodule" in answer.headers["X-Error-Message"]
        facts = alice.post(f"/api/models/{repo}/paths-info/main", json={"paths": ["d/sub"]})
        assert [it["oid"] for it in facts.json()] == [other]
        assert alice.get(f"/api/models/{repo}/lfs-files").status_code == 200
        for page in ("", "/tree/main", "/blob/main/README.md", "/tree/main/d"):
            assert alice.get(f"/{repo}{page}").status_code == 200, page

        # The API commits beside them, and over one of them.
        put_in = {"path": "README.md", "sample": "aGk=", "size": 2}
        asked = alice.post(f"/api/models/{repo}/preupload/main", json={"files": [put_in]})
        assert asked.json()["files"][0].get("oid") is None
        commit(alice, repo, put("README.md", b"hi"), put("b.txt", b"b"))
        copy = git.clone(repo)
        git(copy, "fsck", "--strict")
        assert git(copy, "ls-tree", "-r", "HEAD", "d/sub").startswith(f"160000 commit {other}")
        assert (copy / "README.md").read_text() == "hi"
