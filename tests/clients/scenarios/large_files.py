"""Repos made of repos, large files listed and deleted, and histories squashed."""

import json
import os

from huggingface_hub import CommitOperationAdd, CommitOperationCopy, HfApi
from steps import HAS_XET, Absent, content_of, has, new_name, noise, refused, same, step

tokens = json.loads(os.environ["TOKENS"])
api, charlie = HfApi(), HfApi(token=tokens["charlie"])
repo, secret = new_name(), new_name()
ONE, TWO = noise(1_200_000, 1), noise(1_100_000, 2)
api.create_repo(repo)
api.upload_file(path_or_fileobj=ONE, path_in_repo="d/one.bin", repo_id=repo)
api.upload_file(path_or_fileobj=TWO, path_in_repo="two.bin", repo_id=repo)
api.create_tag(repo, tag="v1")
api.create_repo(secret, private=True)
api.upload_file(path_or_fileobj=b"hush", path_in_repo="a.txt", repo_id=secret)


def listed(name):
    return sorted((it.filename, it.size) for it in api.list_lfs_files(name))


with step("duplicate_repo"):
    has(api, "duplicate_repo")
    made = charlie.duplicate_repo(repo, f"charlie/{repo.partition('/')[2]}")
    same(made.repo_id, f"charlie/{repo.partition('/')[2]}")
    commits = [it.commit_id for it in api.list_repo_commits(made.repo_id)]
    same(commits, [it.commit_id for it in api.list_repo_commits(repo)])
    same(content_of(api.hf_hub_download(made.repo_id, "d/one.bin")), ONE)
    same([it.name for it in api.list_repo_refs(made.repo_id).tags], ["v1"])

with step("duplicate_repo(exist_ok=True)"):
    has(api, "duplicate_repo")
    same(charlie.duplicate_repo(repo, made.repo_id, exist_ok=True).repo_id, made.repo_id)
    with refused(409):
        charlie.duplicate_repo(repo, made.repo_id)

with step("duplicate_repo of a private one"):
    has(api, "duplicate_repo")
    with refused(404):
        charlie.duplicate_repo(secret)
    copy = api.duplicate_repo(secret, f"{secret}-copy")
    same(api.model_info(copy.repo_id).private, True)

with step("a space by duplicate_space, or duplicate_repo"):
    space = new_name()
    target = f"charlie/{space.partition('/')[2]}"
    api.create_repo(space, repo_type="space", space_sdk="static")
    if hasattr(charlie, "duplicate_space"):
        url = charlie.duplicate_space(space, target, private=True)
    else:
        url = charlie.duplicate_repo(space, target, repo_type="space", private=True)
    info = charlie.space_info(url.repo_id)
    same((info.sdk, info.private), ("static", True))

with step("CommitOperationCopy from another repo"):
    try:
        operation = CommitOperationCopy(
            "d/one.bin", "copied.bin", src_repo_id=repo, src_repo_type="model"
        )
    except TypeError:
        raise Absent from None
    if not HAS_XET:
        # The client wants a file's Xet hash before it asks.
        raise Absent
    target = new_name("charlie")
    charlie.create_repo(target)
    charlie.create_commit(target, [operation], commit_message="Copied")
    same(content_of(api.hf_hub_download(target, "copied.bin")), ONE)

with step("list_lfs_files"):
    same(listed(repo), [("d/one.bin", 1_200_000), ("two.bin", 1_100_000)])
    with refused(403):
        list(charlie.list_lfs_files(repo))

with step("permanently_delete_lfs_files"):
    doomed = [it for it in api.list_lfs_files(repo) if it.filename == "d/one.bin"]
    with refused(403):
        charlie.permanently_delete_lfs_files(repo, doomed)
    api.permanently_delete_lfs_files(repo, doomed)
    same(listed(repo), [("two.bin", 1_100_000)])
    same(sorted(api.list_repo_files(repo)), [".gitattributes", "two.bin"])
    same(sorted(api.list_repo_files(repo, revision="v1")), [".gitattributes", "two.bin"])
    same(len(api.list_repo_commits(repo)), 3)

with step("permanently_delete_lfs_files(rewrite_history=False)"):
    before = api.model_info(repo).sha
    api.permanently_delete_lfs_files(repo, api.list_lfs_files(repo), rewrite_history=False)
    same(listed(repo), [])
    same(api.model_info(repo).sha, before)
    with refused(404):
        api.hf_hub_download(repo, "two.bin", force_download=True)

with step("super_squash_history of a pull request"):
    pull = charlie.create_pull_request(repo, title="A change")
    for number in range(3):
        change = [CommitOperationAdd("c.txt", f"{number}\n".encode())]
        charlie.create_commit(repo, change, commit_message="c", revision=pull.git_reference)
    charlie.super_squash_history(repo, branch=pull.git_reference, commit_message="At once")
    commits = api.list_repo_commits(repo, revision=pull.git_reference)
    same([it.title for it in commits][:1], ["At once"])
    same(commits[1].commit_id, api.model_info(repo).sha)
    api.merge_pull_request(repo, pull.num)
    same(content_of(api.hf_hub_download(repo, "c.txt")), b"2\n")

with step("super_squash_history of a branch"):
    with refused(403):
        charlie.super_squash_history(repo)
    api.super_squash_history(repo, commit_message="All")
    same([it.title for it in api.list_repo_commits(repo)], ["All"])
