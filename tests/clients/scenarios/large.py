"""40 MB up and down, again from another machine, and what of it travels."""

import os
import subprocess
import sys
from pathlib import Path

from counting import counting
from huggingface_hub import HfApi, hf_hub_download
from steps import HAS_XET, Absent, content_of, new_name, noise, requests_of, same, step

SIZE = 40_000_000
# Each run of the scenario has bytes of its own: what another sent must not count.
WEIGHTS = noise(SIZE, os.environ["CLIENT"])
AGAIN = """
import sys
from huggingface_hub import HfApi
HfApi().upload_file(path_or_fileobj=sys.argv[1], path_in_repo=sys.argv[3], repo_id=sys.argv[2])
"""

api = HfApi()
repo, other = new_name(), new_name()
api.create_repo(repo)
api.create_repo(other)
Path("weights.bin").write_bytes(WEIGHTS)
DATA = "post_xorb" if HAS_XET else "put_object"


def elsewhere(source, repo_id, path):
    """Upload from a fresh home, as a second machine would; returns the share of `SIZE` sent."""
    home = Path(f"home-{os.urandom(4).hex()}").absolute()
    command = [sys.executable, "-c", AGAIN, source, repo_id, path]
    with counting() as counter:
        env = {"HOME": str(home), "HF_HOME": str(home / "hf"), "HF_ENDPOINT": counter.url}
        subprocess.run(command, env=os.environ | env, check=True, timeout=60)
    return counter.sent / SIZE


def little(share):
    """Requests and a list of chunks, but none of the file's own bytes."""
    assert share < 0.002, f"{share:.2%} of the file was sent"


with step("upload 40 MB"):
    before = requests_of(DATA)
    api.upload_file(path_or_fileobj="weights.bin", path_in_repo="weights.bin", repo_id=repo)
    (entry,) = api.get_paths_info(repo, "weights.bin")
    same(entry.size, SIZE)
    assert requests_of(DATA) > before, "not by the way this client should take"

with step("download 40 MB"):
    same(Path(hf_hub_download(repo, "weights.bin")).read_bytes() == WEIGHTS, True)

with step("the same file from another machine: under 0.2 % is sent"):
    little(elsewhere("weights.bin", repo, "again.bin"))
    same(api.get_paths_info(repo, "again.bin")[0].lfs.sha256, entry.lfs.sha256)

with step("the same file to another repo: under 0.2 % is sent"):
    share = elsewhere("weights.bin", other, "weights.bin")
    path = hf_hub_download(other, "weights.bin")
    same(content_of(path) == WEIGHTS, True)
    if not HAS_XET:
        # Whoever names a sha256 does not thereby have the bytes: by LFS each repo is sent its own.
        assert share > 1, share
        raise Absent
    little(share)

with step("a longer version of the file: under 2 % is sent"):
    longer = WEIGHTS[:30_000_000] + b"something new" + WEIGHTS[30_000_000:]
    Path("longer.bin").write_bytes(longer)
    share = elsewhere("longer.bin", repo, "longer.bin")
    same(content_of(hf_hub_download(repo, "longer.bin")) == longer, True)
    if not HAS_XET:
        raise Absent
    assert 0.0005 < share < 0.02, f"{share:.2%} of the file was sent"
