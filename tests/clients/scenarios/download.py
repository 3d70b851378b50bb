"""Downloads: one file, snapshots, revisions, caches, resumption, ranges."""

import json
import os
import struct
from pathlib import Path

from classes import EntryNotFound
from huggingface_hub import (
    HfApi,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    snapshot_download,
    try_to_load_from_cache,
)
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.file_download import _CACHED_NO_EXIST, http_get
from steps import (
    HAS_XET,
    TOKENS,
    Absent,
    content_of,
    new_name,
    noise,
    raises,
    requests_of,
    same,
    step,
)

api = HfApi()
repo = new_name()
api.create_repo(repo)
WEIGHTS = noise(3_000_000, 1)
HEADER = json.dumps(
    {
        "__metadata__": {"format": "pt"},
        "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "bias": {"dtype": "F16", "shape": [4], "data_offsets": [24, 32]},
    }
).encode()
FILES = {
    "a.txt": b"first",
    "empty.txt": b"",
    "b/weights.bin": WEIGHTS,
    "model.safetensors": struct.pack("<Q", len(HEADER)) + HEADER + bytes(32),
}


def upload(path, content):
    return api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo).oid


for path, content in FILES.items():
    first = upload(path, content)
api.create_tag(repo, tag="v1")
api.create_branch(repo, branch="feat/x")
second = upload("a.txt", b"second")


with step("hf_hub_download"):
    for path in ("empty.txt", "b/weights.bin", "model.safetensors"):
        same(content_of(hf_hub_download(repo, path)), FILES[path])
    same(content_of(hf_hub_download(repo, "a.txt")), b"second")

with step("hf_hub_download from the cache"):
    asked = requests_of("resolve")
    hf_hub_download(repo, "b/weights.bin", revision=second)
    same(requests_of("resolve"), asked)
    os.environ["HF_HUB_OFFLINE"] = "1"
    same(content_of(hf_hub_download(repo, "a.txt", local_files_only=True)), b"second")
    del os.environ["HF_HUB_OFFLINE"]

with step("hf_hub_download(force_download=True)"):
    path = hf_hub_download(repo, "b/weights.bin", force_download=True)
    same(content_of(path), WEIGHTS)

with step("hf_hub_download(local_dir=...)"):
    path = hf_hub_download(repo, "b/weights.bin", local_dir="local")
    same((content_of(path), content_of("local/b/weights.bin")), (WEIGHTS, WEIGHTS))

with step("hf_hub_download(subfolder=...)"):
    same(content_of(hf_hub_download(repo, "weights.bin", subfolder="b")), WEIGHTS)

REVISIONS = {
    "a branch": ("feat/x", b"first"),
    "a full ref": ("refs/heads/feat/x", b"first"),
    "a tag": ("v1", b"first"),
    "a tag's ref": ("refs/tags/v1", b"first"),
    "a short sha": (first[:7], b"first"),
    "a full sha": (first, b"first"),
    "HEAD": ("HEAD", b"second"),
}
for word, (revision, expected) in REVISIONS.items():
    with step(f"hf_hub_download by {word}"):
        same(content_of(hf_hub_download(repo, "a.txt", revision=revision)), expected)
    with step(f"snapshot_download by {word}"):
        folder = snapshot_download(repo, revision=revision, allow_patterns="a.txt")
        same(content_of(f"{folder}/a.txt"), expected)

with step("snapshot_download"):
    folder = Path(snapshot_download(repo, cache_dir="fresh"))
    got = {name: content_of(folder / name) for name in FILES}
    same(got, FILES | {"a.txt": b"second"})
    same(folder.name, second)

with step("snapshot_download with patterns"):
    folder = Path(snapshot_download(repo, cache_dir="some", ignore_patterns=["*.bin", "*.st*"]))
    same((folder / "b").exists(), False)
    same((folder / "a.txt").exists(), True)

with step("snapshot_download(local_dir=...)"):
    snapshot_download(repo, local_dir="whole")
    same(content_of("whole/b/weights.bin"), WEIGHTS)

with step("snapshot_download(dry_run=True)"):
    try:
        plan = snapshot_download(repo, cache_dir="dry", dry_run=True)
    except TypeError:
        raise Absent from None
    same(sum(each.file_size for each in plan if each.filename in FILES) > len(WEIGHTS), True)

with step("a missing file, then its absence from the cache"):
    with raises(EntryNotFound, 404):
        hf_hub_download(repo, "missing.txt")
    assert try_to_load_from_cache(repo, "missing.txt") is _CACHED_NO_EXIST

with step("a file that is not cached, without the network"), raises(LocalEntryNotFoundError):
    hf_hub_download(repo, "a.txt", cache_dir="nothing", local_files_only=True)

with step("get_hf_file_metadata"):
    meta = get_hf_file_metadata(hf_hub_url(repo, "b/weights.bin"), token=TOKENS["alice"])
    same((meta.commit_hash, meta.size, len(meta.etag)), (second, len(WEIGHTS), 64))
    assert (meta.xet_file_data is not None) or not HAS_XET
    meta = get_hf_file_metadata(hf_hub_url(repo, "a.txt"))
    same((meta.size, meta.etag), (6, "2147e418895119ab132ef3a44c8b16a4a6ce1b77"))

with step("a broken download is resumed by range"):
    asked = requests_of("resolve")
    with Path("partial").open("w+b") as partial:
        partial.write(WEIGHTS[:1_000_000])
        http_get(
            hf_hub_url(repo, "b/weights.bin"),
            partial,
            resume_size=1_000_000,
            expected_size=len(WEIGHTS),
        )
    same(content_of("partial"), WEIGHTS)
    same(requests_of("resolve"), asked + 1)

with step("get_safetensors_metadata"):
    meta = api.get_safetensors_metadata(repo)
    same((meta.sharded, meta.parameter_count), (False, {"F32": 6, "F16": 4}))
    same(meta.weight_map, {"weight": "model.safetensors", "bias": "model.safetensors"})

with step("get_sharded_safetensors_metadata"):
    if not hasattr(api, "get_sharded_safetensors_metadata"):
        raise Absent
    weight_map = dict.fromkeys(("weight", "bias"), "model.safetensors")
    index = {"metadata": {"total_size": 32}, "weight_map": weight_map}
    upload("model.safetensors.index.json", json.dumps(index).encode())
    meta = api.get_sharded_safetensors_metadata(repo)
    same((meta.sharded, meta.metadata), (True, {"total_size": 32}))
    same((meta.parameter_count, meta.weight_map), ({"F32": 6, "F16": 4}, weight_map))
    same(meta.files_metadata["model.safetensors"].metadata, {"format": "pt"})
    with raises(EntryNotFound, 404):
        api.get_sharded_safetensors_metadata(repo, filename="other.index.json")

with step("verify_repo_checksums"):
    if not hasattr(api, "verify_repo_checksums"):
        raise Absent
    checked = api.verify_repo_checksums(repo, local_dir="whole")
    same((checked.checked_count, checked.mismatches), (len(FILES) + 1, []))
