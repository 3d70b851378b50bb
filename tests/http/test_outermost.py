"""What stands around everything: crashes, who may read metrics, descriptors."""

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from calls import unique
from hearthub.http.edge import Edge, Metrics
from hearthub.settings import Settings
from live import LiveHub, free_port


def test_a_crash_is_counted_and_has_an_id(tmp_path: Path) -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("a secret of the inside")

    metrics = Metrics()
    answer = TestClient(Edge(broken, metrics, Settings(data=tmp_path))).get(
        "/x", headers={"X-Request-Id": "mine"}
    )
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    assert "mine" in answer.json()["error"]
    assert "secret" not in answer.text
    counted = {"endpoint": "none", "method": "GET", "status": "500"}
    assert metrics.registry.get_sample_value("hearthub_requests_total", counted) == 1


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Host": ""}]
)
def test_metrics_are_not_for_web_pages(anyone: httpx.Client, headers: dict[str, str]) -> None:
    """A page in a browser on this machine reaches loopback too."""
    assert anyone.get("/metrics").status_code == 200
    assert anyone.get("/metrics", headers=headers).status_code == 403


def test_the_descriptor_limit_is_raised(tmp_path: Path) -> None:
    hub = LiveHub(f"http://127.0.0.1:{free_port()}", tmp_path)
    port = hub.url.rpartition(":")[2]
    command = f"ulimit -Sn 512; exec {sys.executable} -m hearthub serve --port {port}"
    process = subprocess.Popen(["bash", "-c", f"{command} --data {tmp_path}"])
    limits = Path(f"/proc/{process.pid}/limits")
    if not limits.exists():
        process.terminate()
        pytest.skip("this system has no /proc")
    try:
        deadline = time.monotonic() + 20
        soft = "512"
        while soft == "512" and time.monotonic() < deadline:
            time.sleep(0.1)
            found = re.search(r"Max open files\s+(\d+)", limits.read_text())
            soft = found[1] if found else ""
        assert int(soft) > 512
    finally:
        process.terminate()
        process.wait(20)


class TestBasic:
    """What browsers make of Basic: they ask for it, keep it, and send it along from anywhere."""

    def test_browsers_are_not_asked(self, hub: LiveHub) -> None:
        with hub.client() as client:
            for path in ("/api/whoami-v2", "/no/repo.git/info/refs?service=git-upload-pack"):
                assert client.get(path).headers["www-authenticate"].startswith("Basic ")
                answer = client.get(path, headers={"Sec-Fetch-Mode": "no-cors"})
                assert answer.status_code == 401
                assert "www-authenticate" not in answer.headers

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_not_from_other_sites(self, hub: LiveHub, headers: dict[str, str]) -> None:
        name = unique("basic")
        basic = ("alice", hub.tokens["alice"])
        body = {"name": name, "type": "model"}
        with hub.client() as client:
            answer = client.post("/api/repos/create", json=body, auth=basic, headers=headers)
            assert answer.status_code == 403
            assert client.get("/api/whoami-v2", auth=basic, headers=headers).status_code == 200
            own = {"Origin": hub.url, "Sec-Fetch-Site": "same-origin"}
            for sent in ({}, own):
                answer = client.post("/api/repos/create", json=body, auth=basic, headers=sent)
                assert answer.status_code in (200, 409), answer.text
            bearer = {"Authorization": f"Bearer {hub.tokens['alice']}"}
            answer = client.post("/api/repos/create", json=body, headers=headers | bearer)
            assert answer.status_code == 409, "no browser adds a Bearer token by itself"


LOOKS = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


class TestForWhoLooks:
    """Errors from outside all pages are pages to a browser, and JSON to programs."""

    @pytest.mark.parametrize("path", ["/a/b/c/d/e", "/alice/x/blob/main", "/alice/%00/x"])
    def test_what_is_nowhere(self, anyone: httpx.Client, path: str) -> None:
        answer = anyone.get(path, headers=LOOKS)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
        assert '<a href="/">Back to the home page</a>' in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        for headers in ({}, {"Accept": "*/*"}, {**LOOKS, "Sec-Fetch-Mode": "cors"}):
            assert "error" in anyone.get(path, headers=headers).json()
        assert "error" in anyone.get("/api/a/b/c/d/e", headers=LOOKS).json()

    def test_what_takes_no_form(self, anyone: httpx.Client) -> None:
        answer = anyone.post("/pulse", headers=LOOKS)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
        assert "Go back, load the page again" in answer.text

    def test_a_crash(self, tmp_path: Path) -> None:
        async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise RuntimeError("a secret of the inside")

        client = TestClient(Edge(broken, Metrics(), Settings(data=tmp_path)))
        answer = client.get("/a/<b>x</b>", headers={**LOOKS, "X-Request-Id": "abc-1"})
        assert answer.status_code == 500
        assert "request abc-1" in answer.text
        assert "secret" not in answer.text
        assert "<b>" not in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "unsafe" not in answer.headers["content-security-policy"]

    def test_too_much(self, tmp_path: Path) -> None:
        async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise AssertionError

        client = TestClient(Edge(never, Metrics(), Settings(data=tmp_path, max_request_body=10)))
        for headers, is_page in ((LOOKS, True), ({}, False)):
            answer = client.post("/login", content=b"x" * 20, headers=headers)
            assert answer.status_code == 413
            assert answer.headers["content-type"].startswith("text/html") is is_page


def test_what_says_nothing_of_it_is_no_page(anyone: httpx.Client) -> None:
    for path in ("/api/models", "/api/none", "/healthz", "/static/list.js"):
        headers = anyone.get(path).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers.get_list("x-content-type-options") == ["nosniff"]
    page = anyone.get("/").headers
    assert len(page.get_list("content-security-policy")) == 1
