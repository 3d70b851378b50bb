"""RamaLama: GGUF files by quantisation, as Ollama and older llama.cpp ask for them.

`REPO` and `PRIVATE` name repos with a file in Q4_0 and one in Q8_0, `DIGESTS` what is in them.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from steps import READ_TOKENS, TOKENS, same, step

REPO, PRIVATE = os.environ["REPO"], os.environ["PRIVATE"]
DIGESTS = json.loads(os.environ["DIGESTS"])


def ramalama(name, store, token=TOKENS["alice"]):
    """Pull into a store of its own; the digests of what is in it then, and what was said."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ramalama"), "--store", store, "pull", f"hf://{name}"],
        env={**os.environ, "HF_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
    )
    files = [it for it in Path(store).rglob("blobs/*") if it.is_file()]
    return {hashlib.sha256(it.read_bytes()).hexdigest() for it in files}, done


def pulled(name, store, kind, token=TOKENS["alice"]):
    found, done = ramalama(name, store, token)
    if DIGESTS[kind] not in found:
        raise AssertionError(done.stdout + done.stderr)


with step("pull by quantisation"):
    pulled(f"{REPO}:Q8_0", "by-name", "Q8_0")

with step("pull without one"):
    found, done = ramalama(REPO, "without")
    same(len(found & set(DIGESTS.values())), 1)

with step("pull one file"):
    pulled(f"{REPO}/tiny-Q4_0.gguf", "one", "Q4_0")

with step("pull a private model"):
    pulled(f"{PRIVATE}:Q4_0", "private", "Q4_0", READ_TOKENS["alice"])

with step("a private model is for nobody else"):
    found, done = ramalama(f"{PRIVATE}:Q4_0", "nobody", TOKENS["charlie"])
    same((bool(done.returncode), found), (True, set()))
