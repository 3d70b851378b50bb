"""Branches, tags and pull requests of a repo."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hearthub.errors import HearthubError
from hearthub.registry import HEADS, TAGS, Ref
from hearthub.web.repo_view import RepoView, repo_page, repo_routes, told

MOST = 500


def branches_page(request: Request) -> Response:
    at = RepoView.of(request)
    kinds = [("Branches", at.refs_under(HEADS)), ("Tags", at.refs_under(TAGS)), *at.other_refs]
    return repo_page(
        at,
        "files/branches.html",
        "files",
        kinds=[(name, [_row(at, ref) for ref in refs[:MOST]], len(refs)) for name, refs in kinds],
    )


def _row(at: RepoView, ref: Ref) -> dict[str, Any]:
    try:
        last = told(ref.commit_oid, at.hub.registry.commit_at(at.repo, ref.commit_oid))
    except HearthubError:  # a tag may name what is no commit
        last = None
    return {"name": ref.short_name, "last": last}


routes = repo_routes(branches_page, "branches")
