"""Branches, tags, history, squash."""

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.utils import BadRequestError, HfHubHTTPError, RevisionNotFoundError
from steps import new_name, raises, refused, same, step, text_of

api = HfApi()
repo = new_name()
api.create_repo(repo)


def upload(content, **options):
    options = {"path_in_repo": "a.txt", "repo_id": repo, **options}
    return api.upload_file(path_or_fileobj=content, **options).oid


def branches():
    return {ref.name: ref.target_commit for ref in api.list_repo_refs(repo).branches}


def tags():
    return {ref.name: ref.target_commit for ref in api.list_repo_refs(repo).tags}


def text(revision):
    return text_of(hf_hub_download(repo, "a.txt", revision=revision))


one, two, three = (upload(text) for text in (b"one", b"two", b"three"))

with step("list_repo_refs"):
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    same([(ref.name, ref.ref) for ref in refs.branches], [("main", "refs/heads/main")])
    same((refs.tags, refs.converts, refs.pull_requests), ([], [], []))
    same(branches(), {"main": three})

with step("create_branch"):
    api.create_branch(repo, branch="dev")
    same(branches()["dev"], three)

with step("create_branch(revision=...)"):
    api.create_branch(repo, branch="from-sha", revision=one)
    api.create_branch(repo, branch="from-branch", revision="from-sha")
    same((branches()["from-sha"], branches()["from-branch"]), (one, one))

with step("create_branch with a slash in its name"):
    api.create_branch(repo, branch="feat/x", revision=two)
    same(text("feat/x"), "two")

with step("create_branch of one that exists is refused"), raises(HfHubHTTPError, 409):
    api.create_branch(repo, branch="dev")

with step("create_branch(exist_ok=True)"):
    api.create_branch(repo, branch="dev", exist_ok=True)

with step("create_branch from a missing revision"), raises(RevisionNotFoundError, 404):
    api.create_branch(repo, branch="never", revision="nowhere")

with step("delete_branch"):
    for branch in ("from-branch", "feat/x"):
        api.delete_branch(repo, branch=branch)
        assert branch not in branches()

with step("delete_branch of main is refused"):
    with refused(400, 403, 409, 422):
        api.delete_branch(repo, branch="main")
    assert "main" in branches()

with step("create_tag"):
    api.create_tag(repo, tag="v3")
    same((tags()["v3"], text("v3")), (three, "three"))

with step("create_tag on a 7-character sha"):
    api.create_tag(repo, tag="v1", revision=one[:7])
    same((tags()["v1"], text("v1")), (one, "one"))

with step("create_tag on a branch, with a slash and a message"):
    api.create_tag(repo, tag="v/2", revision="from-sha", tag_message="The first")
    same(text("v/2"), "one")

with step("create_tag of one that exists is refused"), raises(HfHubHTTPError, 409):
    api.create_tag(repo, tag="v1")

with step("create_tag(exist_ok=True)"):
    api.create_tag(repo, tag="v1", exist_ok=True)

with step("a branch and a tag of one name"):
    api.create_tag(repo, tag="dev")
    assert "dev" in branches()
    assert "dev" in tags()

with step("delete_tag"):
    for tag in ("v/2", "dev"):
        api.delete_tag(repo, tag=tag)
        assert tag not in tags()
    assert "dev" in branches()

with step("delete_tag of a missing one"), raises(RevisionNotFoundError, 404):
    api.delete_tag(repo, tag="nowhere")

with step("list_repo_commits"):
    commits = api.list_repo_commits(repo)
    same([commit.commit_id for commit in commits[:3]], [three, two, one])
    same(commits[3].title, "initial commit")
    same(commits[0].authors, ["alice"])
    assert commits[0].created_at >= commits[3].created_at
    same(api.list_repo_commits(repo, formatted=True)[3].formatted_title, "initial commit")

with step("list_repo_commits over several pages"):
    for i in range(60):
        upload(str(i).encode(), revision="dev")
    same(len({commit.commit_id for commit in api.list_repo_commits(repo, revision="dev")}), 64)

with step("revision_exists"):
    found = [api.revision_exists(repo, revision) for revision in ("main", "v1", one, "nowhere")]
    same(found, [True, True, True, False])

with step("super_squash_history"):
    api.super_squash_history(repo, branch="dev", commit_message="All of it")
    same([commit.title for commit in api.list_repo_commits(repo, revision="dev")], ["All of it"])
    same(text("dev"), "59")
    same(len(api.list_repo_commits(repo)), 4)
    with raises(BadRequestError, 400, "is a tag"):
        api.super_squash_history(repo, branch="v1")
    with raises(RevisionNotFoundError):
        api.super_squash_history(repo, branch="none")

with step("a tagged commit outlives the squash of its branch"):
    api.super_squash_history(repo)
    same(len(api.list_repo_commits(repo)), 1)
    same((text("v1"), text(one)), ("one", "one"))
