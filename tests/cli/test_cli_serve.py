"""`hearthub` itself, `serve`, `work` and `job`, as processes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from cli.conftest import Run
from hearthub import __version__
from hearthub.accounts import Accounts
from hearthub.cli.serve import is_exposed
from hearthub.db import Database
from hearthub.settings import Settings
from live import free_port


def test_help_and_version(run: Run) -> None:
    assert run("--version").stdout == f"hearthub {__version__}\n"
    listed = {line.split()[0] for line in run("--help").stdout.splitlines() if line.strip()}
    assert {"serve", "work", "user", "org", "token", "job", "doctor"} <= listed
    assert {"backup", "restore", "apply"} <= listed


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [
        (("--help",), {"sqlalchemy", "alembic", "fastapi", "uvicorn", "pwdlib", "asyncio"}),
        (("user", "list"), {"fastapi", "uvicorn", "starlette", "pwdlib", "jinja2"}),
    ],
)
def test_commands_load_only_what_they_need(
    env: dict[str, str], tmp_path: Path, words: tuple[str, ...], forbidden: set[str]
) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "hearthub", *words]
    env["HEARTHUB_DATA"] = str(tmp_path / "data")
    result = subprocess.run(command, env=env, capture_output=True, text=True)
    assert result.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "hearthub.cli.root" in loaded
    assert loaded & forbidden == set()


def serve(
    env: dict[str, str], tmp_path: Path, *words: str, command: str = "serve"
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hearthub", command, "--data", str(tmp_path / "data"), *words],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")


def test_commands_work_while_the_server_runs(run: Run, env: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = serve(env, tmp_path, "--port", str(port))
    try:
        wait_for(f"{url}/readyz")
        assert run("user", "add", "alice").returncode == 0
        token = run("token", "add", "alice").stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{url}/api/whoami-v2", headers=headers).json()["name"] == "alice"
        assert run("token", "revoke", "alice", "default").returncode == 0
        assert httpx.get(f"{url}/api/whoami-v2", headers=headers).status_code == 401
        doctor = run("doctor", HEARTHUB_PORT=str(port)).stdout
        assert f"a hub answers at 127.0.0.1 port {port}" in doctor
    finally:
        server.send_signal(signal.SIGTERM)
        stdout, stderr = server.communicate(timeout=40)
    assert url in stdout
    assert str(tmp_path / "data") in stdout
    assert "warning" not in stderr


def test_serve_warns_when_others_can_reach_it(env: dict[str, str], tmp_path: Path) -> None:
    # A test must not open a port to the network: the words come before the start, which fails.
    (tmp_path / "data").write_text("a file where the folder should be")
    server = serve(env, tmp_path, "--host", "0.0.0.0", "--port", str(free_port()))
    stdout, stderr = server.communicate(timeout=20)
    assert server.returncode == 1
    assert "http://0.0.0.0:" in stdout
    assert "warning: other machines can reach this hub" in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    ("host", "url", "exposed"),
    [
        ("127.0.0.1", None, False),
        ("::1", None, False),
        ("0.0.0.0", None, True),
        ("0.0.0.0", "https://hub.example.org", False),
        ("0.0.0.0", "http://hub.example.org", True),
        ("127.0.0.1", "http://hub.example.org", True),
        ("127.0.0.1", "http://localhost:7979", False),
        ("0.0.0.0", "http://localhost:7979", True),
    ],
)
def test_who_is_exposed(tmp_path: Path, host: str, url: str | None, exposed: bool) -> None:
    assert is_exposed(Settings(data=tmp_path, host=host, public_url=url)) is exposed


def test_serve_refuses_a_public_url_that_is_none(run: Run) -> None:
    result = run("serve", "--public-url", "hub.example.org")
    assert result.returncode == 2
    assert "hub.example.org" in result.stderr


def test_dead_jobs_are_listed_and_revived(
    run: Run, accounts: Accounts, env: dict[str, str], tmp_path: Path
) -> None:
    db = Database.sqlite(tmp_path / "data" / "hearthub.db")
    db.execute(
        "insert into job (id, name, payload, key, state, run_at, attempts, error,"
        " created, finished) values"
        " (7, 'storage.sweep', '{}', 'storage.sweep:x', 'dead', 1, 8, :error, 1, 1)",
        error="Traceback...\nValueError: no luck\n",
    )
    assert "ValueError: no luck" in run("job", "dead").stdout
    [row] = json.loads(run("job", "dead", "--json").stdout)
    assert (row["id"], row["job"]) == (7, "storage.sweep:x")
    assert run("job", "retry", "7").returncode == 0
    assert run("job", "dead").stdout == ""
    assert run("job", "retry", str(2**63)).returncode == 2
    worker = serve(env, tmp_path, command="work")  # it runs, without a server
    try:
        deadline = time.monotonic() + 20
        while db.value("select state from job where id = 7") != "done":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=20)
