"""What no other API route takes: old one-segment ids, and paths that never existed."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.errors import NotFound, RepoNotFound

# `gpt2`-style ids: this hub has none, and clients must hear that the repo is missing.
_ONE_SEGMENT = re.compile(
    r"/api/(models|datasets|spaces|kernels)/[^/]+"
    r"(/(revision|tree|paths-info|refs|commits|resolve|preupload|commit|xet-\w+-token)/.*)?"
)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def missing_api(request: Request) -> Response:
    path = request.scope["path"]
    if _ONE_SEGMENT.fullmatch(path):
        raise RepoNotFound
    raise NotFound(f"This hub has no {request.method} {path}; /api/docs lists what it has")


async def no_attachments(_request: Request) -> Response:
    """`POST /uploads`, where clients send pictures for a comment."""
    raise NotFound("This hub keeps no attachments: commit the file to the repo and link to it")


async def missing_file(_request: Request) -> Response:
    raise RepoNotFound


routes = [
    Route("/api/{rest:rest}", missing_api, methods=METHODS),
    Route("/uploads", no_attachments, methods=["POST"]),
    Route("/{name:seg}/resolve/{rev:seg}/{path:rest}", missing_file, methods=["GET", "HEAD"]),
    Route("/{name:seg}/raw/{rev:seg}/{path:rest}", missing_file, methods=["GET", "HEAD"]),
]
