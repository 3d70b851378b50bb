"""Create a repo."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.context import Hub
from hearthub.errors import BadRequest, HearthubError
from hearthub.http.errors import status_of
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.rendering import page, shown
from hearthub.web.visitor import member

PATHS = {"model": "/new", "dataset": "/new-dataset", "space": "/new-space"}
LICENCES = {
    "": "None chosen yet",
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD 3-clause",
    "cc-by-4.0": "CC BY 4.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0",
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "cc0-1.0": "CC0 1.0",
    "gpl-3.0": "GPL 3.0",
    "openrail": "OpenRAIL",
    "other": "Another",
}
SDKS = {"static": "Static", "gradio": "Gradio", "streamlit": "Streamlit", "docker": "Docker"}


def owners(hub: Hub, request: Request) -> list[str]:
    """The namespaces in which the visitor may create: their own first."""
    actor = member(request)
    orgs = hub.accounts.orgs_of(actor.user_id or 0)
    return [actor.name or "", *(it.account.name for it in orgs if it.role != "read")]


def new_page(request: Request) -> Response:
    kind = _kind(request)
    wanted = request.query_params.get("owner", "")
    return _form(request, kind, {"owner": wanted, "name": request.query_params.get("name", "")})


def create(request: Request, form: Form) -> Response:
    kind, hub = _kind(request), hub_of(request)
    typed = {key: form.text(key) for key in ("owner", "name", "visibility", "licence", "sdk")}
    try:
        if typed["visibility"] not in ("public", "private"):
            raise BadRequest("Choose who may see it")
        if kind == "space" and typed["sdk"] not in SDKS:
            raise BadRequest("Choose what the space is made with")
        repo = hub.registry.create(
            member(request),
            kind,
            f"{typed['owner']}/{typed['name']}",
            visibility=typed["visibility"],
            sdk=typed["sdk"] if kind == "space" else None,
            files=_first_files(kind, typed),
        )
    except HearthubError as error:
        return _form(request, kind, typed, error)
    return see_other(f"/{PREFIXES[kind]}{repo.full_name}")


def _first_files(kind: str, typed: dict[str, str]) -> dict[str, bytes]:
    """A card that says what was chosen; none when nothing was."""
    lines = []
    if typed["licence"]:
        if typed["licence"] not in LICENCES:
            raise BadRequest("Choose a licence of the list")
        lines.append(f"license: {typed['licence']}")
    if kind == "space":
        lines += [f"title: {typed['name']}", f"sdk: {typed['sdk']}"]
    if not lines:
        return {}
    text = "\n".join(["---", *lines, "---", "", f"# {typed['name']}", ""])
    return {"README.md": text.encode(errors="replace")}


def _form(
    request: Request, kind: str, typed: dict[str, Any], error: HearthubError | None = None
) -> Response:
    return page(
        "new_repo.html",
        200 if error is None else status_of(error, anonymous=False),
        section=f"{kind}s",
        kind=kind,
        action=PATHS[kind],
        typed={"visibility": "public", "licence": "", "sdk": "static"} | typed,
        owners=owners(hub_of(request), request),
        licences=LICENCES,
        sdks=SDKS,
        error=error,
    )


def _kind(request: Request) -> str:
    path = request.scope["path"]
    return next(kind for kind, own in PATHS.items() if own == path)


routes = [
    *(Route(path, shown(new_page)) for path in PATHS.values()),
    *(Route(path, acted(create), methods=["POST"]) for path in PATHS.values()),
]
