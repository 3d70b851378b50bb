"""The `hf` command as a person types it."""

from pathlib import Path

from steps import ENDPOINT, new_name, noise, same, step
from terminal import hf, told

WEIGHTS = noise(100_000, 1)

repo = new_name()
folder = Path("folder")
(folder / "sub").mkdir(parents=True)
(folder / "README.md").write_text("---\nlicense: mit\n---\n# Hello\n")
(folder / "sub" / "weights.bin").write_bytes(WEIGHTS)

with step("hf auth whoami"):
    assert "alice" in hf("auth", "whoami")

with step("hf repos create"):
    hf("repos", "create", f"{repo}-private", "--private")
    hf("repos", "create", repo, "--type", "dataset")
    hf("repos", "create", f"{repo}-space", "--type", "space", "--sdk", "static")
    same(told("models", "info", f"{repo}-private")["private"], True)

with step("hf repos create of one that exists"):
    assert "already" in hf("repos", "create", f"{repo}-private", fails=True)
    hf("repos", "create", f"{repo}-private", "--exist-ok")

with step("hf upload of a folder, creating the repo"):
    hf("upload", repo, str(folder), ".")
    siblings = {each["rfilename"] for each in told("models", "info", repo)["siblings"]}
    same(siblings, {".gitattributes", "README.md", "sub/weights.bin"})

with step("hf upload of a file"):
    Path("note.txt").write_text("a note")
    assert f"{ENDPOINT}/{repo}" in hf("upload", repo, "note.txt", "notes/note.txt")

with step("hf upload to a dataset"):
    hf("upload", repo, str(folder), "data", "--type", "dataset", "--commit-message", "Data")

with step("hf upload by a stranger is refused"):
    hf("upload", repo, "note.txt", fails=True, user="charlie")

with step("hf download"):
    hf("download", repo, "--local-dir", "down")
    same(Path("down/sub/weights.bin").read_bytes(), WEIGHTS)
    same(Path("down/notes/note.txt").read_text(), "a note")

with step("hf download of one file"):
    path = hf("download", repo, "notes/note.txt", "--quiet").strip().splitlines()[-1]
    same(Path(path).read_text(), "a note")

with step("hf download of a dataset with --include"):
    hf("download", repo, "--type", "dataset", "--include", "*.bin", "--local-dir", "data")
    same(Path("data/data/sub/weights.bin").read_bytes(), WEIGHTS)
    same(Path("data/data/README.md").exists(), False)

with step("hf download of what is missing"):
    hf("download", f"{repo}-missing", fails=True)
    hf("download", repo, "missing.txt", fails=True)
    hf("download", f"{repo}-private", fails=True, user="charlie")

with step("hf cache verify"):
    hf("cache", "verify", repo, "--local-dir", "down")
    Path("down/notes/note.txt").write_text("a lie!")
    hf("cache", "verify", repo, "--local-dir", "down", fails=True)

with step("hf models ls"):
    same({each["id"] for each in told("models", "ls", "--search", repo.partition("/")[2])},
         {repo, f"{repo}-private"})  # fmt: skip
    assert repo in hf("models", "ls", "--author", "alice", "--quiet")

with step("hf datasets ls, hf spaces ls"):
    for kind, name in (("datasets", repo), ("spaces", f"{repo}-space")):
        assert name in {each["id"] for each in told(kind, "ls", "--author", "alice")}

with step("hf models info, hf datasets info, hf spaces info"):
    for kind, name in (("models", repo), ("datasets", repo), ("spaces", f"{repo}-space")):
        same(told(kind, "info", name)["id"], name)

with step("hf repos branch create and delete"):
    hf("repos", "branch", "create", repo, "feat/x")
    hf("upload", repo, "note.txt", "branch.txt", "--revision", "feat/x")
    hf("download", repo, "branch.txt", "--revision", "feat/x", "--local-dir", "branch")
    same(Path("branch/branch.txt").read_text(), "a note")
    hf("repos", "branch", "delete", repo, "feat/x")
    hf("download", repo, "branch.txt", "--revision", "feat/x", fails=True)

with step("hf repos tag create, list and delete"):
    hf("repos", "tag", "create", repo, "v1", "-m", "The first")
    assert "v1" in hf("repos", "tag", "list", repo)
    hf("repos", "tag", "delete", repo, "v1", "--yes")
    assert "v1" not in hf("repos", "tag", "list", repo)

with step("hf repos delete-files"):
    hf("repos", "delete-files", repo, "notes/*")
    hf("download", repo, "notes/note.txt", "--force-download", fails=True)

with step("hf repos settings"):
    hf("repos", "settings", repo, "--private")
    same(told("models", "info", repo)["private"], True)

with step("hf repos list"):
    found = hf("repos", "list", "--search", repo.partition("/")[2], "--quiet").split()
    same(set(found), {repo, f"{repo}-private", f"{repo}-space"})

with step("hf repos move"):
    hf("repos", "move", repo, f"{repo}-moved")
    same(told("models", "info", repo)["id"], f"{repo}-moved")

with step("hf repos delete"):
    hf("repos", "delete", f"{repo}-moved", "--yes")
    hf("models", "info", f"{repo}-moved", fails=True)
    hf("repos", "delete", f"{repo}-moved", "--yes", "--missing-ok")
