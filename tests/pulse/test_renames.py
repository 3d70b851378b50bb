"""A repo that goes on under another name."""

from datetime import datetime
from pathlib import Path

from hearthub.lake import Lake
from hearthub.pulse.renames import moved
from hearthub.pulse.statements import sql_text
from pulse.lakes import one, panel


def test_a_move_is_noted_once(lake: Lake, tmp_path: Path) -> None:
    panel(lake, tmp_path, [{"id": "acme/new", "observed_at": "2026-05-01", "likes": 1}])
    noted = []
    for _ in range(2):
        with lake.writing() as writing:
            writing.session.execute(sql_text("repo_key"))
            noted.append(
                moved(writing, "test", "model", "acme/old", "acme/new", datetime(2026, 5, 1))
            )
    assert noted == [True, False]
    known = "select old_id, new_id, id from alias join repo using (repo_id)"
    assert one(lake, known) == ("acme/old", "acme/new", "acme/new")
