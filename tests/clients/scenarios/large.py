"""40 MB up and down, again from another machine, and what of it travels."""

import os
import subprocess
import sys
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download
from steps import HAS_XET, new_name, noise, requests_of, same, step

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
    """Upload from a fresh home, as a second machine would; returns the data requests it took."""
    home = Path(f"home-{os.urandom(4).hex()}").absolute()
    before = requests_of(DATA)
    env = os.environ | {"HOME": str(home), "HF_HOME": str(home / "hf")}
    command = [sys.executable, "-c", AGAIN, source, repo_id, path]
    subprocess.run(command, env=env, check=True, timeout=60)
    return requests_of(DATA) - before


with step("upload 40 MB"):
    before = requests_of(DATA)
    api.upload_file(path_or_fileobj="weights.bin", path_in_repo="weights.bin", repo_id=repo)
    (entry,) = api.get_paths_info(repo, "weights.bin")
    same(entry.size, SIZE)
    assert requests_of(DATA) > before, "not by the way this client should take"

with step("download 40 MB"):
    same(Path(hf_hub_download(repo, "weights.bin")).read_bytes() == WEIGHTS, True)

with step("the same file from another machine: no data is sent"):
    same(elsewhere("weights.bin", repo, "again.bin"), 0)
    same(api.get_paths_info(repo, "again.bin")[0].lfs.sha256, entry.lfs.sha256)

with step("the same file to another repo"):
    # By LFS a repo gets nothing unsent: whoever names a sha256 does not thereby have the bytes.
    same(elsewhere("weights.bin", other, "weights.bin"), 0 if HAS_XET else 1)
    path = hf_hub_download(other, "weights.bin")
    same(Path(path).read_bytes() == WEIGHTS, True)

with step("a longer version of the file"):
    longer = WEIGHTS[:30_000_000] + b"something new" + WEIGHTS[30_000_000:]
    Path("longer.bin").write_bytes(longer)
    same(elsewhere("longer.bin", repo, "longer.bin"), 1)
    same(Path(hf_hub_download(repo, "longer.bin")).read_bytes() == longer, True)
