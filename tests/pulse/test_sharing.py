"""Sources that may not be passed on: what an export leaves out (docs/reports.md)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hearthub.app import open_hub
from hearthub.context import Hub
from hearthub.errors import BadRequest, Forbidden
from hearthub.lake import Lake
from hearthub.pulse import (
    TABLES,
    keeping,
    known_claims,
    known_metrics,
    known_origins,
    make_report,
    names_repos,
    require_shareable,
)
from hearthub.pulse.framing import open_frame
from hearthub.pulse.keeping import make_missing
from hearthub.pulse.kept import Shelf
from hearthub.pulse.measures import measure_one
from hearthub.sandbox import Sandbox
from hearthub.settings import Settings
from pulse.lakes import DAYS, START, history, panel
from pulse.report.conftest import made_up

NAMES = {"big/steady", "cn/rocket", "us/second"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """Of a source that is open and one that is closed."""
    with open_hub(Settings(data=tmp_path / "hub", min_free=0)) as parts:
        more = {"license": "mit", "base_model": "base/one", "relation": "finetune"}
        panel(parts.pulse.lake, tmp_path, history({"open/x": 5}, **more), source="open")
        panel(parts.pulse.lake, tmp_path, history({"shut/x": 5}, **more), source="shut",
              redistributable=False)  # fmt: skip
        yield parts


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("big")
    return made_up(Lake(folder / "lake", TABLES, Sandbox(1)), folder)


def test_every_metric_that_names_repos_is_known_to(big: Lake) -> None:
    asked = {(metric.id, by) for metric in known_metrics() for by in (None, *metric.dimensions)}
    naming = set()
    with big.reading() as session:
        frame = open_frame(session, "model@made-up", "all")
        for metric in known_metrics():
            for by in (None, *metric.dimensions):
                if "model" not in metric.types or (metric.id, by) in naming:
                    continue
                for row in measure_one(frame, metric.id, by):
                    if NAMES & {part.strip() for part in (row.dimension or "").split(" / ")}:
                        naming.add((metric.id, by))
    assert naming, "this test must be able to fail"
    assert {it for it in naming if not names_repos(*it)} == set()
    assert {it for it in asked if names_repos(*it)} >= naming


def test_no_claim_is_about_a_repo() -> None:
    assert not [it.id for it in known_claims() if it.metric and names_repos(it.metric, it.by)]


def test_nor_is_it_in_an_export_by_its_files(hub: Hub) -> None:
    for name in ("repo", "counter", "state"):
        for file in hub.pulse.lake.manifest().files(name):
            path = hub.pulse.lake.folder / file.path
            for sql in (f"from '{path}'", f"from read_parquet('{path.parent}/*.parquet')"):
                with pytest.raises(BadRequest, match="no table of the lake"):
                    hub.pulse.query(sql, export=True)


@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_an_export_of_sql_is_without_what_is_closed(hub: Hub, table: str) -> None:
    whole = hub.pulse.query(f"select * from {table}")
    part = hub.pulse.query(f"select * from {table}", export=True)
    assert part.columns == whole.columns
    if table in ("repo", "snapshot", "capture", "state", "counter", "seen", "edge", "classified"):
        assert 0 < len(part.rows) < len(whole.rows)
    closed = {
        row[0]
        for row in hub.pulse.query(
            "select repo_id from repo where source = 'shut'"
            " union select snapshot_id::varchar from snapshot"
            " where source = 'shut' union select 'shut'"
        ).rows
    }
    assert closed
    assert not [row for row in part.rows if closed & {str(cell) for cell in row}]


def test_the_rows_of_others_are_all_there(hub: Hub) -> None:
    sql = """select count(*), sum(likes) from counter join repo using (repo_id)
        where source = 'open'"""
    assert hub.pulse.query(sql, export=True).rows == hub.pulse.query(sql).rows


def test_what_is_closed_in_part_is_closed(hub: Hub, tmp_path: Path) -> None:
    panel(hub.pulse.lake, tmp_path, history({"open/x": 5}, 60, 62), source="shut",
          redistributable=True)  # fmt: skip
    with pytest.raises(Forbidden, match="'shut'"):
        require_shareable(known_origins(hub.pulse.lake), ["open", "shut"])
    require_shareable(known_origins(hub.pulse.lake), ["open", "nobody"])


def test_a_report_of_days_before_is_closed_by_what_came_later(hub: Hub, tmp_path: Path) -> None:
    until = (START + timedelta(DAYS - 1)).date()
    assert make_report(hub.pulse.lake, "weekly", "model@open", until).may_be_shared
    panel(hub.pulse.lake, tmp_path, history({"open/x": 5}, 60, 62), source="open",
          redistributable=False)  # fmt: skip
    assert not make_report(hub.pulse.lake, "weekly", "model@open", until).may_be_shared


def test_a_page_shows_what_its_files_leave_out(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WEEKS", 1)
    shelf = Shelf(tmp_path / "reports")
    make_missing(shelf, hub.pulse.lake, hub.pulse.charts, datetime(2026, 5, 10))
    weeks = [it for it in shelf.all() if it.kind == "weekly"]
    for it in weeks:
        name = f"{it.source}/x"
        assert name in it.content().decode()
        told = json.loads(it.file("report.json").read_bytes())
        assert (name in json.dumps(told)) == (it.source == "open")
        assert "whole.json" not in it.files
    assert {it.source for it in weeks} == {"open", "shut"}


def test_what_was_kept_of_an_open_source_is_made_again_when_it_is_closed(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WEEKS", 1)
    shelf, day = Shelf(tmp_path / "reports"), datetime(2026, 5, 10)
    make_missing(shelf, hub.pulse.lake, hub.pulse.charts, day)
    told = {**history({"open/x": 5}, 0, 1)[0], "likes": 1}
    panel(hub.pulse.lake, tmp_path, [told], source="open", redistributable=False)
    assert make_missing(shelf, hub.pulse.lake, hub.pulse.charts, day) == 2
    for it in shelf.all():
        assert "open/x" not in it.file("report.json").read_text()
    assert make_missing(shelf, hub.pulse.lake, hub.pulse.charts, day) == 0
