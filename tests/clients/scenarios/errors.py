"""Each kind of failure reaches the caller as the class he catches."""

from classes import EntryNotFound
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.utils import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from steps import TOKENS, new_name, raises, step

api = HfApi()
anonymous = HfApi(token=False)
repo, missing = new_name(), new_name()
api.create_repo(repo)
api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id=repo)

with step("RepositoryNotFoundError from info"):
    for ask in (api.model_info, api.dataset_info, api.space_info):
        with raises(RepositoryNotFoundError, 404):
            ask(missing)
    with raises(RepositoryNotFoundError, 401):
        anonymous.model_info(missing)

with step("RepositoryNotFoundError for an id of one segment"):
    with raises(RepositoryNotFoundError):
        api.model_info("gpt2")
    with raises(RepositoryNotFoundError):
        hf_hub_download("gpt2", "config.json")

with step("RepositoryNotFoundError from downloads"):
    for token in (TOKENS["alice"], False):
        with raises(RepositoryNotFoundError):
            hf_hub_download(missing, "a.txt", token=token)
        with raises(RepositoryNotFoundError):
            snapshot_download(missing, token=token)

with step("RepositoryNotFoundError from uploads and lists"):
    with raises(RepositoryNotFoundError, 404):
        api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=missing)
    with raises(RepositoryNotFoundError, 404):
        api.list_repo_refs(missing)
    with raises(RepositoryNotFoundError, 404):
        api.list_repo_files(missing)
    with raises(RepositoryNotFoundError, 404):
        api.list_repo_commits(missing)
    with raises(RepositoryNotFoundError, 404):
        api.create_branch(missing, branch="dev")

with step("RevisionNotFoundError"):
    with raises(RevisionNotFoundError, 404):
        api.model_info(repo, revision="nowhere")
    with raises(RevisionNotFoundError, 404):
        hf_hub_download(repo, "a.txt", revision="nowhere")
    with raises(RevisionNotFoundError, 404):
        snapshot_download(repo, revision="nowhere")
    with raises(RevisionNotFoundError, 404):
        hf_hub_download(repo, "a.txt", revision="0" * 40)
    with raises(RevisionNotFoundError, 404):
        api.list_repo_files(repo, revision="nowhere")

with step("EntryNotFoundError"):
    with raises(EntryNotFound, 404):
        hf_hub_download(repo, "missing.txt")
    with raises(EntryNotFound, 404):
        hf_hub_download(repo, "a.txt/below")
    with raises(EntryNotFound, 404):
        hf_hub_download(repo, "folder/missing.txt", token=False)

with step("a wrong token is told from a missing repo"), raises(HfHubHTTPError, 401):
    HfApi(token="hf_" + "x" * 37).model_info(missing)

with step("errors carry the server's words and the request's id"):
    for words in ("Request ID: ", "already"):
        with raises(HfHubHTTPError, 409, words):
            api.create_repo(repo)
