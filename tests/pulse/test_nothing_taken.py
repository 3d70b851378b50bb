"""A file of which no row could be taken stops nothing: it is a snapshot without a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.pulse import make_report
from hearthub.settings import Settings
from hearthub.web.pulse_sources import by_date
from pulse.lakes import history, panel, rows

FUTURE = [{"id": "acme/late", "observed_at": "2999-01-01T00:00:00Z", "likes": 1}]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """`good` and `zero` told; of another file of `good`, and of all of `bad`, nothing was taken."""
    with open_hub(Settings(data=tmp_path / "data", min_free=0)) as parts:
        lake = parts.pulse.lake
        panel(lake, tmp_path, history({"acme/a": 3, "acme/b": 1}), source="good")
        panel(lake, tmp_path, history({"acme/a": 3}, last=9), source="zero")
        for source in ("good", "bad"):
            done = panel(lake, tmp_path, FUTURE, source=source)
            assert (done.rows, done.rejected) == (0, 1)
        assert len(rows(lake, "select * from snapshot where observed_at is null")) == 2
        yield parts


def test_claims_are_judged(hub: Hub) -> None:
    queries = [verdict.query for verdict in hub.pulse.claims() if verdict.query]
    assert queries
    assert all("@good/" in query for query in queries)


def test_reports_are_made(hub: Hub) -> None:
    assert make_report(hub.pulse.lake, "weekly").universe == "model@good/all"
    hub.pulse.make_reports({})
    assert {report.source for report in hub.pulse.reports()} == {"good", "zero"}


def test_pages_have_an_order(hub: Hub) -> None:
    assert by_date(hub) == ["good", "zero", "bad"]


def test_it_trends(hub: Hub) -> None:
    hub.pulse.rank({})
    found = hub.pulse.trending()
    assert (found.source, found.rows[0].id) == ("good", "acme/a")
