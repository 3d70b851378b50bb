"""Folders of a repo, with who changed what last."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hearthub.errors import EntryNotFound
from hearthub.registry import Entry
from hearthub.web.file_content import card_of
from hearthub.web.repo_view import RepoView, repo_page, repo_routes, told

PAGE = 200
README = "README.md"


def tree_page(request: Request) -> Response:
    at = RepoView.of(request)
    browse = at.hub.registry.browse
    after = request.query_params.get("after")
    try:
        folder = browse.folder(at.repo, at.commit, at.path, after=after, limit=PAGE)
    except EntryNotFound:
        if at.path and not browse.entry(at.repo, at.commit, at.path).is_folder:
            return RedirectResponse(at.blob(at.path), 307)
        raise
    entries = browse.with_last_commits(at.repo, at.commit, folder.entries)
    above = at.path.rpartition("/")[0]
    more = urlencode({"after": _name(entries[-1])}) if folder.more else ""
    return repo_page(
        at,
        "files/tree.html",
        "files",
        rows=[_row(at, entry) for entry in entries],
        folder=folder,
        measure=browse.measure(at.repo, at.commit) if not at.path else None,
        last=_last(at),
        up=at.tree(above) if at.path else None,
        after=after,
        more=f"{at.tree(at.path)}?{more}" if more else None,
        readme=_readme(at, entries),
    )


def _row(at: RepoView, entry: Entry) -> dict[str, Any]:
    return {
        "name": _name(entry),
        "href": at.tree(entry.path) if entry.is_folder else at.blob(entry.path),
        "file": at.file(entry.path) if at.readable and entry.is_file else None,
        "entry": entry,
        "last": told(*entry.last_commit) if entry.last_commit else None,
    }


def _name(entry: Entry) -> str:
    return entry.path.rpartition("/")[2]


def _last(at: RepoView) -> dict[str, Any] | None:
    """The newest commit of the folder."""
    if not at.path:
        return told(at.commit, at.hub.registry.commit_at(at.repo, at.commit)).__dict__
    entry = at.hub.registry.browse.entry(at.repo, at.commit, at.path)
    found = at.hub.registry.browse.with_last_commits(at.repo, at.commit, [entry])[0].last_commit
    return told(*found).__dict__ if found else None


def _readme(at: RepoView, entries: list[Entry]) -> str | None:
    """Below a folder stands what its README says; that of the top has a page of its own."""
    if not at.path or not at.readable:
        return None
    found = next((it for it in entries if _name(it).lower() == README.lower()), None)
    return card_of(at, found) if found and found.is_file else None


routes = [
    *repo_routes(tree_page, "tree/{rev:seg}"),
    *repo_routes(tree_page, "tree/{rev:seg}/{path:rest}", slow=True),  # a README may be in it
]
