"""Files of all kinds and names, up and down again."""

import io
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from steps import content_of, has, new_name, noise, same, step, text_of

api = HfApi()
repo = new_name()
api.create_repo(repo)

FILES = {
    "README.md": b"---\nlicense: apache-2.0\ntags:\n- tiny\n---\n# Hello\n",
    "config.json": b'{"model_type": "tiny"}',
    "empty.txt": b"",
    "weights/model.bin": noise(70_000, 1),
    "weights/deep/er/still.safetensors": noise(200_000, 2),
    "weights/empty.bin": b"",
    "image.png": b"\x89PNG\r\n\x1a\n" + noise(500, 3),
    "zeros.bin": bytes(1_000_000),
}
AWKWARD = [
    "100%.txt", "%41.txt", "a#b.txt", "why?.txt", "a+b.txt", "two words.txt", "ünïcödé-日本.txt",
    "me@home.txt", "semi;colon,comma.txt", "quote'and\"quote.txt", "[brackets]{braces}.txt",
    "a&b=c.txt", "tilde~.txt", "deep % folder/ä+ö/file #1.bin", "main", "resolve/main/tree.txt",
    ".hidden", "%2F.txt", "$HOME.txt", "emoji-🙂.txt",
]  # fmt: skip


def write(folder, files):
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def read(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and path.name != ".gitattributes" and ".cache" not in path.parts
    }


with step("upload_file of bytes"):
    api.upload_file(path_or_fileobj=b"bytes", path_in_repo="bytes.txt", repo_id=repo)
    same(content_of(hf_hub_download(repo, "bytes.txt")), b"bytes")

with step("upload_file of a path"):
    write("one", {"x.bin": noise(50_000, 4)})
    api.upload_file(path_or_fileobj="one/x.bin", path_in_repo="sub/x.bin", repo_id=repo)
    same(content_of(hf_hub_download(repo, "sub/x.bin")), noise(50_000, 4))

with step("upload_file of a file object"):
    stream = io.BytesIO(noise(60_000, 5))
    api.upload_file(path_or_fileobj=stream, path_in_repo="stream.bin", repo_id=repo)
    same(content_of(hf_hub_download(repo, "stream.bin")), noise(60_000, 5))

with step("upload_file over an older version"):
    api.upload_file(path_or_fileobj=b"newer", path_in_repo="bytes.txt", repo_id=repo)
    same(content_of(hf_hub_download(repo, "bytes.txt")), b"newer")

with step("upload_folder: text, binary, empty, nested"):
    folder_repo = new_name()
    api.create_repo(folder_repo)
    commit = api.upload_folder(
        repo_id=folder_repo, folder_path=write("folder", FILES), commit_message="A folder"
    )
    same(read(snapshot_download(folder_repo)), FILES)
    head = api.list_repo_commits(folder_repo)[0]
    same((head.commit_id, head.title), (commit.oid, "A folder"))

with step("upload_folder to a dataset and a space"):
    for kind in ("dataset", "space"):
        sdk = {"space_sdk": "static"} if kind == "space" else {}
        api.create_repo(folder_repo, repo_type=kind, **sdk)
        api.upload_folder(repo_id=folder_repo, folder_path="folder", repo_type=kind)
        got = read(snapshot_download(folder_repo, repo_type=kind))
        assert got.items() >= FILES.items(), sorted(got)

with step("upload_folder with path_in_repo, allow_patterns and ignore_patterns"):
    api.upload_folder(
        repo_id=repo,
        folder_path="folder",
        path_in_repo="in/side",
        allow_patterns=["*.bin", "*.json"],
        ignore_patterns="zeros*",
    )
    named = ("config.json", "weights/model.bin", "weights/empty.bin")
    inside = {name for name in api.list_repo_files(repo) if name.startswith("in/")}
    same(inside, {f"in/side/{n}" for n in named})

with step("upload_folder with delete_patterns"):
    Path("folder/config.json").unlink()
    api.upload_folder(repo_id=folder_repo, folder_path="folder", delete_patterns="*.json")
    assert "config.json" not in api.list_repo_files(folder_repo)

with step("upload_folder heeds .gitignore"):
    ignoring = new_name()
    api.create_repo(ignoring)
    files = {".gitignore": b"*.log\n", "a.log": b"x", "a.txt": b"y", "sub/b.log": b"z"}
    api.upload_folder(repo_id=ignoring, folder_path=write("ignoring", files))
    api.upload_file(path_or_fileobj=b"kept", path_in_repo="c.txt", repo_id=ignoring)
    same(set(api.list_repo_files(ignoring)), {".gitattributes", ".gitignore", "a.txt", "c.txt"})

with step("upload_folder heeds .gitattributes"):
    attributes = new_name()
    api.create_repo(attributes)
    rule = {".gitattributes": b"*.log filter=lfs diff=lfs merge=lfs -text\n"}
    api.upload_folder(repo_id=attributes, folder_path=write("attributes", rule))
    api.upload_file(path_or_fileobj=b"text", path_in_repo="a.log", repo_id=attributes)
    (entry,) = api.get_paths_info(attributes, "a.log")
    same(entry.lfs.size, 4)
    same(text_of(hf_hub_download(attributes, "a.log")), "text")

with step("awkward names, inline and large"):
    awkward = new_name()
    api.create_repo(awkward)
    files = {name: name.encode() if i % 2 else noise(3000, i) for i, name in enumerate(AWKWARD)}
    api.upload_folder(repo_id=awkward, folder_path=write("awkward", files))
    same(set(api.list_repo_files(awkward)), {*AWKWARD, ".gitattributes"})
    same(read(snapshot_download(awkward)), files)

with step("awkward names one by one"):
    for name, content in files.items():
        same(content_of(hf_hub_download(awkward, name, cache_dir="single")), content)
        same(api.file_exists(awkward, name), True)
    same({entry.path for entry in api.get_paths_info(awkward, AWKWARD)}, set(AWKWARD))

with step("awkward folders are listed and deleted"):
    (inner,) = api.list_repo_tree(awkward, "deep % folder/ä+ö")
    same(inner.path, "deep % folder/ä+ö/file #1.bin")
    api.delete_folder("deep % folder", awkward)
    assert not any(name.startswith("deep") for name in api.list_repo_files(awkward))

with step("upload_large_folder"):
    has(api, "upload_large_folder")
    big = new_name()
    api.upload_large_folder(big, "folder", repo_type="model", print_report=False, num_workers=2)
    same(read(snapshot_download(big)), read("folder"))

with step("600 files in one folder"):
    many = new_name()
    api.create_repo(many)
    files = {f"{i % 20}/{i}.txt": str(i).encode() for i in range(600)}
    api.upload_folder(repo_id=many, folder_path=write("many", files))
    same(len(api.list_repo_files(many)), 601)
