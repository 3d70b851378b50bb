"""Create, change, move and delete repos."""

import huggingface_hub
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.utils import HfHubHTTPError, RepositoryNotFoundError
from steps import ENDPOINT, TOKENS, Absent, has, new_name, raises, same, step, text_of

api = HfApi()
repo = new_name()

with step("create_repo"):
    url = api.create_repo(repo)
    same((str(url), url.repo_id, url.repo_type), (f"{ENDPOINT}/{repo}", repo, "model"))
    same(api.list_repo_files(repo), [".gitattributes"])
    same([commit.title for commit in api.list_repo_commits(repo)], ["initial commit"])

with step("create_repo in the caller's own namespace"):
    name = repo.partition("/")[2]
    same(api.create_repo(f"{name}-short").repo_id, f"{repo}-short")

with step("create_repo(repo_type='dataset')"):
    same(str(api.create_repo(repo, repo_type="dataset")), f"{ENDPOINT}/datasets/{repo}")
    same(api.dataset_info(repo).id, repo)

with step("create_repo(repo_type='space', space_sdk=...)"):
    for sdk in ("gradio", "docker", "static"):
        api.create_repo(f"{repo}-{sdk}", repo_type="space", space_sdk=sdk)
        same(api.space_info(f"{repo}-{sdk}").sdk, sdk)

with step("create_repo(repo_type='kernel')"):
    if not hasattr(api, "kernel_info"):
        raise Absent
    api.create_repo(repo, repo_type="kernel")
    same(api.kernel_info(repo).id, repo)

with step("create_repo(private=True)"):
    api.create_repo(f"{repo}-private", private=True)
    same(api.model_info(f"{repo}-private").private, True)
    same(api.model_info(repo).private, False)

with step("create_repo(visibility='private')"):
    if huggingface_hub.__version__ < "2":
        raise Absent
    api.create_repo(f"{repo}-visibility", visibility="private")
    same(api.model_info(f"{repo}-visibility").private, True)

with step("create_repo of one that exists is refused"), raises(HfHubHTTPError, 409):
    api.create_repo(repo)

with step("create_repo(exist_ok=True)"):
    same(api.create_repo(repo, exist_ok=True).repo_id, repo)
    same(str(api.create_repo(repo, repo_type="dataset", exist_ok=True).repo_type), "dataset")

with step("create_repo(exist_ok=True) of somebody else's repo"):
    same(api.create_repo(repo, exist_ok=True, token=TOKENS["charlie"]).repo_id, repo)

with step("create_repo in an organisation, by a member"):
    shared = new_name("acme")
    api.create_repo(shared, token=TOKENS["bob"])
    same(api.model_info(shared).author, "acme")

with step("create_repo in an organisation, by a stranger, is refused"), raises(HfHubHTTPError, 403):
    api.create_repo(new_name("acme"), token=TOKENS["charlie"])

with step("repo_exists"):
    same([api.repo_exists(repo), api.repo_exists(f"{repo}-not")], [True, False])
    same(api.repo_exists(repo, repo_type="space"), False)

with step("repo ids in another case"):
    same(api.model_info(repo.upper()).id, repo)

with step("update_repo_settings(private=...)"):
    api.update_repo_settings(repo, private=True)
    same(api.model_info(repo).private, True)
    api.update_repo_settings(repo, private=False)
    same(api.model_info(repo).private, False)

with step("update_repo_visibility"):
    has(api, "update_repo_visibility")
    api.update_repo_visibility(repo, private=True)
    same(api.model_info(repo).private, True)
    api.update_repo_visibility(repo, private=False)

with step("update_repo_settings(gated=...)"):
    for gated in ("auto", "manual", False):
        api.update_repo_settings(repo, gated=gated)
        same(api.model_info(repo).gated, gated)

with step("list_user_repos"):
    has(api, "list_user_repos")
    mine = {(each.type, each.id) for each in api.list_user_repos()}
    assert {("model", repo), ("dataset", repo), ("model", f"{repo}-private")} <= mine, mine

moved = f"{repo}-moved"
api.upload_file(path_or_fileobj=b"here", path_in_repo="a.txt", repo_id=repo)

with step("move_repo"):
    api.move_repo(repo, moved)
    same(api.model_info(moved).id, moved)

with step("model_info by the old name"):
    same(api.model_info(repo).id, moved)

with step("hf_hub_download by the old name"):
    same(text_of(hf_hub_download(repo, "a.txt")), "here")

with step("snapshot_download by the old name"):
    same(text_of(snapshot_download(repo) + "/a.txt"), "here")

with step("upload_file by the old name"):
    api.upload_file(path_or_fileobj=b"there", path_in_repo="b.txt", repo_id=repo)
    same(api.file_exists(moved, "b.txt"), True)

with step("move_repo to an organisation"):
    theirs = new_name("acme")
    api.move_repo(moved, theirs)
    same(text_of(hf_hub_download(repo, "b.txt")), "there")

with step("move_repo onto one that exists is refused"):
    with raises(HfHubHTTPError, 409, "already exists"):
        api.move_repo(theirs, f"{repo}-private")
    same(api.repo_exists(theirs), True)

with step("delete_repo"):
    api.delete_repo(theirs)
    same([api.repo_exists(theirs), api.repo_exists(repo)], [False, False])

with step("delete_repo of a missing one"):
    with raises(RepositoryNotFoundError, 404):
        api.delete_repo(theirs)
    api.delete_repo(theirs, missing_ok=True)

with step("delete_repo by a stranger is refused"), raises(HfHubHTTPError, 403):
    api.delete_repo(f"{repo}-short", token=TOKENS["charlie"])

with step("create_repo under the name of a deleted one"):
    api.create_repo(theirs)
    same(api.list_repo_files(theirs), [".gitattributes"])
