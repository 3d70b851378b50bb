"""Lists beside an oracle: a few hundred listings, filtered and sorted in plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.shelves import (
    ELSEWHERE,
    THEN,
    actors,
    create,
    everything,
    names,
    observed,
    set_counters,
)
from catalogue.ways import number_as_before, take
from hearthub.accounts import Actor
from hearthub.catalogue import Counters, Facts, Filter, Listing, Page, lists
from hearthub.context import Hub

OTHER = "hub.example"
WORDS = "alder birch cedar dogwood elmtree ficus".split()
TASKS = ["text-generation", "fill-mask", None]
LIBRARIES = ["transformers", "gguf", None]
LICENSES = [["mit"], ["apache-2.0"], ["mit", "apache-2.0"], []]
SIZES = [None, 0, 1, 999, 1000, 7_000_000_000, 7_000_000_001, 2**40]
TIED = [0, 0, 0, 1, 2, 50, 1000]
SORTS = list(lists.SORTS)
NEVER, ALWAYS = 0, 10**9
WAYS: list[dict[str, int]] = [
    {},  # the usual
    {"walk": False, "MANY": ALWAYS},
    {"walk": False, "MANY": ALWAYS, "SORT_US": ALWAYS},  # and sorted by walking to what fits
    {"walk": False, "MANY": 3, "SORT_US": ALWAYS, "SLACK": -200},  # until that takes too long
    {"walk": False, "MANY": 3, "MOST_KNOWN": 5},  # more than are to be known
    {"walk": True, "MAX_WALK": ALWAYS, "MAX_INDEX_WALK": ALWAYS, "MANY": 0},
    {"walk": True, "MAX_WALK": 7, "MAX_INDEX_WALK": 7, "MANY": 3},  # a walk that gives up
    {"walk": True, "MAX_WALK": ALWAYS, "MAX_INDEX_WALK": ALWAYS, "MANY": 1},  # a search by a walk
]


@dataclass(repr=False)
class Shelf:
    hub: Hub
    actors: dict[str, Actor]
    listings: list[tuple[int, Listing, set[int]]]
    """(listing id, listing, accounts that see it although it is private)."""


def card(rng: Random) -> str:
    lines = ["---", f"tags: [{', '.join(rng.sample(WORDS, 2))}]", f"language: {rng.choice('xyz')}"]
    library, task, license_ = rng.choice(LIBRARIES), rng.choice(TASKS), rng.choice(LICENSES)
    lines += [f"library_name: {library}"] if library else []
    lines += [f"pipeline_tag: {task}"] if task else []
    lines += [f"license: [{', '.join(license_)}]"] if license_ else []
    return "\n".join([*lines, "models: [Org/Base]", "---"])


def counted(rng: Random) -> dict[str, float]:
    return {
        "downloads": rng.choice(TIED),
        "likes": rng.choice(TIED),
        "trending": rng.choice([0.0, 0.0, 1.5, 0.00012345678901234567, 1e-9, 1e20, -2.5]),
        "created": THEN + rng.randrange(5),
        "modified": THEN + rng.randrange(20),
    }


def elsewhere(rng: Random, number: int, origin: str) -> Listing:
    task, library, license_ = rng.choice(TASKS), rng.choice(LIBRARIES), rng.choice(LICENSES)
    kind = rng.choice(["model", "model", "dataset", "space"])
    return observed(
        f"{rng.choice(['Acme', 'bigco', 'alice'])}/{'-'.join(rng.sample(WORDS, 2))}-{number}",
        kind,
        origin,
        gated=rng.choice([None, None, "auto", "manual"]),
        tags=[*rng.sample(WORDS, 2), *[f"license:{name}" for name in license_], "base_model:A/B"],
        pipeline_tag=task,
        library=library,
        formats=rng.choice([["gguf"], ["safetensors"], []]),
        config=rng.choice([{"architectures": ["LlamaForCausalLM"]}, {}]),
        licenses=license_,
        languages=[rng.choice("xyz")],
        parameters_total=rng.choice(SIZES),
        models=["Org/Base"] if kind == "space" and rng.random() < 0.5 else [],
        **counted(rng),
    )


def fill(hub: Hub, rng: Random) -> None:
    hub.catalogue.observe(elsewhere(rng, number, ELSEWHERE) for number in range(220))
    hub.catalogue.observe(elsewhere(rng, number, OTHER) for number in range(60))
    for number in range(60):
        kind = rng.choice(["model", "model", "dataset", "space"])
        name = f"{rng.choice(['acme', 'alice', 'charlie'])}/{rng.choice(WORDS)}-{number}"
        visibility = rng.choice(["public", "public", "private"])
        repo = create(hub, name, card(rng), kind, visibility=visibility)
        if rng.random() < 0.3:
            root = hub.accounts.actor("root")
            gated = rng.choice(["auto", "manual"])
            repo = hub.registry.change_settings(root, kind, name, gated=gated)
        set_counters(hub, repo, **counted(rng))


@pytest.fixture(scope="module")
def filled(shared: Hub) -> Hub:
    fill(shared, Random(11))
    return shared


@pytest.fixture(scope="module", params=["numbers of today", "numbers of before"])
def shelf(request: pytest.FixtureRequest, filled: Hub) -> Shelf:
    """By numbers of before, lists read what an older version left until it is made anew."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "numbers of before":
            number_as_before(patch)
        filled.catalogue.rebuild()
    return Shelf(filled, actors(filled), list(known(filled)))


def known(hub: Hub) -> Iterator[tuple[int, Listing, set[int]]]:
    """Every listing as it was put, with its number; of hosted ones whose they are."""
    rows = hub.catalogue_db.all(
        "select l.*, f.facts, f.gated, r.* from listing l join listing_facts f on f.id = l.id "
        "join rank r on r.id = l.id"
    )
    for row in rows:
        counters = Counters(
            row.created, row.modified, row.downloads, row.downloads_all, row.likes, row.trending
        )
        listing = Listing(
            row.type,
            row.full_name,
            Facts.from_json(row.facts),
            counters,
            row.origin,
            row.repo_id,
            gated=row.gated,
        )
        repo = hub.registry.by_id(row.repo_id) if row.repo_id else None
        yield row.id, listing, {repo.owner_id} if repo and repo.is_private else set()


def has(listing: Listing, kind: str, name: str) -> bool:
    facts = listing.facts
    fold = str.lower if "/" in name or kind == "author" else str
    values = {
        "tag": facts.tags,
        "task": [facts.pipeline_tag],
        "library": [facts.library],
        "license": facts.licenses,
        "language": facts.languages,
        "author": [listing.full_name.split("/")[0]],
        "uses": [f"model:{it}" for it in facts.models] if listing.type == "space" else [],
        "app": [name for kind, name in listing.facets() if kind == "app"],
        "linked": [""] if listing.type == "space" and facts.models else [],
    }[kind]
    return fold(name) in [fold(value) for value in values if value is not None]


def fits(listing: Listing, private_to: set[int], actor: Actor, wanted: Filter) -> bool:
    own = {actor.user_id, *actor.roles}
    if private_to and not actor.is_admin and not private_to & own:
        return False
    if listing.type != wanted.type:
        return False
    if wanted.origin != "all" and listing.origin != wanted.origin:
        return False
    if not all(any(has(listing, *facet) for facet in group) for group in wanted.any_of):
        return False
    if wanted.gated is not None and bool(listing.gated) != wanted.gated:
        return False
    if wanted.parameters:
        low, high = wanted.parameters
        size = (listing.facts.fit or {}).get("params_total") or listing.facts.parameters_total
        if not size or not (low or 0) <= size <= (2**61 if high is None else high):
            return False
    if wanted.need is not None:
        need = (listing.facts.fit or {}).get("need_bytes")
        if need is None or need > wanted.need:
            return False
    return all(word in listing.full_name.lower() for word in (wanted.search or "").lower().split())


def in_order(shelf: Shelf, actor: Actor, wanted: Filter, page: Page) -> list[str]:
    found = [
        (getattr(listing.counters, page.sort or "trending"), number, listing.full_name)
        for number, listing, private_to in shelf.listings
        if fits(listing, private_to, actor, wanted)
    ]
    return [name for _, _, name in sorted(found, reverse=not page.ascending)]


FACETS = [
    *[("tag", word) for word in WORDS],
    ("tag", "license:mit"),
    ("tag", "base_model:a/b"),
    ("tag", "never"),
    ("author", "ACME"),
    ("author", "alice"),
    ("task", "text-generation"),
    ("task", "fill-mask"),
    ("library", "gguf"),
    ("license", "mit"),
    ("license", "apache-2.0"),
    ("language", "x"),
    ("app", "llama.cpp"),
    ("app", "vllm"),
    ("uses", "model:org/base"),
    ("linked", ""),
]
bounds = st.sampled_from([*SIZES[2:], 0, None, 5 * 10**9])
filters = st.builds(
    Filter,
    st.sampled_from(["model", "model", "dataset", "space"]),
    st.lists(st.lists(st.sampled_from(FACETS), min_size=1, max_size=3), max_size=3),
    st.none() | st.sampled_from([*WORDS, "BIRCH", "cedar alder", "acme ficus", "alice", "ogwo"]),
    st.none() | st.booleans(),
    st.none() | st.tuples(bounds, bounds),
    st.sampled_from(["", "all", ELSEWHERE, OTHER, "nowhere.example"]),
    st.none() | st.sampled_from([0, 2**29, 2**29 + 3998, 2**33, 2**34, 2**45]),
)
pages = st.builds(Page, st.sampled_from(SORTS), st.booleans(), st.integers(5, 60))


def use(way: dict[str, int], patch: pytest.MonkeyPatch) -> None:
    for name, value in way.items():
        if name == "walk":
            take(patch, walk=bool(value))
        else:
            patch.setattr(lists, name, value)


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(
    wanted=filters,
    page=pages,
    who=st.sampled_from(["root", "alice", "bob", "charlie", "nobody"]),
    way=st.sampled_from(WAYS),
)
def test_any_list_is_what_fits_in_order(
    shelf: Shelf, wanted: Filter, page: Page, who: str, way: dict[str, int]
) -> None:
    actor = shelf.actors[who]
    with pytest.MonkeyPatch.context() as patch:
        use(way, patch)
        found = names(everything(shelf.hub, actor, wanted, page))
    assert found == in_order(shelf, actor, wanted, page)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("ascending", [False, True])
def test_pages_of_one(
    shelf: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    way: dict[str, int],
    sort: str,
    ascending: bool,
) -> None:
    use(way, monkeypatch)
    wanted = Filter("dataset", [[("license", "mit"), ("license", "apache-2.0")]], origin="all")
    page, actor = Page(sort, ascending, 1), shelf.actors["alice"]
    expected = in_order(shelf, actor, wanted, page)
    assert len(expected) > 20
    assert names(everything(shelf.hub, actor, wanted, page)) == expected


@pytest.mark.parametrize("way", WAYS)
def test_the_oracle_is_not_idle(shelf: Shelf, way: dict[str, int]) -> None:
    """Every facet, size and origin of the random tests narrows something."""
    root, page = shelf.actors["root"], Page("created", limit=500)
    for facet in FACETS:
        kind = "space" if facet[0] in ("uses", "linked") else "model"
        found = in_order(shelf, root, Filter(kind, [[facet]], origin="all"), page)
        assert bool(found) == (facet != ("tag", "never")), facet
    sizes = in_order(shelf, root, Filter("model", parameters=(1000, 10**10), origin="all"), page)
    assert len(sizes) > 20
    small, all_of_them = (
        in_order(shelf, root, Filter("model", need=most, origin="all"), page)
        for most in (2**30, 2**45)
    )
    assert 20 < len(small) < len(all_of_them) < 300
    assert (
        len(
            {
                who: len(in_order(shelf, actor, Filter("model"), page))
                for who, actor in shelf.actors.items()
            }
        )
        == 6
    )
