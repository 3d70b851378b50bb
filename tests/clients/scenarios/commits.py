"""create_commit: operations, parents, no-ops, branches, cards."""

from classes import EntryNotFound
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    hf_hub_download,
)
from huggingface_hub.utils import (
    HfHubHTTPError,
    RevisionNotFoundError,
)
from steps import content_of, new_name, noise, raises, same, step, text_of

api = HfApi()
repo = new_name()
api.create_repo(repo)
WEIGHTS = noise(40_000, 1)


def add(path, content):
    return CommitOperationAdd(path, content)


def commit(*operations, **options):
    return api.create_commit(repo, operations, commit_message="A commit", **options)


def files(**options):
    return set(api.list_repo_files(repo, **options)) - {".gitattributes"}


with step("create_commit: add"):
    first = commit(
        add("a.txt", b"a"), add("b/c.txt", b"c"), add("b/w.bin", WEIGHTS), add("d/e/f.txt", b"f")
    )
    same(files(), {"a.txt", "b/c.txt", "b/w.bin", "d/e/f.txt"})
    same(api.model_info(repo).sha, first.oid)
    assert first.commit_url.endswith(f"/{repo}/commit/{first.oid}"), first.commit_url

with step("create_commit: copy"):
    commit(CommitOperationCopy("b/w.bin", "copy/w.bin"), CommitOperationCopy("a.txt", "copy/a.txt"))
    same(content_of(hf_hub_download(repo, "copy/w.bin")), WEIGHTS)
    same(content_of(hf_hub_download(repo, "copy/a.txt")), b"a")

with step("create_commit: copy from an older revision"):
    commit(add("b/w.bin", noise(500, 2)))
    commit(CommitOperationCopy("b/w.bin", "old.bin", src_revision=first.oid))
    same(content_of(hf_hub_download(repo, "old.bin")), WEIGHTS)

with step("create_commit: delete a file"):
    commit(CommitOperationDelete("a.txt"))
    assert "a.txt" not in files()

with step("create_commit: delete a folder"):
    commit(CommitOperationDelete("copy/"))
    assert not any(name.startswith("copy/") for name in files())

with step("create_commit: delete a folder called a file"):
    commit(CommitOperationDelete("d", is_folder=False))
    assert "d/e/f.txt" not in files()

with step("create_commit: a file becomes a folder"):
    commit(add("turn", b"file"))
    commit(CommitOperationDelete("turn"), add("turn/inside.txt", b"folder"))
    assert "turn/inside.txt" in files()
    assert "turn" not in files()

with step("create_commit: add and delete at once"):
    commit(add("new.txt", b"n"), CommitOperationDelete("old.bin"))
    assert "new.txt" in files()
    assert "old.bin" not in files()

with step("delete_file, delete_folder, delete_files"):
    commit(add("x/1.txt", b"1"), add("x/2.log", b"2"), add("y/3.txt", b"3"))
    api.delete_file("x/1.txt", repo)
    api.delete_folder("y", repo)
    api.delete_files(repo, ["*.log"])
    assert not {"x/1.txt", "x/2.log", "y/3.txt"} & files()

with step("delete_file of a missing file raises EntryNotFoundError"), raises(EntryNotFound, 404):
    api.delete_file("missing.txt", repo)

with step("parent_commit of the current head"):
    head = api.model_info(repo).sha
    latest = commit(add("p.txt", b"p"), parent_commit=head)
    same(api.list_repo_commits(repo)[1].commit_id, head)

with step("parent_commit abbreviated"):
    latest = commit(add("p.txt", b"p2"), parent_commit=latest.oid[:7])
    same(api.model_info(repo).sha, latest.oid)

with step("a stale parent_commit is refused with 412"):
    with raises(HfHubHTTPError, 412):
        commit(add("p.txt", b"p3"), parent_commit=head)
    same(api.model_info(repo).sha, latest.oid)

with step("the same content again makes no commit"):
    before = len(api.list_repo_commits(repo))
    again = commit(add("p.txt", b"p2"), add("b/w.bin", noise(500, 2)))
    same(again.oid, latest.oid)
    same(len(api.list_repo_commits(repo)), before)

with step("the same content and something new makes one"):
    commit(add("p.txt", b"p2"), add("q.txt", b"q"))
    same(len(api.list_repo_commits(repo)), before + 1)

with step("commits to a branch leave main alone"):
    api.create_branch(repo, branch="dev")
    api.create_branch(repo, branch="feat/x")
    head = api.model_info(repo).sha
    for branch in ("dev", "feat/x"):
        commit(add("branch.txt", branch.encode()), add("b.bin", WEIGHTS), revision=branch)
        path = hf_hub_download(repo, "branch.txt", revision=branch)
        same(text_of(path), branch)
        assert "b.bin" in files(revision=branch)
    same(api.model_info(repo).sha, head)

with step("commit to a missing branch raises RevisionNotFoundError"):
    before = files()
    with raises(RevisionNotFoundError, 404):
        commit(add("x.txt", b"x"), revision="nowhere")
    same(files(), before)

with step("a card with metadata"):
    card = b"---\nlicense: mit\nlanguage: en\npipeline_tag: text-classification\n---\n# T\n"
    commit(add("README.md", card))
    info = api.model_info(repo)
    same((info.card_data.license, info.pipeline_tag), ("mit", "text-classification"))
    assert {"license:mit", "en"} <= set(info.tags), info.tags

with step("a card with broken metadata is refused"), raises(ValueError):
    commit(add("README.md", b"---\nlicense: [mit\n---\n"))

with step("a description and its title in the history"):
    commit(add("r.txt", b"r"), commit_description="With\n\na long\ndescription.")
    newest = api.list_repo_commits(repo)[0]
    same((newest.title, newest.message), ("A commit", "With\n\na long\ndescription."))

with step("a path that leaves the repo is refused"):
    for path in ("..\\x", "a/../../x", ".git/config"):
        try:
            commit(add(path, b"x"))
        except (HfHubHTTPError, ValueError):  # some the client refuses by itself
            continue
        raise AssertionError(f"{path} was accepted")

with step("preupload_lfs_files, then create_commit"):
    early = add("early.bin", noise(30_000, 7))
    api.preupload_lfs_files(repo, additions=[early])
    commit(early)
    same(content_of(hf_hub_download(repo, "early.bin")), noise(30_000, 7))
