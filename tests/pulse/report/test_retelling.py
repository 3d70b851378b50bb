"""A report whose numbers are right and are shown wrong: beside other names, in another order, as a
chart of something else, without its label. And one that was made before more was ingested."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from hearthub.cli.pulse_report import verify
from hearthub.errors import BadRequest
from hearthub.lake import Lake
from hearthub.pulse import Charts, make_report, verify_report, write_report
from pulse.lakes import panel, rows
from pulse.report.conftest import DAYS, START, made_up
from pulse.report.test_verifying import altered

Told = dict[str, Any]


@pytest.fixture(scope="module")
def path(planted: Lake, tmp_path_factory: pytest.TempPathFactory, charts: Charts) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(make_report(planted, "weekly"), folder, ("en",), charts)
    return folder / "report.json"


def blocks(report: Told, kind: str) -> list[Told]:
    found = [block for section in report["sections"] for block in section["blocks"]]
    return [block for block in found if kind in block]


def rename(report: Told) -> None:
    for table in blocks(report, "table"):
        for cell in (cell for row in table["rows"] for cell in row if cell and "text" in cell):
            cell["text"] = "evil/model"
            return
    raise AssertionError("no table names a repo")


def swap(report: Told) -> None:
    one, other = next(it for it in blocks(report, "table") if len(it["rows"]) > 1)["rows"][:2]
    (column,) = [i for i, cell in enumerate(one) if cell and "number" in cell][:1]
    one[column], other[column] = other[column], one[column]


def plot(report: Told) -> None:
    blocks(report, "chart")[0]["points"][0]["number"] = "n1"


def unlabel(report: Told) -> None:
    report["synthetic"] = False


def relicense(report: Told) -> None:
    report["sources"][0]["licence"] = "MIT"


def shorten(report: Told) -> None:
    report["sections"][0]["blocks"].pop()


def title(report: Told) -> None:
    report["sections"][0]["title"]["en"] = "Buy now"


def lengthen(report: Told) -> None:
    blocks(report, "table")[0]["rows"].append(None)


def empty(report: Told) -> None:
    report["sections"], report["numbers"] = [], {}


def postdate(report: Told) -> None:
    report["until"] = "2020-01-01"


def reword(report: Told) -> None:
    """The words and what they are made of, so that they go together."""
    for block in blocks(report, "sentence"):
        for slot in block["slots"].values():
            if "text" in slot:
                for language, text in block["text"].items():
                    block["text"][language] = text.replace(slot["text"], "evil/model")
                slot["text"] = "evil/model"
                return
    raise AssertionError("no sentence has a stranger's text")


def explain(report: Told) -> None:
    next(iter(report["numbers"].values()))["row"]["reason"] = "nobody knows"


@pytest.mark.parametrize(
    ("change", "field"),
    [(rename, "block"), (swap, "block"), (plot, "block"), (unlabel, "synthetic"),
     (relicense, "sources"), (shorten, "block"), (lengthen, "block"), (title, "title"),
     (empty, "section"), (postdate, "report"), (reword, "block"), (explain, "reason")],
)  # fmt: skip
def test_what_is_shown_otherwise_is_found(
    planted: Lake, path: Path, tmp_path: Path, change: Callable[[Told], None], field: str
) -> None:
    _, found = verify_report(planted, altered(path, tmp_path, change))
    assert {each.field for each in found} == {field}


def test_a_number_too_large_for_a_float_is_an_error_with_a_name(
    planted: Lake, path: Path, tmp_path: Path
) -> None:
    def change(report: Told) -> None:
        next(iter(report["numbers"].values()))["row"]["value"] = 10**400

    with pytest.raises(BadRequest, match="no whole report"):
        verify_report(planted, altered(path, tmp_path, change))


@pytest.mark.parametrize("kind", ["weekly", "state"])
def test_a_report_holds_when_later_days_are_ingested(
    lake: Lake, tmp_path: Path, kind: str, charts: Charts
) -> None:
    made_up(lake, tmp_path)
    write_report(make_report(lake, kind), tmp_path / "report", ("en",), charts)
    week = [
        {"id": f"small/m{i}", "observed_at": (START + timedelta(DAYS + day)).isoformat(),
         "likes": 10_000 + day, "downloads_all": 10**6 + 1000 * day}
        for day in range(7) for i in range(30)
    ]  # fmt: skip
    panel(lake, tmp_path, week, source="made-up", synthetic=True)
    last = rows(lake, "select max(observed_at) as last from snapshot")[0]["last"]
    assert last == datetime(2026, 1, 1, 12) + timedelta(DAYS + 6)
    assert verify_report(lake, tmp_path / "report" / "report.json")[1] == []


def test_names_in_a_report_do_nothing_to_a_terminal(
    planted: Lake, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    def change(report: Told) -> None:
        entry = json.loads(json.dumps(report["numbers"]["n1"]))
        entry["row"]["value"] = 5
        report["numbers"]["\x1b]0;owned\x07\ud800"] = entry

    monkeypatch.setattr("hearthub.cli.pulse_report.lake_of", lambda _: planted)
    with pytest.raises(typer.Exit):
        verify(altered(path, tmp_path, change))
    said = capsys.readouterr().out
    assert "value is" in said
    assert "\x1b" not in said
