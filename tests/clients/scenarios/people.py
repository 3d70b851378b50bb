"""Users and organisations: overviews, members, followers, likes, repos with their storage."""

from huggingface_hub import HfApi
from steps import TOKENS, call, eventually, has, new_name, refused, same, step

api, charlie = HfApi(), HfApi(token=TOKENS["charlie"])
repo = new_name()
api.create_repo(repo)


def names(users):
    return sorted(it.username for it in users)


with step("get_user_overview"):
    found = charlie.get_user_overview("alice")
    same((found.username, found.user_type, found.is_following), ("alice", "user", False))
    assert "acme" in [it.name for it in found.orgs]
    assert found.num_models >= 1
    with refused(404):
        api.get_user_overview("no-such-user")

with step("get_organization_overview"):
    has(api, "get_organization_overview")
    found = api.get_organization_overview("acme")
    same((found.name, found.num_users), ("acme", 2))
    with refused(404):
        api.get_organization_overview("alice")

with step("list_organization_members"):
    same(names(api.list_organization_members("acme")), ["alice", "bob"])

with step("list_user_followers"):
    call("POST", "/api/users/alice/follow", user="charlie")
    call("POST", "/api/users/alice/follow", user="bob")
    same(names(api.list_user_followers("alice")), ["bob", "charlie"])
    found = charlie.get_user_overview("alice")
    same((found.num_followers, found.is_following), (2, True))

with step("list_user_following"):
    call("POST", "/api/users/bob/follow", user="charlie")
    same(names(api.list_user_following("charlie")), ["alice", "bob"])
    call("DELETE", "/api/users/bob/follow", user="charlie")
    same(names(api.list_user_following("charlie")), ["alice"])

with step("list_organization_followers"):
    has(api, "list_organization_followers")
    call("POST", "/api/organizations/acme/follow", user="charlie")
    same(names(api.list_organization_followers("acme")), ["charlie"])
    call("DELETE", "/api/organizations/acme/follow", user="charlie")

for name in ("charlie", "bob"):
    call("DELETE", "/api/users/alice/follow", user=name)

with step("list_repo_likers"):
    call("POST", f"/api/models/{repo}/like", user="charlie")
    call("POST", f"/api/models/{repo}/like", user="bob")
    same(names(api.list_repo_likers(repo)), ["bob", "charlie"])

with step("list_liked_repos"):
    assert repo in charlie.list_liked_repos().models
    assert repo in api.list_liked_repos("bob").models

with step("unlike"):
    has(api, "unlike")
    charlie.unlike(repo)
    assert repo not in charlie.list_liked_repos().models

with step("list_user_repos"):
    has(api, "list_user_repos")
    api.upload_file(path_or_fileobj=b"x" * 100_000, path_in_repo="a.txt", repo_id=repo)
    shared = new_name("acme")
    api.create_repo(shared, repo_type="dataset", private=True)

    def stored():
        found = {it.id: it for it in api.list_user_repos()}
        return repo in found and found[repo].storage >= 1000

    eventually(stored)
    found = {it.id: it for it in api.list_user_repos(namespace="acme")}
    same((found[shared].type, found[shared].visibility), ("dataset", "private"))
    assert shared not in {it.id for it in charlie.list_user_repos(namespace="acme")}
