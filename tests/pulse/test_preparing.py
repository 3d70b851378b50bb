"""Metrics that are worked out before anybody asks, and the SQL that is kept with them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.pulse import Measures, MetricRow, known_metrics
from hearthub.pulse.gathered import Gathered
from hearthub.pulse.report.asking import steady
from hearthub.settings import Settings
from pulse.lakes import DAYS, START, history, panel

LAST = (START + timedelta(DAYS - 1)).date()


@pytest.fixture(autouse=True)
def no_looking_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearthub.pulse.preparing.BACK_S", 0)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with open_hub(Settings(data=tmp_path / "hub", min_free=0, max_pulse_seconds=0.001)) as parts:
        rows = history({"a/x": 5, "a/y": 3, "b/z": 1}, license="mit", created_at="2026-01-01")
        panel(parts.pulse.lake, tmp_path, rows, source="told")
        yield parts


def test_after_the_job_nobody_waits_for_what_pages_show(hub: Hub) -> None:
    """A millisecond is too short for any that is worked out when it is asked."""
    hub.pulse._prepare_answers()
    plain = Measures(hub.pulse.lake)
    of_models = [it for it in known_metrics() if it.types[0] == "model" and not it.source]
    for number, metric in enumerate(of_models):
        found = hub.pulse.metric(metric.id)
        assert hub.pulse.metric(metric.id, None, "model@told/all", metric.window) == found
        assert hub.pulse.metric(metric.id, None, "model", None) == found
        if number % 8 == 0:
            assert found == [steady(row) for row in plain.metric(metric.id)]
    with pytest.raises(Exception, match="longer than"):
        hub.pulse.metric("downloads_gini", None, "model", "8d")


def test_what_a_changed_lake_says_is_not_what_was_prepared(hub: Hub, tmp_path: Path) -> None:
    hub.pulse._prepare_answers()
    hub.pulse.metric("repos_created")
    panel(hub.pulse.lake, tmp_path, history({"c/new": 9}), source="told")
    with pytest.raises(Exception, match="longer than"):
        hub.pulse.metric("repos_created")


def test_the_sql_that_is_kept_runs_by_itself(hub: Hub) -> None:
    """All that a metric reads is made in it, also what another one of its frame made."""
    hub.pulse._prepare_answers()
    for name in ("risers", "one_gpu", "movers", "share_country", "downloads_gini"):
        sql = hub.pulse.metric_sql(name)
        assert any("temp table u as" in each for each in sql)
        alone = Measures(hub.pulse.lake).measured(name).sql
        of_its_own = [it for it in alone if "riser" in it or "Gini" in it or "mover" in it]
        assert set(of_its_own) <= set(sql), name


def test_what_is_no_universe_is_refused(hub: Hub) -> None:
    with pytest.raises(BadRequest, match="A universe is"):
        hub.pulse.metric("downloads_gini", None, "models", None)


class TestDaysBefore:
    def test_each_is_what_was_to_be_said_then(
        self, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a history without changes the value of a day is that of a window which ends there."""
        monkeypatch.setattr("hearthub.pulse.preparing.BACK_S", 600)
        hub.pulse._prepare_answers()
        plain = Measures(hub.pulse.lake)
        for name in ("period_downloads", "few_downloads", "new_repos"):
            found = hub.pulse.metric_days(name)
            days = sorted({row.window_end for row in found}, reverse=True)
            assert days == [LAST - timedelta(n) for n in range(14)], name
            assert found[0].window_end == LAST
            told = [row for row in found if row.window_end == days[2]]
            window = f"{told[0].window_start}..{days[2]}"
            again = plain.metric(name, None, "model@told/all", window)
            assert told == [steady(row) for row in again]
        before = hub.pulse.metric_days("period_downloads")
        rows = history({"a/x": 5, "a/y": 3, "b/z": 1}, DAYS, DAYS + 1)
        panel(hub.pulse.lake, tmp_path, rows, source="told")
        hub.pulse._prepare_answers()
        after = hub.pulse.metric_days("period_downloads")
        assert [row.window_end for row in after] == [LAST + timedelta(1 - n) for n in range(14)]
        assert {row.window_end: row for row in after}[LAST - timedelta(5)] in before

    def test_no_row_of_single_repos_is_gathered(self, hub: Hub) -> None:
        hub.pulse._prepare_answers()
        folder = hub.settings.data / "pulse" / "values"
        kept = [path.stem for path in folder.glob("*/*.json")]
        assert "model-downloads_gini" in kept
        assert not [it for it in kept if it.split("-")[1] in ("movers", "risers", "trending_hub")]
        assert hub.pulse.metric_days("risers") == hub.pulse.metric("risers")

    def test_who_asks_leaves_it_for_later(self, hub: Hub, tmp_path: Path) -> None:
        """Of a source that the job leaves out, since another was observed last."""
        asked = "model@told/all"
        hub.pulse._prepare_answers()
        before = hub.pulse.metric_days("few_downloads", asked)
        panel(hub.pulse.lake, tmp_path, history({"a/x": 5}, DAYS, DAYS + 2), source="told")
        key = ("metric", "few_downloads", None, asked, "all")
        measures = Measures(hub.pulse.lake).measured("few_downloads", None, asked)
        hub.pulse._asked.prepare(hub.pulse._told, key, lambda _: measures)
        after = hub.pulse.metric_days("few_downloads", asked)
        assert [*after[: len(before)], *before] == after
        assert after[0].window_end == LAST + timedelta(2)

    def test_of_a_part_of_the_repos_nothing_is_gathered(self, hub: Hub) -> None:
        hub.pulse._prepare_answers()
        asked = "model@told/active"
        key = ("metric", "few_downloads", None, asked, "all")
        measures = Measures(hub.pulse.lake).measured("few_downloads", None, asked)
        hub.pulse._asked.prepare(hub.pulse._told, key, lambda _: measures)
        found = hub.pulse.metric_days("few_downloads", asked)
        assert {row.universe for row in found} == {asked}

    def test_another_version_of_a_metric_is_another_series(self, tmp_path: Path) -> None:
        gathered = Gathered(tmp_path / "values")
        row = MetricRow(
            "m", 1, "model@s/all", "s", LAST, LAST, 1.0, 2.0, 0.5, None, None, 3, 1.0, ("x",)
        )
        gathered.add("m", "model@s/all", LAST, [row])
        assert gathered.rows("m", "model@s/all", 1) == [row]
        assert gathered.rows("m", "model@s/all", 2) == []
        for day in range(20):
            gathered.add("m", "model@s/all", LAST + timedelta(day), [row])
        assert len(gathered.days("m", "model@s/all")) == 14
        gathered.forget("other")
        assert gathered.rows("m", "model@s/all", 1)
        gathered.forget("s")
        assert gathered.rows("m", "model@s/all", 1) == []
