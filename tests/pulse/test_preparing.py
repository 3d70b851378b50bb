"""Metrics that are worked out before anybody asks, and the SQL that is kept with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import BadRequest
from hearthub.pulse import Measures, known_metrics
from hearthub.pulse.report.asking import steady
from hearthub.settings import Settings
from pulse.lakes import history, panel


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
