"""Reports that are kept: which are due, what a crash leaves, what is made again."""

import os
import signal
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from hearthub.errors import NotFound
from hearthub.lake import Lake
from hearthub.pulse import TABLES, Charts, keeping
from hearthub.pulse.charts import charts as charts_module
from hearthub.pulse.keeping import make_missing
from hearthub.pulse.kept import Shelf
from hearthub.sandbox import Sandbox
from pulse.lakes import panel
from pulse.report.conftest import made_up

NOW = datetime(2026, 3, 10)


def days(*found: str, **more: Any) -> list[dict[str, Any]]:
    """One model, seen on these days."""
    return [
        {"id": "a/b", "created_at": "2025-01-01", "observed_at": f"{day}T12:00:00",
         "likes": 9 * place, "downloads_all": 100 * place, **more}
        for place, day in enumerate(found, 1)
    ]  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "reports")


def there(shelf: Shelf) -> list[tuple[str, str]]:
    return [(it.kind, str(it.until)) for it in shelf.all() if it.lang == "en"]


def test_weeks_that_are_over_and_were_looked_at(
    lake: Lake, shelf: Shelf, tmp_path: Path, charts: Charts
) -> None:
    # Two days of one week, none of the next, one each of two more; the last one is not over.
    panel(lake, tmp_path, days("2026-02-10", "2026-02-14", "2026-02-25", "2026-03-09"))
    assert make_missing(shelf, lake, charts, NOW) == 3
    assert there(shelf) == [("state", "2026-03-09"), ("weekly", "2026-03-01"),
                            ("weekly", "2026-02-15")]  # fmt: skip
    assert make_missing(shelf, lake, charts, NOW) == 0, "nothing is missing"


def test_not_more_than_the_last_weeks(
    lake: Lake,
    shelf: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    charts: Charts,
) -> None:
    monkeypatch.setattr(keeping, "WEEKS", 2)
    panel(lake, tmp_path, days("2026-01-07", "2026-01-14", "2026-01-21", "2026-01-28"))
    make_missing(shelf, lake, charts, NOW)
    assert there(shelf) == [("weekly", "2026-01-28"), ("state", "2026-01-28"),
                            ("weekly", "2026-01-25")]  # fmt: skip


def test_what_more_is_known_of_replaces_it(
    lake: Lake, shelf: Shelf, tmp_path: Path, charts: Charts
) -> None:
    panel(lake, tmp_path, days("2026-01-07"))
    make_missing(shelf, lake, charts, NOW)
    assert there(shelf) == [("weekly", "2026-01-07"), ("state", "2026-01-07")]
    panel(lake, tmp_path, days("2026-01-07", "2026-01-09", "2026-01-14"))
    make_missing(shelf, lake, charts, NOW)
    assert there(shelf) == [("weekly", "2026-01-14"), ("state", "2026-01-14"),
                            ("weekly", "2026-01-11")]  # fmt: skip


def test_every_week_of_a_made_up_source_says_so(
    lake: Lake, shelf: Shelf, tmp_path: Path, charts: Charts
) -> None:
    """Its snapshot is known by its last day, and the weeks are before."""
    panel(lake, tmp_path, days("2026-01-07", "2026-01-14", "2026-02-25"), synthetic=True)
    make_missing(shelf, lake, charts, NOW)
    found = [it for it in shelf.all() if it.lang == "en"]
    assert len(found) == 4
    for it in found:
        assert it.is_synthetic
        assert "[synthetic data]" in it.title
        assert "[synthetic data]" in it.headline
        assert "synthetic" in it.file("report.md").read_text()


def test_an_empty_lake_has_no_reports(lake: Lake, shelf: Shelf, charts: Charts) -> None:
    assert make_missing(shelf, lake, charts, NOW) == 0
    assert shelf.all() == []


def test_one_that_cannot_be_made_keeps_no_other(
    lake: Lake,
    shelf: Shelf,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    charts: Charts,
) -> None:
    panel(lake, tmp_path, days("2026-01-07"), source="first")
    panel(lake, tmp_path, days("2026-01-07"), source="second")
    (shelf.folder / "weekly").mkdir(parents=True)
    (shelf.folder / "weekly" / "first").touch()  # where a folder should be
    with pytest.raises(OSError, match="first"):
        make_missing(shelf, lake, charts, NOW)
    found = {(it.kind, it.source) for it in shelf.all()}
    assert found == {("state", "first"), ("state", "second"), ("weekly", "second")}
    (shelf.folder / "weekly" / "first").unlink()
    assert make_missing(shelf, lake, charts, NOW) == 1
    assert {it.source for it in shelf.all()} == {"first", "second"}


def test_files_are_those_of_the_report(
    lake: Lake, shelf: Shelf, tmp_path: Path, charts: Charts
) -> None:
    panel(lake, tmp_path, days("2026-01-07"))
    make_missing(shelf, lake, charts, NOW)
    found = shelf.all()[0]
    assert found.file("report.html").is_file()
    for name in ("../kept.json", "kept.json", "", ".", "/etc/passwd"):
        with pytest.raises(NotFound):
            found.file(name)
    for source in ("..", "../reports", "*", "", "a/b", "x" * 99):
        with pytest.raises(NotFound):
            shelf.one(found.kind, source, found.until, "en")


def own(*found: str) -> list[dict[str, Any]]:
    """Repos of this hub."""
    seen = days("2026-01-07", "2026-01-08", created_at="2026-01-06")
    return [row | {"id": name} for name in found for row in seen]


def test_what_tells_of_the_withdrawn_is_made_again(
    lake: Lake,
    shelf: Shelf,
    tmp_path: Path,
    charts: Charts,
) -> None:
    panel(lake, tmp_path, own("a/stays", "a/goes"), source="own")
    panel(lake, tmp_path, days("2026-01-07"), source="other")
    make_missing(shelf, lake, charts, NOW)
    before = {(it.kind, it.source, it.lang): it for it in shelf.all()}
    assert "a/goes" in before["weekly", "own", "en"].file("report.md").read_text()
    gone = [{"id": "a/goes", "observed_at": "2026-01-08T13:00:00", "removed": True}]
    panel(lake, tmp_path, gone, source="own")
    assert make_missing(shelf, lake, charts, NOW) == 2
    for it in shelf.all():
        old = before[it.kind, it.source, it.lang]
        assert (it.folder == old.folder) is (it.source == "other")
        assert "a/goes" not in it.file("report.md").read_text()
        assert old.folder.exists() is (it.source == "other")


def _dying(reports: Path, folder: Path) -> None:
    """Makes the reports anew, and dies before the first is in its place."""
    keeping._put = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    sandbox = Sandbox(1)
    charts = Charts(reports.parent / "charts", sandbox)
    make_missing(Shelf(reports), Lake(folder, TABLES, sandbox), charts, NOW)


def test_a_crash_leaves_the_one_before(
    lake: Lake, shelf: Shelf, tmp_path: Path, charts: Charts
) -> None:
    panel(lake, tmp_path, days("2026-01-07"))
    make_missing(shelf, lake, charts, NOW)
    before = shelf.all()
    panel(lake, tmp_path, days("2026-01-07", "2026-01-09"))
    process = get_context("spawn").Process(target=_dying, args=(shelf.folder, lake.folder))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert list(shelf.folder.glob("making-*/whole/en/report.json")), "it was being made"
    assert shelf.all() == before
    assert make_missing(shelf, lake, charts, NOW) == 2
    assert there(shelf) == [("weekly", "2026-01-09"), ("state", "2026-01-09")]
    assert not list(shelf.folder.glob("making-*"))


def test_without_charts_until_they_can_be_drawn(
    lake: Lake, shelf: Shelf, tmp_path: Path, charts: Charts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WEEKS", 1)
    made_up(lake, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(charts_module, "_is_installed", lambda: False)
        assert make_missing(shelf, lake, charts, datetime(2026, 3, 17)) == 2
    before = {(it.kind, it.lang): it for it in shelf.all()}
    for it in before.values():
        assert not it.is_drawn
        assert not [name for name in it.files if name.endswith(".svg")]
        assert "hearthub[reports]" in it.file("report.html").read_text()
        assert "hearthub[reports]" in it.file("report.md").read_text()
    assert make_missing(shelf, lake, charts, datetime(2026, 3, 17)) == 0, (
        "no number is worked out again"
    )
    for it in shelf.all():
        old = before[it.kind, it.lang]
        assert it.is_drawn
        assert {"chart-rising.svg", "chart-rising.dark.svg"} <= set(it.files) or it.kind == "state"
        assert (it.made, it.title, it.headline) == (old.made, old.title, old.headline)
        assert "hearthub[reports]" not in it.file("report.html").read_text()
    made = [it.folder for it in shelf.all()]
    make_missing(shelf, lake, charts, datetime(2026, 3, 17))
    assert [it.folder for it in shelf.all()] == made
