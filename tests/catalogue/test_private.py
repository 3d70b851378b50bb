"""Whom a private repo shows itself to: in lists, counts, search and suggestions; and what changes.

Lists ask the registry, so nothing hidden shows even before the jobs have run; counts follow then.
"""

from collections.abc import Sequence

import pytest

from catalogue.shelves import (
    actors,
    create,
    everything,
    find,
    names,
    observed,
    settle,
    write_card,
)
from catalogue.ways import take
from hearthub.accounts import Actor
from hearthub.catalogue import Filter, Page, lists
from hearthub.context import Hub

CARD = "---\nlicense: wtfpl\ntags: [hush]\nlibrary_name: keras\n---\nquokka"
HUSHED = Filter("model", [[("tag", "hush")]])
MEMBERS = ["root", "alice", "bob", "dora"]
OUTSIDERS = ["charlie", "nobody"]


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


@pytest.fixture(params=["postings", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "walk":
        take(monkeypatch, walk=True)
        monkeypatch.setattr(lists, "MANY", 0)


def seen(hub: Hub, actor: Actor, name: str) -> dict[str, bool]:
    """Where a repo shows: by each way that leads to it."""
    key = name.partition("/")[2]
    sort = Page("downloads")
    lists = {
        "list": Filter("model"),
        "tag": HUSHED,
        "license": Filter("model", [[("license", "wtfpl")]]),
        "author": Filter("model", [[("author", name.partition("/")[0])]]),
        "origins": Filter("model", origin="all"),
        "not gated": Filter("model", gated=False),
        "named": Filter("model", search=key),
    }
    found = {how: name in names(everything(hub, actor, it, sort)) for how, it in lists.items()}
    for how, typed in {"name": key, "card": "quokka", "mistaken": key[:3] + key[4:]}.items():
        found["search " + how] = name in find(hub, typed, actor=actor)
    found["suggest"] = name in names(hub.catalogue.suggest(actor, "model", key, 5))
    return found


def counted(hub: Hub, actor: Actor) -> list[object]:
    """Everything that counts: what does not change tells nothing."""
    wanted = [Filter("model"), HUSHED, Filter("model", search="quokka"), Filter("model", [[]])]
    facets = [hub.catalogue.facet_counts(actor, it) for it in wanted]
    return [*facets, hub.catalogue.tags("model"), hub.catalogue.number("model", "tag", "hush")]


def everywhere(hub: Hub, who: Sequence[str], name: str) -> set[bool]:
    cast = actors(hub)
    return {shown for each in who for shown in seen(hub, cast[each], name).values()}


@pytest.mark.usefixtures("way")
def test_who_sees_a_private_repo(hub: Hub) -> None:
    create(hub, "acme/openness", CARD)
    settle(hub)
    before = {who: counted(hub, actor) for who, actor in actors(hub).items()}
    create(hub, "acme/walledgarden", CARD, visibility="private")
    for number in range(2):
        assert everywhere(hub, OUTSIDERS, "acme/walledgarden") == {False}
        if number == 0:
            settle(hub)
    assert everywhere(hub, MEMBERS, "acme/walledgarden") == {True}
    after = {who: counted(hub, actor) for who, actor in actors(hub).items()}
    assert {who for who in after if after[who] == before[who]} == set(OUTSIDERS)


def test_totals_count_what_the_caller_may_see(hub: Hub) -> None:
    create(hub, "acme/one", CARD)
    create(hub, "acme/two", CARD, visibility="private")
    create(hub, "charlie/three", CARD, visibility="private")
    create(hub, "charlie/four", "---\nlicense: mit\n---", "dataset", visibility="private")
    settle(hub)
    expected = {"root": 3, "alice": 2, "bob": 2, "charlie": 2, "dora": 2, "nobody": 1}
    for who, actor in actors(hub).items():
        for wanted in (Filter("model"), HUSHED):
            found = hub.catalogue.facet_counts(actor, wanted)
            assert (found.total, found.sampled) == (expected[who], expected[who]), (who, wanted)
            assert found.counts["license"] == [("wtfpl", expected[who])]
    assert hub.catalogue.facet_counts(actors(hub)["nobody"], Filter("dataset")).total == 0


@pytest.mark.usefixtures("way")
def test_a_repo_made_private_is_hidden_at_once(hub: Hub) -> None:
    repo = create(hub, "acme/openness", CARD)
    settle(hub)
    root = hub.accounts.actor("root")
    assert everywhere(hub, [*MEMBERS, *OUTSIDERS], repo.full_name) == {True}
    hub.registry.change_settings(root, "model", repo.full_name, visibility="private")
    assert everywhere(hub, OUTSIDERS, repo.full_name) == {False}
    settle(hub)
    assert everywhere(hub, OUTSIDERS, repo.full_name) == {False}
    assert everywhere(hub, MEMBERS, repo.full_name) == {True}
    cast = actors(hub)
    for who in OUTSIDERS:
        assert hub.catalogue.facet_counts(cast[who], Filter("model")).total == 0
    assert [name for kind, name, _ in hub.catalogue.tags("model") if kind == "tag"] == []
    hub.registry.change_settings(root, "model", repo.full_name, visibility="public")
    settle(hub)
    assert everywhere(hub, [*MEMBERS, *OUTSIDERS], repo.full_name) == {True}


@pytest.mark.usefixtures("way")
def test_a_member_who_left_sees_nothing(hub: Hub) -> None:
    create(hub, "acme/walledgarden", CARD, visibility="private")
    settle(hub)
    assert everywhere(hub, ["bob"], "acme/walledgarden") == {True}
    hub.accounts.remove_member("acme", "bob")
    assert everywhere(hub, ["bob"], "acme/walledgarden") == {False}


@pytest.mark.usefixtures("way")
def test_transfer_of_a_private_repo(hub: Hub) -> None:
    create(hub, "acme/walledgarden", CARD, visibility="private")
    settle(hub)
    root = hub.accounts.actor("root")
    hub.registry.move(root, "model", "acme/walledgarden", "charlie/walledgarden")
    for _ in range(2):
        assert everywhere(hub, ["alice", "bob", "nobody"], "charlie/walledgarden") == {False}
        settle(hub)
    assert everywhere(hub, ["charlie", "root"], "charlie/walledgarden") == {True}
    assert find(hub, "acme walledgarden", actor=root) == ["charlie/walledgarden"]
    assert names(everything(hub, root, Filter("model", [[("author", "acme")]]))) == []


def test_rename_and_an_old_name_taken_by_another(hub: Hub) -> None:
    root = hub.accounts.actor("root")
    create(hub, "acme/first", CARD)
    settle(hub)
    hub.registry.move(root, "model", "acme/first", "acme/second")
    create(hub, "acme/first", "---\nlicense: mit\n---\nwombat")
    assert set(names(everything(hub, root, Filter("model")))) <= {"acme/first", "acme/second"}
    settle(hub)
    assert set(names(everything(hub, root, Filter("model")))) == {"acme/first", "acme/second"}
    assert find(hub, "quokka") == ["acme/second"]
    assert find(hub, "wombat") == ["acme/first"]


def test_deleted_and_made_again(hub: Hub) -> None:
    root = hub.accounts.actor("root")
    create(hub, "acme/phoenix", CARD)
    settle(hub)
    hub.registry.delete(root, "model", "acme/phoenix")
    assert everywhere(hub, ["root", "nobody"], "acme/phoenix") == {False}
    create(hub, "acme/phoenix", "---\nlicense: mit\n---\nwombat")
    assert find(hub, "quokka", actor=root) == []
    settle(hub)
    assert find(hub, "quokka", actor=root) == []
    assert find(hub, "wombat") == find(hub, "phoenix") == ["acme/phoenix"]
    found = hub.catalogue.facet_counts(root, Filter("model"))
    assert (found.total, found.counts["license"]) == (1, [("mit", 1)])
    hub.registry.delete(root, "model", "acme/phoenix")
    settle(hub)
    assert hub.catalogue.facet_counts(root, Filter("model")).total == 0
    assert find(hub, "phoenix", actor=root) == []


@pytest.mark.parametrize("how", ["jobs", "rebuild", "rebuild, then jobs"])
def test_two_repos_swap_names(hub: Hub, how: str) -> None:
    root = hub.accounts.actor("root")
    create(hub, "acme/left", CARD)
    create(hub, "acme/right", "wombat")
    settle(hub)
    for source, target in (("left", "aside"), ("right", "left"), ("aside", "right")):
        hub.registry.move(root, "model", f"acme/{source}", f"acme/{target}")
    if how != "jobs":
        hub.catalogue.rebuild()
    if how != "rebuild":
        settle(hub)
    assert find(hub, "quokka") == find(hub, "right") == ["acme/right"]
    assert find(hub, "wombat") == find(hub, "left") == ["acme/left"]
    assert hub.catalogue.facet_counts(root, Filter("model")).total == 2


def test_a_new_card_replaces_the_old(hub: Hub) -> None:
    repo = create(hub, "acme/openness", CARD)
    settle(hub)
    write_card(hub, repo, "---\nlicense: mit\n---\nwombat")
    settle(hub)
    assert (find(hub, "quokka"), find(hub, "wombat")) == ([], ["acme/openness"])
    root = hub.accounts.actor("root")
    assert names(everything(hub, root, HUSHED)) == []
    assert ("tag", "hush", 1) not in hub.catalogue.tags("model")


def test_protected_spaces_and_gated_repos_are_listed(hub: Hub) -> None:
    create(hub, "acme/show", kind="space", visibility="protected")
    create(hub, "acme/fenced", CARD)
    root, nobody = hub.accounts.actor("root"), actors(hub)["nobody"]
    hub.registry.change_settings(root, "model", "acme/fenced", gated="manual")
    settle(hub)
    assert names(everything(hub, nobody, Filter("space"))) == ["acme/show"]
    assert names(everything(hub, nobody, Filter("model", gated=True))) == ["acme/fenced"]
    assert names(everything(hub, nobody, Filter("model", gated=False))) == []


def test_names_of_other_kinds_do_not_meet(hub: Hub) -> None:
    for kind in ("model", "dataset", "space"):
        create(hub, "acme/same", f"{kind}only", kind)
    hub.catalogue.observe([observed("acme/same", card_text="farword")])
    settle(hub)
    for kind in ("model", "dataset", "space"):
        assert find(hub, "same", kind) == ["acme/same"]
        assert find(hub, f"{kind}only", kind) == ["acme/same"]
    assert find(hub, "modelonly", "dataset") == []
