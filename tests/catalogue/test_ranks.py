"""Counters: taken from their sources, the same however often; and where they put a repo."""

from random import Random

import pytest

from catalogue.shelves import (
    DAY_MS,
    ELSEWHERE,
    THEN,
    actors,
    create,
    everything,
    find,
    names,
    observed,
    set_counters,
    settle,
)
from hearthub.accounts import ANONYMOUS
from hearthub.catalogue import Counters, Filter, Page, catalogue, search
from hearthub.catalogue.numbers import doc_of, id_of_doc, step_of_doc
from hearthub.clock import now_ms
from hearthub.context import Hub


@pytest.fixture
def hub(own_hub: Hub) -> Hub:
    return own_hub


def counters(hub: Hub, name: str) -> Counters:
    rows = everything(hub, hub.accounts.actor("root"), Filter("model"))
    (row,) = [row for row in rows if row.repo and row.repo.full_name == name]
    return row.counters


def by(hub: Hub, sort: str | None) -> list[str]:
    return names(everything(hub, ANONYMOUS, Filter("model"), Page(sort)))


def docs(hub: Hub) -> dict[int, int]:
    return {row.id: row.doc for row in hub.catalogue_db.all("select id, doc from listing")}


def test_likes_show_and_rank(hub: Hub) -> None:
    repos = [create(hub, f"acme/n{number}") for number in range(3)]
    settle(hub)
    cast = actors(hub)
    for who in ("alice", "bob"):
        hub.community.like(cast[who], repos[1])
    hub.community.like(cast["alice"], repos[0])
    settle(hub)
    assert by(hub, "likes") == by(hub, None) == ["acme/n1", "acme/n0", "acme/n2"]
    found = counters(hub, "acme/n1")
    assert (found.likes, found.trending) == (2, 2.0)
    hub.community.unlike(cast["alice"], repos[1])
    hub.community.unlike(cast["bob"], repos[1])
    settle(hub)
    assert counters(hub, "acme/n1").likes == 0
    assert by(hub, "likes")[0] == "acme/n0"


def test_a_recount_twice_is_the_same(hub: Hub) -> None:
    repo = create(hub, "acme/open")
    settle(hub)
    hub.community.like(hub.accounts.actor("alice"), repo)
    settle(hub)
    found, numbers = counters(hub, "acme/open"), docs(hub)
    for _ in range(2):
        hub.catalogue.recount({"repo_id": repo.id})
        hub.catalogue.recount_all({})
        hub.catalogue.refresh({"repo_id": repo.id})
        assert (counters(hub, "acme/open"), docs(hub)) == (found, numbers)
    hub.catalogue.recount({"repo_id": repo.id + 1000})  # gone since


def test_what_was_counted_wrong_is_put_right(hub: Hub) -> None:
    """Counters are set from their sources, so that a fault does not last a day."""
    repo = create(hub, "acme/open")
    settle(hub)
    true = counters(hub, "acme/open")
    set_counters(hub, repo, downloads=10**6, likes=77, trending=5.0)
    assert counters(hub, "acme/open").likes == 77
    hub.catalogue.recount_all({})
    assert counters(hub, "acme/open") == true


def test_likes_trend_for_a_week(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = create(hub, "acme/old"), create(hub, "acme/new")
    settle(hub)
    hub.community.like(hub.accounts.actor("alice"), old)
    settle(hub)
    assert by(hub, "trending") == ["acme/old", "acme/new"]
    later = now_ms() + 6 * DAY_MS
    monkeypatch.setattr(catalogue, "now_ms", lambda: later)
    hub.catalogue.recount_all({})
    assert counters(hub, "acme/old").trending == 1.0
    later += 2 * DAY_MS
    hub.catalogue.recount_all({})
    found = counters(hub, "acme/old")
    assert (found.likes, found.trending) == (1, 0.0)
    assert by(hub, "trending") == ["acme/new", "acme/old"]
    assert hub.catalogue.counters([old])[old.id].trending == 0.0
    assert hub.catalogue.counters([new])[new.id].likes == 0


def test_scores_fade_each_hour(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The score is what was liked in the seven days before now, whatever happened since."""
    repo, secret = create(hub, "acme/open"), create(hub, "acme/secret", visibility="private")
    hub.catalogue.observe([observed("far/away", trending=7.0)])
    settle(hub)
    alice, bob = hub.accounts.actor("alice"), hub.accounts.actor("bob")
    for liked in (repo, secret):
        hub.community.like(alice, liked)
    hub.community.like(bob, repo)
    hub.db.execute("update repo_like set created = created - :ago where user_id = :user",
                   ago=2 * DAY_MS, user=bob.user_id)  # fmt: skip
    settle(hub)
    hours = {0: 2.0, 5 * 24 - 1: 2.0, 5 * 24 + 1: 1.0, 7 * 24 - 1: 1.0, 7 * 24 + 1: 0.0}
    start = now_ms()
    for hour, score in hours.items():
        later = start + hour * DAY_MS // 24
        monkeypatch.setattr(catalogue, "now_ms", lambda later=later: later)
        hub.catalogue.fade({})
        assert counters(hub, "acme/open").trending == score, hour
    assert counters(hub, "acme/secret").trending == 0.0
    (away,) = everything(hub, ANONYMOUS, Filter("model", origin=ELSEWHERE))
    assert away.counters.trending == 7.0, "what another hub says is its own"
    hub.jobs.schedule()
    assert hub.jobs.is_under_way("catalogue.fade", "scheduled")


def test_counters_of_what_is_not_listed_yet(hub: Hub) -> None:
    repo = create(hub, "acme/open")
    hub.community.like(hub.accounts.actor("alice"), repo)
    found = hub.catalogue.counters([repo])[repo.id]
    assert (found.likes, found.downloads, found.created) == (1, 0, repo.created)


def test_a_commit_changes_when_it_was_modified(hub: Hub) -> None:
    first, second = create(hub, "acme/first"), create(hub, "acme/second")
    settle(hub)
    assert by(hub, "modified") == by(hub, "created") == ["acme/second", "acme/first"]
    assert counters(hub, "acme/first").created == first.created
    hub.db.execute("update repo set modified = :at where id = :id", at=now_ms() + 9, id=first.id)
    hub.catalogue.refresh({"repo_id": first.id})
    assert by(hub, "modified") == ["acme/first", "acme/second"]
    assert by(hub, "created") == ["acme/second", "acme/first"]
    assert second.id != first.id


def test_who_became_popular_moves_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search looks at the popular ones first: their numbers in the index follow."""
    monkeypatch.setattr(search, "HEAD", 3)
    hub.catalogue.observe(observed(f"acme/tortoise-{n:02d}", downloads=100 + n) for n in range(40))
    told = [("acme/tortoise-00", Counters(0, 0, 10**6)), ("acme/tortoise-39", Counters(0, 0, 0))]
    hub.catalogue.set_counters("model", told, ELSEWHERE)
    before = docs(hub)
    hub.catalogue.recount_all({})
    moved = {number for number, doc in docs(hub).items() if doc != before[number]}
    assert len(moved) == 2
    found = find(hub, "tortoise", origin=ELSEWHERE)
    assert found[0] == "acme/tortoise-00"
    assert found[-1] == "acme/tortoise-39"
    assert sorted(found) == [f"acme/tortoise-{n:02d}" for n in range(40)]
    hub.catalogue_db.execute("insert into term_index (term_index) values ('integrity-check')")
    hub.catalogue.recount_all({})
    assert docs(hub) == {it: doc for it, doc in docs(hub).items() if id_of_doc(doc) == it}


def test_numbers_follow_popularity(hub: Hub) -> None:
    """Of any listing, after any counters: never two doublings behind once all were recounted."""
    rng = Random(3)
    hub.catalogue.observe(observed(f"acme/n{n}", downloads=rng.randrange(9)) for n in range(50))
    for _ in range(3):
        told = [
            (
                f"acme/n{n}",
                Counters(THEN, THEN, int(rng.paretovariate(0.3)), likes=rng.randrange(99)),
            )
            for n in range(50)
        ]
        hub.catalogue.set_counters("model", told, ELSEWHERE)
        hub.catalogue.recount_all({})
        rows = hub.catalogue_db.all(
            "select l.id, l.doc, r.downloads, r.likes from listing l join rank r on r.id = l.id"
        )
        for row in rows:
            right = doc_of(row.id, Counters(0, 0, row.downloads, likes=row.likes).popularity)
            assert abs(step_of_doc(row.doc) - step_of_doc(right)) < 2
            assert id_of_doc(row.doc) == row.id


@pytest.mark.parametrize("popularity", [0, 1, 2, 10**9, 2**70])
@pytest.mark.parametrize("number", [1, 2, 10**9, 2**30 - 1])
def test_numbers_in_the_index(number: int, popularity: int) -> None:
    doc = doc_of(number, popularity)
    assert id_of_doc(doc) == number
    assert 0 <= doc < 2**63
    assert doc <= doc_of(number, popularity // 2)
