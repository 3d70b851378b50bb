"""A feed of one's own, of whom and what one follows, at an address that nobody else knows."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Actor
from hearthub.community import MAX_FOLLOWING
from hearthub.context import Hub
from hearthub.errors import NotFound
from hearthub.http.atom import Feed, feed_answer, tag
from hearthub.http.urls import base_url, hub_of
from hearthub.registry import Repo
from hearthub.web.feeds import REPOS, newest, of_repos, talk
from hearthub.web.forms import Form, acted, see_other
from hearthub.web.rendering import page, shown
from hearthub.web.settings_pages import account_of, said

MAX_LIKES = 1000
SAID = {"revoked": "The address is revoked: nobody can read your feed there any more."}


def own_feed(request: Request) -> Response:
    """What the owner of the address may see now, who is not logged in for it."""
    hub, key = hub_of(request), request.path_params["key"]
    actor = hub.accounts.by_feed(key)
    if actor is None:
        raise NotFound("There is no such feed, or its address was revoked.")
    repos = _followed(hub, actor)
    entries = [*of_repos(request, repos), *talk(request, actor, repos, named=True)]
    feed = Feed(
        id=tag(request, f"feed:{actor.user_id}"),
        title=f"Hearthub: what {actor.name} follows",
        here=f"{base_url(request)}/feed/{key}.atom",
        page=f"{base_url(request)}/{actor.name}",
        entries=newest(entries),
    )
    return feed_answer(request, feed, private=True)


def _followed(hub: Hub, actor: Actor) -> list[Repo]:
    """Repos of those that somebody follows, and those that they like, each once."""
    user_id = actor.user_id or 0
    faces = hub.community.follows.following(user_id, skip=0, limit=MAX_FOLLOWING)
    theirs = hub.registry.changed_last(actor, [it.id for it in faces], REPOS)
    liked = [repo for repo, _ in hub.community.liked_by(actor, user_id, limit=MAX_LIKES)[0]]
    liked.sort(key=lambda repo: repo.modified, reverse=True)
    return list({repo.id: repo for repo in [*theirs, *liked[:REPOS]]}.values())


def feed_page(request: Request) -> Response:
    return _page(request)


def make(request: Request, _form: Form) -> Response:
    """The address is in this answer and nowhere else, ever."""
    key = hub_of(request).accounts.make_feed(account_of(request).id)
    return _page(request, f"{base_url(request)}/feed/{key}.atom")


def revoke(request: Request, _form: Form) -> Response:
    hub_of(request).accounts.revoke_feed(account_of(request).id)
    return see_other("/settings/feed?said=revoked")


def _page(request: Request, address: str | None = None) -> Response:
    account = account_of(request)
    return page(
        "settings/feed.html",
        here="feed",
        said=said(request, SAID),
        made=hub_of(request).accounts.feed_made(account.id),
        address=address,
    )


routes = [
    Route("/feed/{key:seg}.atom", shown(own_feed)),
    Route("/settings/feed", shown(feed_page)),
    Route("/settings/feed", acted(make), methods=["POST"]),
    Route("/settings/feed/revoke", acted(revoke), methods=["POST"]),
]
