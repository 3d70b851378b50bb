"""Discussions and pull requests, by three people."""

import json
import os
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.utils import HfHubHTTPError
from steps import has, new_name, raises, refused, same, step, text_of

tokens = json.loads(os.environ["TOKENS"])
api = HfApi()
charlie = HfApi(token=tokens["charlie"])
repo = new_name()
api.create_repo(repo)
repo = f"alice/{repo}".replace("alice/alice/", "alice/")
api.upload_file(path_or_fileobj=b"one\n", path_in_repo="a.txt", repo_id=repo)


def details(num):
    return api.get_discussion_details(repo, num)


def add(path, content):
    return CommitOperationAdd(path, content)


with step("create_discussion"):
    made = charlie.create_discussion(repo, title="Does it  work?", description="I *wonder*.")
    same((made.num, made.title, made.author, made.status), (1, "Does it work?", "charlie", "open"))
    same([event.content for event in details(1).events], ["I *wonder*."])
    assert not made.is_pull_request

with step("comment_discussion"):
    said = api.comment_discussion(repo, 1, comment="It does.")
    same((said.content, said.author, said.edited), ("It does.", "alice", False))
    same([event.content for event in details(1).events], ["I *wonder*.", "It does."])

with step("edit_discussion_comment"):
    edited = api.edit_discussion_comment(repo, 1, said.id, new_content="It does, mostly.")
    same((edited.content, edited.edited, edited.number_of_edits), ("It does, mostly.", True, 1))
    same(edited.edit_history[0]["raw"], "It does.")
    assert edited.last_edited_at > edited.created_at
    with refused(403):
        charlie.edit_discussion_comment(repo, 1, said.id, new_content="It does not.")

with step("hide_discussion_comment"):
    hidden = api.hide_discussion_comment(repo, 1, said.id)
    same((hidden.hidden, hidden.content), (True, ""))

with step("rename_discussion"):
    renamed = charlie.rename_discussion(repo, 1, new_title="It works")
    same((renamed.old_title, renamed.new_title), ("Does it work?", "It works"))
    same(details(1).title, "It works")

with step("change_discussion_status"):
    closed = charlie.change_discussion_status(repo, 1, new_status="closed", comment="Thanks")
    same(closed.new_status, "closed")
    same(details(1).status, "closed")
    same([event.content for event in details(1).events if event.type == "comment"][-1], "Thanks")

with step("create_pull_request"):
    draft = charlie.create_pull_request(repo, title="A draft")
    same((draft.num, draft.status, draft.is_pull_request), (2, "draft", True))
    same((draft.git_reference, draft.target_branch), ("refs/pr/2", "refs/heads/main"))
    refs = api.list_repo_refs(repo, include_pull_requests=True).pull_requests
    same([ref.ref for ref in refs], ["refs/pr/2"])

with step("create_commit to a pull request of one's own"):
    charlie.create_commit(
        repo, [add("b.txt", b"b\n")], commit_message="Add b", revision="refs/pr/2"
    )
    found = details(2)
    same([event.type for event in found.events][-1], "commit")
    same(found.events[-1].summary, "Add b")
    assert "+b" in found.diff
    same(found.conflicting_files, [])

with step("create_commit(create_pr=True)"):
    info = charlie.create_commit(
        repo,
        [add("a.txt", b"two\n"), add("w.bin", b"\0" * 3_000_000)],
        commit_message="Better a",
        commit_description="Two is more than one.",
        create_pr=True,
    )
    same((info.pr_num, info.pr_revision), (3, "refs/pr/3"))
    found = details(3)
    same((found.status, found.title), ("open", "Better a"))
    same(text_of(api.hf_hub_download(repo, "a.txt", revision="refs/pr/3")), "two\n")
    same(text_of(api.hf_hub_download(repo, "a.txt")), "one\n")

with step("upload_file(create_pr=True)"):
    info = charlie.upload_file(
        path_or_fileobj=b"c\n", path_in_repo="c.txt", repo_id=repo, create_pr=True
    )
    same(info.pr_num, 4)

with step("create_commit to main by an outsider is refused"), refused(403):
    charlie.create_commit(repo, [add("x.txt", b"x")], commit_message="x")

with step("merge_pull_request"):
    with refused(403):
        charlie.merge_pull_request(repo, 3)
    api.merge_pull_request(repo, 3, comment="Good")
    same(text_of(api.hf_hub_download(repo, "a.txt")), "two\n")
    found = details(3)
    same(found.status, "merged")
    newest = api.list_repo_commits(repo)[0]
    same((newest.title, newest.commit_id), ("Better a (#3)", found.merge_commit_oid))

with step("a pull request that conflicts"):
    api.create_commit(
        repo, [add("a.txt", b"three\n")], commit_message="Three", revision="refs/pr/4"
    )
    api.upload_file(path_or_fileobj=b"four\n", path_in_repo="a.txt", repo_id=repo)
    same(details(4).conflicting_files, ["a.txt"])
    with refused(409):
        api.merge_pull_request(repo, 4)

with step("get_repo_discussions"):
    same([found.num for found in api.get_repo_discussions(repo)], [4, 3, 2, 1])
    pulls = api.get_repo_discussions(repo, discussion_type="pull_request", discussion_status="open")
    same([found.num for found in pulls], [4, 2])
    same([found.num for found in api.get_repo_discussions(repo, author="alice")], [])

with step("get_repo_discussions over several pages"):
    for number in range(52):
        api.create_discussion(repo, title=f"Talk {number}")
    same(len(list(api.get_repo_discussions(repo))), 56)

with step("a missing discussion"), raises(HfHubHTTPError, 404):
    details(999)

with step("upload_attachment is refused, and says what to do instead"):
    has(api, "upload_attachment")
    Path("dot.png").write_bytes(b"\x89PNG")
    with raises(HfHubHTTPError, 404, "commit the file to the repo"):
        api.upload_attachment("dot.png")
