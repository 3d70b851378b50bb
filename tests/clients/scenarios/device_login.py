"""`hf auth login` without a token: the device shows a code, and somebody approves it elsewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from huggingface_hub import HfApi
from steps import same, step

HEARTHUB = json.loads(os.environ["HEARTHUB"])
HF = Path(sys.executable).with_name("hf")
ENV = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


def log_in(verb, user):
    """What the command ends with, and all that it said; the code is answered by `verb`."""
    words = [str(HF), "auth", "login", "--force"]
    pipe, told = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(words, env=ENV, stdin=pipe, stdout=pipe, stderr=told, text=True) as hf:
        hf.stdin.close()
        said = ""
        for line in hf.stdout:
            said += line
            if (code := CODE.search(line)) and verb:
                subprocess.run([*HEARTHUB, "token", verb, code[0], "--user", user], check=True)
                verb = None
    return hf.returncode, said


def hf(*words):
    done = subprocess.run([str(HF), *words], env=ENV, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


with step("hf auth login, approved"):
    status, said = log_in("approve", "charlie")
    assert status == 0, said
    assert "/oauth/device?user_code=" in said, said

with step("hf auth whoami"):
    assert "charlie" in hf("auth", "whoami")

with step("the token works and can be revoked"):
    token = (Path(os.environ["HF_HOME"]) / "token").read_text()
    auth = HfApi(token=token).whoami()["auth"]
    same(auth["accessToken"]["role"], "write")
    assert auth["accessToken"]["displayName"].startswith("Device: "), auth

with step("hf auth login as another user, list, switch"):
    status, said = log_in("approve", "bob")
    assert status == 0, said
    rows = hf("auth", "list").splitlines()
    names = [row.partition(" hf_****")[0].strip("* ") for row in rows if " hf_****" in row]
    same(len(names), 2)
    for user in ("charlie", "bob"):
        [name] = [it for it in names if user in it]
        hf("auth", "switch", "--token-name", name)
        assert user in hf("auth", "whoami")

with step("hf auth login, denied"):
    status, said = log_in("deny", "charlie")
    assert status != 0
    assert "denied" in said, said
