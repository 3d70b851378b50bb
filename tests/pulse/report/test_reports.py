"""What reports say of real data and of a history made up, and that the files hold together."""

import csv
import json
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hearthub.errors import BadRequest, NotFound
from hearthub.lake import Lake
from hearthub.pulse import Charts, make_report, verify_report, write_report
from hearthub.pulse.report.document import Report, Sentence, Table, Term
from hearthub.pulse.report.sentences import words
from pulse.labels import unlabelled

Written = Callable[[Report, Path], dict[str, Any]]
BOTH = ("en", "ja")


def said(report: Report, language: str = "en") -> list[str]:
    found = words(language)
    return [
        found.sentence(block)
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Sentence)
    ]


def keys(report: Report) -> list[str]:
    return [b.key for s in report.sections for b in s.blocks if isinstance(b, Sentence)]


@pytest.fixture
def written(charts: Charts) -> Written:
    def write(report: Report, folder: Path) -> dict[str, Any]:
        write_report(report, folder, BOTH, charts)
        found: dict[str, Any] = json.loads((folder / "report.json").read_text())
        return found

    return write


def test_state_of_radar(watched: Lake) -> None:
    text = "\n".join(said(make_report(watched, "state")))
    assert "The Gini coefficient of downloads is 0.9945 over 15,910 models" in text
    assert "are 752 M" not in text
    assert "go to models of up to 752 M parameters" in text
    assert "United States comes first with 57.0 % of downloads" in text
    assert "8,591 of 15,910 models name a base." in text
    assert "the source was not watched for two months" in text


def test_without_the_first_models_a_share_is_another(watched: Lake) -> None:
    """MiniLM alone has 28 % of radar's downloads, and is published from Germany or the US."""
    report = make_report(watched, "state")
    numbers = {(n.row.metric, n.row.dimension): n.row.value for n in report.numbers()}
    whole = numbers["share_country", "US"]
    rest = numbers["share_country", "US / without the first"]
    first = numbers["downloads_top_share", "top-1"]
    assert whole is not None
    assert rest is not None
    assert first is not None
    assert rest == pytest.approx((whole - first) / (1 - first), abs=1e-6)


def test_week_of_radar(watched: Lake) -> None:
    report = make_report(watched, "weekly")
    assert report.window == "2026-08-16..2026-08-22"
    text = "\n".join(said(report))
    assert "Qwen/Qwen3.8-27B is a new base: Qwen (industry)" in text
    assert "388 models were made from it by then, 272 of them quantised" in text
    assert "10,037 models were created in the window" in text
    assert "laion released 12 of them." in text.splitlines()
    assert "7 came to the first 30 of the trending list for the first time" in text
    assert "movers.unknown" in keys(report)


def test_until_includes_its_day_and_nothing_later(watched: Lake) -> None:
    report = make_report(watched, "weekly", until=date(2026, 8, 20))
    assert report.window == "2026-08-14..2026-08-20"
    assert {n.row.window_end for n in report.numbers()} == {date(2026, 8, 20)}
    with pytest.raises(BadRequest, match="first day is"):
        make_report(watched, "weekly", until=date(2020, 1, 1))


def test_a_single_snapshot_says_what_it_cannot_say(dump: Lake) -> None:
    weekly, state = make_report(dump, "weekly"), make_report(dump, "state")
    assert {"week.single", "week.pace_unknown", "movers.unknown", "newcomers.unknown"} < set(
        keys(weekly)
    )
    assert {"state.single", "state.no_time", "attention.unknown"} < set(keys(state))
    assert "movers.none" not in keys(weekly)


def test_planted_rise_is_told_and_steady_downloads_are_flat(planted: Lake) -> None:
    report = make_report(planted, "weekly")
    text = "\n".join(said(report))
    assert re.search(r"cn/rocket rose: 63,0\d\d downloads in the week", text)
    assert "big/steady rose" not in text
    assert "cn/rocket rises under a licence that forbids commercial use (cc-by-nc-4.0)" in text
    assert "week.pace_up" in keys(report)
    before = make_report(planted, "weekly", until=date(2026, 3, 9))
    assert "week.pace_flat" in keys(before)


def test_months_are_told_where_there_are_two(planted: Lake) -> None:
    report = make_report(planted, "state")
    assert "state.no_time" not in keys(report)
    months = [n for n in report.numbers() if n.query.by == "month" and n.row.dimension is None]
    assert {f"{n.row.window_start:%Y-%m}" for n in months} >= {"2026-02", "2026-03"}


def test_synthetic_data_are_labelled_everywhere(
    planted: Lake, tmp_path: Path, written: Written
) -> None:
    for kind in ("weekly", "state"):
        written(make_report(planted, kind), tmp_path / kind)
        assert {path.suffix for path in (tmp_path / kind).iterdir()} == {
            ".md", ".html", ".json", ".csv", ".svg",
        }  # fmt: skip
        assert unlabelled(tmp_path / kind) == []


def test_real_data_are_not(watched: Lake, tmp_path: Path, written: Written) -> None:
    assert written(make_report(watched, "weekly"), tmp_path)["synthetic"] is False
    for path in tmp_path.iterdir():
        assert "synthetic data" not in path.read_text()


def test_the_same_lake_gives_the_same_bytes(
    watched: Lake, tmp_path: Path, written: Written
) -> None:
    for folder in ("one", "two"):
        written(make_report(watched, "state"), tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_files_of_a_report(watched: Lake, tmp_path: Path, written: Written) -> None:
    report = written(make_report(watched, "state"), tmp_path)
    names = {b["chart"] for s in report["sections"] for b in s["blocks"] if "chart" in b}
    assert {"country", "org_type", "lorenz", "size_class", "licence"} <= names
    for name in names:
        assert (tmp_path / f"chart-{name}.svg").is_file()
        assert (tmp_path / f"chart-{name}.ja.svg").is_file()
        assert (tmp_path / f"chart-{name}.dark.svg").is_file()
        assert list(csv.DictReader((tmp_path / f"chart-{name}.csv").open()))
    html = (tmp_path / "report.html").read_text()
    assert "<script" not in html
    assert "prefers-color-scheme" in html
    assert "@media print" in html
    assert not re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?:https?:)?//', html)
    pictures = re.findall(r'"data:image/svg\+xml;base64,([^"]+)"', html)
    assert len(pictures) == 2 * len(names)
    assert {b64decode(it).decode() for it in pictures} == {
        path.read_text() for path in tmp_path.glob("chart-*.svg") if ".ja." not in path.name
    }
    assert "not drawn" not in html
    for text in (html, (tmp_path / "report.md").read_text()):
        assert "CC-BY-4.0" in text
        assert "HF//RADAR" in text


def test_every_link_has_its_number(watched: Lake, tmp_path: Path, written: Written) -> None:
    report = written(make_report(watched, "weekly"), tmp_path)
    html = (tmp_path / "report.html").read_text()
    ids = set(re.findall(r'id="([^"]+)"', html))
    links = set(re.findall(r'href="#([^"]+)"', html))
    assert links
    assert links <= ids
    assert set(report["numbers"]) <= ids
    for number in report["numbers"].values():
        assert number["row"]["universe"] == "model@radar/all"
        assert number["row"]["snapshots"]


def test_what_may_not_be_passed_on_is_in_no_data_file(
    lake: Lake, tmp_path: Path, written: Written
) -> None:
    from pulse.lakes import panel

    rows = [
        {"id": f"a/m{i}", "created_at": "2025-12-01", "observed_at": f"2026-01-{day:02}T12:00:00",
         "likes": i * day, "downloads_all": 9 * i * day, "downloads_30d": i * day}
        for i in range(1, 9)
        for day in range(1, 20)
    ]  # fmt: skip
    panel(lake, tmp_path, rows, redistributable=False, attribution="The Closed Ones")
    for kind in ("weekly", "state"):
        report, folder = make_report(lake, kind), tmp_path / kind
        said = written(report, folder)
        files = {path.name: path.read_text() for path in folder.iterdir()}
        data = [text for name, text in files.items() if name.endswith((".csv", ".json"))]
        assert not [text for text in data if "a/m" in text]
        assert said["numbers"], "what is about many is there"
        assert verify_report(lake, folder / "report.json") == (len(said["numbers"]), [])
        assert "may not be passed on" in files["report.md"]
        assert "The Closed Ones" in files["report.md"]
    assert "a/m" in (tmp_path / "weekly" / "report.md").read_text(), "which is to be read"
    assert list((tmp_path / "state").glob("*.csv"))


def test_an_empty_lake_says_so(lake: Lake) -> None:
    with pytest.raises(NotFound):
        make_report(lake, "weekly")
    with pytest.raises(BadRequest, match="about models"):
        make_report(lake, "weekly", "dataset")


def test_where_one_class_alone_is_known_none_comes_first(
    lake: Lake, tmp_path: Path, written: Written
) -> None:
    from pulse.lakes import panel

    rows = [
        {"id": f"a/m{i}{'-int8' if not i else ''}", "created_at": "2026-01-01",
         "observed_at": f"2026-01-{day:02}T12:00:00", "likes": i * day,
         "downloads_all": 1 + 9 * i * day, "tags": ["int8"] if not i else ["x"]}
        for i in range(6)
        for day in range(1, 20)
    ]  # fmt: skip
    rows = [row | {"downloads_all": 5 * day} if "int8" in row["id"] else row
            for row, day in zip(rows, [*range(1, 20)] * 6, strict=True)]  # fmt: skip
    panel(lake, tmp_path, rows)
    report = make_report(lake, "state")
    text = " ".join(said(report))
    assert "By quantisation only int8 is known, with" in text
    assert "By quantisation, int8 comes first" not in text
    assert written(report, tmp_path)
    markdown = (tmp_path / "report.md").read_text()
    assert "25.00%" in markdown
    assert "25\\.00%" not in markdown


def test_a_week_without_anything_new_has_no_empty_class(lake: Lake, tmp_path: Path) -> None:
    from pulse.lakes import history, panel

    panel(lake, tmp_path, history({"a/b": 3}, created_at="2025-01-01"))
    for section in make_report(lake, "weekly").sections:
        for block in section.blocks:
            if isinstance(block, Table):
                empty = (Term("licence_class", ""), Term("relation", ""))
                assert not [row for row in block.rows if row[0] in empty]
