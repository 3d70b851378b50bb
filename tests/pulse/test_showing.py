"""Observed repos in the catalogue: found, ranked, brought up to date, gone."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hearthub.accounts import ANONYMOUS
from hearthub.app import open_hub
from hearthub.catalogue import Filter, Listing, Page
from hearthub.context import Hub
from hearthub.settings import Settings
from pulse.lakes import panel

ORIGIN = "hub.example"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path / "data")) as hub:
        yield hub


def told(repo: str, day: int, likes: int, **more: Any) -> dict[str, Any]:
    at = (datetime(2026, 5, 1) + timedelta(days=day)).isoformat()
    return {"id": repo, "observed_at": at, "likes": likes, "license": "mit", **more}


def listed(hub: Hub, origin: str = ORIGIN, **more: Any) -> dict[str, Any]:
    rows, _ = hub.catalogue.page(
        ANONYMOUS, Filter("model", origin=origin, **more), Page("likes", limit=100)
    )
    return {row.observed.full_name: row for row in rows if row.observed}


def test_what_is_taken_in_is_listed(hub: Hub, tmp_path: Path) -> None:
    rows = [
        told("acme/a", 0, 1, tags=["far"], parameters=7_000_000_000, downloads_30d=9),
        told("acme/b", 0, 5, created_at="2026-01-02T03:04:05Z"),
        told("not a name", 0, 9),
    ]
    panel(hub.pulse.lake, tmp_path, rows, origin=ORIGIN)
    hub.pulse.show({})
    found = listed(hub)
    assert list(found) == ["acme/b", "acme/a"]
    a, b = found["acme/a"], found["acme/b"]
    assert (a.counters.likes, a.counters.downloads) == (1, 9)
    assert (a.observed.facts.tags, a.observed.facts.licenses) == (["far"], ["mit"])
    assert a.observed.facts.parameters_total == 7_000_000_000
    assert b.counters.created == 1_767_323_045_000
    assert list(listed(hub, any_of=[[("tag", "far")]])) == ["acme/a"]


def test_what_has_no_origin_is_listed_nowhere(hub: Hub, tmp_path: Path) -> None:
    panel(hub.pulse.lake, tmp_path, [told("acme/a", 0, 1)])
    hub.pulse.show({})
    assert listed(hub, "all") == {}


def test_what_may_not_be_passed_on_is_listed_nowhere(hub: Hub, tmp_path: Path) -> None:
    """A list is JSON, too. Who closes a source in one snapshot closes all."""
    rows = [told("acme/a", 0, 1)]
    panel(hub.pulse.lake, tmp_path, rows, origin=ORIGIN, redistributable=False)
    panel(hub.pulse.lake, tmp_path, [told("acme/b", 1, 1)], origin=ORIGIN)
    hub.pulse.show({})
    assert listed(hub, "all") == {}


def test_what_is_made_up_is_listed_nowhere(hub: Hub, tmp_path: Path) -> None:
    """No list says that a figure was made up. And it hides nobody who is real."""
    panel(hub.pulse.lake, tmp_path, [told("acme/real", 0, 1)], origin=ORIGIN, source="real")
    made_up = [told("acme/real", 3, 999), told("acme/false", 3, 1)]
    panel(hub.pulse.lake, tmp_path, made_up, origin=ORIGIN, source="false", synthetic=True)
    hub.pulse.show({})
    hub.pulse.rank({})
    found = listed(hub)
    assert {name: row.counters.likes for name, row in found.items()} == {"acme/real": 1}
    history = hub.pulse.history("model", "acme/real", ORIGIN)
    assert [it.likes for it in history] == [1]


def test_newer_snapshots_change_it(hub: Hub, tmp_path: Path) -> None:
    for day, likes in ((0, 1), (1, 8)):
        rows = [told("acme/a", day, likes), told("acme/b", day, 2)]
        panel(hub.pulse.lake, tmp_path, rows, origin=ORIGIN, whole=True)
        hub.pulse.show({})
    assert {name: row.counters.likes for name, row in listed(hub).items()} == {
        "acme/a": 8,
        "acme/b": 2,
    }
    panel(hub.pulse.lake, tmp_path, [told("acme/b", 2, 3)], origin=ORIGIN, whole=True)
    hub.pulse.show({})
    assert {name: row.counters.likes for name, row in listed(hub).items()} == {"acme/b": 3}


def test_a_late_snapshot_does_not_bring_old_numbers_back(hub: Hub, tmp_path: Path) -> None:
    for day, likes in ((5, 8), (1, 2)):
        panel(hub.pulse.lake, tmp_path, [told("acme/a", day, likes)], origin=ORIGIN)
        hub.pulse.show({})
    assert listed(hub)["acme/a"].counters.likes == 8


def test_of_two_sources_the_later_is_believed(hub: Hub, tmp_path: Path) -> None:
    for source, day, likes in (("one", 5, 8), ("two", 1, 2)):
        row = told("acme/a", day, likes)
        panel(hub.pulse.lake, tmp_path, [row], origin=ORIGIN, source=source)
    for _ in range(2):
        hub.pulse.show({})
        assert listed(hub)["acme/a"].counters.likes == 8


def test_the_jobs_run(hub: Hub, tmp_path: Path) -> None:
    for day in range(12):
        panel(hub.pulse.lake, tmp_path, [told("acme/a", day, day)], origin=ORIGIN)
    before = len(hub.pulse.lake.manifest().files("counter"))
    hub.pulse.tidy({})
    hub.pulse.classify({})
    assert (before, len(hub.pulse.lake.manifest().files("counter"))) == (12, 1)
    answer = hub.pulse.query("select licence_class, count(*) from classified group by all")
    assert answer.rows == (("permissive", 1),)


def test_other_facts_classify_everything_anew(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel(hub.pulse.lake, tmp_path, [told("acme/a", 0, 1), told("acme/b", 1, 1)])
    version = hub.pulse.lake.version
    hub.pulse.classify({})
    assert hub.pulse.lake.version == version
    monkeypatch.setattr("hearthub.pulse.classify.FACTS_VERSION", 99)
    hub.pulse.classify({})
    found = hub.pulse.query("select facts_version, count(*) from classified group by all")
    assert found.rows == ((99, 2),)


def test_a_kill_costs_no_more_than_a_part(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that comes meanwhile waits until what was begun is done."""
    monkeypatch.setattr("hearthub.pulse.showing.PART", 10)
    panel(hub.pulse.lake, tmp_path, [told(f"a/{n}", 0, n) for n in range(100)], origin=ORIGIN)
    observe, seen = hub.catalogue.observe, []

    def killed(listings: Iterable[Listing]) -> None:
        some = list(listings)
        if len(seen) + len(some) > 40:
            raise KeyboardInterrupt
        seen.extend(it.full_name for it in some)
        observe(some)

    monkeypatch.setattr(hub.catalogue, "observe", killed)
    with pytest.raises(KeyboardInterrupt):
        hub.pulse.show({})
    first, seen = seen, []
    panel(hub.pulse.lake, tmp_path, [told("a/7", 1, 1000)], origin=ORIGIN)

    def counting(listings: Iterable[Listing]) -> None:
        some = list(listings)
        seen.extend(it.full_name for it in some)
        observe(some)

    monkeypatch.setattr(hub.catalogue, "observe", counting)
    hub.pulse.show({})
    assert len(first) > 10
    assert len(set(first + seen)) == 100
    assert not set(first) & (set(seen) - {"a/7"})
    assert listed(hub)["a/7"].counters.likes == 1000
    assert len(listed(hub)) == 100
    place = hub.settings.data / "tmp" / "pulse" / "showing"
    assert {path.name for path in place.iterdir()} <= {"lock", "rows"}
    assert hub.pulse.query("select count(*) from shown").rows == ((2,),)
