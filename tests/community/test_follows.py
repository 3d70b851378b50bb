"""Followers of users and organisations, and what an overview counts."""

from collections.abc import Iterator

import httpx
import pytest

from calls import new_repo, unique, upload_lfs
from hearthub.app import open_hub
from hearthub.settings import Settings
from live import LiveHub


@pytest.fixture
def people(hub: LiveHub) -> Iterator[tuple[list[str], list[httpx.Client]]]:
    """Three new users, by name and as clients."""
    names = [unique("person") for _ in range(3)]
    with open_hub(Settings(data=hub.data)) as parts:
        for name in names:
            parts.accounts.add_user(name)
        clients = [hub.client(token=parts.accounts.add_token(name)) for name in names]
    yield names, clients
    for client in clients:
        client.close()


def listed(client: httpx.Client, path: str) -> list[str]:
    """All pages."""
    found, url = [], f"/api/{path}?limit=1"
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found += [it["user"] for it in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    return found


def test_following(people: tuple[list[str], list[httpx.Client]], anyone: httpx.Client) -> None:
    (one, two, three), (first, second, third) = people
    for client in (second, third, third):
        assert client.post(f"/api/users/{one}/follow").status_code == 200
    assert second.post("/api/organizations/acme/follow").status_code == 200
    assert sorted(listed(anyone, f"users/{one}/followers")) == sorted([two, three])
    assert sorted(listed(anyone, f"users/{two}/following")) == sorted([one, "acme"])
    assert two in listed(anyone, "organizations/acme/followers")
    told = second.get(f"/api/users/{one}/overview").json()
    assert (told["numFollowers"], told["numFollowing"], told["isFollowing"]) == (2, 0, True)
    assert not first.get(f"/api/users/{two}/overview").json()["isFollowing"]
    assert second.get("/api/organizations/acme/overview").json()["isFollowing"]
    for _ in range(2):
        assert second.delete(f"/api/users/{one}/follow").status_code == 200
    assert listed(anyone, f"users/{one}/followers") == [three]
    second.delete("/api/organizations/acme/follow")
    assert listed(anyone, f"users/{two}/following") == []


def test_nobody_to_follow(people: tuple[list[str], list[httpx.Client]]) -> None:
    (one, _, _), (first, _, _) = people
    assert first.post(f"/api/users/{one}/follow").status_code == 400
    assert first.post("/api/users/no-such-user/follow").status_code == 404
    assert first.post("/api/users/acme/follow").status_code == 404
    assert first.post(f"/api/organizations/{one}/follow").status_code == 404
    assert first.get("/api/users/acme/followers").status_code == 404


def test_what_is_private_is_not_counted(
    people: tuple[list[str], list[httpx.Client]], anyone: httpx.Client
) -> None:
    (one, _, _), (first, second, _) = people
    for private in (False, True):
        repo = new_repo(first, private=private)
        first.post(f"/api/models/{repo}/like")
        first.post(f"/api/models/{repo}/discussions", json={"title": "Hello"})
        body = {"title": f"Private {private}", "private": private}
        slug = first.post("/api/collections", json=body).json()["slug"]
        first.post(f"/api/collections/{slug}/upvote")
        second.post(f"/api/collections/{slug}/upvote")
    told = anyone.get(f"/api/users/{one}/overview").json()
    counted = [told[f"num{name}"] for name in ("Models", "Likes", "Discussions", "Upvotes")]
    assert counted == [1, 1, 1, 2]


def test_repos_with_their_storage(
    people: tuple[list[str], list[httpx.Client]], anyone: httpx.Client
) -> None:
    """At once, the largest first, page by page; private ones for those who see them."""
    _, (first, _, _) = people
    small, large, secret = new_repo(first), new_repo(first), new_repo(first, private=True)
    upload_lfs(first, large, b"x" * 50_000)
    url, found = "/api/settings/repositories?limit=2", list[dict[str, object]]()
    while url:
        answer = first.get(url)
        found += answer.json()
        url = answer.links.get("next", {}).get("url", "")
    assert {it["id"] for it in found} == {small, large, secret}
    assert found[0]["id"] == large
    assert int(str(found[0]["storage"])) >= 50_000
    assert anyone.get("/api/settings/repositories").status_code == 401


def test_an_organisations_repos(
    alice: httpx.Client, charlie: httpx.Client, anyone: httpx.Client
) -> None:
    secret = new_repo(alice, organization="acme", private=True)
    shown = new_repo(alice, organization="acme")
    url = "/api/organizations/acme/settings/repositories"
    assert {secret, shown} <= {it["id"] for it in alice.get(url).json()}
    seen = {it["id"] for it in charlie.get(url).json()}
    assert shown in seen
    assert secret not in seen
    assert anyone.get(url).status_code == 401
