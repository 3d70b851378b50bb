"""Files of repos that not everybody may read, for whoever is logged in to these pages.

Clients' own addresses (`resolve`, `raw`) know no sessions. The answer is as harmless as theirs: no
HTML, no script, nothing that another site can read.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hearthub.http.files import STRANGER, BytesResponse
from hearthub.http.types import TEXT, disposition, media_type
from hearthub.registry import Right
from hearthub.web.repo_view import RepoView, repo_routes


class Sent(Response):
    """Bytes by range, with the headers that every page has."""

    def __init__(self, content: BytesResponse) -> None:
        super().__init__(status_code=content.status, headers=content.headers)
        self.content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.content.headers = dict(self.headers.items())
        await self.content(scope, receive, send)


def content(request: Request) -> Response:
    """`GET /{repo}/content/{rev}/{path}`: the file; with `?raw=true` a pointer stays a pointer."""
    at = RepoView.of(request)
    registry = at.hub.registry
    registry.repo(at.actor, at.repo.type, at.repo.full_name, Right.READ)
    entry = registry.browse.file(at.repo, at.commit, at.path)
    is_raw = request.query_params.get("raw") == "true"
    if is_raw:
        entry = entry.as_git_has_it
    headers = {
        **STRANGER,
        "ETag": f'"{entry.etag}"',
        "Cache-Control": "private, no-cache",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Disposition": "inline" if is_raw else disposition(entry.path, in_page=True),
    }
    source = registry.content(at.repo, entry)
    kind = TEXT if is_raw else media_type(entry.path)
    return Sent(BytesResponse(source, entry.size, request.headers, headers, kind))


routes = repo_routes(content, "content/{rev:seg}/{path:rest}")
