"""Listing files: trees and single paths."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from hearthub.api.params import REPO, Segment, Target
from hearthub.clock import iso
from hearthub.errors import BadRequest, TooLarge
from hearthub.http.urls import next_link
from hearthub.registry import Entry

router = APIRouter(tags=["files"])

# Some clients (llama.cpp) do not page, so a page is large; with `expand` each entry costs history.
PAGE, EXPANDED_PAGE = 10_000, 500
MAX_PATHS = 20_000


@router.get(REPO + "/tree/{rev:seg}/{folder:rest}", summary="List a folder")
@router.get(REPO + "/tree/{rev:seg}", summary="List the top folder")
def list_tree(
    target: Target,
    rev: Segment,
    request: Request,
    response: Response,
    folder: str = "",
    recursive: bool = False,
    expand: bool = False,
    limit: Annotated[int | None, Query(ge=1, le=PAGE)] = None,
    cursor: str | None = None,
) -> list[dict[str, Any]]:
    repo = target.repo()
    commit = target.hub.registry.commit_of(repo, rev)
    size = min(limit or PAGE, EXPANDED_PAGE if expand else PAGE)
    entries = target.hub.registry.tree(
        repo, commit, folder, recursive=recursive, after=cursor, limit=size + 1
    )
    if len(entries) > size:
        entries.pop()
        # The next page is of this commit, wherever the branch has moved by then.
        path = request.scope["path"].split("/tree/", 1)
        _, _, rest = path[1].partition("/")
        response.headers["Link"] = next_link(
            request,
            f"{path[0]}/tree/{commit}" + (f"/{rest}" if rest else ""),
            cursor=entries[-1].path,
        )
    if expand:
        entries = target.hub.registry.with_last_commits(repo, commit, entries)
    return [entry_json(entry) for entry in entries]


class WantedPaths(BaseModel):
    paths: list[str] = Field(max_length=MAX_PATHS)
    expand: bool = False


async def wanted_paths(request: Request) -> WantedPaths:
    """The Python client sends a form, the JavaScript client JSON."""
    body = await request.body()
    try:
        if "json" in request.headers.get("content-type", ""):
            return WantedPaths.model_validate_json(body)
        form = parse_qs(body.decode(), keep_blank_values=True)
        return WantedPaths.model_validate(
            {"paths": form.get("paths", []), "expand": form.get("expand", ["false"])[0].lower()}
        )
    except ValueError as error:  # bad UTF-8, bad JSON, or pydantic's own
        raise BadRequest(f"paths-info wants a form or JSON with paths: {error}") from None


@router.post(REPO + "/paths-info/{rev:seg}", summary="Facts about single paths")
def paths_info(
    target: Target,
    rev: Segment,
    wanted: Annotated[WantedPaths, Depends(wanted_paths)],
) -> list[dict[str, Any]]:
    """The body is a form (`paths=a&paths=b&expand=true`) or JSON (`{"paths": [...], ...}`)."""
    repo = target.repo()
    commit = target.hub.registry.commit_of(repo, rev)
    entries = target.hub.registry.paths(repo, commit, wanted.paths)
    if wanted.expand:
        if len(entries) > EXPANDED_PAGE:
            raise TooLarge(f"With expand, ask for at most {EXPANDED_PAGE} paths at a time")
        entries = target.hub.registry.with_last_commits(repo, commit, entries)
    return [entry_json(entry) for entry in entries]


def entry_json(entry: Entry) -> dict[str, Any]:
    """One entry as `tree` and `paths-info` show it."""
    item: dict[str, Any] = {
        "type": _type(entry),
        "oid": entry.oid,
        "size": entry.size,
        "path": entry.path,
    }
    if entry.pointer:
        item["lfs"] = {
            "oid": entry.pointer.sha256,
            "size": entry.size,
            "pointerSize": entry.pointer_size,
        }
    if entry.xet_hash:
        item["xetHash"] = entry.xet_hash
    if entry.last_commit:
        oid, commit = entry.last_commit
        item["lastCommit"] = {
            "id": oid,
            "title": commit.message.partition("\n")[0],
            "date": iso(commit.author.when * 1000),
        }
    return item


def _type(entry: Entry) -> str:
    """A submodule is `unknown`, as huggingface.js has it: to clients nothing to be fetched."""
    if entry.is_submodule:
        return "unknown"
    return "directory" if entry.is_folder else "file"
