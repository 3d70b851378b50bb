"""Users and organisations: who they are, what they have here, who belongs to them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hearthub.accounts import Account, Actor
from hearthub.catalogue import Filter, Page
from hearthub.community import Wanted
from hearthub.context import Hub
from hearthub.errors import NotFound
from hearthub.http.paths import PREFIXES
from hearthub.http.urls import hub_of
from hearthub.registry import REPO_TYPES
from hearthub.web.forms import Form, acted
from hearthub.web.rendering import page, see_other, shown
from hearthub.web.visitor import member, visitor

SHELF = 12  # repos of each type; all of them are a list
MOST_MEMBERS = 200


def person(request: Request) -> Response:
    """`/{name}`, after every page that has an address of its own: no account has such a name."""
    hub, actor, name = hub_of(request), visitor(request), request.path_params["namespace"]
    account = hub.accounts.account(name)
    # What a disabled user made stays, and its address is the one it always was.
    if account is None:
        raise NotFound("There is no such user, organisation or page.")
    if account.name != name:
        return see_other(f"/{account.name}")
    counts = hub.registry.counts(actor, account.id)
    is_org = account.kind == "org"
    return page(
        "person.html",
        account=account,
        is_org=is_org,
        shelves=[
            (kind, counts[kind], _shelf(hub, actor, kind, account))
            for kind in REPO_TYPES
            if counts.get(kind)
        ],
        members=hub.accounts.members(account.id)[:MOST_MEMBERS] if is_org else [],
        orgs=[] if is_org else hub.accounts.orgs_of(account.id),
        is_own=actor.user_id == account.id,
        collections=hub.community.shelves.page(actor, Wanted(owners=[account.name]), None, SHELF)[
            0
        ],
        social=hub.community.follows.sociable(account.id),
        is_followed=account.id in hub.community.follows.followed(actor, [account.id]),
        is_member=account.id in actor.roles,
        may_audit=is_org and (actor.is_admin or actor.roles.get(account.id) == "admin"),
        may_create=actor.user_id == account.id or account.id in actor.roles,
    )


def _shelf(hub: Hub, actor: Actor, kind: str, account: Account) -> list[dict[str, Any]]:
    wanted = Filter(kind, [[("author", account.name)]])
    rows, _ = hub.catalogue.page(actor, wanted, Page("modified", limit=SHELF))
    repos = [row.repo for row in rows if row.repo]
    facts = hub.catalogue.facts_of(repos)
    likes = {row.repo.id: row.counters.likes for row in rows if row.repo}
    return [
        {
            "name": repo.name,
            "href": f"/{PREFIXES[repo.type]}{repo.full_name}",
            "task": facts[repo.id].pipeline_tag,
            "modified": repo.modified,
            "likes": likes[repo.id],
            "visibility": repo.visibility,
        }
        for repo in repos
    ]


def follow(request: Request, form: Form) -> Response:
    """The button of a page, pressed once or once more."""
    actor, hub = member(request), hub_of(request)
    account = hub.accounts.account(request.path_params["namespace"])
    if account is None:
        raise NotFound("There is no such user or organisation.")
    if form.has("unfollow"):
        hub.community.follows.unfollow(actor, account)
    else:
        hub.community.follows.follow(actor, account)
    return see_other(f"/{account.name}")


routes = [
    Route("/{namespace:seg}", shown(person)),
    Route("/{namespace:seg}/follow", acted(follow), methods=["POST"]),
]
