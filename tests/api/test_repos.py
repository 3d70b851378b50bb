"""Repos over HTTP: create, delete, move, settings, info, lists (client-protocol.md A2, A3)."""

import re

import httpx
import pytest

from calls import commit, head, new_repo, post_commit, put, unique, upload_lfs
from hearthub.context import Hub
from live import LiveHub

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
KINDS = ["model", "dataset", "space", "kernel"]
PREFIX = {"model": "", "dataset": "datasets/", "space": "spaces/", "kernel": "kernels/"}


def code(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("x-error-code")


class TestCreate:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_kind(self, hub: LiveHub, alice: httpx.Client, kind: str) -> None:
        name = unique("repo")
        answer = alice.post("/api/repos/create", json={"name": name, "type": kind}).json()
        assert answer["url"] == f"{hub.url}/{PREFIX[kind]}alice/{name}"
        assert answer["name"] == answer["id"] == f"alice/{name}"
        info = alice.get(f"/api/{kind}s/alice/{name}").json()
        assert [item["rfilename"] for item in info["siblings"]] == [".gitattributes"]
        (first,) = alice.get(f"/api/{kind}s/alice/{name}/commits/main").json()
        assert first["title"] == "initial commit"
        assert [item["user"] for item in first["authors"]] == ["alice"]
        assert DATE.fullmatch(first["date"])

    def test_twice_is_a_conflict_that_says_where(self, hub: LiveHub, alice: httpx.Client) -> None:
        repo = new_repo(alice)
        for name in (repo, repo.partition("/")[2].upper()):
            answer = alice.post("/api/repos/create", json={"name": name})
            assert answer.status_code == 409
            assert answer.json()["url"].lower() == f"{hub.url}/{repo}".lower()
            assert "another conflicting operation" not in answer.text

    @pytest.mark.parametrize(
        ("asked", "private"),
        [
            ({}, False),
            ({"private": True}, True),
            ({"private": False}, False),
            ({"visibility": "private"}, True),
            ({"visibility": "private", "private": False}, True),
            ({"visibility": "public", "private": True}, False),
        ],
    )
    def test_visibility_wins(
        self, alice: httpx.Client, anyone: httpx.Client, asked: dict[str, object], private: bool
    ) -> None:
        repo = new_repo(alice, **asked)
        assert alice.get(f"/api/models/{repo}").json()["private"] is private
        assert anyone.get(f"/api/models/{repo}").status_code == (401 if private else 200)

    def test_a_private_organisation(self, parts: Hub, alice: httpx.Client) -> None:
        org = unique("org")
        parts.accounts.add_org(org, default_private=True)
        parts.accounts.set_member(org, "alice", "admin")
        assert alice.get(f"/api/models/{new_repo(alice, organization=org)}").json()["private"]
        public = new_repo(alice, organization=org, private=False)
        assert not alice.get(f"/api/models/{public}").json()["private"]

    def test_protected_is_for_spaces(self, alice: httpx.Client, charlie: httpx.Client) -> None:
        body = {"name": unique("repo"), "visibility": "protected"}
        assert alice.post("/api/repos/create", json=body).status_code == 400
        space = new_repo(alice, type="space", sdk="static", visibility="protected")
        info = charlie.get(f"/api/spaces/{space}").json()
        assert (info["visibility"], info["private"], info["sdk"]) == ("protected", False, "static")
        answer = charlie.get(f"/spaces/{space}/resolve/main/.gitattributes")
        assert code(answer) == (403, "GatedRepo")

    @pytest.mark.parametrize("visibility", ["", "secret", "PUBLIC"])
    def test_unknown_visibility(self, alice: httpx.Client, visibility: str) -> None:
        body = {"name": unique("repo"), "visibility": visibility}
        assert alice.post("/api/repos/create", json=body).status_code == 400
        repo = new_repo(alice)
        answer = alice.put(f"/api/models/{repo}/settings", json={"visibility": visibility})
        assert answer.status_code == 400

    def test_unknown_keys_are_ignored(self, alice: httpx.Client) -> None:
        new_repo(alice, region="eu", volumes=[], hot=None, license="mit", resourceGroupId="x")

    def test_where_one_may_not(
        self, alice: httpx.Client, charlie: httpx.Client, anyone: httpx.Client
    ) -> None:
        for organization in ("acme", "alice", "nobody-here"):
            body = {"name": unique("repo"), "organization": organization}
            assert charlie.post("/api/repos/create", json=body).status_code == 403
            assert anyone.post("/api/repos/create", json=body).status_code == 401
        assert anyone.post("/api/repos/create", json={"name": "x"}).status_code == 401

    def test_unknown_type(self, alice: httpx.Client) -> None:
        answer = alice.post("/api/repos/create", json={"name": "x", "type": "bucket"})
        assert answer.status_code == 400


def test_delete(alice: httpx.Client) -> None:
    repo = new_repo(alice, type="dataset")
    body = {"name": repo.partition("/")[2], "organization": "alice", "type": "dataset"}
    assert alice.request("DELETE", "/api/repos/delete", json=body).status_code == 200
    again = alice.request("DELETE", "/api/repos/delete", json=body)
    assert code(again) == (404, "RepoNotFound")
    assert code(alice.get(f"/api/datasets/{repo}")) == (404, "RepoNotFound")


def test_a_new_repo_of_an_old_name_is_empty(alice: httpx.Client) -> None:
    repo = new_repo(alice)
    commit(alice, repo, put("secret.txt"))
    alice.request("DELETE", "/api/repos/delete", json={"name": repo})
    assert new_repo(alice, repo) == repo
    assert alice.get(f"/{repo}/resolve/main/secret.txt").status_code == 404


class TestMove:
    @pytest.fixture(scope="class")
    @classmethod
    def moved(cls, alice: httpx.Client) -> tuple[str, str]:
        """Old and new name of a repo with a file and a tag."""
        old, new = new_repo(alice), f"acme/{unique('moved')}"
        commit(alice, old, put("dir/a b.txt", b"found"))
        alice.post(f"/api/models/{old}/tag/main", json={"tag": "v/1"})
        body = {"fromRepo": old, "toRepo": new, "type": "model"}
        assert alice.post("/api/repos/move", json=body).status_code == 200
        return old, new

    @pytest.mark.parametrize(
        "path",
        [
            *("/api/models/{}", "/api/models/{}/revision/v%2F1", "/api/models/{}/tree/main/dir"),
            *("/api/models/{}/refs", "/api/models/{}/commits/main?limit=1", "/{}"),
            *("/{}/resolve/v%2F1/dir/a%20b.txt", "/{}/raw/main/dir/a%20b.txt"),
        ],
    )
    def test_reading_by_the_old_name(
        self, alice: httpx.Client, moved: tuple[str, str], path: str
    ) -> None:
        old, new = moved
        answer = alice.get(path.format(old))
        assert answer.status_code == 307
        assert answer.headers["location"] == path.format(new)
        last = alice.get(path.format(old.upper().replace("ALICE", "alice")), follow_redirects=True)
        assert last.status_code == 200
        assert last.url.raw_path.decode() == path.format(new)
        assert alice.head(path.format(old)).status_code == (404 if "/api" in path else 307)

    def test_writing_by_the_old_name(self, alice: httpx.Client, moved: tuple[str, str]) -> None:
        old, new = moved
        alice.follow_redirects = True
        try:
            answer = post_commit(alice, old, put("b.txt"))
            assert answer.status_code == 200
            assert answer.json()["commitUrl"].endswith(f"/{new}/commit/{head(alice, new)}")
            upload_lfs(alice, old, b"by the old name")
        finally:
            alice.follow_redirects = False

    def test_names_in_bodies(self, alice: httpx.Client, moved: tuple[str, str]) -> None:
        """No redirect can help; deleting by an old name would delete what one did not mean."""
        old, new = moved
        answer = alice.request("DELETE", "/api/repos/delete", json={"name": old})
        assert code(answer) == (404, "RepoNotFound")
        assert new in answer.json()["error"]
        answer = alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": "alice/x"})
        assert code(answer) == (404, "RepoNotFound")

    def test_outsiders_learn_nothing_of_a_private_one(
        self, alice: httpx.Client, charlie: httpx.Client
    ) -> None:
        old, new = new_repo(alice, visibility="private"), f"alice/{unique('moved')}"
        alice.post("/api/repos/move", json={"fromRepo": old, "toRepo": new})
        assert code(charlie.get(f"/api/models/{old}")) == (404, "RepoNotFound")
        assert code(charlie.head(f"/{old}/resolve/main/a")) == (404, "RepoNotFound")

    def test_onto_another(self, alice: httpx.Client) -> None:
        one, other = new_repo(alice), new_repo(alice)
        answer = alice.post("/api/repos/move", json={"fromRepo": one, "toRepo": other})
        assert answer.status_code == 409
        assert "already exists" in answer.json()["error"]

    def test_short_names_do_not_confuse_it(self, parts: Hub, alice: httpx.Client) -> None:
        """`/api/models/i/m` holds `i/m` twice."""
        parts.accounts.add_org("i")
        parts.accounts.set_member("i", "alice", "admin")
        new_repo(alice, "i/m")
        alice.post("/api/repos/move", json={"fromRepo": "i/m", "toRepo": "i/n"})
        assert alice.get("/api/models/i/m").headers["location"] == "/api/models/i/n"
        assert alice.get("/api/models/%69/m").headers["location"] == "/api/models/i/n"


def test_settings(alice: httpx.Client, charlie: httpx.Client, repo: str) -> None:
    url = f"/api/models/{repo}/settings"
    assert alice.put(url, json={"gated": "auto"}).json()["gated"] == "auto"
    assert charlie.get(f"/api/models/{repo}").json()["gated"] == "auto"
    assert code(charlie.get(f"/{repo}/resolve/main/.gitattributes")) == (403, "GatedRepo")
    assert code(charlie.head(f"/{repo}/resolve/main/.gitattributes")) == (403, "GatedRepo")
    assert alice.put(url, json={"private": True}).json()["visibility"] == "private"
    assert alice.get(f"/api/models/{repo}").json()["gated"] == "auto", "left as it was"
    assert alice.put(url, json={"gated": False, "private": False}).json()["gated"] is False
    assert charlie.get(f"/{repo}/resolve/main/.gitattributes").status_code == 200
    for body in ({"gated": "yes"}, {"gated": True}, {"gated": 1}, {"private": "maybe"}):
        assert alice.put(url, json=body).status_code == 400, body


class TestInfo:
    def test_keys_clients_need(self, alice: httpx.Client, repo: str) -> None:
        info = alice.get(f"/api/models/{repo}", params={"blobs": "true", "cache": "x"}).json()
        assert re.fullmatch("[0-9a-f]{40}", info["sha"])
        assert re.fullmatch("[0-9a-f]{24}", info["_id"])
        assert info["author"] == "alice"
        assert info["gated"] is info["disabled"] is info["private"] is False
        assert DATE.fullmatch(info["createdAt"])
        assert DATE.fullmatch(info["lastModified"])
        (file,) = info["siblings"]
        assert set(file) == {"rfilename", "size", "blobId"}
        assert alice.get(f"/api/models/{repo}/revision/{info['sha'][:8]}").json()["id"] == repo

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_expand_works(self, alice: httpx.Client, kind: str) -> None:
        repo = new_repo(alice, type=kind)
        refusal = alice.get(f"/api/{kind}s/{repo}", params={"expand": "nonsense"})
        assert refusal.status_code == 400
        _, _, listed = refusal.json()["error"].partition("expected one of ")
        names = [name.strip('"') for name in listed.split("|")]
        assert {"author", "sha", "siblings", "xetEnabled"} <= set(names)
        for key in ("expand", "expand[]"):
            answer = alice.get(f"/api/{kind}s/{repo}", params=[(key, name) for name in names])
            assert set(answer.json()) - {"modelId"} == {"_id", "id", *names}
        listing = alice.get(f"/api/{kind}s", params=[("author", "alice"), ("expand", "sha")])
        assert all(set(item) - {"modelId"} == {"_id", "id", "sha"} for item in listing.json())
        assert alice.get(f"/api/{kind}s", params={"expand": "x"}).status_code == 400

    def test_any_case(self, alice: httpx.Client, repo: str) -> None:
        assert alice.get(f"/api/models/{repo.upper()}").json()["id"] == repo
        assert alice.head(f"/{repo.upper()}/resolve/main/.gitattributes").status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            *("/api/models/gpt2", "/api/models/gpt2/revision/main", "/api/models/gpt2/tree/main"),
            *("/api/datasets/squad", "/gpt2/resolve/main/config.json", "/gpt2/raw/main/a/b"),
            *("/datasets/squad/resolve/main/x", "/api/models/gpt2/refs", "/api/spaces/x"),
        ],
    )
    def test_ids_of_one_segment(self, alice: httpx.Client, anyone: httpx.Client, path: str) -> None:
        assert code(alice.get(path)) == (404, "RepoNotFound")
        assert code(anyone.get(path)) == (401, "RepoNotFound")


class TestLists:
    def test_pages(self, hub: LiveHub, parts: Hub, alice: httpx.Client) -> None:
        org = unique("org")
        parts.accounts.add_org(org)
        parts.accounts.set_member(org, "alice", "admin")
        made = [new_repo(alice, organization=org) for _ in range(5)]
        hub.settle()
        for sort, order in (("createdAt", made[::-1]), ("lastModified", made[::-1])):
            found, url = [], f"/api/models?author={org}&limit=2&sort={sort}&unknown=1&full=true"
            while url:
                answer = alice.get(url)
                found += [item["id"] for item in answer.json()]
                url = answer.links.get("next", {}).get("url", "")
                assert not url or url.startswith(f"{hub.url}/api/models?")
            assert found == order
        oldest = alice.get(f"/api/models?author={org}&sort=createdAt&direction=1&limit=1").json()
        assert oldest[0]["id"] == made[0]

    def test_search_and_kind(self, hub: LiveHub, alice: httpx.Client) -> None:
        name = unique("needle_")
        repo = new_repo(alice, name, type="dataset")
        hub.settle()
        assert [r["id"] for r in alice.get(f"/api/datasets?search={name.upper()}").json()] == [repo]
        assert alice.get(f"/api/models?search={name}").json() == []

    def test_private_ones_are_for_their_readers(
        self,
        hub: LiveHub,
        alice: httpx.Client,
        bob: httpx.Client,
        charlie: httpx.Client,
        anyone: httpx.Client,
    ) -> None:
        name = unique("hidden")
        repo = new_repo(alice, name, organization="acme", visibility="private")
        hub.settle()
        alice.post(f"/api/models/{repo}/like")
        for client, sees in ((alice, True), (bob, True), (charlie, False), (anyone, False)):
            found = client.get(f"/api/models?search={name}").json()
            assert [item["id"] for item in found] == ([repo] if sees else [])
            likes = client.get("/api/users/alice/likes").json()
            assert (repo in [like["repo"]["name"] for like in likes]) is sees
        counts = [
            client.get("/api/organizations/acme/overview").json()["numModels"]
            for client in (bob, charlie)
        ]
        assert counts[0] > counts[1]
        seen = charlie.get("/api/organizations/acme/settings/repositories").json()
        assert repo not in [item["id"] for item in seen]
        mine = bob.get("/api/organizations/acme/settings/repositories").json()
        assert repo in [item["id"] for item in mine]

    def test_own_repositories(self, hub: LiveHub, alice: httpx.Client, repo: str) -> None:
        hub.settle()
        (item,) = [i for i in alice.get("/api/settings/repositories").json() if i["id"] == repo]
        assert (item["type"], item["visibility"]) == ("model", "public")
        assert DATE.fullmatch(item["updatedAt"])
        assert {"storage", "storagePercent"} <= set(item)


class TestLikes:
    def test_like_and_unlike(self, alice: httpx.Client, charlie: httpx.Client, repo: str) -> None:
        url = f"/api/models/{repo}"
        for client in (alice, charlie, charlie):
            assert client.post(f"{url}/like").status_code == 200
        assert alice.get(url).json()["likes"] == 2
        assert [like["user"] for like in alice.get(f"{url}/likers").json()] == ["charlie", "alice"]
        first = alice.get(f"{url}/likers?limit=1")
        assert len(first.json()) == 1
        assert alice.get(first.links["next"]["url"]).json()[0]["user"] == "alice"
        assert charlie.delete(f"{url}/like").status_code == 200
        assert charlie.delete(f"{url}/like").status_code == 200
        assert alice.get(url).json()["likes"] == 1

    def test_pages_of_likes_skip_what_is_hidden(
        self, hub: LiveHub, parts: Hub, alice: httpx.Client, anyone: httpx.Client
    ) -> None:
        name = unique("liker")
        parts.accounts.add_user(name)
        parts.accounts.set_member("acme", name, "read")
        shown = [new_repo(alice, organization="acme") for _ in range(2)]
        hidden = [new_repo(alice, organization="acme", visibility="private") for _ in range(2)]
        with hub.client(token=parts.accounts.add_token(name)) as liker:
            for repo in (shown[0], *hidden, shown[1]):
                assert liker.post(f"/api/models/{repo}/like").status_code == 200
        found, url = [], f"/api/users/{name}/likes?limit=2"
        while url:
            answer = anyone.get(url)
            found += [like["repo"]["name"] for like in answer.json()]
            url = answer.links.get("next", {}).get("url", "")
        assert sorted(found) == sorted(shown)


def test_whoami(alice: httpx.Client, hub: LiveHub) -> None:
    me = alice.get("/api/whoami-v2").json()
    assert (me["type"], me["name"], me["email"]) == ("user", "alice", "alice@example.org")
    assert [(org["name"], org["roleInOrg"]) for org in me["orgs"]][:1] == [("acme", "admin")]
    assert me["auth"]["accessToken"]["role"] == "write"
    with hub.client(token=hub.read_tokens["alice"]) as reader:
        token = reader.get("/api/whoami-v2").json()["auth"]["accessToken"]
        assert (token["role"], token["displayName"]) == ("read", "read")
    as_git = httpx.get(f"{hub.url}/api/whoami-v2", auth=("hf_user", hub.tokens["alice"]))
    assert as_git.json()["name"] == "alice"


def test_start_up_noise(anyone: httpx.Client) -> None:
    assert anyone.get("/api/agent-harnesses").json() == {"standardEnvVars": [], "harnesses": {}}
    assert anyone.head("/api/telemetry/hf_hub/cli/x").status_code == 200
