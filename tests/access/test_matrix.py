"""Every route by everybody, on public, private and gated repos."""

import re
from collections.abc import Iterator

import httpx
import pytest

from access.cast import ACTORS, OUTSIDERS, SHELVES, Cast, assemble, expected, send, shelve
from access.table import TABLE
from access.words import Call, Need
from hearthub import api
from hearthub.web import pages
from live import LiveHub

ABOUT_REPOS = {
    Need.METADATA,
    Need.KNOWN,
    Need.LIKE,
    Need.READ,
    Need.WRITE,
    Need.ADMIN,
    Need.PAGE,
    Need.COPY,
}
CALLS = pytest.mark.parametrize("call", TABLE, ids=lambda call: f"{call.methods} {call.path}")


@pytest.fixture(scope="module")
def cast(hub: LiveHub) -> Iterator[Cast]:
    cast = assemble(hub)
    yield cast
    for client in cast.clients.values():
        client.close()


def kinds(call: Call) -> tuple[str, ...]:
    return ("dataset",) if call.path.startswith("/{kind:kind}") else ("model",)


def test_every_route_has_a_row() -> None:
    routes = [route for router in api.routers for route in router.routes]
    routes += [*api.byte_routes, *api.routes, *pages.routes]
    served = {(method, route.path) for route in routes for method in route.methods}
    served |= {("GET", "/api/openapi.json"), ("HEAD", "/api/openapi.json")}
    written = {(method, call.path) for call in TABLE for method in call.methods.split()}
    assert served - written == set(), "without a row in tests/access/table.py"
    assert written - served == set(), "in tests/access/table.py, but no such route"


@CALLS
def test_who_may(cast: Cast, call: Call) -> None:
    wrong = []
    for kind in kinds(call):
        for actor, namespace in ACTORS.items():
            for shelf in SHELVES:
                repo = cast.repo(actor, kind, shelf)
                if call.fresh:
                    owner = "owner" if namespace == "olive" else "org admin"
                    maker = actor if "his own" in actor else owner
                    repo = shelve(cast, namespace, maker, kind, shelf)
                for method in call.methods.split():
                    answer = send(cast.clients[actor], method, call, kind, repo)
                    found = answer.status_code, answer.headers.get("x-error-code")
                    if found != (wanted := expected(call, actor, shelf)):
                        wrong.append(f"{method} by {actor} on {shelf}: {found}, not {wanted}")
    assert wrong == []


@CALLS
def test_a_private_repo_looks_like_none(cast: Cast, call: Call) -> None:
    """Same status, headers and body for every outsider, names and request ids apart."""
    if call.need not in ABOUT_REPOS:
        return
    wrong = []
    for kind in kinds(call):
        for actor in sorted(OUTSIDERS):
            private = cast.repo(actor, kind, "private")
            missing = private[:-1] + ("x" if private[-1] != "x" else "y")
            for method in call.methods.split():
                answers = [
                    masked(send(cast.clients[actor], method, call, kind, repo), repo)
                    for repo in (private, missing)
                ]
                if answers[0] != answers[1]:
                    wrong.append(f"{method} by {actor}: {answers[0]} and {answers[1]}")
    assert wrong == []


def masked(answer: httpx.Response, repo: str) -> tuple[object, ...]:
    headers = {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")}
    text = answer.text.replace(repo, "[repo]").replace(repo.partition("/")[2], "[name]")
    return answer.status_code, headers, re.sub(r"moved\d+|made\d+", "[n]", text)
