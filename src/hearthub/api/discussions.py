"""Discussions and pull requests, as huggingface_hub asks for them."""

import html
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from hearthub.api.params import REPO, Segment, Target
from hearthub.clock import iso
from hearthub.community import Discussion, Happening, Proposal
from hearthub.errors import NotFound
from hearthub.http.unified import Unified
from hearthub.http.urls import repo_url
from hearthub.registry import MAIN, Commit, Repo, Right

router = APIRouter(tags=["discussions"])

ONE = REPO + "/discussions/{num:seg}"
TEXT = Field("", max_length=200_000)


class NewDiscussion(BaseModel):
    title: str
    description: str = TEXT
    pullRequest: bool = False  # noqa: N815


class Comment(BaseModel):
    comment: str = TEXT


class Edit(BaseModel):
    content: str = TEXT


class Title(BaseModel):
    title: str


class Status(BaseModel):
    status: str
    comment: str | None = None


class Merge(BaseModel):
    comment: str | None = None


@router.get(REPO + "/discussions", summary="Discussions and pull requests, newest first")
def list_discussions(
    target: Target,
    type: str = "all",  # noqa: A002
    status: str = "all",
    author: str | None = None,
    p: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> dict[str, Any]:
    repo, talk = target.repo(Right.READ), target.hub.community.discussions
    found, count = talk.page(repo, type, status, author, p)
    told = [_summary(repo, it) for it in found]
    return {"discussions": told, "count": count, "start": p * 50}


@router.post(REPO + "/discussions", summary="Open a discussion, or a draft of a pull request")
def open_discussion(target: Target, body: NewDiscussion, request: Request) -> dict[str, Any]:
    repo = target.repo(Right.PROPOSE)
    made = target.hub.community.discussions.open(
        target.actor, repo, body.title, body.description,
        base=MAIN if body.pullRequest else None,
        status="draft" if body.pullRequest else "open",
    )  # fmt: skip
    url = f"{repo_url(request, repo.type, repo.full_name)}/discussions/{made.num}"
    return {"num": made.num, "pullRequest": made.is_pull_request, "url": url}


@router.get(ONE, summary="One with all that was said; a pull request with its commits and diff")
def discussion(target: Target, num: Segment, diff: bool = False) -> dict[str, Any]:
    repo, talk = target.repo(Right.READ), target.hub.community.discussions
    found = talk.get(repo, number_of(num))
    said = talk.happenings(found)
    histories = talk.histories(said)
    for it in said:
        it.data.update({"history": histories[it.uid]} if it.uid in histories else {})
    events = [(it.created, _event(it)) for it in said]
    answer = _summary(repo, found) | {"isAuthor": found.author_id == target.actor.user_id}
    if found.is_pull_request:
        view = talk.proposal(repo, found)
        commits = view.commits if view else []
        # Commits know seconds: within one they come after what was said.
        events += [(it.committer.when * 1000 + 999, _step(oid, it)) for oid, it in commits]
        answer |= {
            "changes": {"base": found.base}
            | ({"mergeCommitId": found.merged_oid} if found.merged_oid else {}),
            "filesWithConflicts": _conflicts(view) if view else [],
        }
        if diff and view:
            unified = Unified(target.hub.sandbox)
            answer["diff"] = target.hub.registry.pulls.diff(repo, view.base, view.head, unified)
    return answer | {"events": [told for _, told in sorted(events, key=lambda it: it[0])]}


@router.post(ONE + "/comment", summary="Say something")
def comment(target: Target, num: Segment, body: Comment) -> dict[str, Any]:
    repo, talk = target.repo(Right.PROPOSE), target.hub.community.discussions
    return {"newMessage": _event(talk.comment(target.actor, repo, number_of(num), body.comment))}


@router.post(ONE + "/comment/{comment:seg}/edit", summary="Change what one said")
def edit_comment(target: Target, num: Segment, comment: Segment, body: Edit) -> dict[str, Any]:
    repo, talk = target.repo(Right.PROPOSE), target.hub.community.discussions
    changed = talk.edit(target.actor, repo, number_of(num), comment, body.content)
    return {"updatedComment": _event(changed)}


@router.post(ONE + "/comment/{comment:seg}/hide", summary="Delete what was said; for good")
def hide_comment(target: Target, num: Segment, comment: Segment) -> dict[str, Any]:
    repo, talk = target.repo(Right.PROPOSE), target.hub.community.discussions
    return {"updatedComment": _event(talk.hide(target.actor, repo, number_of(num), comment))}


@router.post(ONE + "/title", summary="Give it another title")
def change_title(target: Target, num: Segment, body: Title) -> dict[str, Any]:
    repo, talk = target.repo(Right.PROPOSE), target.hub.community.discussions
    return {"newTitle": _event(talk.rename(target.actor, repo, number_of(num), body.title))}


@router.post(ONE + "/status", summary="Open or close it")
def change_status(target: Target, num: Segment, body: Status) -> dict[str, Any]:
    repo, talk = target.repo(Right.PROPOSE), target.hub.community.discussions
    done = talk.set_status(target.actor, repo, number_of(num), body.status, body.comment)
    return {"newStatus": _event(done)}


@router.post(ONE + "/merge", summary="Merge a pull request into its branch")
def merge(target: Target, num: Segment, body: Merge | None = None) -> dict[str, Any]:
    repo, talk = target.repo(Right.WRITE), target.hub.community.discussions
    oid = talk.merge(target.actor, repo, number_of(num), body.comment if body else None)
    return {"success": True, "mergeCommitId": oid}


def _summary(repo: Repo, it: Discussion) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "num": it.num,
        "title": it.title,
        "status": it.status,
        "isPullRequest": it.is_pull_request,
        "createdAt": iso(it.created),
        "repo": {"name": repo.full_name, "type": repo.type},
        "repoOwner": {"name": repo.namespace},
    }
    return answer | ({"author": {"name": it.author}} if it.author else {})


def _conflicts(view: Proposal) -> list[str] | bool:
    """True to clients: there are some, which nobody has listed."""
    return view.conflicts if view.conflicts or view.is_whole else True


def _event(it: Happening) -> dict[str, Any]:
    data = it.data
    if it.kind == "comment":
        latest = {
            "raw": data["raw"],
            "html": f"<p>{html.escape(data['raw'])}</p>" if data["raw"] else "",
            "updatedAt": iso(data.get("changed", it.created)),
        }
        if it.author:
            latest["author"] = {"name": it.author}
        data = {
            "edited": data["edited"],
            "hidden": data["hidden"],
            "hiddenBy": data["hidden_by"] or "",
            "latest": latest,
            "numEdits": len(data["history"]),
            "history": [{"raw": old["raw"], "at": iso(old["at"])} for old in data["history"]],
        }
    elif it.kind == "status-change":
        data = {"status": data["status"]}  # older ones have what a comment said, hidden or not
    answer = {"id": it.uid, "type": it.kind, "createdAt": iso(it.created), "data": data}
    return answer | ({"author": {"name": it.author}} if it.author else {})


def _step(oid: str, commit: Commit) -> dict[str, Any]:
    """A commit of a pull request, as an event."""
    return {
        "id": oid[:24],
        "type": "commit",
        "createdAt": iso(commit.committer.when * 1000),
        "author": {"name": commit.author.name},
        "data": {"subject": commit.title, "oid": oid},
    }


def number_of(text: str) -> int:
    """Of a discussion, from its address; raises NotFound."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise NotFound(f"There is no discussion {text[:40]!r}")
    return int(text)
