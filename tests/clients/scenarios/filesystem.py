"""HfFileSystem: a repo as files and folders."""

from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem
from steps import new_name, noise, raises, same, step

api = HfApi()
repo = new_name()
api.create_repo(repo)
WEIGHTS = noise(2_000_000, 1)
FILES = {"a.txt": b"text", "data/1.csv": b"1", "data/2.csv": b"2", "data/deep/w.bin": WEIGHTS}
api.create_commit(
    repo,
    [CommitOperationAdd(*item) for item in FILES.items()],
    commit_message="Files",
)
api.create_repo(repo, repo_type="dataset")
fs = HfFileSystem()

with step("ls"):
    names = {f"{repo}/{name}" for name in (".gitattributes", "a.txt", "data")}
    same(set(fs.ls(repo, detail=False)), names)
    (entry,) = [each for each in fs.ls(repo) if each["name"] == f"{repo}/a.txt"]
    same((entry["type"], entry["size"]), ("file", 4))

with step("glob"):
    same(set(fs.glob(f"{repo}/data/*.csv")), {f"{repo}/data/1.csv", f"{repo}/data/2.csv"})
    same(set(fs.glob(f"{repo}/**/*.bin")), {f"{repo}/data/deep/w.bin"})

with step("walk and find"):
    walked = {path: (set(folders), set(files)) for path, folders, files in fs.walk(repo)}
    same(walked[f"{repo}/data"], ({"deep"}, {"1.csv", "2.csv"}))
    same(set(fs.find(f"{repo}/data")), {f"{repo}/{n}" for n in FILES if n.startswith("data")})

with step("info, exists, isdir, isfile"):
    same(fs.info(f"{repo}/data/deep/w.bin")["size"], len(WEIGHTS))
    same([fs.exists(f"{repo}/{n}") for n in ("a.txt", "data", "no")], [True, True, False])
    same([fs.isdir(f"{repo}/data"), fs.isfile(f"{repo}/data")], [True, False])

with step("open and read at an offset"):
    same(fs.size(f"{repo}/data/deep/w.bin"), len(WEIGHTS))
    with fs.open(f"{repo}/data/deep/w.bin", block_size=65536) as file:
        file.seek(1_234_567)
        same(file.read(1000), WEIGHTS[1_234_567:1_235_567])
        file.seek(-10, 2)
        same(file.read(), WEIGHTS[-10:])

with step("cat_file with a range"):
    same(fs.cat_file(f"{repo}/data/deep/w.bin", start=10, end=20), WEIGHTS[10:20])

with step("read_text, streaming"):
    same(fs.read_text(f"hf://{repo}/a.txt"), "text")
    with fs.open(f"{repo}/data/deep/w.bin", block_size=0) as file:
        same(file.read(), WEIGHTS)

with step("get_file"):
    fs.get_file(f"{repo}/data/deep/w.bin", "./got/w.bin")
    same(Path("got/w.bin").read_bytes(), WEIGHTS)

with step("write"):
    with fs.open(f"{repo}/new.txt", "w") as file:
        file.write("written")
    same(fs.read_text(f"{repo}/new.txt"), "written")
    with fs.open(f"{repo}/new.bin", "wb") as file:
        file.write(noise(100_000, 2))
    same(fs.read_bytes(f"{repo}/new.bin"), noise(100_000, 2))

with step("put"):
    fs.put("got/w.bin", f"{repo}/put/w.bin")
    same(fs.read_bytes(f"{repo}/put/w.bin"), WEIGHTS)

with step("cp"):
    fs.cp(f"{repo}/put/w.bin", f"{repo}/copied.bin")
    same(fs.read_bytes(f"{repo}/copied.bin"), WEIGHTS)

with step("mv"):
    fs.mv(f"{repo}/copied.bin", f"{repo}/moved.bin")
    same([fs.exists(f"{repo}/{n}") for n in ("copied.bin", "moved.bin")], [False, True])

with step("rm"):
    fs.rm(f"{repo}/new.txt")
    fs.rm(f"{repo}/put", recursive=True)
    same([fs.exists(f"{repo}/new.txt"), fs.exists(f"{repo}/put/w.bin")], [False, False])

with step("a branch by @"):
    api.create_branch(repo, branch="feat/x")
    with fs.open(f"{repo}@feat%2Fx/branch.txt", "w") as file:
        file.write("on the branch")
    same(fs.read_text(f"{repo}@feat%2Fx/branch.txt"), "on the branch")
    same(fs.ls(f"{repo}@feat%2Fx/data", detail=False)[0], f"{repo}@feat%2Fx/data/1.csv")
    same(fs.exists(f"{repo}/branch.txt"), False)

with step("datasets/"):
    with fs.open(f"datasets/{repo}/d.txt", "w") as file:
        file.write("data")
    same(fs.read_text(f"datasets/{repo}/d.txt"), "data")

with step("a missing file raises FileNotFoundError"):
    with raises(FileNotFoundError):
        fs.info(f"{repo}/missing")
    with raises(FileNotFoundError):
        fs.ls(f"{repo}-missing")
