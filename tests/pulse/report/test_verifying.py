"""A report that was altered is found out."""

import json
from pathlib import Path
from typing import Any

import pytest

from hearthub.errors import BadRequest
from hearthub.lake import Lake
from hearthub.pulse import Charts, make_report, verify_report, write_report


@pytest.fixture(scope="module")
def path(planted: Lake, tmp_path_factory: pytest.TempPathFactory, charts: Charts) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(make_report(planted, "weekly"), folder, ("en",), charts)
    return folder / "report.json"


def altered(path: Path, folder: Path, change: Any) -> Path:
    report = json.loads(path.read_text())
    change(report)
    new = folder / "report.json"
    new.write_text(json.dumps(report))
    return new


@pytest.mark.parametrize("kind", ["weekly", "state"])
def test_what_was_just_written_holds(
    watched: Lake, tmp_path: Path, kind: str, charts: Charts
) -> None:
    write_report(make_report(watched, kind), tmp_path, ("en", "ja"), charts)
    count, found = verify_report(watched, tmp_path / "report.json")
    assert count > 100
    assert found == []


@pytest.mark.parametrize("field", ["value", "numerator", "lo", "n", "coverage", "universe"])
def test_an_altered_number_is_found(planted: Lake, path: Path, tmp_path: Path, field: str) -> None:
    def change(report: dict[str, Any]) -> None:
        id_, number = next((i, n) for i, n in report["numbers"].items() if n["row"]["lo"])
        told.append(id_)
        row = number["row"]
        row[field] = "other" if field == "universe" else row[field] * 1.001 + 1

    told: list[str] = []
    _, found = verify_report(planted, altered(path, tmp_path, change))
    assert (told[0], field) in {(each.where, each.field) for each in found}


def test_altered_words_are_found(planted: Lake, path: Path, tmp_path: Path) -> None:
    def change(report: dict[str, Any]) -> None:
        text = report["sections"][0]["blocks"][0]["text"]
        text["ja"] = text["ja"].replace("0", "9")

    _, found = verify_report(planted, altered(path, tmp_path, change))
    assert [(each.where, each.field) for each in found] == [("week 1", "ja")]


def test_a_number_that_the_lake_lacks_is_found(planted: Lake, path: Path, tmp_path: Path) -> None:
    def change(report: dict[str, Any]) -> None:
        for number in report["numbers"].values():
            if number["query"]["metric"] == "movers":
                number["row"]["dimension"] = "no/such"

    _, found = verify_report(planted, altered(path, tmp_path, change))
    assert {each.field for each in found} >= {"row"}


def test_a_metric_that_there_is_not_is_found(planted: Lake, path: Path, tmp_path: Path) -> None:
    def change(report: dict[str, Any]) -> None:
        report["numbers"]["n1"]["query"]["metric"] = "made_up"

    _, found = verify_report(planted, altered(path, tmp_path, change))
    assert "query" in {each.field for each in found}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"format": 2}', '{"format": 1}', '{"format": 1, "numbers": {"n1": {}}}',
     '{"format": 1, "numbers": [], "sections": []}', "[" * 100_000, "\xff"],
)  # fmt: skip
def test_what_is_no_report(planted: Lake, tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(BadRequest, match="report"):
        verify_report(planted, path)
