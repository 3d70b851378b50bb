"""The `hf` command, run as a person would. Runs inside a client's interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

from steps import TOKENS

HF = str(Path(sys.executable).parent / "hf")


def hf(*words, fails=False, user="alice"):
    """Run the command; its standard output, or with `fails` all it said as it failed."""
    env = os.environ | {"HF_TOKEN": TOKENS[user]}
    done = subprocess.run(
        [HF, *words], env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    said = done.stdout + done.stderr
    if (done.returncode != 0) != fails:
        raise AssertionError(f"hf {' '.join(words)}: exit {done.returncode}\n{said}")
    return said if fails else done.stdout


def told(*words, user="alice"):
    """What the command says as JSON."""
    return json.loads(hf(*words, "--format", "json", user=user))
