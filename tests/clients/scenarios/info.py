"""Info of repos, with every field a client may ask for."""

from typing import get_args

from huggingface_hub import HfApi, hf_api
from huggingface_hub.utils import BadRequestError
from steps import has, new_name, noise, raises, same, step

api = HfApi()
repo = new_name()
CARD = b"---\nlicense: mit\ntags: [tiny]\nbase_model: alice/base\n---\n# Hello\n"
for kind in ("model", "dataset", "space"):
    api.create_repo(repo, repo_type=kind, **({"space_sdk": "static"} if kind == "space" else {}))
    for path, content in {"README.md": CARD, "w.bin": noise(5000, 1)}.items():
        last = api.upload_file(
            path_or_fileobj=content, path_in_repo=path, repo_id=repo, repo_type=kind
        )

INFOS = {
    "model_info": (api.model_info, hf_api.ExpandModelProperty_T),
    "dataset_info": (api.dataset_info, hf_api.ExpandDatasetProperty_T),
    "space_info": (api.space_info, hf_api.ExpandSpaceProperty_T),
}

for name, (ask, values) in INFOS.items():
    with step(name):
        info = ask(repo)
        same((info.id, info.author, info.private, info.likes), (repo, "alice", False, 0))
        same({each.rfilename for each in info.siblings}, {".gitattributes", "README.md", "w.bin"})
        same(info.card_data.license, "mit")
        same(len(info.sha), 40)
        assert info.last_modified >= info.created_at
        assert "tiny" in info.tags, info.tags

    with step(f"{name}(revision=...)"):
        first = api.list_repo_commits(repo, repo_type=name.partition("_")[0])[-1].commit_id
        old = ask(repo, revision=first)
        same((old.sha, [each.rfilename for each in old.siblings]), (first, [".gitattributes"]))
        for revision in ("refs/heads/main", "HEAD", "main", ask(repo).sha[:7]):
            same(ask(repo, revision=revision).sha, ask(repo).sha)

    with step(f"{name}(files_metadata=True)"):
        siblings = {each.rfilename: each for each in ask(repo, files_metadata=True).siblings}
        same((siblings["README.md"].size, siblings["README.md"].lfs), (len(CARD), None))
        same((siblings["w.bin"].size, siblings["w.bin"].lfs.size), (5000, 5000))
        same(len(siblings["w.bin"].blob_id), 40)

    with step(f"{name}(expand=...), every value by itself"):
        for value in get_args(values):
            same(ask(repo, expand=[value]).id, repo)

    with step(f"{name}(expand=...), all values at once"):
        info = ask(repo, expand=list(get_args(values)))
        same((info.sha, info.author, info.card_data.license), (ask(repo).sha, "alice", "mit"))

    with step(f"{name}(expand=...) of an unknown value is refused"):
        with raises(BadRequestError, 400, 'expected one of "author"|'):
            ask(repo, expand=["nothing"])
        same(ask(repo, expand=["author"]).author, "alice")

with step("model_info(securityStatus=True)"):
    same(api.model_info(repo, securityStatus=True).id, repo)

with step("space_info has its runtime and sdk"):
    info = api.space_info(repo)
    same((info.sdk, info.runtime.stage), ("static", "RUNNING"))

with step("repo_info"):
    for kind in ("model", "dataset", "space"):
        same(api.repo_info(repo, repo_type=kind).id, repo)

with step("kernel_info"):
    has(api, "kernel_info")
    api.create_repo(repo, repo_type="kernel")
    same(api.kernel_info(repo).id, repo)

with step("list_models(expand=...)"):
    values = list(get_args(hf_api.ExpandModelProperty_T))
    found = {info.id: info for info in api.list_models(author="alice", expand=values)}
    same(found[repo].sha, api.model_info(repo).sha)
