"""Collections: a page of each, and forms for whoever may change it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Actor
from hearthub.community import Collection, Item, Wanted
from hearthub.errors import BadRequest, Conflict, HearthubError
from hearthub.http.errors import status_of
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.new_repo import owners
from hearthub.web.rendering import page, shown, with_query
from hearthub.web.settings_pages import said
from hearthub.web.visitor import member, visitor

PAGE = 30  # collections of a list
NEW = "/collections/new"
ONE = "/collections/{namespace:seg}/{slug:seg}"
SAID = {"saved": "Saved.", "added": "Added at the end.", "removed": "Removed from the collection."}


def list_page(request: Request) -> Response:
    """All that the visitor may see, or those of an `owner`."""
    actor, hub = visitor(request), hub_of(request)
    owner = request.query_params.get("owner", "")[:100]
    wanted = Wanted(owners=[owner] if owner else [])
    found, following = hub.community.shelves.page(
        actor, wanted, request.query_params.get("after"), PAGE
    )
    return page(
        "collections/list.html",
        owner=owner,
        collections=found,
        following=with_query(request, after=following) if following else None,
    )


def new_page(request: Request) -> Response:
    member(request)
    return _new(request, {"owner": request.query_params.get("owner", "")[:100]})


def create(request: Request, form: Form) -> Response:
    actor, hub = member(request), hub_of(request)
    typed = {key: form.text(key) for key in ("owner", "title", "description", "visibility")}
    try:
        made = hub.community.collections.create(
            actor, typed["owner"], typed["title"], typed["description"],
            private=_is_private(form),
        )  # fmt: skip
    except HearthubError as error:
        return _new(request, typed, error)
    return see_other(f"/collections/{made.slug}/edit")


def collection_page(request: Request) -> Response:
    actor, found = visitor(request), _found(request, visitor(request))
    if _slug(request) != found.slug:
        return see_other(f"/collections/{found.slug}")
    collections = hub_of(request).community.collections
    return page(
        "collections/one.html",
        it=found,
        things=[_thing(item) for item in collections.items(actor, found)],
        is_upvoted=found.id in collections.upvoted(actor, [found]),
        may_edit=collections.may_edit(actor, found),
    )


def upvote(request: Request, form: Form) -> Response:
    hub_of(request).community.collections.upvote(
        member(request), _slug(request), is_up=form.has("up")
    )
    return see_other(f"/collections/{_found(request, member(request)).slug}")


def edit_page(request: Request) -> Response:
    return _edit(request)


def save(request: Request, form: Form) -> Response:
    try:
        changed = hub_of(request).community.collections.change(
            member(request), _slug(request), title=form.text("title"),
            description=form.raw("description").strip(), private=_is_private(form),
        )  # fmt: skip
    except HearthubError as error:
        return _edit(request, error)
    return see_other(f"/collections/{changed.slug}/edit?said=saved")


def delete(request: Request, _form: Form) -> Response:
    actor = member(request)
    found = _found(request, actor)
    hub_of(request).community.collections.delete(actor, found.slug)
    return see_other(f"/collections?owner={found.owner}")


def add_item(request: Request, form: Form) -> Response:
    """What is added is named as in addresses: `alice/bert`, `datasets/alice/texts`."""
    collections, name = hub_of(request).community.collections, form.text("name").strip("/")
    try:
        kind, name = _kind_of(name)
        note = form.raw("note").strip() or None
        changed = collections.add_item(member(request), _slug(request), kind, name, note)
    except HearthubError as error:
        return _edit(request, error)
    return see_other(f"/collections/{changed.slug}/edit?said=added#items")


def change_item(request: Request, form: Form) -> Response:
    """One of three buttons: to another place, out, or with another note."""
    actor, collections = member(request), hub_of(request).community.collections
    slug, uid = _slug(request), request.path_params["item"]
    word = "saved"
    try:
        if form.has("remove"):
            collections.delete_item(actor, slug, uid)
            word = "removed"
        elif form.has("place"):
            collections.change_item(actor, slug, uid, position=min(form.number("place"), 10**6))
        else:
            collections.change_item(actor, slug, uid, note=form.raw("note").strip())
    except HearthubError as error:
        return _edit(request, error)
    return see_other(f"/collections/{_found(request, actor).slug}/edit?said={word}#items")


def _slug(request: Request) -> str:
    return f"{request.path_params['namespace']}/{request.path_params['slug']}"


def _found(request: Request, actor: Actor) -> Collection:
    return hub_of(request).community.collections.find(actor, _slug(request))


def _is_private(form: Form) -> bool:
    visibility = form.text("visibility")
    if visibility not in ("public", "private"):
        raise BadRequest("Choose who may see it")
    return visibility == "private"


def _kind_of(name: str) -> tuple[str, str]:
    """The type of an item, and its name for the door."""
    kind, _, rest = name.partition("/")
    if kind in ("papers", "collections") and rest:
        return kind[:-1], rest
    for each, prefix in PREFIXES.items():
        if prefix and name.startswith(prefix) and name.count("/") == 2:
            return each, name.removeprefix(prefix)
    return "model", name.removeprefix("models/") if name.count("/") == 2 else name


def _thing(item: Item) -> dict[str, Any]:
    if item.repo:
        what, name = item.repo.type, item.repo.full_name
        href: str | None = f"/{PREFIXES[item.repo.type]}{name}"
    elif item.inner:
        what, name, href = "collection", item.inner.title, f"/collections/{item.inner.slug}"
    else:
        # It lies on another site, to which pages do not lead by themselves.
        what, name, href = "paper", f"arXiv {item.paper}", None
    return {
        "uid": item.uid,
        "what": what,
        "name": name,
        "href": href,
        "note": item.note,
        "place": item.position,
    }


def _new(request: Request, typed: dict[str, str], error: HearthubError | None = None) -> Response:
    empty = {"owner": "", "title": "", "description": "", "visibility": "public"}
    return page(
        "collections/new.html",
        200 if error is None else status_of(error, anonymous=False),
        typed=empty | typed,
        owners=owners(hub_of(request), request),
        error=error,
        taken=error.slug if isinstance(error, Conflict) else None,
    )


def _edit(request: Request, error: HearthubError | None = None) -> Response:
    actor, collections = member(request), hub_of(request).community.collections
    found = _found(request, actor)
    collections.require_edit(actor, found)
    return page(
        "collections/edit.html",
        200 if error is None else status_of(error, anonymous=False),
        it=found,
        things=[_thing(item) for item in collections.items(actor, found)],
        said=said(request, SAID),
        error=error,
    )


routes = [
    Route("/collections", shown(list_page)),
    Route(NEW, shown(new_page)),
    Route(NEW, acted(create), methods=["POST"]),
    Route(ONE, shown(collection_page)),
    Route(ONE + "/upvote", acted(upvote), methods=["POST"]),
    Route(ONE + "/edit", shown(edit_page)),
    Route(ONE + "/edit", acted(save), methods=["POST"]),
    Route(ONE + "/delete", acted(delete), methods=["POST"]),
    Route(ONE + "/items", acted(add_item), methods=["POST"]),
    Route(ONE + "/items/{item:seg}", acted(change_item), methods=["POST"]),
]
