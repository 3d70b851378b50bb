"""Trees, single paths, refs and history over HTTP (client-protocol.md A4)."""

import re

import httpx
import pytest

from calls import commit, head, new_repo, put, put_lfs, tree, upload_lfs
from live import LiveHub


@pytest.fixture(scope="module")
def full(alice: httpx.Client) -> str:
    """A repo with some folders, a branch `feat/x`, a tag `v/1` and a branch and tag `same`."""
    repo = new_repo(alice)
    oid = upload_lfs(alice, repo, b"\0" * 10)
    commit(alice, repo, put("a.txt"), put("data/x/1.txt"), put("data/2.txt"), put_lfs("w.bin", oid))
    api = f"/api/models/{repo}"
    alice.post(f"{api}/branch/feat%2Fx", json={"startingPoint": "main"})
    alice.post(f"{api}/tag/main", json={"tag": "v/1", "message": "First"})
    alice.post(f"{api}/branch/same")
    alice.post(f"{api}/tag/{head(alice, repo)[:7]}", json={"tag": "same"})
    return repo


class TestTree:
    def test_one_folder(self, alice: httpx.Client, full: str) -> None:
        top = alice.get(f"/api/models/{full}/tree/main").json()
        assert [(item["type"], item["path"]) for item in top] == [
            ("file", ".gitattributes"),
            ("file", "a.txt"),
            ("directory", "data"),
            ("file", "w.bin"),
        ]
        assert all(re.fullmatch("[0-9a-f]{40}", item["oid"]) for item in top)
        assert "xetHash" not in top[3], "it came by LFS"
        for path in ("data", "data/", "data%2F"):
            below = alice.get(f"/api/models/{full}/tree/main/{path}").json()
            assert [item["path"] for item in below] == ["data/2.txt", "data/x"]
        deep = alice.get(f"/api/models/{full}/tree/main/data%2Fx").json()
        assert deep == alice.get(f"/api/models/{full}/tree/main/data/x").json()

    def test_compact_json(self, alice: httpx.Client, full: str) -> None:
        """DuckDB's scanner looks for `"type":"file"`."""
        assert '"type":"file"' in alice.get(f"/api/models/{full}/tree/main").text

    def test_missing(self, alice: httpx.Client, full: str) -> None:
        api = f"/api/models/{full}/tree"
        for url, code in (
            (f"{api}/main/none", "EntryNotFound"),
            (f"{api}/none", "RevisionNotFound"),
        ):
            answer = alice.get(url)
            assert (answer.status_code, answer.headers["x-error-code"]) == (404, code)
        file = alice.get(f"{api}/main/a.txt")
        assert file.headers["x-error-code"] == "EntryNotFound"
        assert file.headers["x-repo-commit"] == head(alice, full)

    def test_pages_are_of_one_commit(self, hub: LiveHub, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        commit(alice, repo, *(put(f"d/f{n:03}") for n in range(10)))
        everything, found = list(tree(alice, repo)), []
        url = f"/api/models/{repo}/tree/main?recursive=true&limit=3&unknown=1"
        while url:
            answer = alice.get(url)
            found += [item["path"] for item in answer.json()]
            url = answer.links.get("next", {}).get("url", "")
            assert not url or url.startswith(f"{hub.url}/api/models/{repo}/tree/")
            if len(found) == 3:
                commit(alice, repo, put("d/f0000 in between"))
        assert found == everything

    def test_expand(self, alice: httpx.Client, full: str) -> None:
        (item,) = [
            item
            for item in alice.get(f"/api/models/{full}/tree/main?expand=true").json()
            if item["path"] == "data"
        ]
        assert item["lastCommit"]["id"] == head(alice, full)
        assert item["lastCommit"]["title"] == "a change"
        assert item["lastCommit"]["date"].endswith("Z")


class TestPathsInfo:
    PATHS = ("a.txt", "data", "none", "w.bin", "a.txt")

    def test_form_and_json_agree(self, alice: httpx.Client, full: str) -> None:
        url = f"/api/models/{full}/paths-info/main"
        form = alice.post(url, data={"paths": list(self.PATHS), "expand": "true"}).json()
        json = alice.post(url, json={"paths": list(self.PATHS), "expand": True}).json()
        assert form == json
        assert [(item["type"], item["path"]) for item in form] == [
            ("file", "a.txt"),
            ("directory", "data"),
            ("file", "w.bin"),
        ]
        assert all("lastCommit" in item for item in form)
        plain = alice.post(url, data={"paths": "w.bin"}).json()
        assert plain == [tree(alice, full)["w.bin"]]

    def test_nothing(self, alice: httpx.Client, full: str) -> None:
        url = f"/api/models/{full}/paths-info/main"
        for body in ({"data": {}}, {"data": {"paths": "none"}}, {"json": {"paths": []}}):
            assert alice.post(url, **body).json() == []  # type: ignore[arg-type]


class TestRefs:
    def test_listed(self, alice: httpx.Client, full: str) -> None:
        refs = alice.get(f"/api/models/{full}/refs?include_prs=1").json()
        assert [ref["name"] for ref in refs["branches"]] == ["feat/x", "main", "same"]
        assert [(ref["name"], ref["ref"]) for ref in refs["tags"]] == [
            ("same", "refs/tags/same"),
            ("v/1", "refs/tags/v/1"),
        ]
        assert refs["converts"] == refs["pullRequests"] == []
        assert {ref["targetCommit"] for kind in refs.values() for ref in kind} == {
            head(alice, full)
        }

    @pytest.mark.parametrize(
        "rev",
        [
            *("main", "HEAD", "refs%2Fheads%2Fmain", "refs/heads/main", "feat%2Fx", "v%2F1"),
            *("refs%2Ftags%2Fv%2F1", "same", "refs%2Fheads%2Ffeat%2Fx"),
        ],
    )
    def test_every_way_to_name_one(self, alice: httpx.Client, full: str, rev: str) -> None:
        sha = head(alice, full)
        assert alice.get(f"/api/models/{full}/revision/{rev}").json()["sha"] == sha
        answer = alice.head(f"/{full}/resolve/{rev}/data/2.txt")
        assert answer.headers["x-repo-commit"] == sha
        assert alice.get(f"/api/models/{full}/tree/{rev}/data").status_code == 200

    def test_short_ids(self, alice: httpx.Client, full: str) -> None:
        sha = head(alice, full)
        for length in (7, 12, 40):
            answer = alice.get(f"/api/models/{full}/revision/{sha[:length]}")
            assert answer.json()["sha"] == sha

    def test_making_and_deleting(self, alice: httpx.Client, repo: str) -> None:
        api = f"/api/models/{repo}"
        assert alice.post(f"{api}/branch/b%2Fc").status_code == 200
        again = alice.post(f"{api}/branch/b%2Fc", json={})
        assert again.status_code == 409
        assert again.json()["error"] == "Reference refs/heads/b/c already exists"
        assert alice.post(f"{api}/tag/b%2Fc", json={"tag": "t", "x": 1}).status_code == 200
        assert alice.post(f"{api}/tag/main", json={"tag": "t"}).status_code == 409
        wrong = alice.delete(f"{api}/branch/t")
        assert wrong.status_code == 404
        assert "Invalid rev id" in wrong.json()["error"]
        assert alice.delete(f"{api}/branch/b%2Fc").status_code == 200
        assert alice.delete(f"{api}/tag/t").status_code == 200
        assert alice.delete(f"{api}/tag/t").headers["x-error-code"] == "RevisionNotFound"
        assert alice.delete(f"{api}/branch/main").status_code == 403

    def test_a_branch_cannot_be_a_folder_too(self, alice: httpx.Client, repo: str) -> None:
        """git could not fetch both `a` and `a/b`."""
        api = f"/api/models/{repo}"
        assert alice.post(f"{api}/branch/x%2Fy").status_code == 200
        assert alice.post(f"{api}/branch/x").status_code == 409
        assert alice.post(f"{api}/branch/x%2Fy%2Fz").status_code == 409
        assert alice.post(f"{api}/branch/x%2Fyz").status_code == 200
        assert alice.post(f"{api}/tag/main", json={"tag": "x"}).status_code == 200

    def test_super_squash(self, alice: httpx.Client, repo: str) -> None:
        for n in range(3):
            commit(alice, repo, put(f"{n}"))
        files = tree(alice, repo)
        answer = alice.post(f"/api/models/{repo}/super-squash/main", json={"message": "All of it"})
        assert answer.json()["commitOid"] == head(alice, repo)
        (only,) = alice.get(f"/api/models/{repo}/commits/main").json()
        assert only["title"] == "All of it"
        assert tree(alice, repo) == files


def test_history_in_pages(hub: LiveHub, alice: httpx.Client, repo: str) -> None:
    made = [head(alice, repo), *(commit(alice, repo, put(f"{n}")) for n in range(4))]
    found, url = [], f"/api/models/{repo}/commits/main?limit=2"
    while url:
        answer = alice.get(url)
        assert answer.headers["x-total-count"] == "5"
        found += [item["id"] for item in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
        assert not url or url.startswith(f"{hub.url}/api/models/{repo}/commits/main?")
    assert found == made[::-1]
