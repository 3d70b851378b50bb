"""Style and pictures of the pages."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.errors import EntryNotFound

TYPES = {
    "copy.js": "text/javascript",
    "files.css": "text/css",
    "hearthub.css": "text/css",
    "fit.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "upload.js": "text/javascript",
    "list.js": "text/javascript",
    "repo.css": "text/css",
    "talk.css": "text/css",
}


async def asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if name not in TYPES:
        raise EntryNotFound
    content = (files("hearthub.web") / "static" / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=TYPES[name], headers=headers)


routes = [Route("/static/{asset:seg}", asset)]
