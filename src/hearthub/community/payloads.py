"""What a webhook is told of an event, in the Hub's own shape (version 3).

It is written down in the transaction of the event, for soon after all may be otherwise.

Read back by `WebhookPayload` of huggingface_hub; shape of the rest: the Hub's page on webhooks.
"""

from dataclasses import asdict, dataclass
from typing import Any

from hearthub import events
from hearthub.community.discussions import Discussions
from hearthub.community.talk import Discussion, Happening
from hearthub.registry import Registry, Repo, Right

PREFIXES = {"model": "", "dataset": "datasets/", "space": "spaces/"}
"""The types that the payload has a word for."""
REPO, DISCUSSION = "repo", "discussion"
"""Domains, of which a webhook asks for one or both."""
TOLD: dict[str, str] = {
    events.RepoCreated.__name__: REPO,
    events.RepoDeleted.__name__: REPO,
    events.RepoMoved.__name__: REPO,
    events.RepoSettingsChanged.__name__: REPO,
    events.CommitCreated.__name__: REPO,
    events.RefCreated.__name__: REPO,
    events.RefDeleted.__name__: REPO,
    events.DiscussionOpened.__name__: DISCUSSION,
    events.DiscussionChanged.__name__: DISCUSSION,
    events.Commented.__name__: DISCUSSION,
    events.CommentChanged.__name__: DISCUSSION,
}
"""The events that are told at all, and in which domain."""

Json = dict[str, Any]


@dataclass(frozen=True)
class News:
    """`name`: action and scope; `need`: the right on the repo of whoever may hear of it."""

    name: str
    need: Right
    body: Json


class Payloads:
    def __init__(self, registry: Registry, discussions: Discussions) -> None:
        self._registry, self._discussions = registry, discussions

    def news(self, event: events.Event, repo: Repo) -> News:
        """Of an event that has just happened, in its transaction."""
        kind, fields = type(event).__name__, asdict(event)
        if TOLD[kind] == REPO:
            action, scope, more = self._of_repo(kind, fields, repo)
            need = Right.METADATA
        else:
            action, scope, more = self._of_discussion(kind, fields, repo)
            need = Right.READ
        name = fields["old_name"] if kind == "RepoMoved" else repo.full_name
        told = self._repo(repo, name)
        what = {"action": action, "scope": scope}
        return News(f"{action} {scope}", need, {"event": what, "repo": told, **more})

    def is_void(self, body: Json) -> bool:
        """Whether what it tells of was taken back: a pull request whose commit failed."""
        found = body.get("discussion")
        return found is not None and not self._discussions.is_there(int(found["id"], 16))

    def as_of_now(self, body: Json) -> Json:
        """What was to be told, without what a comment said that is hidden by now."""
        comment = body.get("comment")
        if not comment:
            return body
        said = self._discussions.said(comment["id"])
        if said and not said.data["hidden"]:
            return body
        kept = {name: value for name, value in comment.items() if name != "content"}
        return {**body, "comment": {**kept, "hidden": True}}

    def _of_repo(self, kind: str, fields: Json, repo: Repo) -> tuple[str, str, Json]:
        match kind:
            case "RepoCreated":
                return "create", "repo", {}
            case "RepoDeleted":
                return "delete", "repo", {}
            case "RepoMoved":
                owner = {"id": object_id(repo.owner_id)}
                return "move", "repo", {"movedTo": {"name": fields["new_name"], "owner": owner}}
            case "RepoSettingsChanged":
                changed = dict(fields["changes"])
                if "visibility" in changed:
                    changed["private"] = changed["visibility"] == "private"
                return "update", "repo.config", {"updatedConfig": changed}
        moved = {"ref": fields["ref"], "oldSha": fields.get("old_oid"), "newSha": None}
        moved["newSha"] = fields.get("new_oid")
        return "update", "repo.content", {"updatedRefs": [moved]}

    def _of_discussion(self, kind: str, fields: Json, repo: Repo) -> tuple[str, str, Json]:
        found = self._discussions.get(repo, fields["num"])
        told = {"discussion": self._discussion(repo, found)}
        if kind == "DiscussionChanged":
            return "update", "discussion", told
        if kind == "DiscussionOpened":
            # What it was opened with is no event of its own.
            said = self._discussions.happenings(found, limit=1)
            return "create", "discussion", told | self._comment(repo, found, *said)
        action = "create" if kind == "Commented" else "update"
        one = self._discussions.said(fields["comment"])
        return action, "discussion.comment", told | self._comment(repo, found, one)

    def _repo(self, repo: Repo, name: str) -> Json:
        told: Json = {
            "type": repo.type,
            "name": name,
            "id": repo.uid,
            "private": repo.is_private,
            "url": self._urls(repo, name, ""),
            "owner": {"id": object_id(repo.owner_id)},
        }
        if head := self._registry.heads([repo.id]).get(repo.id):
            told |= {"headSha": head, "head_sha": head}
        return told

    def _discussion(self, repo: Repo, found: Discussion) -> Json:
        told: Json = {
            "id": object_id(found.id),
            "num": found.num,
            "title": found.title,
            "status": found.status,
            "isPullRequest": found.is_pull_request,
            "author": {"id": object_id(found.author_id)},
            "url": self._urls(repo, repo.full_name, f"/discussions/{found.num}"),
        }
        if found.is_pull_request:
            told["changes"] = {"base": found.base}
            if found.merged_oid:
                told["changes"]["mergeCommitId"] = found.merged_oid
        return told

    def _comment(self, repo: Repo, found: Discussion, said: Happening | None = None) -> Json:
        if said is None:
            return {}
        hidden = bool(said.data["hidden"])
        place = f"/discussions/{found.num}#{said.uid}"
        told: Json = {
            "id": said.uid,
            "author": {"id": object_id(said.author_id)},
            "hidden": hidden,
            "url": {"web": self._urls(repo, repo.full_name, place)["web"]},
        }
        return {"comment": told if hidden else {**told, "content": said.data["raw"]}}

    def _urls(self, repo: Repo, name: str, place: str) -> Json:
        base = self._registry.settings.base_url
        return {
            "web": f"{base}/{PREFIXES[repo.type]}{name}{place}",
            "api": f"{base}/api/{repo.type}s/{name}{place}",
        }


def object_id(number: int | None) -> str:
    """The shape that clients know; of somebody who is gone all zeros."""
    return f"{number or 0:024x}"
