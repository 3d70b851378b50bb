"""The command behind `make demo`, from an empty folder to a filled hub."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from live import free_port

ROOT = Path(__file__).parents[2]


def start(tmp: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo.run", *words],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], last: str) -> str:
    text = ""
    assert process.stdout
    for line in process.stdout:
        text += line
        if last in line:
            return text
    raise AssertionError(f"the demo ended early:\n{text}")


def test_fills_a_hub_and_removes_it_again(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, "--port", str(port))
    try:
        said = read_until(process, "Ctrl-C stops it")
        token = re.search(r"HF_TOKEN=(hf_\w+)", said)
        assert token
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            client.headers["Authorization"] = f"Bearer {token[1]}"
            assert client.get("/api/whoami-v2").json()["name"] == "demo"
            names = {repo["id"] for repo in client.get("/api/models").json()}
            weights = client.get("/demo/ember/resolve/main/model.safetensors")
        assert {"demo/ember", "demo/ember-moved", "demo/ember-lora", "demo/ember-GGUF"} <= names
        assert weights.status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_says_so_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, "--port", str(taken.getsockname()[1]))
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be used" in said
