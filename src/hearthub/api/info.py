"""Repo info: one repo in full or by `expand`, and the simple lists."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from hearthub.api.describe import Describer, Expand, check_expand
from hearthub.api.params import REPO, Kind, Segment, Target
from hearthub.errors import BadRequest
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import next_link
from hearthub.registry import Page, RepoFilter

router = APIRouter(tags=["info"])

MAX_LIST = 1000
MAX_FULL_LIST = 100  # rows that carry cards or files
_CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)  # value of the sort key, repo id
SORTS = {"createdAt": "created", "lastModified": "modified"}
Flag = bool | None


@router.get(REPO, summary="A repo at its main branch")
def repo_info(
    target: Target,
    expand: Expand = None,
    expand_js: Annotated[list[str] | None, Query(alias="expand[]")] = None,
    blobs: bool = False,
    securityStatus: bool = False,  # noqa: N803
) -> dict[str, Any]:
    return _info(target, "main", expand, expand_js, blobs)


@router.get(REPO + "/revision/{rev:seg}", summary="A repo at a revision")
def revision_info(
    target: Target,
    rev: Segment,
    expand: Expand = None,
    expand_js: Annotated[list[str] | None, Query(alias="expand[]")] = None,
    blobs: bool = False,
    securityStatus: bool = False,  # noqa: N803
) -> dict[str, Any]:
    return _info(target, rev, expand, expand_js, blobs)


@router.get("/api/{kind:kind}", summary="Repos by author and time")
def list_repos(
    kind: Kind,
    request: Request,
    response: Response,
    hub: CurrentHub,
    actor: CurrentActor,
    author: str | None = None,
    search: str | None = None,
    gated: bool | None = None,
    sort: str | None = None,
    direction: Literal["-1", "1"] | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIST)] = 100,
    full: bool = False,
    config: bool = False,
    cardData: bool = False,  # noqa: N803
    expand: Expand = None,
    expand_js: Annotated[list[str] | None, Query(alias="expand[]")] = None,
    cursor: str | None = None,
) -> list[dict[str, Any]]:
    """Sorted by `createdAt` or `lastModified`; the next page is in the `Link` header."""
    wanted_fields = check_expand(kind, [*(expand or []), *(expand_js or [])])
    # Downloads and trends are not counted yet; such lists come newest first.
    sort_key = SORTS.get(sort or "", "modified")
    if full or cardData or wanted_fields:
        limit = min(limit, MAX_FULL_LIST)
    page = Page(
        sort=sort_key,
        ascending=direction == "1",
        limit=limit + 1,
        after=_parse_cursor(cursor),
    )
    repos = hub.registry.list_repos(actor, RepoFilter(kind, author, search, gated), page)
    if len(repos) > limit:
        repos.pop()
        last = repos[-1]
        response.headers["Link"] = next_link(request, cursor=f"{getattr(last, sort_key)}-{last.id}")
    describer = Describer(hub, repos)
    if wanted_fields:
        return [describer.expanded(repo, wanted_fields) for repo in repos]
    return [
        describer.summary(repo, full=full, config=config, card=cardData or full) for repo in repos
    ]


def _info(
    target: Target,
    rev: str,
    expand: list[str] | None,
    expand_js: list[str] | None,
    blobs: bool,
) -> dict[str, Any]:
    wanted = check_expand(target.kind, [*(expand or []), *(expand_js or [])])
    repo = target.repo()
    describer = Describer(target.hub, [repo], target.hub.registry.commit_of(repo, rev))
    if wanted:
        return describer.expanded(repo, wanted)
    return describer.full(repo, blobs=blobs)


def _parse_cursor(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadRequest("cursor is not one this hub gave out")
    return int(found[1]), int(found[2])
