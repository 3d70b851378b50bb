"""Repo info: one repo in full, or by `expand`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from hearthub.api.describe import Describer, Expand, check_expand
from hearthub.api.params import REPO, Segment, Target

router = APIRouter(tags=["info"])


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
