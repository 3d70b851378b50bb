"""One file of a repo: what is in it, where it is kept, who changed it last."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hearthub.web.file_content import TENSORS, Asked, Content, content_of
from hearthub.web.repo_view import RepoView, numbered, repo_page, repo_routes, told

MAX_SEARCH = 100
MAX_TENSORS = 10**6
_MEDIA = {"audio": "media-src 'self'", "video": "media-src 'self'", "pdf": "frame-src 'self'"}


def blob_page(request: Request) -> Response:
    at, query = RepoView.of(request), request.query_params
    browse = at.hub.registry.browse
    entry = browse.entry(at.repo, at.commit, at.path)
    if entry.is_folder:
        return RedirectResponse(at.tree(at.path), 307)
    asked = Asked(
        as_code=query.get("code") == "true",
        whole=query.get("all") == "true",
        search=query.get("tensor", "")[:MAX_SEARCH],
        start=numbered(query.get("from"), MAX_TENSORS) // TENSORS * TENSORS,
    )
    found = content_of(at, entry, asked)
    last = browse.with_last_commits(at.repo, at.commit, [entry])[0].last_commit
    return repo_page(
        at,
        "files/blob.html",
        "files",
        _policy(found),
        entry=entry,
        name=at.path.rpartition("/")[2],
        found=found,
        asked=asked,
        last=told(*last) if last else None,
        tensors=lambda start: _tensors(at, asked.search, start),
        step=TENSORS,
    )


def _policy(found: Content) -> str:
    media = _MEDIA.get(found.view)
    return f"script-src 'self'; {media}" if media else "script-src 'self'"


def _tensors(at: RepoView, search: str, start: int) -> str:
    words = {"tensor": search} if search else {}
    if start:
        words["from"] = str(start)
    plain = {key: value.encode(errors="replace").decode() for key, value in words.items()}
    return at.blob(at.path) + (f"?{urlencode(plain)}" if plain else "")


routes = repo_routes(blob_page, "blob/{rev:seg}/{path:rest}", slow=True)
