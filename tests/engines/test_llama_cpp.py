"""llama.cpp, told what fit prints, loads a GGUF of this hub in the memory that fit tells."""

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from engines.conftest import KINDS, LIMIT_S, Bench, near
from live import free_port

pytestmark = pytest.mark.engines

CONTEXT = 8192
PROMPT = [1, *range(300, 899)]
"""Tokens; more than a step of 512, so that its buffers are filled."""


@pytest.mark.parametrize("kind", KINDS)
def test_binding_of_python(bench: Bench, gguf: str, kind: str) -> None:
    report = bench.show(gguf, "--file", kind, "--ram", 8, "--context", CONTEXT)
    (verdict,) = report["verdicts"]
    assert (verdict["engine"], verdict["verdict"]) == ("llama.cpp", "fits")
    endpoint, program, *words = shlex.split(report["commands"]["llama.cpp"])
    flags = dict(zip(words[::2], words[1::2], strict=True))
    assert (endpoint, program) == (f"HF_ENDPOINT={bench.hub.url}", "llama-server")
    assert (flags["-hf"], flags["--hf-file"]) == (gguf, f"tiny-{kind}.gguf")
    words = [flags["-hf"], flags["--hf-file"], flags["-c"], len(PROMPT)]
    measured = bench.measure("engines", "run_llama.py", *words)
    assert measured["context"] == CONTEXT
    assert len(measured["written"]) == 16
    assert near(verdict["memory"]["total_bytes"], measured["model"])


@pytest.mark.parametrize("kind", KINDS)
def test_server_as_printed(bench: Bench, gguf: str, tmp_path: Path, kind: str) -> None:
    report = bench.show(gguf, "--file", kind, "--ram", 8, "--context", CONTEXT)
    with served(bench, report["commands"]["llama.cpp"], tmp_path) as (server, url):
        asked = {"prompt": PROMPT, "n_predict": 16, "ignore_eos": True}
        answer = httpx.post(f"{url}/completion", json=asked, timeout=LIMIT_S).json()
        assert (answer["tokens_evaluated"], answer["tokens_predicted"]) == (len(PROMPT), 16)
        status = Path(f"/proc/{server.pid}/status").read_text()
    assert status.startswith("Name:\tllama-server\n")
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    assert near(report["verdicts"][0]["memory"]["total_bytes"], peak * 1024)


@contextmanager
def served(bench: Bench, command: str, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The printed line in a shell; its port, which is not printed, is a variable's."""
    url = f"http://127.0.0.1:{free_port()}"
    env = bench.hub.env(home, None, OMP_NUM_THREADS="1", LLAMA_ARG_PORT=url.rpartition(":")[2])
    del env["HF_ENDPOINT"]  # the line has it
    env["PATH"] = f"{bench.llama_cpp()}{os.pathsep}{env['PATH']}"
    log = home / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            ["bash", "-c", command], env=env, cwd=home, stdout=out, stderr=out
        )
    try:
        deadline = time.monotonic() + LIMIT_S
        while not ready(url):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield server, url
    finally:
        server.kill()
        server.wait(10)


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(("tag", "kind"), [("", "Q8_0"), (":Q8_0", "Q8_0"), (":q4_0", "Q4_0")])
def test_cli_by_tag(bench: Bench, gguf: str, tmp_path: Path, tag: str, kind: str) -> None:
    done = ask_cli(bench, gguf + tag, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Generation: " in done.stdout
    assert fetched(tmp_path) == {f"tiny-{kind}.gguf"}


def test_cli_of_a_tag_that_is_not_there(bench: Bench, gguf: str, tmp_path: Path) -> None:
    done = ask_cli(bench, f"{gguf}:Q2_K", tmp_path)
    assert done.returncode != 0
    assert fetched(tmp_path) == set()


def test_cli_of_a_private_repo(bench: Bench, tmp_path: Path) -> None:
    repo = bench.push("engines", "make_gguf.py", "alice/hidden-GGUF", "Q4_0")
    with bench.hub.client("alice") as alice:
        settings = f"/api/models/{repo}/settings"
        assert alice.put(settings, json={"private": True}).status_code == 200
    assert ask_cli(bench, repo, tmp_path / "nobody").returncode != 0
    assert fetched(tmp_path / "nobody") == set()
    done = ask_cli(bench, repo, tmp_path / "alice", "alice")
    assert done.returncode == 0, done.stderr
    assert fetched(tmp_path / "alice") == {"tiny-Q4_0.gguf"}


def ask_cli(
    bench: Bench, model: str, home: Path, user: str | None = None
) -> subprocess.CompletedProcess[str]:
    """One question, eight tokens."""
    home.mkdir(exist_ok=True)
    words = ["-hf", model, "-c", "512", "-n", "8", "-p", "w300", "--single-turn", "--simple-io"]
    return subprocess.run(
        [bench.llama_cpp() / "llama-cli", *words],
        env=bench.hub.env(home, user, OMP_NUM_THREADS="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


def fetched(home: Path) -> set[str]:
    """Models that llama.cpp has in its cache, whole."""
    return {path.name for path in home.rglob("*.gguf")}
