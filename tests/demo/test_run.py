"""The command behind `make demo`, from an empty folder to a filled hub, and once more."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from demo import year
from demo.planted import LAUNCH
from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox
from live import free_port
from needs import needs_data
from pulse.lakes import rows

ROOT = Path(__file__).parents[2]
KIT = "HEARTHUB_DATA_KIT"


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    """Without the kit of whoever runs the tests, unless they ask for it."""
    kept = {name: value for name, value in os.environ.items() if name != KIT}
    return subprocess.Popen(
        [sys.executable, "-m", "demo.run", *words],
        cwd=ROOT,
        env=kept | environment,
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


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[tuple[str, httpx.Client]]:
    """What it said until it waits, and a client with its token."""
    port = free_port()
    process = start("--port", str(port), "--data", str(folder), **environment)
    try:
        said = read_until(process, "Ctrl-C stops it")
        token = re.search(r"HF_TOKEN=(hf_\w+)", said)
        assert token
        headers = {"Authorization": f"Bearer {token[1]}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            yield said, client
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


def snapshots(folder: Path) -> list[dict[str, object]]:
    sandbox = Sandbox(1)
    lake = Lake(folder / "hub" / "lake", TABLES, sandbox)
    found = rows(lake, "select source, type, is_synthetic, licence from snapshot order by all")
    sandbox.close()
    return found


@pytest.mark.slow
def test_fills_a_hub_and_finds_it_again(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with running(folder) as (said, client):
        assert "no figure of it tells of the world" in said
        assert client.get("/api/whoami-v2").json()["name"] == "demo"
        names = {repo["id"] for repo in client.get("/api/models").json()}
        weights = client.get("/demo/ember/resolve/main/model.safetensors")
        reports = client.get("/api/pulse/reports").json()
        trending = client.get("/api/pulse/trending").json()
    # What is made up is on no list of the hub's repos.
    assert names == {"demo/ember", "demo/ember-moved", "demo/ember-lora", "demo/ember-GGUF"}
    assert weights.status_code == 200
    assert {(it["kind"], it["source"], it["synthetic"]) for it in reports} == {
        ("weekly", year.SOURCE, True), ("state", year.SOURCE, True),
    }  # fmt: skip
    assert (trending["synthetic"], trending["rows"][0]["id"]) == (True, LAUNCH)
    assert snapshots(folder) == [
        {"source": year.SOURCE, "type": kind, "is_synthetic": True, "licence": "CC0-1.0"}
        for kind in ("dataset", "model", "space")
    ]
    assert (folder / "demo.json").stat().st_mode & 0o077 == 0  # the token is in it
    with running(folder) as (again, client):
        assert "filled" not in again
        assert "took in" not in again
        assert client.get("/api/whoami-v2").json()["name"] == "demo"
        assert {repo["id"] for repo in client.get("/api/models").json()} == names
    assert len(snapshots(folder)) == 3
    assert sorted(path.name for path in folder.iterdir()) == [
        "client", "demo.json", "history", "hub",
    ]  # fmt: skip


@pytest.mark.slow
def test_real_data_where_there_is_a_kit(tmp_path: Path) -> None:
    kit = needs_data("radar/models_latest.parquet").parents[1]
    with running(tmp_path / "kept", **{KIT: str(kit)}) as (said, _):
        assert "(CC-BY-4.0, HF//RADAR)" in said
        assert "made-up" not in said
        assert "real data" in said
    found = snapshots(tmp_path / "kept")
    assert {row["source"]: row["licence"] for row in found} == {
        "dome": "MIT", "hub-stats": "Apache-2.0", "radar": "CC-BY-4.0",
    }  # fmt: skip
    assert not any(row["is_synthetic"] for row in found)


def test_a_kit_that_lacks_something_is_told(tmp_path: Path) -> None:
    process = start("--port", str(free_port()), "--data", str(tmp_path / "kept"),
                    **{KIT: str(tmp_path)})  # fmt: skip
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "has no dome_transformersjs/daily_panel.parquet" in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("mark", [None, "{}"])
def test_a_folder_of_others_stays_and_a_start_broken_off_is_begun_anew(
    tmp_path: Path, mark: str | None
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    if mark:
        (tmp_path / "demo.json").write_text(mark)
    process = start("--once", "--port", str(free_port()), "--data", str(tmp_path))
    said, _ = process.communicate(timeout=120)
    assert (tmp_path / "mine.txt").exists() == (mark is None)
    assert (process.returncode == 0) == (mark is not None), said


def test_says_so_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start("--port", port, "--data", str(tmp_path / "kept"))
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be used" in said
    assert not (tmp_path / "kept").exists()
