"""`/v2/{repo}/manifests` and `/v2/{repo}/blobs`: GGUF files for Ollama, and for older llama.cpp.

Both ask the same address; llama.cpp says who it is, wants to hear the name of a file, and fetches
that from `/resolve`.
"""

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from threading import Lock
from typing import Any

import orjson
from cachetools import LRUCache, TTLCache
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.api.params import named_repo
from hearthub.context import Hub
from hearthub.errors import HearthubError, Moved, NotFound, RevisionNotFound
from hearthub.fit import Images, Layer
from hearthub.http.actor import read
from hearthub.http.callers import address_of
from hearthub.http.errors import error_response, status_of
from hearthub.http.files import STRANGER, BytesResponse
from hearthub.http.threads import run_heavy
from hearthub.http.urls import hub_of
from hearthub.registry import MAIN, Entry, Repo, Right

MAX_TAGS = 64
"""Files whose layers are made anew to find one by its digest."""
_Handler = Callable[[Request], Awaitable[Response | BytesResponse]]
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")

# Layers that manifests told of, with the commit: by repo and digest. A pull takes hours, and the
# main branch moves meanwhile.
_told: LRUCache[tuple[int, str], tuple[str, Layer]] = LRUCache(
    2**26, lambda it: len(it[1].content or b"") + 500
)
# All layers there are, by repo and commit, where one was looked for that is none of them: whoever
# asks for digests at random makes us read the files once. A file that could not be read in time
# may be read later.
_searched: TTLCache[tuple[int, str], frozenset[str]] = TTLCache(2000, 600)
_lock = Lock()


async def manifest(request: Request) -> Response:
    """`GET|HEAD /v2/{repo}/manifests/{tag}`: the layers of an image, or for llama.cpp a name."""
    hub, tag = hub_of(request), request.path_params["tag"]
    _, repo = await named_repo(request, Right.READ)
    if request.headers.get("user-agent", "").lower().startswith("llama-cpp"):
        content = orjson.dumps(await run_in_threadpool(_names, hub, repo, tag))
        return Response(content, media_type="application/json")
    found = await run_in_threadpool(_manifest, hub, repo, tag)
    return Response(orjson.dumps(found), media_type=found["mediaType"])


async def blob(request: Request) -> Response | BytesResponse:
    """`GET|HEAD /v2/{repo}/blobs/{digest}`: a layer, by range if asked."""
    hub = hub_of(request)
    _, repo = await named_repo(request, Right.READ)
    digest = _DIGEST.fullmatch(request.path_params["digest"])
    if digest is None:
        raise NotFound("A layer is named by sha256: and 64 hex digits")
    found = await run_in_threadpool(_known, hub, repo, digest[1])
    if found is None:
        found = await run_heavy(_search, hub, repo, digest[1])
    commit, layer = found
    # Ollama fetches the ranges from where `Location` points, and gives up on a 200 without one. A
    # path, since only whoever asks knows by what host we are reached.
    headers = {
        **STRANGER,
        "ETag": f'"{layer.sha256}"',
        "Docker-Content-Digest": digest[0],
        "Location": request.url.path,
    }
    source: Any = layer.content
    if layer.path is not None:
        (entry,) = await read(hub, hub.registry.paths, repo, commit, [layer.path])
        is_head = request.method == "HEAD"
        source = b"" if is_head else await read(hub, hub.registry.content, repo, entry)
        # Of each file Ollama asks for the whole once, leaves that, and asks for ranges of 100 MB.
        if not is_head and "range" not in request.headers:
            hub.catalogue.downloads.note(
                repo.id, repo.type, layer.path, address_of(request.scope),
                request.headers.get("user-agent", ""),
            )  # fmt: skip
    return BytesResponse(source, layer.size, request.headers, headers)


def _plainly(handler: _Handler) -> _Handler:
    """Ollama takes the realm of a 401 for an address that gives out tokens: it shows its user that
    address, which is none, and not that there is no such model, or that it is gated."""

    @wraps(handler)
    async def told(request: Request) -> Response | BytesResponse:
        try:
            return await handler(request)
        except HearthubError as error:
            is_ollama = request.headers.get("user-agent", "").lower().startswith("ollama")
            if isinstance(error, Moved) or not is_ollama:
                raise
            status = status_of(error, anonymous=False)
            if handler is manifest and type(error) is NotFound:
                status = 400  # no such tag: of a 404 it shows no text, which tells those there are
            return error_response(error, status)

    return told


def _names(hub: Hub, repo: Repo, tag: str) -> dict[str, Any]:
    """What llama.cpp, and those that speak like it (ramalama, node-llama-cpp), fetch."""
    commit = hub.registry.commit_of(repo, MAIN)
    images = _images(hub, repo, commit)
    found = {"ggufFile": images.chosen(tag).files[0].path}
    if projector := images.projector():
        found["mmprojFile"] = projector.files[0].path
    entries = {it.path: it for it in hub.registry.paths(repo, commit, list(found.values()))}
    return {kind: _named(entries[path]) for kind, path in found.items()}


def _named(entry: Entry) -> dict[str, Any]:
    named: dict[str, Any] = {"rfilename": entry.path, "size": entry.size}
    return named | ({"blobId": f"sha256:{entry.pointer.sha256}"} if entry.pointer else {})


def _manifest(hub: Hub, repo: Repo, tag: str) -> dict[str, Any]:
    commit = hub.registry.commit_of(repo, MAIN)
    image = _images(hub, repo, commit).image(tag)
    with _lock:
        for layer in (image.config, *image.layers):
            _told[repo.id, layer.sha256] = commit, layer
    return image.manifest


def _known(hub: Hub, repo: Repo, sha256: str) -> tuple[str, Layer] | None:
    """A layer of any tag with the commit that has it, without reading a file: this process told of
    it, as a rule, or a pointer names it. Raises NotFound when it was looked for before."""
    with _lock:
        known = _told.get((repo.id, sha256))
    if known and _is_there(hub, repo, known[0]):
        return known
    commit = hub.registry.commit_of(repo, MAIN)
    with _lock:
        searched = _searched.get((repo.id, commit))
    if layer := _images(hub, repo, commit).pointed(sha256):
        return commit, layer
    if searched is not None and sha256 not in searched:
        raise _no_layer(repo, sha256)
    return None


def _is_there(hub: Hub, repo: Repo, commit: str) -> bool:
    """Whether a ref still reaches what was told of."""
    try:
        return hub.registry.commit_of(repo, commit) == commit
    except RevisionNotFound:
        return False


def _search(hub: Hub, repo: Repo, sha256: str) -> tuple[str, Layer]:
    """The same by making them all again, from the headers of the files."""
    commit = hub.registry.commit_of(repo, MAIN)
    images = _images(hub, repo, commit)
    seen = set()
    for tag in images.tags()[:MAX_TAGS]:
        try:
            image = images.image(tag)
        except HearthubError:  # in parts
            continue
        for layer in (image.config, *image.layers):
            seen.add(layer.sha256)
            if layer.sha256 == sha256:
                with _lock:
                    _told[repo.id, sha256] = commit, layer
                return commit, layer
    with _lock:
        _searched[repo.id, commit] = frozenset(seen)
    raise _no_layer(repo, sha256)


def _no_layer(repo: Repo, sha256: str) -> NotFound:
    return NotFound(f"{repo.full_name} has no layer sha256:{sha256}")


def _images(hub: Hub, repo: Repo, commit: str) -> Images:
    return Images(hub.registry, hub.sandbox, repo, commit)


routes = [
    Route(f"/v2/{{namespace:seg}}/{{name:seg}}/{path}", _plainly(it), methods=["GET", "HEAD"])
    for path, it in (("manifests/{tag:seg}", manifest), ("blobs/{digest:seg}", blob))
]
