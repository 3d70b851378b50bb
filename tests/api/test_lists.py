"""Lists, facets and the quick search over HTTP: what they answer, and what they refuse."""

from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

import httpx
import pytest

from calls import commit, new_repo, put, unique
from catalogue.shelves import ELSEWHERE, observed
from hearthub.context import Hub
from live import LiveHub

WORD = "quagga"
HOSTILE = [
    "' OR 1=1 --",
    '" OR * NEAR(a b)',
    "'; drop table listing; --",
    "\x01\x1b[31m",
    "\u202e\ufeff",
    "%00",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "^*:()",
    "😀",
    "x" * 4000,
]
NAMES = (
    "filter search author pipeline_tag library license language models datasets origin "
    "inference_provider inference"
).split()


@pytest.fixture(scope="module")
def models(hub: LiveHub, alice: httpx.Client) -> list[str]:
    """Twelve, one of them private; by when they were made."""
    found = []
    for number in range(12):
        lines = [f"tags: [{WORD}, part{number % 3}]", "license: wtfpl", "language: [xq]"]
        lines += ["library_name: keras", "pipeline_tag: fill-mask"]
        name = new_repo(alice, unique(WORD), private=number == 0)
        commit(alice, name, put("README.md", "\n".join(["---", *lines, "---", "text"]).encode()))
        found.append(name)
    hub.settle()
    return found


@pytest.fixture(scope="module")
def far(parts: Hub) -> list[str]:
    names = [f"far/{WORD}-{number}" for number in range(3)]
    parts.catalogue.observe(
        observed(name, likes=number, tags=[WORD], licenses=["mit"], parameters_total=7 * 10**9)
        for number, name in enumerate(names)
    )
    return names


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()]


def pages(client: httpx.Client, path: str) -> Iterator[list[str]]:
    url: str | None = path
    while url:
        answer = client.get(url)
        yield ids(answer)
        url = answer.links.get("next", {}).get("url")


@pytest.mark.parametrize(
    "sort", ["downloads", "likes", "createdAt", "lastModified", "trendingScore"]
)
@pytest.mark.parametrize("limit", [1, 5, 11, 12])
def test_link_leads_through_all_pages(
    alice: httpx.Client, anyone: httpx.Client, models: list[str], sort: str, limit: int
) -> None:
    for client, expected in ((alice, models), (anyone, models[1:])):
        path = f"/api/models?filter={WORD}&sort={sort}&direction=-1&limit={limit}"
        found = list(pages(client, path))
        assert list(chain(*found)) == expected[::-1]
        assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
        back = list(pages(client, path.replace("-1", "1")))
        assert list(chain(*back)) == expected


def test_link_keeps_what_was_asked(anyone: httpx.Client, models: list[str]) -> None:
    path = f"/api/models?filter={WORD}&filter=part1&sort=createdAt&limit=2&expand=tags&expand=likes"
    answer = anyone.get(path)
    url = answer.links["next"]["url"]
    for part in (f"filter={WORD}", "filter=part1", "expand=tags", "expand=likes", "limit=2"):
        assert part in url
    assert set(answer.json()[0]) == {"_id", "id", "modelId", "tags", "likes"}
    assert len(models) == 12


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"filter={WORD}", 11),
        (f"filter={WORD},part1", 4),
        (f"filter={WORD}&filter=part1&filter=part2", 0),
        (f"filter={WORD}&author=alice", 11),
        (f"filter={WORD}&author=ALICE", 11),
        (f"filter={WORD}&author=acme", 0),
        (f"filter={WORD}&pipeline_tag=fill-mask", 11),
        (f"filter={WORD}&library=keras", 11),
        (f"filter={WORD}&filter=keras&filter=fill-mask&filter=license:wtfpl", 11),
        (f"filter={WORD}&license=wtfpl", 11),
        (f"filter={WORD}&license=license:wtfpl", 11),
        (f"filter={WORD}&language=en", 0),
        (f"filter={WORD}&gated=true", 0),
        (f"filter={WORD}&gated=false", 11),
        (f"filter={WORD}&num_parameters=min:1", 0),
        (f"filter={WORD}&inference=warm", 0),
        (f"filter={WORD}&inference_provider=all", 0),
        (f"search={WORD}", 11),
        (f"search={WORD}&search={WORD[:4]}", 11),
        (f"search={WORD}&search=nothing-has-this", 0),
        (f"search=%20&filter={WORD}", 11),
        (f"filter={WORD}&filter=", 11),
        (f"filter={WORD},,", 11),
    ],
)
def test_filters(anyone: httpx.Client, models: list[str], query: str, count: int) -> None:
    assert len(ids(anyone.get(f"/api/models?{query}&limit=1000"))) == count
    assert len(ids(anyone.get(f"/api/datasets?{query}&limit=1000"))) == 0
    assert len(models) == 12


def test_origins(anyone: httpx.Client, models: list[str], far: list[str]) -> None:
    assert not set(far) & set(ids(anyone.get(f"/api/models?filter={WORD}&limit=1000")))
    answer = anyone.get(f"/api/models?filter={WORD}&origin={ELSEWHERE}&sort=likes&full=true")
    assert ids(answer) == far[::-1]
    assert {row["origin"] for row in answer.json()} == {ELSEWHERE}
    both = anyone.get(f"/api/models?filter={WORD}&origin=all&limit=1000")
    assert set(ids(both)) == {*models[1:], *far}
    sizes = {
        "min:7B": 3,
        "min:6.9B,max:7B": 3,
        "max:6999999999": 0,
        "min:7000000001": 0,
        "max:7.0b": 3,
        "min:1K,max:1T": 3,
        "min:9B,max:1B": 0,
        "min:0": 3,
        "max:0": 0,
        "min:7B, max:7B": 3,
    }
    for asked, count in sizes.items():
        answer = anyone.get("/api/models", params={"origin": ELSEWHERE, "num_parameters": asked})
        assert len(ids(answer)) == count, asked


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("limit=0", 400),
        ("limit=-1", 400),
        ("limit=1", 200),
        ("limit=1000", 200),
        ("limit=x", 400),
        ("limit=1e3", 400),
        ("limit=1001", 200),  # clients ask for as many as they want in all
        ("limit=99999999999999999999999", 200),
        ("sort=nothing", 400),
        ("sort=", 400),
        ("sort=downloads;drop", 400),
        ("sort=likes&sort=downloads", 200),
        ("sort=created_at", 200),
        ("direction=2", 400),
        ("cursor=", 400),
        ("cursor=x", 400),
        ("cursor=-1_-1", 400),
        ("cursor=1_99999999999999999999999", 400),
        ("cursor=9999999999999999999999_1", 400),
        ("cursor=1e999_1", 200),
        ("cursor=nan_1", 400),
        ("cursor=b1", 400),
        ("cursor=0_0", 200),
        ("search=a&cursor=b1", 200),
        ("search=a&cursor=b999999999999999999", 200),
        ("search=a&cursor=p999999999999999999", 200),
        ("search=a&cursor=b9999999999999999999", 400),
        ("search=a&cursor=0_0", 400),
        ("search=a&cursor=", 400),
        ("search=a&cursor=b-1", 400),
        ("search=a&sort=likes&cursor=b1", 400),
        ("num_parameters=7B", 400),
        ("num_parameters=min:", 400),
        ("num_parameters=min:x", 400),
        ("num_parameters=min:-1", 400),
        ("num_parameters=min:1Q", 400),
        ("num_parameters=min:1e9", 400),
        ("num_parameters=,", 400),
        ("num_parameters=", 200),
        ("num_parameters=min:999999999999999T", 200),
        ("num_parameters=max:999999999999999T", 200),
        ("num_parameters=min:9999999999999999", 400),
        ("num_parameters=min:\u0661B", 400),
        ("gated=maybe", 400),
        ("full=perhaps", 400),
        ("expand=nothing", 400),
        ("expand[]=nothing", 400),
        ("expand=tags&expand[]=likes", 200),
        ("expand=sdk", 400),
        ("origin=" + "x" * 201, 400),
        ("filter=" + ",".join(f"t{n}" for n in range(32)), 200),
        ("filter=" + ",".join(f"t{n}" for n in range(33)), 400),
        ("&".join(f"filter=t{n}" for n in range(33)), 400),
        ("&".join(f"language=t{n}" for n in range(33)), 400),
        ("filter=%ff%fe", 200),
        ("search=%ed%a0%80", 200),
        ("search=%00", 200),
        ("filter=a%00b", 200),
    ],
)
def test_what_is_answered_and_what_refused(anyone: httpx.Client, asked: str, status: int) -> None:
    answer = anyone.get(f"/api/models?{asked}")
    assert answer.status_code == status, answer.text
    if status == 400:
        assert len(answer.json()["error"]) > 10
        assert answer.headers["X-Error-Message"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values(anyone: httpx.Client, models: list[str], far: list[str], text: str) -> None:
    """Everywhere a text may stand: nothing fits it, nothing breaks, nothing private shows."""
    for name in NAMES:
        params = {name: text, "limit": 1000}
        for kind in ("models", "datasets", "spaces"):
            answer = anyone.get(f"/api/{kind}", params=params)
            assert answer.status_code in (200, 400), answer.text
            if answer.status_code == 200:
                assert models[0] not in ids(answer)
                assert ids(answer) == [] or name == "search"
            counted = anyone.get(f"/api/{kind}/facets", params={name: text})
            assert counted.status_code == answer.status_code
    for name in ("sort", "cursor", "num_parameters", "expand", "direction", "limit"):
        answer = anyone.get("/api/models", params={name: text})
        assert answer.status_code == 400
    answer = anyone.get("/api/quicksearch", params={"q": text})
    assert answer.status_code == (400 if len(text) > 200 else 200)
    assert models[0] not in answer.text
    assert set(ids(anyone.get(f"/api/models?filter={WORD}"))) == set(models[1:])
    assert far


def test_limits_of_full_rows(alice: httpx.Client, models: list[str]) -> None:
    rows = alice.get(f"/api/models?filter={WORD}&limit=1000&full=true").json()
    assert len(rows) == 12
    assert all(row["cardData"]["license"] == "wtfpl" and row["sha"] for row in rows)
    assert len(models) == 12


def test_facets(anyone: httpx.Client, alice: httpx.Client, models: list[str]) -> None:
    for client, count in ((anyone, 11), (alice, 12)):
        answer = client.get(f"/api/models/facets?filter={WORD}").json()
        assert {name: answer[name] for name in ("total", "capped", "sampled")} == {
            "total": count,
            "capped": False,
            "sampled": count,
        }
        assert answer["facets"]["license"] == [{"value": "wtfpl", "count": count}]
        assert {"value": "part1", "count": 4} in answer["facets"]["tag"]
    assert len(models) == 12


def test_tags_by_type(anyone: httpx.Client, models: list[str]) -> None:
    found = anyone.get("/api/models-tags-by-type").json()
    assert {"id": "license:wtfpl", "label": "wtfpl", "type": "license"} in found["license"]
    assert WORD in [tag["id"] for tag in found["other"]]
    assert anyone.get("/api/datasets-tags-by-type").status_code == 200
    assert models


def test_quick_search(
    alice: httpx.Client, charlie: httpx.Client, models: list[str], far: list[str]
) -> None:
    def asked(client: httpx.Client, **params: object) -> dict:
        answer = client.get("/api/quicksearch", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    name = models[0].partition("/")[2]
    assert asked(alice, q=name)["models"][0]["id"] == models[0]
    assert asked(alice, q=name)["models"][0]["private"] is True
    assert models[0] not in [row["id"] for row in asked(charlie, q=name, limit=50)["models"]]
    found = asked(charlie, q=WORD, limit=50)
    assert set(found) == {"q", "models", "datasets", "spaces", "orgs", "users"}
    assert {row["id"] for row in found["models"]} == set(models[1:])
    assert not set(far) & {row["id"] for row in found["models"]}
    mistaken = asked(charlie, q="qwagga", type="model", limit=3)
    assert set(mistaken) == {"q", "models"}
    assert len(mistaken["models"]) == 3
    people = asked(charlie, q="alic", type="user,org")
    assert [row["user"] for row in people["users"]] == ["alice"]
    assert people["orgs"] == []
    (org,) = asked(charlie, q="acm", type="org")["orgs"]
    assert (org["name"], org["fullname"], org["type"]) == ("acme", "Acme", "org")
    empty = asked(charlie)
    assert all(empty[kind] == [] for kind in empty if kind != "q")
    assert set(asked(charlie, q="a", type="nonsense")) == {"q"}


@pytest.mark.parametrize(
    "asked", ["limit=0", "limit=51", "limit=x", "q=" + "x" * 201, "type=" + "x" * 101]
)
def test_quick_search_refuses(anyone: httpx.Client, asked: str) -> None:
    assert anyone.get(f"/api/quicksearch?{asked}").status_code == 400


def test_a_repo_made_private_is_gone_at_once(alice: httpx.Client, anyone: httpx.Client) -> None:
    name = new_repo(alice, unique("vanish"))
    url = f"/api/models?search={quote(name)}"
    alice.put(f"/api/models/{name}/settings", json={"private": True})
    assert name not in ids(anyone.get(url))
    assert name not in ids(anyone.get("/api/models?sort=createdAt"))
    found = anyone.get(f"/api/quicksearch?q={quote(name)}").json()["models"]
    assert name not in [row["id"] for row in found]
    alice.request("DELETE", "/api/repos/delete", json={"name": name.partition("/")[2]})
    assert name not in ids(alice.get("/api/models?sort=createdAt"))


def test_what_was_liked_this_week_trends(
    hub: LiveHub,
    alice: httpx.Client,
    bob: httpx.Client,
    charlie: httpx.Client,
    anyone: httpx.Client,
) -> None:
    """In lists and answers, and as what lists are sorted by."""
    word = unique("trend")
    quiet, liked = (new_repo(alice, f"{word}-{name}") for name in ("quiet", "liked"))
    for client in (bob, charlie):
        client.post(f"/api/models/{liked}/like").raise_for_status()
    hub.settle()
    for sort in ("trendingScore", "trending_score"):
        rows = anyone.get(f"/api/models?search={word}&sort={sort}").json()
        assert [(row["id"], row["trendingScore"]) for row in rows] == [(liked, 2), (quiet, 0)], sort
    row = anyone.get(f"/api/models/{liked}?expand=trendingScore").json()
    assert row["trendingScore"] == 2
    (row,) = anyone.get(f"/api/models?search={word}-liked&expand=trendingScore").json()
    assert row["trendingScore"] == 2
