"""The page to try the API; its script comes from an installed package, never from another host."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hearthub.errors import EntryNotFound

ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
START = (
    "SwaggerUIBundle({url: '/api/openapi.json', dom_id: '#api', deepLinking: true, "
    "tryItOutEnabled: true});"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hearthub API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>
<body><div id="api"></div><script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script></body></html>"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


async def docs_page(_request: Request) -> Response:
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


async def docs_asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if name == "start.js":
        headers = {"X-Content-Type-Options": "nosniff"}
        return Response(START, media_type="text/javascript", headers=headers)
    if name not in ASSETS:
        raise EntryNotFound
    content = (files("fastapi_offline") / "static" / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=ASSETS[name], headers=headers)


routes = [
    Route("/api/docs", docs_page),
    Route("/api/docs/{asset:seg}", docs_asset),
]
