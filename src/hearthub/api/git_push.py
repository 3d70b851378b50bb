"""Pushes."""

from starlette.requests import Request
from starlette.responses import Response

from hearthub.accounts import Actor
from hearthub.registry import Repo

CAPABILITIES = (
    "report-status delete-refs side-band-64k quiet atomic ofs-delta no-thin object-format=sha1"
)


async def answer(request: Request, actor: Actor, repo: Repo) -> Response:
    raise NotImplementedError
