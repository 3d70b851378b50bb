"""`hearthub pulse`: taking in, and asking."""

import csv
import json
from pathlib import Path

from cli.conftest import Run

MAP = """source = "mine"
[columns]
id = "name"
observed_at = "day"
likes = "stars"
"""


def write(folder: Path, rows: str = "acme/a,2026-05-01,3\nacme/b,2026-05-01,-1\n") -> list[str]:
    (folder / "map.toml").write_text(MAP)
    (folder / "panel.csv").write_text(f"name,day,stars\n{rows}")
    return [str(folder / "panel.csv"), "--map", str(folder / "map.toml")]


def test_the_last_line_of_an_ingest_is_its_summary(run: Run, tmp_path: Path) -> None:
    words = write(tmp_path)
    told = run("pulse", "ingest", *words)
    assert told.returncode == 0, told.stderr
    summary = json.loads(told.stdout.splitlines()[-1])
    assert (summary["rows"], summary["repos"], summary["rejected"]) == (1, 1, 1)
    assert "1 x likes is no count: acme/b" in told.stderr
    again = run("pulse", "ingest", *words)
    assert json.loads(again.stdout.splitlines()[-1])["snapshot"] == summary["snapshot"]
    assert "already" in again.stderr


def test_the_tables_are_asked(run: Run, tmp_path: Path) -> None:
    run("pulse", "ingest", *write(tmp_path, 'acme/a,2026-05-01,3\n"\x1b[31m<b>",2026-05-01,4\n'))
    sql = 'select id, likes, "at" from counter join repo using (repo_id)'
    (row,) = json.loads(run("pulse", "sql", sql, "--format", "json").stdout)
    assert row == {"id": "acme/a", "likes": 3, "at": "2026-05-01T00:00:00.000Z"}
    heading, line = csv.reader(run("pulse", "sql", sql, "--format", "csv").stdout.splitlines())
    assert (heading, line[:2]) == (["id", "likes", "at"], ["acme/a", "3"])
    table = run("pulse", "sql", "select example from reject").stdout
    assert "\\x1b[31m" in table
    assert "\x1b" not in table


def test_what_is_no_question_is_refused(run: Run, tmp_path: Path) -> None:
    run("pulse", "ingest", *write(tmp_path))
    for sql in ("drop table repo", "select * from '/etc/passwd'", "select nothing from nowhere"):
        refused = run("pulse", "sql", sql)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "Traceback" not in refused.stderr


def test_what_cannot_be_taken_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    for words in (
        ["nothing.parquet"],
        [str(tmp_path / "bad.parquet")],
        [*write(tmp_path), "--kind", "hub-stats"],
        [*write(tmp_path), "--observed-at", "yesterday"],
        [*write(tmp_path), "--observed-at", "0001-01-01T00:00:00+23:00"],
    ):
        refused = run("pulse", "ingest", *words)
        assert refused.returncode == 1, words
        assert "Traceback" not in refused.stderr
        assert refused.stderr.startswith("hearthub: ")
