"""Collections: whose they are, who sees what in them, their order, their slugs."""

from typing import Any

import httpx
import pytest

from calls import new_repo, unique
from live import LiveHub

URL = "/api/collections"


def made(client: httpx.Client, title: str | None = None, **more: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"title": title or unique("Things "), **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def add(
    client: httpx.Client, slug: str, name: str, kind: str = "model", **more: Any
) -> httpx.Response:
    return client.post(f"{URL}/{slug}/items", json={"item": {"id": name, "type": kind}, **more})


def got(client: httpx.Client, slug: str) -> dict[str, Any]:
    answer = client.get(f"{URL}/{slug}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def names(client: httpx.Client, slug: str) -> list[str]:
    items = got(client, slug)["items"]
    assert [it["position"] for it in items] == sorted(it["position"] for it in items)
    return [it["id"] for it in items]


def slugs(client: httpx.Client, **params: Any) -> list[str]:
    """All pages."""
    found, url = [], str(httpx.URL(URL, params={"limit": 2, **params}))
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        found += [it["slug"] for it in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert len(found) == len(set(found))
    return found


def test_made(alice: httpx.Client, anyone: httpx.Client) -> None:
    it = made(alice, "  My  Models! ", description="Good ones")
    assert it["title"] == "My Models!"
    assert it["slug"].startswith("alice/my-models-")
    assert len(it["slug"].rpartition("-")[2]) == 24
    assert (it["items"], it["upvotes"], it["private"]) == ([], 0, False)
    assert it["owner"]["name"] == "alice"
    assert got(anyone, it["slug"])["description"] == "Good ones"
    again = alice.post(URL, json={"title": "My Models!"})
    assert (again.status_code, again.json()["slug"]) == (409, it["slug"])


def test_items(alice: httpx.Client) -> None:
    slug = made(alice)["slug"]
    one, two, three = (new_repo(alice) for _ in range(3))
    for name in (one, two, three):
        assert add(alice, slug, name, note=f"About {name}").status_code == 200
    assert add(alice, slug, one).status_code == 409
    assert names(alice, slug) == [one, two, three]
    items = got(alice, slug)["items"]
    assert items[0]["note"]["text"] == f"About {one}"
    url = f"{URL}/{slug}/items"
    assert alice.patch(f"{url}/{items[2]['_id']}", json={"position": 0}).status_code == 200
    assert names(alice, slug) == [three, one, two]
    alice.patch(f"{url}/{items[2]['_id']}", json={"position": 99, "note": ""})
    assert names(alice, slug) == [one, two, three]
    assert "note" not in got(alice, slug)["items"][2]
    assert alice.delete(f"{url}/{items[1]['_id']}").status_code == 200
    assert alice.delete(f"{url}/{items[1]['_id']}").status_code == 404
    assert [(it["id"], it["position"]) for it in got(alice, slug)["items"]] == [
        (one, 0),
        (three, 1),
    ]


def test_kinds_of_items(alice: httpx.Client) -> None:
    slug, inner = made(alice)["slug"], made(alice)["slug"]
    data, space = new_repo(alice, type="dataset"), new_repo(alice, type="space", sdk="static")
    assert add(alice, slug, data, "dataset").status_code == 200
    assert add(alice, slug, space, "space").status_code == 200
    assert add(alice, slug, "2311.12983", "paper").status_code == 200
    assert add(alice, slug, inner, "collection").status_code == 200
    assert [it["type"] for it in got(alice, slug)["items"]] == [
        "dataset", "space", "paper", "collection",
    ]  # fmt: skip
    assert got(alice, slug)["items"][3]["slug"] == inner
    assert add(alice, slug, slug, "collection").status_code == 400
    assert add(alice, slug, "alice/no-such-model").status_code == 404
    assert add(alice, slug, "alice/bucket", "bucket").status_code == 404
    assert add(alice, slug, "not a paper", "paper").status_code == 404
    assert add(alice, slug, inner, "collection").status_code == 409


def test_an_old_slug_still_leads_here(alice: httpx.Client, anyone: httpx.Client) -> None:
    it = made(alice, unique("Before "))
    answer = alice.patch(f"{URL}/{it['slug']}", json={"title": unique("After "), "theme": "pink"})
    new = answer.json()["data"]
    assert new["slug"] != it["slug"]
    assert got(anyone, it["slug"])["slug"] == new["slug"]
    assert new["theme"] == "pink"


def test_a_repo_renamed_or_deleted(alice: httpx.Client) -> None:
    slug, one, two = made(alice)["slug"], new_repo(alice), new_repo(alice)
    add(alice, slug, one)
    add(alice, slug, two)
    moved = f"alice/{unique('moved')}"
    alice.post("/api/repos/move", json={"fromRepo": one, "toRepo": moved})
    assert names(alice, slug) == [moved, two]
    assert add(alice, slug, one).status_code == 409  # by its old name
    alice.request("DELETE", "/api/repos/delete", json={"name": moved})
    assert names(alice, slug) == [two]


def test_what_one_may_not_see_is_not_in_it(
    alice: httpx.Client, bob: httpx.Client, charlie: httpx.Client, anyone: httpx.Client
) -> None:
    slug, secret, open_one = made(alice)["slug"], new_repo(alice, private=True), new_repo(alice)
    hidden = made(alice, private=True)["slug"]
    add(alice, slug, secret)
    add(alice, slug, open_one)
    add(alice, slug, hidden, "collection")
    assert len(names(alice, slug)) == 3
    for client in (bob, charlie, anyone):
        assert names(client, slug) == [open_one]
        assert slugs(client, item=f"models/{secret}") == []  # nor can it be asked for
        listed = client.get(URL, params={"owner": "alice", "limit": 100}).json()
        [it] = [it for it in listed if it["slug"] == slug]
        assert [item["id"] for item in it["items"]] == [open_one]
        [item] = client.get(f"{URL}/{slug}").json()["items"]
        assert item["position"] == it["items"][0]["position"] == 0  # not behind what is hidden
    assert slugs(alice, item=f"models/{secret}") == [slug]
    mine = made(charlie)["slug"]
    assert add(charlie, mine, secret).status_code == 404
    assert add(charlie, mine, hidden, "collection").status_code == 404


def test_private_collections(alice: httpx.Client, charlie: httpx.Client) -> None:
    slug = made(alice, private=True)["slug"]
    assert charlie.get(f"{URL}/{slug}").status_code == 404
    assert charlie.post(f"{URL}/{slug}/upvote").status_code == 404
    assert charlie.patch(f"{URL}/{slug}", json={"title": "Mine"}).status_code == 404
    assert slug not in slugs(charlie, owner="alice")
    assert slug in slugs(alice, owner="alice")


def test_of_an_organisation(
    alice: httpx.Client, bob: httpx.Client, charlie: httpx.Client, anyone: httpx.Client
) -> None:
    slug = made(bob, namespace="acme", private=True)["slug"]
    assert slug.startswith("acme/")
    assert got(alice, slug)["owner"]["type"] == "org"
    assert alice.patch(f"{URL}/{slug}", json={"private": False}).status_code == 200
    assert charlie.patch(f"{URL}/{slug}", json={"private": True}).status_code == 403
    assert charlie.delete(f"{URL}/{slug}").status_code == 403
    assert add(charlie, slug, "2311.12983", "paper").status_code == 403
    assert anyone.delete(f"{URL}/{slug}").status_code == 401
    assert charlie.post(URL, json={"title": "X", "namespace": "acme"}).status_code == 403
    assert charlie.post(URL, json={"title": "X", "namespace": "nobody"}).status_code == 404
    assert bob.delete(f"{URL}/{slug}").status_code == 200
    assert bob.get(f"{URL}/{slug}").status_code == 404


def test_a_read_token_changes_nothing(hub: LiveHub, alice: httpx.Client) -> None:
    slug = made(alice)["slug"]
    with hub.client(token=hub.read_tokens["alice"]) as reader:
        assert reader.get(f"{URL}/{slug}").status_code == 200
        assert reader.delete(f"{URL}/{slug}").status_code == 403
        assert reader.post(URL, json={"title": "More"}).status_code == 403


def test_lists(alice: httpx.Client, charlie: httpx.Client) -> None:
    word = unique("zebra")
    repo = new_repo(alice)
    one, two, three = (made(alice, f"{word} {number}")["slug"] for number in range(3))
    other = made(charlie, f"{word} 3")["slug"]
    add(alice, one, repo)
    assert slugs(alice, q=word.upper()) == [one, other, three, two]  # the last one changed
    assert slugs(alice, q=word, owner=["charlie", "nobody"]) == [other]
    assert slugs(alice, owner="nobody") == []
    assert slugs(alice, item=[f"models/{repo}", "models/alice/none"]) == [one]
    assert slugs(alice, item="2311.12983") == []
    charlie.post(f"{URL}/{two}/upvote")
    assert slugs(alice, q=word, sort="upvotes")[0] == two
    assert slugs(alice, q=f"{word[:3]}%") == []
    alice.patch(f"{URL}/{three}", json={"description": "Zoo"}).raise_for_status()
    assert slugs(alice, q="zoo", owner="alice", item=[]) == [three]
    many = alice.get(URL, params={"q": word, "limit": 1000})
    assert (many.status_code, len(many.json())) == (200, 4)
    assert alice.get(URL, params={"limit": 0}).status_code == 400
    [listed] = alice.get(URL, params={"q": f"{word} 3"}).json()
    assert "position" not in listed


def test_a_list_shows_four_items(alice: httpx.Client) -> None:
    title = unique("Many ")
    slug = made(alice, title)["slug"]
    for number in range(6):
        add(alice, slug, f"2311.1298{number}", "paper")
    [it] = alice.get(URL, params={"q": title}).json()
    assert [item["id"] for item in it["items"]] == [f"2311.1298{n}" for n in range(4)]
    assert len(names(alice, slug)) == 6


def test_upvotes(alice: httpx.Client, charlie: httpx.Client) -> None:
    slug = made(alice)["slug"]
    for _ in range(2):
        assert charlie.post(f"{URL}/{slug}/upvote").json() == {"upvotes": 1}
    assert got(charlie, slug)["isUpvotedByUser"]
    assert not got(alice, slug)["isUpvotedByUser"]
    assert charlie.delete(f"{URL}/{slug}/upvote").json() == {"upvotes": 0}


def test_the_owners_order(alice: httpx.Client, hub: LiveHub) -> None:
    with hub.client("bob") as bob:
        for it in bob.get(URL, params={"owner": "bob", "limit": 100}).json():
            bob.delete(f"{URL}/{it['slug']}")
        one, two, three = (made(bob)["slug"] for _ in range(3))
        bob.patch(f"{URL}/{three}", json={"position": 0})
        found = {slug: got(bob, slug)["position"] for slug in (one, two, three)}
        assert found == {three: 0, one: 1, two: 2}


BLANKS = ("\u200b", "\u2060\u200d", "\u202e", "\u3164 \u2800", "\xad", "\ufe0f")
"""Of links with such a text nobody sees anything."""


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "  "},
        *({"title": blank} for blank in BLANKS),
        {"title": "x" * 151},
        {"title": "ok", "description": "x" * 1001},
        {"title": ["no"]},
    ],
)
def test_malformed(alice: httpx.Client, body: dict[str, Any]) -> None:
    assert alice.post(URL, json=body).status_code == 400


def test_malformed_changes(alice: httpx.Client) -> None:
    slug = made(alice)["slug"]
    other = made(alice)
    for body in ({"theme": "grey"}, {"title": ""}, {"position": -1}, {"private": "maybe"}):
        assert alice.patch(f"{URL}/{slug}", json=body).status_code == 400, body
    assert alice.patch(f"{URL}/{slug}", json={"title": other["title"]}).status_code == 409
    assert add(alice, slug, "2311.12983", "paper", note="x" * 501).status_code == 400
    for params in ({"sort": "size"}, {"cursor": "1"}, {"cursor": "a.b"}, {"limit": 0}):
        assert alice.get(URL, params=params).status_code == 400, params
    for path in ("alice/x", f"alice/{'0' * 24}", "alice/%2e%2e", "alice/" + "a" * 5000):
        assert alice.get(f"{URL}/{path}").status_code == 404
