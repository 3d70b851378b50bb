"""RamaLama, which pulls GGUF files by the route that Ollama and older llama.cpp ask."""

import hashlib
import json

import httpx
import pytest

from calls import commit, new_repo, put_lfs, unique, upload_lfs
from clients.runner import SCENARIOS, Runner
from fit.small_models import gguf
from needs import client_python

pytestmark = pytest.mark.clients


def test_ramalama(run_scenario: Runner, alice: httpx.Client) -> None:
    files = {kind: gguf(kind) for kind in ("Q4_0", "Q8_0")}
    repos = []
    for visibility in ("public", "private"):
        repo = new_repo(alice, unique("gguf"))
        parts = [
            put_lfs(f"tiny-{kind}.gguf", upload_lfs(alice, repo, content))
            for kind, content in files.items()
        ]
        commit(alice, repo, *parts)
        alice.put(f"/api/models/{repo}/settings", json={"visibility": visibility})
        repos.append(repo)
    digests = {kind: hashlib.sha256(content).hexdigest() for kind, content in files.items()}
    env = {"REPO": repos[0], "PRIVATE": repos[1], "DIGESTS": json.dumps(digests)}
    command = [client_python("ramalama"), SCENARIOS / "ramalama.py"]
    run_scenario("GGUF files", "ramalama 0.25.0", command, env)
