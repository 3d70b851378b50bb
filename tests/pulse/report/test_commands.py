"""`hearthub pulse report`, `verify` and `claims` as people call them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hearthub.cli.pulse import app
from hearthub.lake import Lake
from hearthub.pulse import TABLES
from hearthub.sandbox import Sandbox
from pulse.report.conftest import made_up


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    folder = tmp_path_factory.mktemp("data")
    made_up(Lake(folder / "lake", TABLES, sandbox), folder)
    return folder


def run(*args: str) -> Result:
    return CliRunner().invoke(app, args)


@pytest.mark.parametrize("kind", ["weekly", "state"])
def test_report_and_verify(data: Path, tmp_path: Path, kind: str) -> None:
    done = run("report", kind, "--out", str(tmp_path), "--data", str(data))
    assert done.exit_code == 0, done.output
    for name in ("report.md", "report.html", "report.json", "report.ja.md", "report.ja.html"):
        assert (tmp_path / name).stat().st_size > 1000
    done = run("verify", str(tmp_path / "report.json"), "--data", str(data))
    assert done.exit_code == 0, done.output

    report = json.loads((tmp_path / "report.json").read_text())
    report["numbers"]["n1"]["row"]["value"] += 1
    (tmp_path / "report.json").write_text(json.dumps(report))
    done = run("verify", str(tmp_path / "report.json"), "--data", str(data))
    assert done.exit_code == 1
    assert "n1: value is" in done.output


def test_one_language(data: Path, tmp_path: Path) -> None:
    done = run("report", "weekly", "--lang", "ja", "--out", str(tmp_path), "--data", str(data))
    assert done.exit_code == 0, done.output
    assert "週刊パルス" in (tmp_path / "report.md").read_text()
    assert not (tmp_path / "report.ja.md").exists()


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_claims(data: Path, form: str) -> None:
    done = run("claims", "--format", form, "--data", str(data))
    assert done.exit_code == 0, done.output
    assert "mmlu-750" in done.stdout
    assert "ill-defined" in done.stdout
    if form == "json":
        rows = json.loads(done.stdout)
        assert len(rows) >= 25
        assert {row["verdict"] for row in rows} <= {
            "reproduced", "differs", "undecidable", "ill-defined"
        }  # fmt: skip


def test_a_day_that_is_yet_to_come_is_said_to_be(data: Path, tmp_path: Path) -> None:
    words = ("report", "weekly", "--out", str(tmp_path), "--data", str(data))
    done = run(*words, "--until", "2099-01-01")
    assert done.exit_code == 0, done.output
    assert "Nothing was observed after 2026-03-16" in done.stderr
    assert "Nothing was observed" not in run(*words, "--until", "2026-03-16").stderr
