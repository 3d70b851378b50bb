"""Trees, single paths, lists of repos."""

import hashlib

from classes import EntryNotFound
from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile, RepoFolder
from huggingface_hub.utils import RevisionNotFoundError
from steps import HAS_XET, eventually, new_name, noise, raises, same, step

api = HfApi()
repo = new_name()
api.create_repo(repo)
WEIGHTS = noise(20_000, 1)
FILES = {"a.txt": b"text", "b/c.txt": b"c", "b/d/e.bin": WEIGHTS, "b/d/f.txt": b""}
for path, content in FILES.items():
    last = api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo)


def paths(entries):
    return {(type(entry), entry.path) for entry in entries}


with step("list_repo_files"):
    same(set(api.list_repo_files(repo)), {*FILES, ".gitattributes"})

with step("list_repo_tree"):
    top = {(RepoFile, ".gitattributes"), (RepoFile, "a.txt"), (RepoFolder, "b")}
    same(paths(api.list_repo_tree(repo)), top)

with step("list_repo_tree of a folder"):
    inner = {(RepoFile, "b/c.txt"), (RepoFolder, "b/d")}
    same(paths(api.list_repo_tree(repo, "b")), inner)
    same(paths(api.list_repo_tree(repo, "b/d")), {(RepoFile, "b/d/e.bin"), (RepoFile, "b/d/f.txt")})

with step("list_repo_tree(recursive=True)"):
    everything = {(RepoFile, path) for path in [*FILES, ".gitattributes"]}
    everything |= {(RepoFolder, "b"), (RepoFolder, "b/d")}
    same(paths(api.list_repo_tree(repo, recursive=True)), everything)

with step("sizes, oids, LFS and Xet facts of an entry"):
    (entry,) = [each for each in api.list_repo_tree(repo, "b/d") if each.path == "b/d/e.bin"]
    same((entry.size, entry.lfs.size, len(entry.lfs.sha256)), (20_000, 20_000, 64))
    assert entry.lfs.pointer_size > 100
    assert getattr(entry, "xet_hash", True) or not HAS_XET  # 0.36 has no such field
    (entry,) = [each for each in api.list_repo_tree(repo) if each.path == "a.txt"]
    same((entry.size, entry.blob_id), (4, "f3a34851d44d6b97c90fbb99dd3d18c261b9a237"))
    same(entry.lfs, None)

with step("list_repo_tree(expand=True)"):
    entries = {each.path: each for each in api.list_repo_tree(repo, recursive=True, expand=True)}
    same(entries["b/d/f.txt"].last_commit["oid"], last.oid)
    same(entries["b"].last_commit["oid"], last.oid)
    assert entries["a.txt"].last_commit["oid"] != last.oid

with step("list_repo_tree of a missing folder or revision"):
    with raises(EntryNotFound, 404):
        list(api.list_repo_tree(repo, "nowhere"))
    with raises(RevisionNotFoundError, 404):
        list(api.list_repo_tree(repo, revision="nowhere"))

with step("get_paths_info"):
    wanted = ["a.txt", "b", "b/d/e.bin", "missing"]
    found = {(RepoFile, "a.txt"), (RepoFolder, "b"), (RepoFile, "b/d/e.bin")}
    same(paths(api.get_paths_info(repo, wanted)), found)
    same(api.get_paths_info(repo, "missing"), [])

with step("get_paths_info(expand=True)"):
    (entry,) = api.get_paths_info(repo, ["b/d/f.txt"], expand=True)
    same(entry.last_commit["oid"], last.oid)

with step("file_exists"):
    asked = ["a.txt", "b/d/e.bin", "missing", "b"]
    same([api.file_exists(repo, path) for path in asked], [True, True, False, False])
    same(api.file_exists(repo, "a.txt", revision="nowhere"), False)
    same(api.file_exists(f"{repo}-not", "a.txt"), False)

author = "acme"
# One word that no other name holds: a search also finds the words of a name in another order.
word = hashlib.sha256(new_name().encode()).hexdigest()[:12]
prefix = f"{author}/{word}"
for number in range(5):
    api.create_repo(f"{prefix}-{number}", private=number == 4)
    api.create_repo(f"{prefix}-{number}", repo_type="dataset")
    api.create_repo(f"{prefix}-{number}", repo_type="space", space_sdk="static")
search = word
FIVE = {f"{prefix}-{number}" for number in range(5)}

eventually(lambda: len(list(api.list_spaces(author=author, search=search))) == 5)

with step("list_models(author=...)"):
    assert {info.id for info in api.list_models(author=author)} >= FIVE
    same(list(api.list_models(author="nobody-here")), [])

with step("list_models(search=...)"):
    same({info.id for info in api.list_models(search=search)}, FIVE)

with step("list_models(limit=...)"):
    same(len(list(api.list_models(author=author, limit=2))), 2)

with step("list_models(sort='created_at')"):
    newest = [info.id for info in api.list_models(author=author, search=search, sort="created_at")]
    same(newest, sorted(FIVE, reverse=True))

with step("list_models over several pages"):
    for number in range(105):
        api.create_repo(f"{prefix}-{number}", exist_ok=True)
    eventually(lambda: len(list(api.list_models(author=author, search=search))) == 105)
    same(len({info.id for info in api.list_models(author=author, search=search)}), 105)

with step("list_models(sort=...) over several pages"):
    for sort in ("created_at", "last_modified", "likes", "downloads", "trending_score"):
        found = [info.id for info in api.list_models(author=author, sort=sort)]
        ours = [name for name in found if name.startswith(prefix)]
        same((len(ours), len(found)), (105, len(set(found))))

with step("list_models(full=True, cardData=True)"):
    info = next(iter(api.list_models(search=search, full=True, cardData=True)))
    assert info.sha
    same([each.rfilename for each in info.siblings], [".gitattributes"])

with step("list_datasets and list_spaces"):
    same({info.id for info in api.list_datasets(author=author, search=search)}, FIVE)
    same({info.id for info in api.list_spaces(author=author, search=search)}, FIVE)
