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
