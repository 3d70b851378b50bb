"""What trends: computed, kept, brought up to date, and never of a repo that is hidden now."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalogue.shelves import actors, add_cast, create
from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import BadRequest, NotFound
from hearthub.lake import Lake
from hearthub.pulse import Trending
from hearthub.pulse.ranking import rank
from hearthub.pulse.trending import FIRST, SORTS, Trends
from hearthub.settings import Settings
from pulse.lakes import DAYS, START, history, one, panel


@pytest.fixture
def told(lake: Lake, tmp_path: Path) -> Lake:
    rows = history({"a/much": 9, "a/some": 3, "b/little": 1, "b/none": 0}, pipeline_tag="fill-mask")
    panel(lake, tmp_path, rows)
    return lake


def names(found: Trending) -> list[str]:
    return [row.id for row in found.rows]


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_kept_is_what_is_computed(told: Lake, sort: str) -> None:
    computed = Trends(told).trending("model", sort)
    assert rank(told, told.reading) == 1
    kept = Trends(told).trending("model", sort)
    assert kept == computed
    assert set(names(kept)) == {"a/much", "a/some", "b/little"}
    assert (kept.source, kept.universe, kept.is_synthetic) == ("test", "model@test/all", False)
    assert kept.at == datetime(2026, 4, 19, 23, 59, 59)


def test_what_a_row_says(told: Lake) -> None:
    found = Trends(told).trending("model", "hub", limit=1)
    (row,) = found.rows
    assert (row.rank, row.id, row.author, row.value) == (1, "a/much", "a", 63.0)
    assert (row.likes_gained, row.downloads_gained, row.likes) == (63, 6300, 9 * 49)
    assert (row.pipeline_tag, row.size, row.is_new) == ("fill-mask", None, False)
    (flat,) = found.to_json()
    assert (flat["source"], flat["at"], flat["sort"]) == ("test", "2026-04-19T23:59:59Z", "hub")


def test_who_is_new(lake: Lake, tmp_path: Path) -> None:
    born = (START + timedelta(45)).isoformat()
    rows = history({"a/old": 1}) + history({"a/undated": 1}, first=46)
    rows += history({"a/born": 1}, first=46, created_at=born)
    panel(lake, tmp_path, rows)
    found = Trends(lake).trending("model", "pulse")
    assert {row.id: row.is_new for row in found.rows} == {
        "a/old": False,
        "a/undated": True,
        "a/born": True,
    }


def test_nobody_knows_what_was_downloaded(lake: Lake, tmp_path: Path) -> None:
    rows = history({"a/x": 2})
    for row in rows:
        del row["downloads_all"]
    panel(lake, tmp_path, rows)
    assert Trends(lake).trending("model").rows[0].downloads_gained is None


def test_a_newer_snapshot(told: Lake, tmp_path: Path) -> None:
    """Until the job ran, the last ranking stands and says of when it is, unless asked anew."""
    rank(told, told.reading)
    trends = Trends(told)
    before = trends.trending("model", "hub")
    rows = history({"a/much": 9, "a/some": 3}, DAYS, DAYS + 7) + history({"b/none": 50}, DAYS, 57)
    panel(told, tmp_path, rows)
    assert trends.trending("model", "hub") == before
    anew = trends.trending("model", "hub", anew=True)
    assert anew.at == before.at + timedelta(7)
    assert names(anew)[0] == "b/none"
    assert rank(told, told.reading) == 1
    assert trends.trending("model", "hub") == anew


class TestLastDay:
    def test_likes_of_that_day_alone(self, told: Lake, tmp_path: Path) -> None:
        assert Trends(told).last_day("model", 5) is None, "it is kept, and never computed"
        rank(told, told.reading)
        found = Trends(told).last_day("model", 2)
        assert found is not None
        assert [(row.rank, row.id, row.value) for row in found.rows] == [
            (1, "a/much", 9.0),
            (2, "a/some", 3.0),
        ]
        assert (found.source, found.at) == ("test", datetime(2026, 4, 19, 23, 59, 59))
        with pytest.raises(BadRequest):
            Trends(told).trending("model", "day")

    def test_of_days_that_were_not_looked_at(self, lake: Lake, tmp_path: Path) -> None:
        rows = history({"a/x": 4}, last=DAYS - 3) + history({"a/x": 4}, DAYS - 1, DAYS)
        panel(lake, tmp_path, rows)
        rank(lake, lake.reading)
        trends = Trends(lake)
        assert trends.trending("model").rows
        assert trends.last_day("model", 5) is None

    def test_nothing_was_observed(self, lake: Lake) -> None:
        with pytest.raises(NotFound):
            Trends(lake).last_day("model", 5)


def test_nothing_is_ranked_twice(told: Lake) -> None:
    assert [rank(told, told.reading) for _ in range(2)] == [1, 0]
    version = told.version
    told.compact(many=0)
    assert told.version > version
    assert rank(told, told.reading) == 0, "other files, but no other facts"


def test_other_rules_rank_anew(told: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    rank(told, told.reading)
    monkeypatch.setattr("hearthub.pulse.ranking.RULES", "others")
    assert [rank(told, told.reading) for _ in range(2)] == [1, 0]


def test_nothing_rose(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, history({"a/x": 0}))
    rank(lake, lake.reading)
    assert one(lake, 'select count(*), max("rank") from ranking') == (4, 0)
    assert Trends(lake).trending("model").rows == ()


def test_each_source_and_type_has_its_own(new_lake: Callable[[], Lake], tmp_path: Path) -> None:
    lake = new_lake()
    panel(lake, tmp_path, history({"a/old": 1}), source="before")
    panel(lake, tmp_path, history({"a/new": 1}, last=DAYS + 1), source="after")
    panel(lake, tmp_path, history({"a/data": 1}), source="before", type="dataset")
    for _ in range(2):
        found = Trends(lake).trending
        assert names(found("model")) == ["a/new"], "the source that was observed last"
        assert names(found("model", universe="model@before")) == ["a/old"]
        assert names(found("dataset")) == names(found("model", universe="dataset")) == ["a/data"]
        assert found("model", universe="model/active").universe == "model@after/active"
        with pytest.raises(NotFound, match="space"):
            found("space")
        with pytest.raises(NotFound, match="after, before"):
            found("model", universe="model@nobody")
        assert rank(lake, lake.reading) in (3, 0)


def test_a_limit_and_what_is_kept_at_most(lake: Lake, tmp_path: Path) -> None:
    pace = {f"a/r{number}": 1 + number for number in range(FIRST + 5)}
    panel(lake, tmp_path, history(pace, DAYS - 9))
    rank(lake, lake.reading)
    found = Trends(lake).trending("model", "hub", limit=FIRST)
    assert names(found) == sorted(pace, key=lambda name: -pace[name])[:FIRST]
    assert [row.rank for row in found.rows] == list(range(1, FIRST + 1))
    assert len(Trends(lake).trending("model", limit=3).rows) == 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"kind": "model", "sort": "best"}, "'best' is no sort: choose hub, pulse, surprise"),
        ({"kind": "paper"}, "A universe is"),
        ({"kind": "model", "universe": "model@test/'; drop"}, "A universe is"),
        ({"kind": "model", "limit": 0}, "limit is from 1 to 200"),
        ({"kind": "model", "limit": 201}, "limit is from 1 to 200"),
    ],
)
def test_what_cannot_be_asked(told: Lake, words: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        Trends(told).trending(**words)


def test_nothing_was_ingested(lake: Lake) -> None:
    assert rank(lake, lake.reading) == 0
    with pytest.raises(NotFound, match="Nothing was ingested yet"):
        Trends(lake).trending("model")


def test_what_is_made_up_says_so(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, history({"a/x": 1}), synthetic=True)
    rank(lake, lake.reading)
    found = Trends(lake).trending("model")
    assert found.is_synthetic
    assert all(row["synthetic"] for row in found.to_json())


# -- this hub itself ----------------------------------------------------------------------------


OURS = ["acme/most", "acme/more", "acme/liked"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path / "data")) as hub:
        add_cast(hub)
        cast = actors(hub)
        for name, fans in (("most", 3), ("more", 2), ("liked", 1)):
            repo = create(hub, f"acme/{name}")
            for who in ("alice", "bob", "charlie")[:fans]:
                hub.community.like(cast[who], repo)
        hub.pulse.ingest()
        yield hub


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_hidden_is_not_shown(hub: Hub, is_kept: bool, is_known: bool) -> None:
    """Neither from what is kept nor computed, though the job that withdraws has not run."""
    if is_kept:
        hub.pulse.rank({})
    if is_known:  # it was read before
        assert names(hub.pulse.trending()) == OURS
    root = hub.accounts.actor("root")
    hub.registry.change_settings(root, "model", "acme/most", visibility="private")
    found = hub.pulse.trending()
    assert [(row.rank, row.id) for row in found.rows] == [(1, "acme/more"), (2, "acme/liked")]
    hub.registry.move(root, "model", "acme/more", "acme/other")
    hub.registry.delete(root, "model", "acme/liked")
    assert hub.pulse.trending().rows == ()


def test_jobs_rank_after_what_they_took_in(hub: Hub) -> None:
    def kept() -> list[str]:
        rows = hub.pulse.query(
            'select id from ranking where sort = \'hub\' and "rank" > 0 order by "rank"'
        ).rows
        return [row[0] for row in rows]

    hub.jobs.run_due()
    assert kept() == []
    hub.jobs.add("pulse.own", {}, key="now")
    hub.jobs.run_due()
    assert kept() == OURS
    root = hub.accounts.actor("root")
    hub.registry.change_settings(root, "model", "acme/most", visibility="private")
    hub.jobs.run_due()
    assert kept() == ["acme/more", "acme/liked"]


def test_another_hub_goes_before_this_one(hub: Hub, tmp_path: Path) -> None:
    assert hub.pulse.trending().source == "own"
    panel(hub.pulse.lake, tmp_path, history({"a/x": 1}))
    assert hub.pulse.trending().source == "test"
    assert names(hub.pulse.trending(universe="model@own")) == [
        "acme/most",
        "acme/more",
        "acme/liked",
    ]
