"""Git over HTTP: what a repository has, and the two services, `git-upload-pack` for fetches and
`git-receive-pack` for pushes (gitprotocol-http(5)).

Errors are plain text: git shows that, and only that, to the person at the terminal.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hearthub import __version__
from hearthub.accounts import Actor
from hearthub.api import git_fetch, git_push
from hearthub.api.params import named_repo
from hearthub.errors import BadRequest, Forbidden, HearthubError, Moved
from hearthub.http.actor import read
from hearthub.http.errors import error_response, is_browser, status_of
from hearthub.http.pktlines import Mark, line
from hearthub.http.urls import hub_of, redirect_target
from hearthub.registry import Repo, Right

FETCH, PUSH = "git-upload-pack", "git-receive-pack"
RIGHTS = {FETCH: Right.READ, PUSH: Right.PROPOSE}
AGENT = f"agent=hearthub/{__version__}"
Handler = Callable[[Request], Awaitable[Response]]


async def info_refs(request: Request) -> Response:
    """`GET /{repo}/info/refs?service=`: what a git client asks first."""
    service = request.query_params.get("service", "")
    _, repo = await _repo(request, service)
    if service not in RIGHTS:
        raise Forbidden("This hub speaks git's smart protocol alone: update your git")
    if service == FETCH and is_version_2(request):
        body = git_fetch.capabilities(AGENT)
    else:
        refs = await read(hub_of(request), hub_of(request).registry.refs, repo)
        told = git_fetch.CAPABILITIES if service == FETCH else git_push.CAPABILITIES
        body = line(f"# service={service}\n") + Mark.FLUSH.value
        body += git_fetch.advertise(refs, f"{told} {AGENT}", is_push=service == PUSH)
    return _answer(service, "advertisement", body)


async def upload_pack(request: Request) -> Response:
    """`POST /{repo}/git-upload-pack`: a fetch, or a list of refs."""
    _, repo = await _repo(request, FETCH)
    return await git_fetch.answer(request, repo, is_version_2(request))


async def receive_pack(request: Request) -> Response:
    """`POST /{repo}/git-receive-pack`: a push."""
    actor, repo = await _repo(request, PUSH)
    return await git_push.answer(request, actor, repo)


def is_version_2(request: Request) -> bool:
    return "version=2" in request.headers.get("git-protocol", "").split(":")


async def _repo(request: Request, service: str) -> tuple[Actor, Repo]:
    actor, repo = await named_repo(request, RIGHTS.get(service, Right.READ))
    wanted = f"application/x-{service}-request"
    if request.method == "POST" and request.headers.get("content-type") != wanted:
        raise BadRequest(f"The body must be {wanted}")
    return actor, repo


def _answer(service: str, what: str, body: bytes) -> Response:
    return Response(
        body,
        media_type=f"application/x-{service}-{what}",
        headers={"Cache-Control": "no-cache, max-age=0, must-revalidate"},
    )


def _telling(handler: Handler) -> Handler:
    """Errors as git shows them; a caller without a token is asked for one by 401."""

    async def told(request: Request) -> Response:
        try:
            return await handler(request)
        except Moved as moved:
            location = redirect_target(request, moved)
            return Response(status_code=307, headers={"Location": location})
        except HearthubError as error:
            anonymous = "authorization" not in request.headers
            status = status_of(error, anonymous=anonymous)
            asked = error_response(error, status, challenged=not is_browser(request))
            headers = dict(asked.headers)
            for name in ("content-length", "content-type"):
                headers.pop(name)
            return PlainTextResponse(f"{error}\n", status, headers)

    return told


_SERVICES: tuple[tuple[str, Handler, str], ...] = (
    ("info/refs", info_refs, "GET"),
    (FETCH, upload_pack, "POST"),
    (PUSH, receive_pack, "POST"),
)
routes = [
    Route(f"{prefix}{{namespace:seg}}/{{name:seg}}{suffix}/{path}", _telling(it), methods=[method])
    for prefix in ("/{kind:kind}/", "/")
    for suffix in (".git", "")
    for path, it, method in _SERVICES
]
