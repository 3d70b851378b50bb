"""Who am I, who are they, who likes what."""

from huggingface_hub import HfApi
from steps import READ_TOKENS, TOKENS, call, has, new_name, refused, same, step

api = HfApi()

with step("whoami"):
    me = api.whoami()
    same((me["name"], me["type"], me["fullname"]), ("alice", "user", "Alice"))
    same(me["auth"]["accessToken"]["role"], "write")

with step("whoami names the organisations and roles"):
    same([(org["name"], org["roleInOrg"]) for org in api.whoami()["orgs"]], [("acme", "admin")])
    same(api.whoami(token=TOKENS["charlie"])["orgs"], [])

with step("whoami with a read token"):
    me = api.whoami(token=READ_TOKENS["bob"])
    same((me["name"], me["auth"]["accessToken"]["role"]), ("bob", "read"))

with step("whoami with a wrong token is refused"), refused(401):
    api.whoami(token="hf_" + "x" * 37)

with step("get_user_overview"):
    bob = api.get_user_overview("bob")
    same((bob.username, bob.fullname), ("bob", "Bob"))

with step("get_organization_overview"):
    has(api, "get_organization_overview")
    same(api.get_organization_overview("acme").fullname, "Acme")

with step("list_organization_members"):
    members = {member.username for member in api.list_organization_members("acme")}
    same(members, {"alice", "bob"})

repo = new_name()
api.create_repo(repo)

with step("list_repo_likers"):
    same(list(api.list_repo_likers(repo)), [])
    call("POST", f"/api/models/{repo}/like", user="bob")
    same([user.username for user in api.list_repo_likers(repo)], ["bob"])
    same(api.model_info(repo).likes, 1)

with step("list_liked_repos"):
    assert repo in api.list_liked_repos("bob").models
    assert repo not in api.list_liked_repos("charlie").models

with step("unlike"):
    api.unlike(repo, token=TOKENS["bob"])
    same(list(api.list_repo_likers(repo)), [])
    same(api.model_info(repo).likes, 0)
