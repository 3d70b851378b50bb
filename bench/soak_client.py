"""What a real client does in a soak. Runs in the client's interpreter: nothing of ours in it.

    python soak_client.py NAME SECONDS SEED

uploads folders to alice's repos and reads them back in other ways, and says in a line of JSON what
was acknowledged, what it is about to delete, and what went wrong.
"""

import json
import random
import shutil
import sys
import time
from pathlib import Path

from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download

NAME, SECONDS, SEED = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
KINDS = ("model", "dataset")
KEEP = 3

rng = random.Random(SEED)
api = HfApi()


def say(**line):
    print(json.dumps(line), flush=True)


def upload(kind, repo, number):
    """One commit of small and large files; returns it and what is in them."""
    folder = Path("up", str(number))
    files = {}
    for n in range(rng.randint(1, 4)):
        size = rng.choice((0, 300, 20_000, 400_000, 2_000_000))
        # Some seeds come again: the hub has these bytes.
        files[f"part/{n}.bin"] = (rng.randrange(SEED, SEED + 40), size)
    for path, (seed, size) in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(random.Random(seed).randbytes(size))
    card = f"---\nlicense: mit\ntags: [soak, n{number % 7}]\n---\n# {number}\n"
    (folder / "README.md").write_text(card)
    done = api.upload_folder(repo_id=repo, repo_type=kind, folder_path=folder)
    shutil.rmtree(folder)
    say(kind=kind, repo=repo, commit=done.oid, files=files)
    return done.oid, files


def read_back(kind, repo, commit, files):
    path, (seed, size) = rng.choice(list(files.items()))
    expected = random.Random(seed).randbytes(size)
    way = rng.choice(("snapshot", "snapshot", "file", "filesystem"))
    if way == "snapshot":
        found = snapshot_download(repo, repo_type=kind, revision=commit, cache_dir="cache")
        got = Path(found, path).read_bytes()
    elif way == "file":
        found = hf_hub_download(repo, path, repo_type=kind, revision=commit, cache_dir="cache")
        got = Path(found).read_bytes()
    else:
        prefix = "datasets/" if kind == "dataset" else ""
        got = HfFileSystem(skip_instance_cache=True).cat_file(f"{prefix}{repo}@{commit}/{path}")
    shutil.rmtree("cache", ignore_errors=True)
    if got != expected:
        raise AssertionError(f"{way} of {repo}@{commit}/{path}: other bytes than were uploaded")


def main():
    repos = []
    ends = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < ends:
        number += 1
        try:
            if not repos or rng.random() < 0.3:
                repo = (rng.choice(KINDS), f"alice/soak-{NAME}-{number}")
                api.create_repo(repo[1], repo_type=repo[0], private=rng.random() < 0.2)
                repos.append(repo)
            kind, repo = rng.choice(repos)
            commit, files = upload(kind, repo, number)
            read_back(kind, repo, commit, files)
            list(api.list_models(search="soak", limit=50, full=rng.random() < 0.5))
            if len(repos) > KEEP:
                kind, repo = repos.pop(0)
                say(kind=kind, gone=repo)
                api.delete_repo(repo, repo_type=kind)
        except Exception as error:  # noqa: BLE001 - whatever it is, the soak has to hear of it
            say(error=f"{NAME}, round {number}: {error!r}")
        time.sleep(rng.uniform(0, 0.5))


main()
