"""The real git fetches what the API committed."""

from pathlib import Path

import httpx
import pytest

from calls import commit, head, new_repo, post_commit, put
from git.real import Failed, Git


@pytest.fixture
def repo(alice: httpx.Client) -> str:
    """Twelve commits in three folders, a branch and an annotated tag at the tenth."""
    repo = new_repo(alice)
    for number in range(10):
        name = f"d/{number % 3}/f{number}.txt"
        commit(alice, repo, put(name, b"x" * number), put("same.txt", str(number).encode()))
    alice.post(f"/api/models/{repo}/tag/main", json={"tag": "v1", "message": "A release"})
    alice.post(f"/api/models/{repo}/branch/one", json={})
    commit(alice, repo, put("last.txt", b"last\n" * 60_000))
    return repo


def count(git: Git, folder: Path, rev: str = "HEAD") -> int:
    return int(git(folder, "rev-list", "--count", rev))


@pytest.mark.parametrize("version", [0, 2])
class TestClone:
    def test_everything_is_there(
        self, alice: httpx.Client, git: Git, repo: str, version: int
    ) -> None:
        folder = git.clone(repo, version=version)
        assert git(folder, "rev-parse", "HEAD") == head(alice, repo)
        assert git(folder, "fsck", "--strict", "--full") == ""
        assert git(folder, "tag") == "v1"
        assert git(folder, "branch", "-r").split() == [
            "origin/HEAD", "->", "origin/main", "origin/main", "origin/one",
        ]  # fmt: skip
        assert count(git, folder) == 12
        assert (folder / "last.txt").read_bytes() == b"last\n" * 60_000

    def test_a_pull_brings_what_is_new(
        self, alice: httpx.Client, git: Git, repo: str, version: int
    ) -> None:
        folder = git.clone(repo, version=version)
        commit(alice, repo, put("d/0/new.txt"))
        git(folder, "-c", f"protocol.version={version}", "pull", "--quiet")
        assert git(folder, "rev-parse", "HEAD") == head(alice, repo)
        assert git(folder, "fsck", "--strict", "--full") == ""

    def test_shallow_then_deeper_then_whole(
        self, alice: httpx.Client, git: Git, repo: str, version: int
    ) -> None:
        speaking = ("-c", f"protocol.version={version}")
        folder = git.clone(repo, "--depth", "3", version=version)
        assert count(git, folder) == 3
        git(folder, *speaking, "fetch", "--quiet", "--deepen", "2")
        assert count(git, folder) == 5
        commit(alice, repo, put("new.txt"))
        git(folder, *speaking, "pull", "--quiet")
        assert count(git, folder) == 6
        git(folder, *speaking, "fetch", "--quiet", "--unshallow")
        assert count(git, folder) == 13
        assert git(folder, "fsck", "--full") == ""

    def test_partial(self, git: Git, repo: str, version: int) -> None:
        folder = git.clone(repo, "--filter=blob:none", "--no-checkout", version=version)
        objects = git(folder, "cat-file", "--batch-check", "--batch-all-objects")
        assert "commit" in objects
        assert "blob" not in objects
        git(folder, "-c", f"protocol.version={version}", "checkout", "--quiet", "main")
        assert (folder / "same.txt").read_text() == "9"


class TestLess:
    def test_by_date_and_by_ref(self, git: Git, repo: str) -> None:
        assert count(git, git.clone(repo, "--shallow-since=2000-01-01")) == 12
        assert count(git, git.clone(repo, "--shallow-exclude=v1")) == 1
        with pytest.raises(Failed, match="no commits selected"):
            git.clone(repo, "--shallow-exclude=main")

    def test_other_filters(self, git: Git, repo: str) -> None:
        folder = git.clone(repo, "--filter=blob:limit=1k", "--no-checkout")
        sizes = git(folder, "cat-file", "--batch-check", "--batch-all-objects").splitlines()
        assert max(int(line.split()[2]) for line in sizes if " blob " in line) < 2000
        folder = git.clone(repo, "--filter=tree:0", "--no-checkout")
        assert " tree " not in git(folder, "cat-file", "--batch-check", "--batch-all-objects")
        with pytest.raises(Failed, match="no filter"):
            git.clone(repo, "--filter=sparse:oid=main:x", "--no-checkout")

    def test_one_branch_alone(self, git: Git, repo: str) -> None:
        folder = git.clone(repo, "--single-branch", "--branch", "one")
        assert count(git, folder) == 11
        git(folder, "remote", "set-branches", "origin", "*")
        git(folder, "fetch", "--quiet")
        assert count(git, folder, "origin/main") == 12

    def test_a_pull_from_an_old_shallow_clone(
        self, alice: httpx.Client, git: Git, repo: str
    ) -> None:
        """What it lacks is sent though the hub's history has it."""
        folder = git.clone(repo, "--depth", "1", "--branch", "one")
        git(folder, "fetch", "--quiet", "origin", "main")
        assert count(git, folder, "FETCH_HEAD") == 2
        assert git(folder, "fsck", "--full", "--no-dangling") == ""


class TestWho:
    def test_a_private_repo_asks_for_a_token(self, alice: httpx.Client, git: Git) -> None:
        repo = new_repo(alice, private=True)
        assert (git.clone(repo) / ".gitattributes").is_file()
        for user in (None, "charlie"):
            with pytest.raises(Failed, match=r"could not read Username|not found"):
                git.clone(repo, user=user)

    def test_a_wrong_token(self, alice: httpx.Client, git: Git) -> None:
        repo = new_repo(alice, private=True)
        with pytest.raises(Failed, match="Authentication failed"):
            git(git.home, "ls-remote", git.url(repo, token="hf_" + "x" * 34))

    def test_gated_files_are_not_for_everybody(self, alice: httpx.Client, git: Git) -> None:
        repo = new_repo(alice)
        answer = alice.put(f"/api/models/{repo}/settings", json={"gated": "auto"})
        assert answer.status_code == 200
        with pytest.raises(Failed, match=r"Access to model .* is restricted"):
            git.clone(repo, user="charlie")

    def test_an_old_name_leads_to_the_new(self, alice: httpx.Client, git: Git) -> None:
        repo = new_repo(alice)
        moved = alice.post("/api/repos/move", json={"fromRepo": repo, "toRepo": f"{repo}-moved"})
        assert moved.status_code == 200, moved.text
        assert (git.clone(repo) / ".gitattributes").is_file()

    def test_what_no_ref_reaches_is_sent_to_nobody(
        self, alice: httpx.Client, git: Git, repo: str
    ) -> None:
        folder = git.clone(repo)
        secret = commit(alice, repo, put("secret.txt", b"hidden"), rev="one")
        git(folder, "fetch", "--quiet", "origin", secret)
        other = git.clone(repo, "--single-branch", "--branch", "main")
        answer = alice.post(f"/api/models/{repo}/super-squash/one", json={"message": "All"})
        assert answer.status_code == 200
        tree, blob = git(folder, "rev-parse", f"{secret}^{{tree}}", f"{secret}:secret.txt").split()
        with pytest.raises(Failed, match="not our ref"):
            git(other, "fetch", "--quiet", "origin", secret)
        git(other, "fetch", "--quiet", "origin", blob)  # the squashed commit has it still
        alice.delete(f"/api/models/{repo}/branch/one")
        for oid in (tree, blob):
            with pytest.raises(Failed, match="not our ref"):
                git(git.clone(repo), "fetch", "--quiet", "origin", oid)


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [
            b"garbage",
            b"00",
            b"0003",
            b"fff0want",
        ],
    )
    def test_is_refused_with_a_reason(self, alice: httpx.Client, hub: object, body: bytes) -> None:
        repo = new_repo(alice)
        headers = {
            "Git-Protocol": "version=2",
            "Content-Type": "application/x-git-upload-pack-request",
        }
        answer = alice.post(f"/{repo}/git-upload-pack", content=body, headers=headers)
        assert answer.status_code == 400, answer.content
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.text.strip()

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"0015command=nonsense\n0000",
            b"0011command=fetch0001000fwant 1234560000",
            b"0011command=fetch00010000",
            b"0011command=fetch00010032want " + b"z" * 40 + b"\n0000",
        ],
    )
    def test_is_told_as_git_reads_it(self, alice: httpx.Client, body: bytes) -> None:
        repo = new_repo(alice)
        headers = {
            "Git-Protocol": "version=2",
            "Content-Type": "application/x-git-upload-pack-request",
        }
        answer = alice.post(f"/{repo}/git-upload-pack", content=body, headers=headers)
        assert answer.status_code == 200
        assert answer.content[4:8] == b"ERR "

    def test_a_packed_bomb(self, alice: httpx.Client) -> None:
        import zlib

        packer = zlib.compressobj(9, wbits=31)
        body = packer.compress(b"0" * 80_000_000) + packer.flush()
        headers = {
            "Git-Protocol": "version=2",
            "Content-Encoding": "gzip",
            "Content-Type": "application/x-git-upload-pack-request",
        }
        repo = new_repo(alice)
        answer = alice.post(f"/{repo}/git-upload-pack", content=body, headers=headers)
        assert answer.status_code == 413

    def test_the_dumb_protocol(self, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        assert alice.get(f"/{repo}/info/refs").status_code == 403
        assert post_commit(alice, repo, put("a.txt")).status_code == 200
