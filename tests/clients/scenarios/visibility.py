"""Who may see and change what: a private repo, a gated one, an organisation's."""

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import GatedRepoError
from huggingface_hub.utils import HfHubHTTPError, RepositoryNotFoundError
from steps import (
    READ_TOKENS,
    TOKENS,
    Absent,
    content_of,
    new_name,
    noise,
    raises,
    same,
    step,
    text_of,
)

api = HfApi()
charlie, bob = HfApi(token=TOKENS["charlie"]), HfApi(token=TOKENS["bob"])
anonymous = HfApi(token=False)
secret, gated, shared = new_name(), new_name(), new_name("acme")
for repo in (secret, gated, shared):
    api.create_repo(repo, private=repo != gated)
    api.upload_file(path_or_fileobj=b"text", path_in_repo="a.txt", repo_id=repo)
    api.upload_file(path_or_fileobj=noise(9000, repo), path_in_repo="a.bin", repo_id=repo)
api.update_repo_settings(gated, gated="auto")

with step("a private repo is missing to strangers"):
    for stranger in (charlie, anonymous, bob):
        same(stranger.repo_exists(secret), False)
        with raises(RepositoryNotFoundError):
            stranger.model_info(secret)
        with raises(RepositoryNotFoundError):
            stranger.list_repo_files(secret)

with step("a private repo is not in strangers' lists"):
    assert secret in {repo.id for repo in api.list_models(author="alice")}
    for stranger in (charlie, anonymous):
        assert secret not in {repo.id for repo in stranger.list_models(author="alice")}

with step("files of a private repo are missing to strangers"):
    for token in (TOKENS["charlie"], False):
        for name in ("a.txt", "a.bin"):
            with raises(RepositoryNotFoundError):
                hf_hub_download(secret, name, token=token, cache_dir="stranger")
        with raises(RepositoryNotFoundError):
            snapshot_download(secret, token=token, cache_dir="stranger")

with (
    step("uploading to a private repo of somebody else is refused"),
    raises(RepositoryNotFoundError),
):
    charlie.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=secret)

with step("uploading to a public repo of somebody else is refused"):
    for content in (b"x", noise(9000, 0)):
        with raises(HfHubHTTPError, 403):
            charlie.upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id=gated)

with step("uploading with a read token is refused"), raises(HfHubHTTPError, 403):
    reader = HfApi(token=READ_TOKENS["alice"])
    reader.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=gated)

with step("members of the organisation read and write its private repo"):
    bob.upload_file(path_or_fileobj=noise(9000, 1), path_in_repo="bob.bin", repo_id=shared)
    downloaded = hf_hub_download(shared, "bob.bin", token=TOKENS["bob"])
    same(content_of(downloaded), noise(9000, 1))

with step("metadata of a gated repo is readable"):
    same(charlie.model_info(gated).gated, "auto")
    assert "a.bin" in charlie.list_repo_files(gated)

with step("files of a gated repo raise GatedRepoError"):
    for token in (TOKENS["charlie"], False):
        for name in ("a.txt", "a.bin"):
            with raises(GatedRepoError):
                hf_hub_download(gated, name, token=token, cache_dir="stranger")

with step("snapshot_download of a gated repo raises GatedRepoError"), raises(GatedRepoError):
    snapshot_download(gated, token=TOKENS["charlie"], cache_dir="stranger")

with step("the owner reads files of his gated repo"):
    same(text_of(hf_hub_download(gated, "a.txt")), "text")

with step("auth_check"):
    for repo in (secret, gated, shared):
        api.auth_check(repo)
    bob.auth_check(shared)
    with raises(RepositoryNotFoundError):
        charlie.auth_check(secret)
    with raises(GatedRepoError):
        charlie.auth_check(gated)

with step("auth_check(write=True)"):
    try:
        api.auth_check(secret, write=True)
    except TypeError:
        raise Absent from None
    bob.auth_check(shared, write=True)
    with raises(RepositoryNotFoundError):
        bob.auth_check(secret, write=True)
    public = new_name()
    api.create_repo(public)
    with raises(HfHubHTTPError, 403):
        charlie.auth_check(public, write=True)
