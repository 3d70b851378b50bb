"""Repos of other hubs: shown when asked for, and whatever was observed of them harms nothing."""

from dataclasses import replace

import pytest

from catalogue.shelves import (
    ELSEWHERE,
    THEN,
    actors,
    create,
    everything,
    find,
    names,
    observed,
    settle,
)
from catalogue.ways import take
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Counters, Facts, Filter, Listing, Page, lists
from hearthub.context import Hub

KINDS = ("model", "dataset", "space")
FTS = [
    'a" OR *',
    "NEAR(a b, 2)",
    "^first",
    "terms : x",
    "- {a b} : c",
    '"; drop table listing; --',
    "' or 1=1 --",
    "a* AND NOT b",
    "s:0 u:1 f:1",
    "%_[]?*",
]
HOSTILE = [
    "nul\0inside",
    "\ud800lone\udfff",
    "\U0010ffff\ufffe",
    "\x1b[31mred\r\n",
    "\u202eright to left",
    "x" * 100_000,
    "",
    " ",
    *FTS,
]


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


def shown(hub: Hub, origin: str, **more: object) -> list[str]:
    wanted = Filter("model", origin=origin, **more)
    by_walk = names(everything(hub, ANONYMOUS, wanted, Page("downloads")))
    with pytest.MonkeyPatch.context() as patch:
        take(patch, walk=True)
        assert names(everything(hub, ANONYMOUS, wanted, Page("downloads"))) == by_walk
    return by_walk


def test_only_where_their_origin_is_asked_for(hub: Hub) -> None:
    create(hub, "acme/same", "---\nlicense: mit\n---\nhosted")
    hub.catalogue.observe(
        [
            observed("acme/same", downloads=9, tags=["far"], card_text="faraway"),
            observed("acme/far", tags=["far"], card_text="faraway"),
            observed("acme/same", origin="hub.example", downloads=5, tags=["far"]),
        ]
    )
    settle(hub)
    assert shown(hub, "") == ["acme/same"]
    assert shown(hub, ELSEWHERE) == ["acme/same", "acme/far"]
    assert shown(hub, "hub.example") == ["acme/same"]
    assert sorted(shown(hub, "all")) == ["acme/far", "acme/same", "acme/same", "acme/same"]
    assert shown(hub, "all.example") == []
    everyone = actors(hub)
    for actor in everyone.values():
        assert names(everything(hub, actor, Filter("model"))) == ["acme/same"]
        assert names(everything(hub, actor, Filter("model", [[("tag", "far")]]))) == []
        assert find(hub, "faraway", actor=actor) == find(hub, "far", actor=actor) == []
        assert names(hub.catalogue.suggest(actor, "model", "acme/far", 9)) == ["acme/same"]
        found = hub.catalogue.facet_counts(actor, Filter("model"))
        assert (found.total, "tag" in found.counts) == (1, True)
        assert ("far", 2) not in found.counts["tag"]
    assert "far" not in [name for _, name, _ in hub.catalogue.tags("model")]
    assert hub.catalogue.number("model", "tag", "far") == 0
    assert sorted(find(hub, "faraway", origin="all")) == ["acme/far", "acme/same"]
    assert find(hub, "hosted", origin=ELSEWHERE) == []
    assert hub.catalogue.facet_counts(ANONYMOUS, Filter("model", origin="all")).total == 4
    assert hub.catalogue.facet_counts(ANONYMOUS, Filter("model", origin=ELSEWHERE)).total == 2


def test_own_private_repos_are_not_of_another_origin(hub: Hub) -> None:
    create(hub, "acme/secret", visibility="private")
    hub.catalogue.observe([observed("acme/open")])
    settle(hub)
    for who in ("root", "alice"):
        actor = hub.accounts.actor(who)
        wanted = Filter("model", origin=ELSEWHERE)
        assert names(everything(hub, actor, wanted)) == ["acme/open"]
        assert hub.catalogue.facet_counts(actor, wanted).total == 1


def test_observed_again_replaces(hub: Hub) -> None:
    hub.catalogue.observe([observed("acme/far", likes=3, tags=["old"], card_text="yesterday")])
    hub.catalogue.observe([observed("ACME/Far", likes=4, tags=["new"], card_text="today")])
    assert shown(hub, ELSEWHERE) == ["ACME/Far"]
    assert (find(hub, "yesterday", origin="all"), find(hub, "today", origin="all")) == (
        [],
        ["ACME/Far"],
    )
    (row,) = everything(hub, ANONYMOUS, Filter("model", origin="all"))
    assert row.observed is not None
    assert (row.counters.likes, row.observed.facts.tags) == (4, ["new"])
    assert hub.catalogue.facet_counts(ANONYMOUS, Filter("model", origin="all")).total == 1


def test_counters_by_name_in_bulk(hub: Hub) -> None:
    hub.catalogue.observe(observed(f"acme/n{number}") for number in range(30))
    create(hub, "acme/n1")
    settle(hub)
    told = [(f"ACME/N{n}", Counters(THEN, THEN, n, 2 * n, 3 * n, n / 2)) for n in range(40)]
    for _ in range(2):
        assert hub.catalogue.set_counters("model", told, ELSEWHERE) == 30
        assert hub.catalogue.set_counters("dataset", told, ELSEWHERE) == 0
        rows = everything(hub, ANONYMOUS, Filter("model", origin=ELSEWHERE), Page("likes", limit=7))
        assert names(rows) == [f"acme/n{n}" for n in range(29, -1, -1)]
        assert [row.counters for row in rows] == [told[n][1] for n in range(29, -1, -1)]
    (hosted,) = everything(hub, ANONYMOUS, Filter("model"))
    assert (hosted.counters.downloads, hosted.counters.likes) == (0, 0)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_facts(hub: Hub, text: str) -> None:
    """The listing stands, what can be shown of it is shown, others are as they were."""
    create(hub, "acme/plain", "---\nlicense: mit\n---\nwombat")
    create(hub, "acme/secret", "---\nlicense: mit\n---\nquokka", visibility="private")
    settle(hub)
    fields = dict.fromkeys(("library", "pipeline_tag", "quantization", "card_text"), text)
    several = {name: [text, "fine"] for name in ("tags", "licenses", "languages", "formats")}
    hub.catalogue.observe([observed("acme/far", **fields, **several, card={text: [text]})])
    hub.catalogue.observe([observed("acme/near", tags=["fine"])])
    assert sorted(shown(hub, ELSEWHERE)) == ["acme/far", "acme/near"]
    assert shown(hub, "all", any_of=[[("tag", "fine")]]) == ["acme/near", "acme/far"]
    for row in everything(hub, ANONYMOUS, Filter("model", origin=ELSEWHERE)):
        assert row.observed is not None
        row.observed.facts.to_json().encode()
        for tag in [*row.observed.facts.tags, row.observed.facts.card_text]:
            assert tag.encode().decode() == tag
    found = hub.catalogue.facet_counts(ANONYMOUS, Filter("model", origin=ELSEWHERE))
    assert found.total == 2
    assert [n for name, n in found.counts["tag"] if name == "fine"] == [2]
    assert find(hub, "wombat") == ["acme/plain"]
    before = counts(hub)
    assert hub.catalogue.rebuild() == 4
    assert counts(hub) == before


def counts(hub: Hub) -> list[object]:
    return [
        hub.catalogue_db.all(f"select * from {t} where n > 0 order by 1, 2")
        for t in ("facet_count", "word", "gram")
    ]


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "\ud800lone\udfff"])
def test_hostile_questions(shared: Hub, text: str) -> None:
    """Any text asked for finds what has it, or nothing; never what is private."""
    hub = shared
    if find(hub, "wombat") == []:
        create(hub, "acme/plain", "wombat")
        create(hub, "acme/secret", "quokka", visibility="private")
        hub.catalogue.observe([observed("acme/far", tags=["fine"])])
        settle(hub)
    for origin in ("", "all"):
        for way in (0, 2000):
            with pytest.MonkeyPatch.context() as patch:
                take(patch, walk=not way)
                patch.setattr(lists, "MANY", way)
                for kind in ("tag", "task", "library", "license", "language", "author", "origin"):
                    wanted = Filter("model", [[(kind, text)]], origin=origin)
                    assert names(everything(hub, ANONYMOUS, wanted)) == []
                    assert hub.catalogue.facet_counts(ANONYMOUS, wanted).total == 0
                for sort in (None, "likes"):
                    wanted = Filter("model", search=text, origin=origin)
                    found = names(everything(hub, ANONYMOUS, wanted, Page(sort)))
                    assert "acme/secret" not in found
        assert "acme/secret" not in names(hub.catalogue.suggest(ANONYMOUS, "model", text, 9))
    assert shown(hub, text) == [] or not text


def test_thousands_of_tags(hub: Hub) -> None:
    tags = [f"tag{number}" for number in range(10_000)]
    hub.catalogue.observe([observed("acme/far", tags=tags, languages=tags, licenses=tags)])
    (row,) = everything(hub, ANONYMOUS, Filter("model", [[("tag", "tag7")]], origin="all"))
    assert row.observed is not None
    assert row.observed.facts.tags == tags[:500]
    assert shown(hub, "all", any_of=[[("tag", "tag9999")]]) == []


@pytest.mark.parametrize(
    "counted",
    [
        {"downloads": 2**80, "likes": 2**64, "downloads_all": 10**30},
        {"downloads": -5, "likes": -(2**70)},
        {"trending": float("inf")},
        {"trending": float("nan")},
        {"created": 2**63, "modified": -(2**63) - 1},
    ],
)
def test_hostile_counters(hub: Hub, counted: dict[str, float]) -> None:
    """Numbers no counter has are brought into bounds; the pages of a list still end."""
    hub.catalogue.observe([observed(f"acme/n{n}", **(counted if n == 1 else {})) for n in range(3)])
    told = Counters(**({"created": THEN, "modified": THEN} | counted))
    assert hub.catalogue.set_counters("model", [("acme/n2", told)], ELSEWHERE) == 1
    for sort in lists.SORTS:
        for ascending in (False, True):
            found = everything(
                hub, ANONYMOUS, Filter("model", origin=ELSEWHERE), Page(sort, ascending, 1), 9
            )
            assert sorted(names(found)) == ["acme/n0", "acme/n1", "acme/n2"]
    hub.catalogue.recount_all({})
    assert len(find(hub, "acme", origin=ELSEWHERE)) == 3


@pytest.mark.parametrize("name", ["", "a/b/c", "a b/c", "acme/\ud800", "acme/x\n", "a/" + "x" * 97])
def test_a_name_that_is_none_is_left_out(hub: Hub, name: str) -> None:
    hub.catalogue.observe([observed(name), observed("acme/far")])
    assert shown(hub, ELSEWHERE) == ["acme/far"]


def test_an_observation_is_nobodys_private_repo(hub: Hub) -> None:
    listing = observed("acme/far")
    claims = replace(listing, is_private=True, owner_id=1, repo_id=1, gated="\ud800")
    hub.catalogue.observe([claims])
    assert shown(hub, "") == []
    assert shown(hub, ELSEWHERE) == ["acme/far"]


@pytest.mark.parametrize("origin", ["", "all"])
def test_an_observation_has_an_origin(hub: Hub, origin: str) -> None:
    """Without one it would stand among what this hub hosts."""
    listing = Listing("model", "acme/far", Facts(), Counters(1, 1), origin=origin)
    with pytest.raises(ValueError, match="origin"):
        hub.catalogue.observe([listing])
    assert names(everything(hub, ANONYMOUS, Filter("model"))) == []
