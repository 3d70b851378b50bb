"""Counts of facets beside plain counting; what can be narrowed by; tags by type."""

from collections import Counter
from random import Random

import pytest

from catalogue.shelves import ELSEWHERE, create, find, observed, settle
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Filter, Listing, Page, catalogue, facets
from hearthub.context import Hub

TAGS = [f"tag{number:02d}" for number in range(60)]


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


def some(rng: Random, number: int) -> Listing:
    return observed(
        f"owner{rng.randrange(9)}/n{number}",
        tags=rng.sample(TAGS, rng.randrange(12)),
        licenses=rng.sample(["mit", "apache-2.0", "wtfpl"], rng.randrange(3)),
        languages=rng.sample(["en", "fr", "zh"], rng.randrange(3)),
        formats=rng.choice([["gguf"], ["safetensors"], []]),
        library=rng.choice(["transformers", None]),
        pipeline_tag=rng.choice(["fill-mask", "other", None]),
        quantization=rng.choice(["awq", None]),
        downloads=number,
    )


def values(listing: Listing, kind: str) -> list[str]:
    facts = listing.facts
    found = {
        "task": [facts.pipeline_tag],
        "library": [facts.library],
        "license": facts.licenses,
        "language": facts.languages,
        "format": facts.formats,
        "quantization": [facts.quantization],
        "app": ["llama.cpp", "ollama"] if facts.formats == ["gguf"] else [],
        "tag": facts.tags,
        "author": [listing.full_name.split("/")[0]],
    }[kind]
    return [value for value in found if value]


def expected(listings: list[Listing]) -> dict[str, list[tuple[str, int]]]:
    counted = {
        kind: Counter(value for it in listings for value in values(it, kind))
        for kind in facets.KINDS
    }
    return {
        kind: sorted(found.items(), key=lambda it: (-it[1], it[0]))[: facets.MOST]
        for kind, found in counted.items()
        if found
    }


@pytest.fixture(scope="module")
def listings(shared: Hub) -> list[Listing]:
    rng = Random(7)
    found = [some(rng, number) for number in range(200)]
    shared.catalogue.observe(found)
    return found


@pytest.mark.parametrize(
    "facet", [None, ("tag", "tag07"), ("license", "mit"), ("author", "owner3")]
)
def test_counts_of_those_that_fit(
    shared: Hub, listings: list[Listing], facet: tuple[str, str] | None
) -> None:
    wanted = Filter("model", [[facet]] if facet else [], origin=ELSEWHERE)
    fit = [it for it in listings if not facet or facet[1] in values(it, facet[0])]
    found = shared.catalogue.facet_counts(ANONYMOUS, wanted)
    assert (found.total, found.is_capped, found.sampled) == (len(fit), False, len(fit))
    assert found.counts == expected(fit)


def test_of_many_the_popular_ones_are_counted(
    shared: Hub, listings: list[Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "SAMPLE", 20)
    monkeypatch.setattr(facets, "COUNTED", 100)
    found = shared.catalogue.facet_counts(ANONYMOUS, Filter("model", origin=ELSEWHERE))
    # One value was counted when each of them was listed.
    assert (found.total, found.is_capped, found.sampled) == (len(listings), False, 20)
    popular = shared.catalogue_db.all("select full_name from listing order by doc limit 20")
    names = {row.full_name for row in popular}
    assert found.counts == expected([it for it in listings if it.full_name in names])


def test_of_several_values_no_more_than_so_many_are_counted(
    shared: Hub, listings: list[Listing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "SAMPLE", 5)
    authors = [("author", f"owner{n}") for n in range(4)]
    wanted = Filter("model", [authors], origin=ELSEWHERE)
    fit = [it for it in listings if it.full_name.partition("/")[0] in dict.fromkeys(
        name for _, name in authors)]  # fmt: skip
    assert shared.catalogue.facet_counts(ANONYMOUS, wanted).total == len(fit)
    monkeypatch.setattr(facets, "COUNTED", 7)
    found = shared.catalogue.facet_counts(ANONYMOUS, wanted)
    assert (found.total, found.is_capped, found.sampled) == (7, True, 5)


@pytest.mark.parametrize("sort", [None, "likes", "created"])
@pytest.mark.parametrize("search", [None, "n1", "owner3"])
def test_beside_a_page_they_are_the_same(
    shared: Hub, listings: list[Listing], sort: str | None, search: str | None
) -> None:
    assert listings
    for any_of in ([], [[("license", "mit")]], [[("author", "owner3")], [("tag", "tag07")]]):
        wanted, page = Filter("model", any_of, search, origin=ELSEWHERE), Page(sort, limit=7)
        rows, more, counts = shared.catalogue.page_with_counts(ANONYMOUS, wanted, page)
        assert (rows, more) == shared.catalogue.page(ANONYMOUS, wanted, page)
        assert counts == shared.catalogue.facet_counts(ANONYMOUS, wanted)


def test_rare_values_are_not_crowded_out(hub: Hub) -> None:
    """A licence that two have is told, though five hundred tags are as frequent."""
    tags = [f"t{number}" for number in range(500)]
    hub.catalogue.observe(
        observed(f"acme/n{n}", tags=tags, licenses=["wtfpl"] if n < 2 else []) for n in range(3)
    )
    found = hub.catalogue.facet_counts(ANONYMOUS, Filter("model", origin=ELSEWHERE))
    assert found.counts["license"] == [("wtfpl", 2)]
    assert len(found.counts["tag"]) == facets.MOST


def test_nothing_fits(shared: Hub, listings: list[Listing]) -> None:
    for wanted in (Filter("model", [[("tag", "never")]]), Filter("dataset"), Filter("model", [[]])):
        found = shared.catalogue.facet_counts(ANONYMOUS, wanted)
        assert (found.total, found.is_capped, found.sampled, found.counts) == (0, False, 0, {})
    assert listings


def test_a_whole_shelf_is_counted_the_same_way(hub: Hub) -> None:
    for number in range(12):
        lines = [
            f"tags: [x{number % 3}, x{number % 4}]",
            f"language: [{'en' if number % 2 else 'fr'}]",
        ]
        create(hub, f"acme/n{number}", "\n".join(["---", *lines, "license: mit", "---"]))
    settle(hub)
    of_shelf = hub.catalogue.facet_counts(ANONYMOUS, Filter("model"))
    counted = hub.catalogue.facet_counts(ANONYMOUS, Filter("model", [[("author", "acme")]]))
    assert of_shelf == counted
    assert of_shelf.total == 12
    assert of_shelf.counts["license"] == [("mit", 12)]
    assert hub.catalogue.number("model", "license", "mit") == 12
    tags = dict(of_shelf.counts["tag"])
    assert tags["x0"] == len([n for n in range(12) if 0 in (n % 3, n % 4)])
    told = {(kind, name): n for kind, name, n in hub.catalogue.tags("model")}
    assert told["tag", "x0"] == tags["x0"]
    assert hub.catalogue.tags("dataset") == []


def test_sizes_are_exact(hub: Hub) -> None:
    """As in lists: 6.2 and 6.5 billion fall into one step of the index."""
    hub.catalogue.observe(
        observed(
            f"far/{size}", card_text="far", parameters_total=size * 10**8, licenses=[f"l{size}"]
        )
        for size in (62, 65)
    )
    for sizes, name in (((None, 63 * 10**8), "l62"), ((63 * 10**8, None), "l65")):
        wanted = Filter("model", parameters=sizes, origin=ELSEWHERE)
        found = hub.catalogue.facet_counts(ANONYMOUS, wanted)
        assert (found.total, found.sampled) == (1, 1)
        assert found.counts["license"] == [(name, 1)]
        size = name.removeprefix("l")
        for typed in ("far", size, "fra", f"far/{size}"):
            assert find(hub, typed, origin=ELSEWHERE, parameters=sizes) == [f"far/{size}"]


def test_the_popular_ones_of_many(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as sorted by downloads, where those differ; not all are looked at."""
    tag = "base_model:quantized:far/base"
    hub.catalogue.observe(
        observed(f"far/n{number}", tags=[tag], downloads=2 ** (number % 25)) for number in range(50)
    )
    wanted = Filter("model", [[("tag", tag)]], origin="all")
    monkeypatch.setattr(catalogue, "POPULAR", 2)
    found = hub.catalogue.popular(ANONYMOUS, wanted, 4)
    assert {row.full_name for row in found} == {f"far/n{n}" for n in (49, 24, 48, 23)}
    assert [row.counters.downloads for row in found] == sorted([2**24, 2**24, 2**23, 2**23])[::-1]


def test_counts_are_ready_before_they_are_asked_for(
    shared: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "SMALL", 0)
    shared.catalogue.observe([observed("ready/one", tags=["made-ready"], origin="ready.example")])
    shared.catalogue.count_shelves()
    wanted = Filter("model", origin="all")
    before = shared.catalogue.facet_counts(ANONYMOUS, wanted)
    shared.catalogue.observe([observed("ready/two", tags=["made-ready"], origin="ready.example")])
    assert shared.catalogue.facet_counts(ANONYMOUS, wanted) == before, "kept"
    shared.catalogue.count_shelves()
    after = shared.catalogue.facet_counts(ANONYMOUS, wanted)
    assert after.total == before.total + 1
    shared.catalogue.forget("model", ["ready/one", "ready/two"], "ready.example")
    shared.catalogue.count_shelves()
