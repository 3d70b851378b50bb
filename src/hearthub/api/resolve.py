"""Downloads: `resolve` (the file) and `raw` (as git has it), HEAD and GET.

Answered here with 200 or 206, never with a redirect to ourselves: clients read the metadata from
the last answer of a chain, and a same-origin target without it breaks them.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hearthub.api.xet_urls import reconstruction_url, token_url
from hearthub.http.actor import actor_of, read
from hearthub.http.callers import address_of
from hearthub.http.files import STRANGER, BytesResponse
from hearthub.http.types import TEXT, disposition, media_type
from hearthub.http.urls import hub_of
from hearthub.registry import Entry, Repo

XET_FILE_INFO = "application/vnd.xet-fileinfo+json"


async def resolve(request: Request) -> Response | BytesResponse:
    """`GET|HEAD /{repo}/resolve/{rev}/{path}`: the file, by range if asked."""
    hub = hub_of(request)
    actor = await actor_of(request)
    repo, commit, entry = await read(hub, hub.registry.resolve, actor, *_names(request))
    headers = _headers(request, repo, commit, entry)
    if entry.xet_hash and XET_FILE_INFO in request.headers.get("accept", ""):
        _note_download(request, repo, entry)
        return _xet_file_info(request, repo, commit, entry, headers)
    answer = await _bytes(request, repo, entry, headers, media_type(entry.path))
    if answer.status < 300:
        _note_download(request, repo, entry)
    return answer


async def raw(request: Request) -> Response | BytesResponse:
    """`GET|HEAD /{repo}/raw/{rev}/{path}`: a pointer stays a pointer."""
    hub = hub_of(request)
    actor = await actor_of(request)
    repo, commit, entry = await read(hub, hub.registry.resolve, actor, *_names(request))
    headers = {
        **STRANGER,
        "X-Repo-Commit": commit,
        "ETag": f'"{entry.oid}"',
        "Content-Disposition": "inline",
    }
    return await _bytes(request, repo, entry.as_git_has_it, headers, TEXT)


async def _bytes(
    request: Request, repo: Repo, entry: Entry, headers: dict[str, str], kind: str
) -> BytesResponse:
    hub = hub_of(request)
    is_head = request.method == "HEAD"
    content = b"" if is_head else await read(hub, hub.registry.content, repo, entry)
    return BytesResponse(content, entry.size, request.headers, headers, kind)


def _note_download(request: Request, repo: Repo, entry: Entry) -> None:
    hub_of(request).catalogue.downloads.note(
        repo.id,
        repo.type,
        entry.path,
        address_of(request.scope),
        request.headers.get("user-agent", ""),
    )


def _names(request: Request) -> tuple[str, str, str, str]:
    params = request.path_params
    repo_type = params.get("kind", "model")
    return repo_type, f"{params['namespace']}/{params['name']}", params["rev"], params["path"]


def _headers(request: Request, repo: Repo, commit: str, entry: Entry) -> dict[str, str]:
    headers = {
        **STRANGER,
        "X-Repo-Commit": commit,
        "ETag": f'"{entry.etag}"',
        "Content-Disposition": disposition(entry.path),
    }
    if entry.pointer:
        headers["X-Linked-Size"] = str(entry.size)
        headers["X-Linked-ETag"] = headers["ETag"]
    if entry.xet_hash:
        headers["X-Xet-Hash"] = entry.xet_hash
        refresh = token_url(request, repo, commit)
        rebuild = reconstruction_url(request, entry.xet_hash)
        headers["Link"] = f'<{refresh}>; rel="xet-auth", <{rebuild}>; rel="xet-reconstruction-info"'
    return headers


def _xet_file_info(
    request: Request, repo: Repo, commit: str, entry: Entry, headers: dict[str, str]
) -> Response:
    """For the JavaScript client: the facts as JSON, without the bytes."""
    body = {
        "hash": entry.xet_hash,
        "refreshUrl": token_url(request, repo, commit),
        "reconstructionUrl": reconstruction_url(request, str(entry.xet_hash)),
        "etag": headers["ETag"],
        "size": entry.size,
    }

    return JSONResponse(body, headers=headers, media_type=XET_FILE_INFO)


def routes() -> list[Route]:
    """Models lie at the root, the other types under their plural."""
    rest = "{namespace:seg}/{name:seg}/%s/{rev:seg}/{path:rest}"
    return [
        Route(prefix + rest % verb, handler, methods=["GET", "HEAD"], name=f"{verb}{i}")
        for i, prefix in enumerate(("/{kind:kind}/", "/"))
        for verb, handler in (("resolve", resolve), ("raw", raw))
    ]
