"""What tests of the catalogue do with a hub: fill it, run its jobs, read its lists."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hearthub.accounts import ANONYMOUS, Actor
from hearthub.catalogue import Counters, Facts, Filter, Listing, Page, Row
from hearthub.catalogue.listings import Listings
from hearthub.context import Hub
from hearthub.registry import CommitHeader, PutFile, Repo

ELSEWHERE = "huggingface.co"
DAY_MS = 86_400_000
THEN = 1_700_000_000_000  # ms
FIRST = Page(limit=100)


def add_cast(hub: Hub) -> None:
    hub.accounts.add_user("root", admin=True)
    for name in ("alice", "bob", "charlie", "dora"):
        hub.accounts.add_user(name)
    hub.accounts.add_org("acme", fullname="Acme")
    for name, role in (("alice", "admin"), ("bob", "write"), ("dora", "contributor")):
        hub.accounts.set_member("acme", name, role)


def actors(hub: Hub) -> dict[str, Actor]:
    names = ("root", "alice", "bob", "charlie", "dora")
    return {name: hub.accounts.actor(name) for name in names} | {"nobody": ANONYMOUS}


def settle(hub: Hub) -> None:
    """Run what is due, as a worker would."""
    while job := hub.jobs.claim(60):
        hub.jobs.run(job)
    dead = hub.db.value("select error from job where state = 'dead'")
    assert dead is None, dead
    late = hub.db.value("select error from job where error is not null")
    assert late is None, late


def create(hub: Hub, full_name: str, card: str = "", kind: str = "model", **more: Any) -> Repo:
    """A repo with a card, made by root; its jobs are still to run."""
    root = hub.accounts.actor("root")
    sdk = "static" if kind == "space" else None
    files = {"README.md": card.encode()}
    return hub.registry.create(root, kind, full_name, files=files, sdk=sdk, **more)


def write_card(hub: Hub, repo: Repo, card: str) -> None:
    root = hub.accounts.actor("root")
    change = [PutFile("README.md", card.encode())]
    hub.registry.commit(root, repo, "main", CommitHeader("card"), change)


def observed(full_name: str, kind: str = "model", origin: str = ELSEWHERE, **more: Any) -> Listing:
    """A listing of another hub; what names a counter goes there, the rest into the facts."""
    counted = {name: more.pop(name) for name in list(more) if name in vars(Counters(0, 0))}
    gated = more.pop("gated", None)
    counters = Counters(**({"created": THEN, "modified": THEN} | counted))
    return Listing(kind, full_name, Facts(**more), counters, origin=origin, gated=gated)


def set_counters(hub: Hub, repo: Repo, **counted: Any) -> None:
    """Counters of a hosted repo as if their sources said so."""
    found = hub.catalogue.counters([repo])[repo.id]
    facts, head = hub.catalogue.facts(repo), hub.registry.head(repo)
    listing = Listing.of(repo, head, facts, replace(found, **counted))
    Listings(hub.catalogue_db).put([listing])


def names(rows: Sequence[Row]) -> list[str]:
    return [row.repo.full_name if row.repo else full_name(row) for row in rows]


def full_name(row: Row) -> str:
    assert row.observed is not None
    return row.observed.full_name


def everything(
    hub: Hub, actor: Actor, wanted: Filter, page: Page = FIRST, most: int = 10_000
) -> list[Row]:
    """All pages of a list one after another."""
    rows: list[Row] = []
    after: str | None = None
    for _ in range(most):
        some, after = hub.catalogue.page(actor, wanted, page, after)
        assert len(some) <= page.limit
        rows += some
        if after is None:
            return rows
    raise AssertionError("the pages do not end")


def find(hub: Hub, typed: str, kind: str = "model", origin: str = "", **more: Any) -> list[str]:
    """Names that a search lists, best match first."""
    actor = more.pop("actor", ANONYMOUS)
    return names(everything(hub, actor, Filter(kind, search=typed, origin=origin, **more)))
