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
