"""What holds for every answer: errors, request ids, origins, hosts, cookies, metrics."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient

from calls import commit, new_repo, post_commit, put, put_lfs, upload_lfs
from hearthub.app import create_app, open_hub
from hearthub.settings import Settings
from live import LiveHub


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/models/alice/none", 401, "RepoNotFound"),
        ("GET", "/alice/none/resolve/main/x", 401, "RepoNotFound"),
        ("GET", "/api/whoami-v2", 401, None),
        ("POST", "/api/repos/create", 400, None),
        ("GET", "/api/none", 404, None),
        ("PATCH", "/api/models/alice/none", 404, None),
        ("GET", "/a/b/c/d", 404, None),
        ("GET", "/api/models?limit=x", 400, None),
        ("GET", "/api/users/none/overview", 404, None),
        ("PUT", "/lfs/objects/x", 403, None),
    ],
)
def test_errors_say_the_same_thrice(
    anyone: httpx.Client, method: str, path: str, status: int, code: str | None
) -> None:
    answer = anyone.request(method, path)
    assert (answer.status_code, answer.headers.get("x-error-code")) == (status, code)
    assert answer.json()["error"]
    assert answer.headers["x-error-message"] == answer.json()["error"]
    assert ("www-authenticate" in answer.headers) is (status == 401)


def test_a_bad_token_is_named(hub: LiveHub) -> None:
    for value in ("Bearer hf_wrong", "Basic %%%", "Basic YQ==", "Digest x", "Bearer"):
        answer = httpx.get(f"{hub.url}/api/models", headers={"Authorization": value})
        assert answer.status_code == 401
        text = answer.headers["x-error-message"]
        assert text == "Invalid credentials in Authorization header"


def test_request_ids(anyone: httpx.Client) -> None:
    for header in ("X-Request-Id", "X-Amzn-Trace-Id"):
        answer = anyone.get("/healthz", headers={header: "abc-123"})
        assert answer.headers["x-request-id"] == "abc-123"
    first, second = (anyone.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second
    for forged in ("a b", "x" * 200, "<script>", "a,b"):
        answer = anyone.get("/healthz", headers={"X-Request-Id": forged})
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])
    assert anyone.get("/api/none", headers={"X-Request-Id": "e1"}).headers["x-request-id"] == "e1"


def test_cookies_are_ignored(hub: LiveHub, anyone: httpx.Client) -> None:
    token = hub.tokens["alice"]
    cookies = "; ".join(f"{name}={token}" for name in ("token", "session", "hf_token"))
    for path in ("/api/whoami-v2", "/api/settings/repositories"):
        answer = anyone.get(path, headers={"Cookie": cookies})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


ORIGIN = {"Origin": "https://elsewhere.example"}


class TestOrigins:
    def test_readers(self, anyone: httpx.Client, files: str) -> None:
        for path in ("/api/models", f"/{files}/resolve/main/small.txt", f"/api/models/{files}"):
            answer = anyone.get(path, headers={**ORIGIN, "Range": "bytes=0-1"})
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers
            exposed = answer.headers["access-control-expose-headers"]
            wanted = "ETag Link X-Repo-Commit X-Linked-Size X-Linked-ETag X-Xet-Hash X-Error-Code"
            assert {*wanted.split(), "X-Total-Count", "Content-Range"} <= set(exposed.split(", "))
        missing = anyone.get("/api/models/alice/none", headers=ORIGIN)
        assert missing.headers["access-control-allow-origin"] == "*"

    def test_preflight(self, anyone: httpx.Client, files: str) -> None:
        asked = {
            **ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,range",
        }
        answer = anyone.options(f"/{files}/resolve/main/small.txt", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "authorization" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers
        forbidden = {**asked, "Access-Control-Request-Method": "DELETE"}
        assert anyone.options("/api/repos/delete", headers=forbidden).status_code == 400


class TestHost:
    """A forged Host must not end up in links that somebody else is given."""

    @pytest.fixture(scope="class")
    @classmethod
    def behind(cls, hub: LiveHub) -> Iterator[TestClient]:
        """The same hub, told its public name."""
        settings = Settings(data=hub.data, public_url="https://hub.example.org")
        with open_hub(settings) as parts:
            client = TestClient(create_app(parts), base_url="http://127.0.0.1")
            client.headers["Authorization"] = f"Bearer {hub.tokens['alice']}"
            yield client

    def links(self, client: httpx.Client, host: str) -> dict[str, str]:
        repo, headers = new_repo(client), {"Host": host}
        commit(client, repo, put("a"))
        batch = {"operation": "upload", "objects": [{"oid": "a" * 64, "size": 1}]}
        posted = post_commit(client, repo, put("b"))
        actions = client.post(
            f"/{repo}.git/info/lfs/objects/batch", json=batch, headers=headers
        ).json()["objects"][0]["actions"]
        listing = client.get("/api/models?limit=1", headers=headers)
        again = client.post("/api/repos/create", json={"name": repo}, headers=headers)
        token = client.get(f"/api/models/{repo}/xet-read-token/main", headers=headers)
        assert posted.status_code == 200
        return {
            "conflict": again.json()["url"],
            "next": listing.links["next"]["url"],
            "cas": token.json()["casUrl"],
            "upload": actions["upload"]["href"],
            "verify": actions["verify"]["href"],
            "page": client.get("/", headers=headers).text.partition("HF_ENDPOINT=")[2],
        }

    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1.evil.example", "evil.example@127.0.0.1", "127.0.0.1/x"]
    )
    def test_a_foreign_one_is_not_followed(
        self, hub: LiveHub, alice: httpx.Client, host: str
    ) -> None:
        for what, url in self.links(alice, host).items():
            assert url.startswith(hub.url), what
            assert "evil" not in url, what

    def test_a_local_one_is(self, hub: LiveHub, alice: httpx.Client) -> None:
        port = hub.url.rpartition(":")[2]
        for what, url in self.links(alice, f"localhost:{port}").items():
            assert url.startswith(f"http://localhost:{port}"), what

    @pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
    def test_the_public_url_wins(self, behind: TestClient, host: str) -> None:
        for what, url in self.links(behind, host).items():
            assert url.startswith("https://hub.example.org"), what

    def test_xet_links_too(self, hub: LiveHub, alice: httpx.Client, files: str) -> None:
        answer = alice.get(f"/{files}/resolve/main/big.bin", headers={"Host": "evil.example"})
        assert "evil" not in str(answer.headers)


class TestMetrics:
    def test_this_machine_and_administrators(
        self, hub: LiveHub, anyone: httpx.Client, alice: httpx.Client
    ) -> None:
        local = anyone.get("/metrics")
        assert local.status_code == 200
        assert "hearthub_requests_total" in local.text
        assert "hearthub_jobs" in local.text
        proxied = {"X-Forwarded-For": "203.0.113.9"}
        assert anyone.get("/metrics", headers=proxied).status_code in (401, 403)
        assert alice.get("/metrics", headers=proxied).status_code == 403
        with hub.client("root") as root:
            assert root.get("/metrics", headers=proxied).status_code == 200

    def test_names_are_few_and_tell_nothing(self, alice: httpx.Client) -> None:
        name = new_repo(alice, visibility="private").partition("/")[2]
        alice.get(f"/api/models/alice/{name}")
        assert name not in alice.get("/metrics").text


class TestOpenApi:
    def test_is_whole(self, anyone: httpx.Client) -> None:
        document = anyone.get("/api/openapi.json").json()
        assert document["openapi"].startswith("3.")
        assert document["info"]["title"] == "Hearthub"
        ids = []
        for path, operations in document["paths"].items():
            for operation in operations.values():
                ids.append(operation["operationId"])
                declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
                assert declared == set(re.findall(r"{(\w+)}", path)), path
                assert operation["summary"]
                assert "200" in operation["responses"]
        assert len(ids) == len(set(ids))
        known = document["components"]["schemas"]
        used = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))
        assert used
        assert set(used) <= set(known)

    def test_the_page_names_no_other_host(self, anyone: httpx.Client) -> None:
        page = anyone.get("/api/docs")
        assert re.findall(r"https?://|[\"'(]//", page.text) == []
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert not re.search("http|unsafe", policy)
        for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            answer = anyone.get(asset)
            assert answer.status_code == 200, asset
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert anyone.get("/api/docs/..%2F..%2Fapp.py").status_code == 404


def test_secrets_are_not_logged(hub: LiveHub, alice: httpx.Client) -> None:
    repo = new_repo(alice)
    upload_lfs(alice, repo, b"bytes for the log")
    post_commit(alice, repo, put_lfs("a", "0" * 64))
    text = (hub.data / "server.log").read_text()
    assert "/commit/main" in text
    for token in (*hub.tokens.values(), *hub.read_tokens.values()):
        assert token not in text
    assert "sig=" not in text
