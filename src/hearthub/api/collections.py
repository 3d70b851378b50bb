"""Collections, as huggingface_hub and huggingface.js ask for them."""

import html
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from hearthub.accounts import Actor
from hearthub.api.params import Segment
from hearthub.clock import iso
from hearthub.community import Collection, Item, Wanted
from hearthub.context import Hub
from hearthub.http.actor import CurrentActor, CurrentHub
from hearthub.http.urls import next_link

router = APIRouter(tags=["collections"])

ALL = "/api/collections"
ONE = ALL + "/{namespace:seg}/{slug:seg}"
MAX_PAGE = 100
SHOWN_ITEMS, LOOKED_AT = 4, 24
"""Of each collection of a list; so many are looked at for four that the caller may see."""
Position = Annotated[int | None, Field(ge=0, le=10**6)]
Many = Annotated[list[str] | None, Query()]


class NewCollection(BaseModel):
    title: str
    namespace: str | None = None
    description: str | None = None
    private: bool = False


class Changes(BaseModel):
    title: str | None = None
    description: str | None = None
    theme: str | None = None
    private: bool | None = None
    position: Position = None


class Thing(BaseModel):
    id: str
    type: str


class NewItem(BaseModel):
    item: Thing
    note: str | None = None


class ItemChanges(BaseModel):
    note: str | None = None
    position: Position = None


@router.get(ALL, summary="Collections, with the first items of each")
def list_collections(
    request: Request,
    response: Response,
    hub: CurrentHub,
    actor: CurrentActor,
    owner: Many = None,
    item: Many = None,
    q: Annotated[str, Query(max_length=200)] = "",
    sort: str = "lastModified",
    limit: Annotated[int, Query(ge=1)] = 20,
    cursor: str | None = None,
) -> list[dict[str, Any]]:
    wanted = Wanted(owner or [], item or [], q, sort)
    # Clients name how many they want in all, which may be several pages.
    found, following = hub.community.shelves.page(actor, wanted, cursor, min(limit, MAX_PAGE))
    if following:
        response.headers["Link"] = next_link(request, cursor=following)
    items = hub.community.collections.items_of(actor, found, LOOKED_AT)
    shown = {it.id: items[it.id][:SHOWN_ITEMS] for it in found}
    told = _told(hub, actor, found, shown)
    for it in told:
        del it["position"]  # the Python client gives it one of its own, and fails at a second
    return told


@router.post(ALL, summary="A new collection")
def create(body: NewCollection, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    namespace = body.namespace or actor.name or ""
    made = hub.community.collections.create(
        actor, namespace, body.title, body.description, private=body.private
    )
    return _one(hub, actor, made)


@router.get(ONE, summary="A collection with all its items; by an old slug, too")
def get(namespace: Segment, slug: Segment, hub: CurrentHub, actor: CurrentActor) -> dict[str, Any]:
    return _one(hub, actor, hub.community.collections.find(actor, f"{namespace}/{slug}"))


@router.patch(ONE, summary="Change its title, description, theme, place or visibility")
def change(
    namespace: Segment, slug: Segment, body: Changes, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    changed = hub.community.collections.change(
        actor, f"{namespace}/{slug}", title=body.title, description=body.description,
        theme=body.theme, private=body.private, position=body.position,
    )  # fmt: skip
    return {"success": True, "data": _one(hub, actor, changed)}


@router.delete(ONE, summary="Delete a collection; what is in it stays")
def delete(
    namespace: Segment, slug: Segment, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    hub.community.collections.delete(actor, f"{namespace}/{slug}")
    return {"success": True}


@router.post(ONE + "/upvote", summary="Vote for a collection")
def upvote(
    namespace: Segment, slug: Segment, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    votes = hub.community.collections.upvote(actor, f"{namespace}/{slug}", is_up=True)
    return {"upvotes": votes}


@router.delete(ONE + "/upvote", summary="Take a vote back")
def take_back(
    namespace: Segment, slug: Segment, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    votes = hub.community.collections.upvote(actor, f"{namespace}/{slug}", is_up=False)
    return {"upvotes": votes}


@router.post(ONE + "/items", summary="Add a repo, a paper or another collection")
def add_item(
    namespace: Segment, slug: Segment, body: NewItem, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    changed = hub.community.collections.add_item(
        actor, f"{namespace}/{slug}", body.item.type, body.item.id, body.note
    )
    return _one(hub, actor, changed)


@router.patch(ONE + "/items/{item:seg}", summary="Change an item's note or place")
def change_item(
    namespace: Segment, slug: Segment, item: Segment, body: ItemChanges, hub: CurrentHub,
    actor: CurrentActor,
) -> dict[str, Any]:  # fmt: skip
    hub.community.collections.change_item(
        actor, f"{namespace}/{slug}", item, note=body.note, position=body.position
    )
    return {"success": True}


@router.delete(ONE + "/items/{item:seg}", summary="Take an item out")
def delete_item(
    namespace: Segment, slug: Segment, item: Segment, hub: CurrentHub, actor: CurrentActor
) -> dict[str, Any]:
    hub.community.collections.delete_item(actor, f"{namespace}/{slug}", item)
    return {"success": True}


def _one(hub: Hub, actor: Actor, found: Collection) -> dict[str, Any]:
    items = {found.id: hub.community.collections.items(actor, found)}
    return _told(hub, actor, [found], items)[0]


def _told(
    hub: Hub, actor: Actor, found: Sequence[Collection], items: dict[int, list[Item]]
) -> list[dict[str, Any]]:
    upvoted = hub.community.collections.upvoted(actor, found)
    owners = {it.owner_id: it.owner for it in found}
    faces = {owner_id: _face(hub, name) for owner_id, name in owners.items()}
    repos = [item.repo for some in items.values() for item in some if item.repo]
    counters = hub.catalogue.counters(repos)
    likes = {repo_id: (it.likes, it.downloads) for repo_id, it in counters.items()}
    return [
        {
            "slug": it.slug,
            "title": it.title,
            **({"description": it.description} if it.description else {}),
            "owner": faces[it.owner_id],
            "items": [_item(item, likes) for item in items[it.id]],
            "lastUpdated": iso(it.updated),
            "position": it.position,
            "private": it.private,
            "gating": False,
            "theme": it.theme,
            "upvotes": it.upvotes,
            "isUpvotedByUser": it.id in upvoted,
        }
        for it in found
    ]


def _face(hub: Hub, name: str) -> dict[str, Any]:
    """An account as huggingface.js reads authors."""
    account = hub.accounts.account(name)
    return {
        "name": name,
        "fullname": account.fullname if account else name,
        "type": account.kind if account else "user",
        "avatarUrl": "",
    }


def _item(it: Item, likes: dict[int, tuple[int, int]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"_id": it.uid, "position": it.position}
    if it.note:
        answer["note"] = {"html": f"<p>{html.escape(it.note)}</p>", "text": it.note}
    if it.repo:
        found, downloads = likes.get(it.repo.id, (0, 0))
        answer |= {
            "id": it.repo.full_name,
            "type": it.repo.type,
            "repoType": it.repo.type,
            "author": it.repo.namespace,
            "private": it.repo.is_private,
            "gated": it.repo.gated or False,
            "lastModified": iso(it.repo.modified),
            "likes": found,
            "downloads": downloads,
        }
    elif it.inner:
        answer |= {
            "id": it.inner.uid,
            "type": "collection",
            "slug": it.inner.slug,
            "title": it.inner.title,
            "theme": it.inner.theme,
            "upvotes": it.inner.upvotes,
            "lastUpdated": iso(it.inner.updated),
        }
    else:
        answer |= {"id": it.paper, "type": "paper"}
    return answer
