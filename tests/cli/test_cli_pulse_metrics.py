"""`hearthub pulse metrics` and `metric`, in processes of their own."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hearthub.lake import Lake
from hearthub.pulse import METRIC_COLUMNS, TABLES
from hearthub.sandbox import Sandbox
from pulse.histories import Told, write
from pulse.lakes import history, panel


def hearthub(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hearthub", "pulse", *words],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    sandbox = Sandbox(1)
    lake = Lake(folder / "lake", TABLES, sandbox)
    repos = [
        Told("a/\u202ered", d_all=[10 * i for i in range(40)], task="fill-mask"),
        Told("b/y", d_all=[30 * i for i in range(40)], task="=1+1"),
    ]
    write(lake, repos, folder, source="told")
    sandbox.close()
    return folder


def test_the_list_has_every_metric_with_its_definition() -> None:
    found = json.loads(hearthub("metrics", "--format", "json").stdout)
    names = {row["metric"] for row in found}
    assert {"downloads_gini", "share_country", "half_life", "movers", "adoption_score"} <= names
    for row in found:
        assert all(row[key] for key in ("definition", "unit", "edge_cases", "reference", "window"))
    assert "downloads_gini" in hearthub("metrics").stdout


def test_rows_as_json_have_all_that_is_needed_to_ask_again(data: Path) -> None:
    done = hearthub("metric", "share_task", "--data", str(data), "--format", "json",
                    "--window", "7d", "--universe", "model@told/all")  # fmt: skip
    rows = {row["dimension"]: row for row in json.loads(done.stdout)}
    assert rows["fill-mask"]["value"] == 0.25
    assert rows["=1+1"]["denominator"] == 280
    row = rows["fill-mask"]
    assert (row["universe"], row["source"]) == ("model@told/all", "told")
    assert (row["window_start"], row["window_end"]) == ("2026-02-03", "2026-02-09")
    assert len(row["snapshots"]) == 1
    assert {"metric", "version", "numerator", "lo", "hi", "n", "coverage"} <= set(row)


def test_rows_as_csv_and_as_a_table(data: Path) -> None:
    done = hearthub("metric", "period_downloads", "--by", "task", "--data", str(data),
                    "--format", "csv")  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["dimension"] for row in rows} == {"fill-mask", "'=1+1"}, "no formula"
    none = hearthub("metric", "anomalies", "--by", "repo", "--data", str(data), "--format", "csv")
    assert csv.DictReader(io.StringIO(none.stdout)).fieldnames == list(METRIC_COLUMNS)
    shown = hearthub("metric", "velocity", "--by", "repo", "--data", str(data))
    assert "a/?red" in shown.stdout
    assert "\u202e" not in shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "no metric 'nonsense'"),
        (["downloads_gini", "--by", "nonsense"], "not known by 'nonsense'"),
        (["downloads_gini", "--window", "soon"], "is no window"),
        (["downloads_gini", "--universe", "people"], "A universe is"),
        (["downloads_gini", "--universe", "model@else"], "from 'else'"),
        (["small_large_ratio", "--universe", "dataset@told"], "No dataset is known"),
    ],
)
def test_what_cannot_be_said_is_told_in_one_line(data: Path, words: list[str], said: str) -> None:
    done = hearthub("metric", *words, "--data", str(data))
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_figures_that_are_made_up_say_so(data: Path, tmp_path: Path) -> None:
    sandbox = Sandbox(1)
    rows = [{"id": "a/b", "observed_at": f"2026-05-0{n}", "likes": n} for n in (1, 2)]
    panel(Lake(tmp_path / "lake", TABLES, sandbox), tmp_path, rows, synthetic=True)
    sandbox.close()
    for folder, is_synthetic in ((tmp_path, True), (data, False)):
        words = ("metric", "velocity", "--data", str(folder))
        told = json.loads(hearthub(*words, "--format", "json").stdout)
        assert {row["synthetic"] for row in told} == {is_synthetic}
        table = list(csv.DictReader(io.StringIO(hearthub(*words, "--format", "csv").stdout)))
        assert {row["synthetic"] for row in table} == {str(is_synthetic).lower()}
        lines = hearthub(*words).stdout.splitlines()
        assert all(("SYNTHETIC" in line) == is_synthetic for line in lines[1:])
        claims = json.loads(hearthub("claims", "--data", str(folder), "--format", "json").stdout)
        found = {row["synthetic"] for row in claims if row["found"]}
        assert found == {is_synthetic}
        shown = hearthub("claims", "--data", str(folder)).stdout
        assert ("SYNTHETIC" in shown) == is_synthetic


def test_claims_of_a_source_that_is_unknown(data: Path) -> None:
    done = hearthub("claims", "--source", "nosuch", "--data", str(data))
    assert done.returncode == 1
    assert "Nothing is known from 'nosuch': there are told" in done.stderr


def test_the_list_of_metrics_takes_a_data_folder(data: Path) -> None:
    done = hearthub("metrics", "--data", str(data), "--format", "csv")
    assert done.returncode == 0
    assert done.stdout.startswith("metric,")


@pytest.mark.parametrize(
    "words",
    [
        ("metric", "downloads_gini"), ("trending",), ("claims",), ("sql", "select 1"),
        ("report", "weekly", "--out", "OUT"), ("verify", "REPORT"),
    ],
)  # fmt: skip
def test_to_read_a_folder_that_is_not_there_makes_none(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    report = tmp_path / "report.json"
    report.write_text('{"format": 1, "numbers": {}, "sections": []}')
    places = {"OUT": str(tmp_path / "out"), "REPORT": str(report)}
    nowhere, empty = tmp_path / "nowhere", tmp_path / "empty"
    empty.mkdir()
    asked = [places.get(word, word) for word in words]
    for folder, told in ((nowhere, "no"), (empty, "")):
        done = hearthub(*asked, "--data", str(folder))
        assert done.returncode == 1
        assert str(folder) in done.stderr
        assert told in done.stderr
        assert "Traceback" not in done.stderr
    assert not nowhere.exists()
    assert not list(empty.iterdir())


def test_what_may_not_be_passed_on_is_shown_and_not_exported(tmp_path: Path) -> None:
    sandbox = Sandbox(1)
    lake = Lake(tmp_path / "lake", TABLES, sandbox)
    panel(lake, tmp_path, history({"shut/x": 5}), source="shut", redistributable=False)
    sandbox.close()
    for words in (("trending",), ("metric", "trending_hub")):
        assert hearthub(*words, "--data", str(tmp_path)).returncode == 0
        for form in ("csv", "json"):
            done = hearthub(*words, "--format", form, "--data", str(tmp_path))
            assert (done.returncode, done.stdout) == (1, "")
            assert "may not be passed on" in done.stderr
    done = hearthub("metric", "downloads_gini", "--format", "csv", "--data", str(tmp_path))
    assert done.returncode == 0


def test_the_sql_that_is_run(data: Path) -> None:
    done = hearthub("metric", "share_task", "--data", str(data), "--sql")
    assert (done.returncode, done.stderr) == (0, "")
    assert "from u" in done.stdout
    assert "$source = 'told'" in done.stdout
    assert str(data) not in done.stdout
    assert done.stdout.rstrip().endswith(";")
