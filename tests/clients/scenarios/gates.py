"""Gated repos, by three people: alice owns, bob and charlie want to read."""

from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from steps import TOKENS, call, new_name, raises, refused, same, step, text_of

api, bob, charlie = HfApi(), HfApi(token=TOKENS["bob"]), HfApi(token=TOKENS["charlie"])
nobody = HfApi(token=False)
repo = new_name()
api.create_repo(repo)
api.upload_file(path_or_fileobj=b"one\n", path_in_repo="a.txt", repo_id=repo)
api.upload_file(path_or_fileobj=b"\0" * 2_000_000, path_in_repo="w.bin", repo_id=repo)
guests = []


def reads(who):
    """Files by every way a client has; fails with GatedRepoError, or works."""
    fresh = f"cache-{len(guests)}"
    guests.append(fresh)
    same(text_of(who.hf_hub_download(repo, "a.txt", cache_dir=fresh)), "one\n")
    who.snapshot_download(repo, cache_dir=fresh)
    who.auth_check(repo)


def names(listing):
    return [it.username for it in listing(repo)]


with step("update_repo_settings(gated=manual)"):
    api.update_repo_settings(repo, gated="manual")
    same(api.model_info(repo).gated, "manual")

with step("metadata of a gated repo stays readable"):
    same(charlie.model_info(repo).gated, "manual")
    assert "a.txt" in charlie.list_repo_files(repo)
    same(nobody.model_info(repo).gated, "manual")

with step("files of a gated repo are refused: GatedRepoError"):
    with raises(GatedRepoError, 403, "restricted"):
        charlie.hf_hub_download(repo, "a.txt")
    with raises(GatedRepoError, 403):
        charlie.auth_check(repo)
    with raises(GatedRepoError, 401):
        nobody.auth_check(repo)

with step("asking for access, as the Hub's page does"):
    same(call("POST", f"/{repo}/ask-access", {"Affiliation": "ACME"}, "bob")["status"], "pending")
    same(call("POST", f"/{repo}/ask-access", None, "charlie")["status"], "pending")
    with raises(GatedRepoError, 403, "awaiting a review"):
        charlie.auth_check(repo)

with step("list_pending_access_requests"):
    found = {it.username: it for it in api.list_pending_access_requests(repo)}
    same(sorted(found), ["bob", "charlie"])
    same((found["bob"].status, found["bob"].fields), ("pending", {"Affiliation": "ACME"}))
    with refused(403):
        list(charlie.list_pending_access_requests(repo))

with step("accept_access_request"):
    api.accept_access_request(repo, "bob")
    reads(bob)
    same(names(api.list_accepted_access_requests), ["bob"])
    with refused(404):
        api.accept_access_request(repo, "bob")
    with refused(403):
        bob.accept_access_request(repo, "charlie")

with step("reject_access_request"):
    api.reject_access_request(repo, "charlie", rejection_reason="Too many models")
    same(names(api.list_rejected_access_requests), ["charlie"])
    with raises(GatedRepoError, 403, "rejected"):
        charlie.auth_check(repo)

with step("cancel_access_request"):
    api.cancel_access_request(repo, "bob")
    same(names(api.list_pending_access_requests), ["bob"])
    with raises(GatedRepoError, 403):
        reads(bob)

with step("grant_access"):
    api.grant_access(repo, "charlie")
    reads(charlie)
    with refused(400):
        api.grant_access(repo, "charlie")

with step("an access request of nobody"):
    with refused(404):
        api.accept_access_request(repo, "no-such-user")
    with refused(404):
        api.cancel_access_request(repo, "alice")

with step("update_repo_settings(gated=auto)"):
    api.update_repo_settings(repo, gated="auto")
    with raises(GatedRepoError, 403):
        bob.auth_check(repo)
    same(call("POST", f"/{repo}/ask-access", None, "bob")["status"], "accepted")
    reads(bob)

with step("a gated data set"):
    kind = {"repo_type": "dataset"}
    api.create_repo(repo, **kind)
    api.update_repo_settings(repo, gated="auto", **kind)
    with raises(GatedRepoError, 403):
        charlie.hf_hub_download(repo, ".gitattributes", **kind)
    same(call("POST", f"/datasets/{repo}/ask-access", None, "charlie")["status"], "accepted")
    charlie.hf_hub_download(repo, ".gitattributes", **kind)
    same([it.username for it in api.list_accepted_access_requests(repo, **kind)], ["charlie"])

with step("a gate that is opened"):
    api.update_repo_settings(repo, gated=False)
    nobody.auth_check(repo)
    with refused(400):
        list(api.list_pending_access_requests(repo))

with step("a gated repo that is private"):
    api.update_repo_settings(repo, gated="auto", private=True)
    with raises(RepositoryNotFoundError, 404):
        charlie.auth_check(repo)
